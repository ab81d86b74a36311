"""Send requests to the API of one service; nothing in its responses is trusted."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx2

from dupfind.errors import SourceError
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.project_url import is_loopback
from dupfind.sources.apis.retry import (
    MAX_WAIT_S,
    RateLimited,
    Retryable,
    is_rate_limit,
    rate_limit_error,
    requested_wait,
    retrying,
)
from dupfind.sources.json_formats.keys import inside

TIMEOUT_S = 30.0
"""Seconds that a server may be silent."""
ANSWER_S = 300.0
"""Seconds that an answer may take from its first byte to its last."""
MAX_BYTES = 50 * 1024 * 1024
"""Largest answer in bytes, decompressed."""
MAX_REDIRECTS = 5

logging.getLogger("httpx2").setLevel(logging.WARNING)  # below it the addresses are logged with their queries

_BUSY = (408, 500, 502, 503, 504)
_REFUSED = (203, 401, 403, 404, 422)
"""203 comes with the page where one signs in to Azure DevOps, 422 from GitHub's search for a missing repository."""

Params = Mapping[str, str | int | Sequence[str]]


class Refused(SourceError):
    """The server understood a request and refused it: the thing is absent, or access is denied."""

    def __init__(self, message: str, status: int) -> None:
        """Store the message and the status of the answer."""
        super().__init__(message)
        self.status = status


class Uncertain(SourceError):
    """A request that must not be sent twice got no clear response, so it may have taken effect."""


class ApiResponse(NamedTuple):
    """One response of a service.

    Attributes:
        value: The parsed JSON.
        headers: The headers; upper and lower case of their names do not matter.
        url: The requested address, for messages.
    """

    value: Any
    headers: Mapping[str, str]
    url: str


