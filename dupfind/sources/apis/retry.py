"""Decide when a request is repeated, and how long to wait before."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from dupfind.errors import SourceError
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats.keys import inside, objects

ATTEMPTS = 5
"""Attempts of one request to a server that is busy, broken or offline."""
FIRST_WAIT_S = 1.0
"""Seconds before the second attempt, doubled before each further one, if the server names no wait."""
LIMIT_WAIT_S = 60.0
"""Seconds to wait at a rate limit without a time, as GitHub recommends."""
MAX_WAIT_S = 3_900.0
"""The longest accepted wait in seconds; GitHub's limits last an hour."""

_LIMITS = (
    "x-ratelimit",
    "ratelimit",
    "x-ratelimit-requests",
    "x-ratelimit-complexity",
)  # the last two of Linear
_LOGGED_S = 5.0  # shorter waits are not logged
_log = logging.getLogger("dupfind.services")


class Retryable(SourceError):
    """An error that is worth another attempt, after the server's own wait if it names one."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        """Store the message, and the wait in seconds that the server requests."""
        super().__init__(message)
        self.wait_s = wait_s


class RateLimited(Retryable):
    """The server refused a request for a while and did nothing."""


def retrying(sleep: Callable[[float], None], worth: type[Retryable] = Retryable) -> Retrying:
    """Repeat a function while it raises `worth`, with waits between."""
    return Retrying(
        retry=retry_if_exception_type(worth),
        stop=stop_after_attempt(ATTEMPTS),
        wait=_wait,
        before_sleep=_log_wait,
        sleep=sleep,
        reraise=True,
    )


def is_rate_limit(response: httpx2.Response, value: Any, message: str) -> bool:
    """Return whether a refusal is a rate limit; GitHub's GraphQL refuses with status 200, others with 400."""
    says_so = "rate limit" in message.lower()
    if response.status_code == 200:
        return says_so and isinstance(value, dict) and "errors" in value
    if response.status_code == 400:
        first = next(iter(objects(inside(value, "errors"))), None)
        kinds = (inside(first, "extensions", "code"), inside(value, "error_name"))
        return bool({"RATELIMITED", "throttle_violation"}.intersection(map(text, kinds)))
    is_over = response.headers.get("x-ratelimit-remaining") == "0"
    is_for_now = says_so or is_over or "retry-after" in response.headers
    return response.status_code == 429 or (response.status_code == 403 and is_for_now)


def rate_limit_error(shown: str, response: httpx2.Response) -> SourceError:
    """Make the error for a rate limit; it is worth another attempt unless the wait is too long."""
    requested_s = requested_wait(response)
    wait_s = LIMIT_WAIT_S if requested_s is None else requested_s
    if wait_s > MAX_WAIT_S:
        return SourceError(
            f"{shown} limits its rate for {wait_s / 3600:,.1f} h, too long to wait: run the same command again then"
        )
    return RateLimited(f"{shown} limits its rate", wait_s)


def requested_wait(response: httpx2.Response) -> float | None:
    """Return the wait in seconds that a server requests, by its own clock; None if it names no time."""
    headers = response.headers
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    after = headers.get("retry-after", "").strip()
    if after.isascii() and after.isdecimal():
        return float(after)
    until = _date(after)
    for limit in _LIMITS:
        if until is None and headers.get(f"{limit}-remaining") == "0":
            until = moment(headers.get(f"{limit}-reset") or "")
    return None if until is None else max(0.0, (until - now).total_seconds()) + 1


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when  # the zone "-0000" gives a naive time


def _wait(state: RetryCallState) -> float:
    """Return the wait before the next attempt: the server's own, else one that doubles."""
    error = state.outcome.exception() if state.outcome else None
    requested_s = error.wait_s if isinstance(error, Retryable) else None
    doubled = FIRST_WAIT_S * 2 ** (state.attempt_number - 1)
    return min(doubled if requested_s is None else requested_s, MAX_WAIT_S)


def _log_wait(state: RetryCallState) -> None:
    """Log why the program waits."""
    error = state.outcome.exception() if state.outcome else None
    wait_s = state.upcoming_sleep
    if wait_s >= _LOGGED_S:
        _log.warning("%s: waiting for %.0f s", error, wait_s)