class Api:
    """The API of one server; every request stays below its base address."""

    def __init__(
        self,
        base: str,
        token: Token,
        credentials: Mapping[str, str],
        own_params: Mapping[str, str] | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Store the connection; nothing is requested yet.

        Args:
            base: The address above all requests, without a slash at its end.
            token: The token; it is removed from every message of the server.
            credentials: The headers that carry the token, sent with each request.
            own_params: Parameters that carry it, sent with each GET request.
            sleep: Waits for a number of seconds.
        """
        self._base = httpx2.URL(base)
        self._headers = {
            "User-Agent": "dupfind",  # GitHub refuses requests without it
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            **credentials,
        }
        # Without "Basic" or "Bearer": the secret itself must not appear in messages.
        header_values = (value.rpartition(" ")[2] for value in credentials.values())
        self._secrets = [secret for secret in (token.secret, *header_values) if secret]
        self._own_params = dict(own_params or {})
        self._hint = token.hint
        self._sleep = sleep
        self._client: httpx2.Client | None = None

    def __str__(self) -> str:
        """Return the address, for a message."""
        return self._shown(self._base)

    @contextmanager
    def session(self) -> Iterator[None]:
        """Keep connections open for many requests."""
        # Proxies are used only for other machines.
        with httpx2.Client(
            headers=self._headers,
            timeout=httpx2.Timeout(TIMEOUT_S),
            trust_env=not is_loopback(self._base.netloc.decode()),
            follow_redirects=False,  # `_send_once` follows only those below the base
        ) as client:
            outer, self._client = self._client, client
            try:
                yield
            finally:
                self._client = outer

    def get(self, path: str, params: Params | None = None) -> ApiResponse:
        """Send a GET request.

        Args:
            path: Below the base, beginning with a slash.
            params: The query.

        Raises:
            SourceError: There is no usable answer.
        """
        answer = self.get_changed(path, params, None)
        assert answer is not None  # without an ETag there is no 304
        return answer

    def get_changed(self, path: str, params: Params | None, etag: str | None) -> ApiResponse | None:
        """Send a GET request; return None if the answer still has the given ETag.

        Raises:
            SourceError: There is no usable answer.
        """
        url = httpx2.URL(f"{self._base}".rstrip("/") + path).copy_merge_params(
            {**self._own_params, **(params or {})}
        )
        return self._request("GET", url, headers={} if etag is None else {"If-None-Match": etag})

    def post(self, path: str, body: Mapping[str, Any]) -> ApiResponse:
        """Send a POST request with a JSON body.

        Raises:
            SourceError: There is no usable answer.
        """
        answer = self._request("POST", httpx2.URL(f"{self._base}".rstrip("/") + path), json=dict(body))
        assert answer is not None
        return answer

    def change(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, once: bool = False
    ) -> None:
        """Create, change or delete something.

        Args:
            method: "POST", "PUT", "PATCH" or "DELETE".
            path: Below the base, beginning with a slash.
            body: The JSON to send.
            once: Whether it must not be done twice. Then it is repeated only after a rate limit, since a lost
                answer may mean that it was done.

        Raises:
            Refused: It does not exist, or this token may not change it.
            Uncertain: With `once`, there is no answer, or the server failed.
            SourceError: There is no usable answer.
        """
        url = httpx2.URL(f"{self._base}".rstrip("/") + path)
        more = {} if body is None else {"json": dict(body)}
        try:
            retrying(self._sleep, RateLimited if once else Retryable)(self._send_once, method, url, **more)
        except Retryable as error:
            if once and not isinstance(error, RateLimited):
                raise Uncertain(str(error)) from error
            raise

    def wait(self, seconds: float) -> None:
        """Wait as long as a service asks for in an answer, at most `MAX_WAIT_S`."""
        if seconds:
            self._sleep(min(seconds, MAX_WAIT_S))

    def next_link(self, answer: ApiResponse) -> Mapping[str, str] | None:
        """Return the link to the next page with its parameters, from the Link header; None without one."""
        links = httpx2.Response(200, headers={"Link": answer.headers.get("link", "")}).links
        return {name or "": value for name, value in links["next"].items()} if "next" in links else None

    def next_query(self, answer: ApiResponse) -> dict[str, str] | None:
        """Return the query of the next page, from the Link header; None at the last page.

        Only the query of the link is used, and only if the link stays below the base.

        Raises:
            SourceError: The link leads elsewhere.
        """
        link = self.next_link(answer)
        if link is None:
            return None
        url = httpx2.URL(answer.url)
        target = self._inside(url, link.get("url", ""), "names a next page at")
        if target.path.rpartition("/")[2] != url.path.rpartition("/")[2]:
            raise SourceError(
                f"{self._shown(url)} names a next page of something else: {self._shown(target)}"
            )
        return dict(target.params)

    def issues_in(
        self, answer: ApiResponse, key: str | None, recognises: Callable[[dict[str, Any]], bool]
    ) -> list[dict[str, Any]]:
        """Return the issues of an answer, or those under a path of its keys, such as "list.topics".

        Raises:
            SourceError: The answer holds something else.
        """
        issues = answer.value if key is None else inside(answer.value, *key.split("."))
        if not isinstance(issues, list) or not all(
            isinstance(issue, dict) and recognises(issue) for issue in issues
        ):
            raise self.refusal(answer, "list of issues")
        return issues

    def refusal(self, answer: ApiResponse, expected: str) -> SourceError:
        """Make the error for an answer that is JSON but not the expected one."""
        message = self._words(answer.value)
        return SourceError(
            f"{self._shown(answer.url)} gave no {expected}" + (f": {message}" if message else "")
        )

    def _request(self, method: str, url: httpx2.URL, **more: Any) -> ApiResponse | None:
        return retrying(self._sleep)(self._send_once, method, url, **more)

    def _send_once(self, method: str, url: httpx2.URL, **more: Any) -> ApiResponse | None:
        assert self._client is not None, "requests need a session"
        try:
            for _ in range(MAX_REDIRECTS):
                with self._client.stream(method, url, **more) as response:
                    if response.has_redirect_location and method == "GET":
                        url = self._inside(url, response.headers["location"], "leads to")
                        continue
                    return self._answer(response, self._content(response, url), url)
        except httpx2.TimeoutException as error:
            raise Retryable(f"{self._shown(url)} does not answer within {TIMEOUT_S:g} s") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            reason = self._masked(str(error)) or type(error).__name__
            raise Retryable(f"{self._shown(url)} cannot be read: {reason}") from error
        raise SourceError(f"{self._shown(url)} redirects in a circle: name another address")

    def _content(self, response: httpx2.Response, url: httpx2.URL) -> bytes:
        content = bytearray()
        started = time.monotonic()
        for part in response.iter_bytes():
            content += part
            if len(content) > MAX_BYTES:
                raise SourceError(
                    f"{self._shown(url)} gives more than {MAX_BYTES:,} bytes, the largest answer that is read"
                )
            if time.monotonic() - started > ANSWER_S:
                raise Retryable(f"{self._shown(url)} takes more than {ANSWER_S:g} s for one answer")
        return bytes(content)

    def _answer(self, response: httpx2.Response, content: bytes, url: httpx2.URL) -> ApiResponse | None:
        shown, status = self._shown(url), response.status_code
        if status == 304 and "if-none-match" in response.request.headers:
            return None
        value, trouble = _parsed(content)
        message = self._words(value) or trouble
        if is_rate_limit(response, value, message):
            raise rate_limit_error(shown, response)
        if status in _BUSY:
            raise Retryable(
                f"{shown} answers {status}" + (f": {message}" if message else ""), requested_wait(response)
            )
        if status in _REFUSED:
            raise Refused(
                f"{shown} answers {status}" + (f" ({message})" if message else "") + ": check the name;"
                f" where it needs a token, {self._hint}",
                status,
            )
        if not 200 <= status < 300:
            raise SourceError(f"{shown} answers {status}" + (f": {message}" if message else ""))
        if trouble and not (status == 204 and not content):
            error = f"{shown} gives {trouble}: check that this is the address of its API"
            raise Retryable(error) if trouble == BROKEN_OFF else SourceError(error)
        return ApiResponse(value, response.headers, str(url))

    def _inside(self, url: httpx2.URL, link: str, verb: str) -> httpx2.URL:
        """Resolve a link of an answer; it must stay on the same server and below the base."""
        try:
            target = url.join(link)
        except (httpx2.InvalidURL, ValueError):
            raise SourceError(f"{self._shown(url)} {verb} an invalid address") from None
        root = self._base.path.rstrip("/") + "/"
        is_same = (target.scheme, target.netloc, target.userinfo) == (
            self._base.scheme,
            self._base.netloc,
            b"",
        )
        # httpx2 has decoded the path, so "%2e%2e" is found as well.
        if not is_same or not target.path.startswith(root) or ".." in target.path.split("/"):
            raise SourceError(
                f"{self._shown(url)} {verb} {self._shown(target)}, which is not below {self}:"
                f" name that address if you trust it; where a token is needed, {self._hint}"
            )
        return target

    def _shown(self, url: httpx2.URL | str) -> str:
        """Return an address without its query and user."""
        url = httpx2.URL(url)
        return self._masked(f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{url.path}".rstrip("/"))

    def _words(self, value: Any) -> str:
        """Return the service's own error message, in one short line."""
        if isinstance(value, list):
            value = next(iter(value), None)
        if not isinstance(value, dict):
            return ""
        for key in (
            "message",
            "errorMessages",
            "error_message",
            "error",
            "errors",
            "error_description",
            "detail",
        ):
            message = value.get(key)
            if isinstance(message, dict) and isinstance(message.get("message"), str):
                message = message["message"]
            elif isinstance(message, dict | list) and message:
                parts = message.values() if isinstance(message, dict) else message
                first = next(iter(parts))
                message = first.get("message") if isinstance(first, dict) else first
            if isinstance(message, str) and message.strip():
                return self._masked(" ".join(message.split()))[:200]
        return ""

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


BROKEN_OFF = "JSON that breaks off"


def _parsed(content: bytes) -> tuple[Any, str]:
    """Parse a response as JSON; if that fails, return None and a description of the response."""
    try:
        return json.loads(content), ""
    except json.JSONDecodeError as error:
        start = content[:200].lstrip().lower()
        if start.startswith(b"<"):
            return None, "a page of HTML, not JSON"
        return None, BROKEN_OFF if start[:1] in (b"{", b"[") and error.pos else "no JSON"
    except (ValueError, RecursionError):
        return None, "no JSON that can be read"
