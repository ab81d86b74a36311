"""Convert a cell of any database or file to text, time, state or flag."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from math import isfinite

from dupfind.sources.column_words import CLOSED_STATES, OPEN_STATES, words

_JULIAN_EPOCH = 2440587.5  # the Julian day of 1970-01-01T00:00Z
FIRST_YEAR, LAST_YEAR = 1971, 2200
"""The years of plausible times; other ones come from empty or broken fields."""

_MAX_EXPONENT = 400  # no float has more

_LONGEST_STATE = 60  # characters of a state with its reason

MAX_COUNT = 1_000_000_000
"""The largest number of comments, votes or children that is believed."""

OPEN_WORDS, CLOSED_WORDS = (
    frozenset(words.split())
    for words in (
        "open opened new todo to_do backlog in_progress inprogress started doing active reopened reopen"
        " assigned accepted confirmed unconfirmed pending triage triaged needs_triage blocked unstarted"
        " planned ready in_review review deferred waiting on_hold feedback unread chatting need_eg testing"
        " current selected_for_development ready_for_development ready_for_review ready_for_qa qa in_qa"
        " ready_for_testing in_testing under_review in_development investigating acknowledged awaiting_feedback"
        " not_started needs_info needs_information queued scheduled unresolved untriaged pending_customer_response"
        " submitted progressing stalled parked paused snoozed suspended"
        " waiting_for_customer waiting_for_support waiting_on_customer escalated working_on_it stuck processing"
        " available externaldependency external_dependency",
        "closed close done resolved fixed completed complete finished duplicate wontfix won_t_fix wont_fix"
        " invalid rejected declined cancelled canceled verified released shipped merged archived not_planned"
        " obsolete worksforme works_for_me solved answered done_cbb abandoned inactive won_t_do wont_do not_a_bug"
        " by_design cannot_reproduce can_t_reproduce unable_to_reproduce no_change_required withdrawn expired"
        " superseded dismissed fix_released delivered deployed live_in_production retired",
    )
)
_OPEN, _CLOSED = (
    english | {"_".join(word.split()) for word in words(others)}
    for english, others in ((OPEN_WORDS, OPEN_STATES), (CLOSED_WORDS, CLOSED_STATES))
)


_BEGINNINGS = (
    "waiting_",
    "awaiting_",
    "pending_",
    "needs_",
    "ready_for_",
    "ready_to_",
    "under_",
    "in_progress_",
)
"""What the words for an issue that is not finished may begin with, before what it waits for."""
_REASON = re.compile(r"[(:/,\u2013\u2014\uff08]| - |(?<=^open)-|(?<=^closed)-|(?<=^resolved)-")
"""What stands between a state and its reason, as in "Closed - Duplicate", "open-accepted" and "En cours (Attribué)"."""


def text(value: object) -> str:
    """Return a value as a person would write it: None is "", a whole float has no point, bytes are UTF-8."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > _MAX_EXPONENT:
        return str(value)  # whose digits would be as many as its exponent says
    if isinstance(value, float | Decimal) and _is_finite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, dict | list):
        import json  # only JSON has such values, and its readers import it

        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def optional(value: object) -> str | None:
    """Return a value as text without space around it; None if it is empty."""
    return text(value).strip() or None


def word(value: object) -> str | None:
    """Return the tracker's own word in lower case; None if it is empty."""
    return text(value).strip().lower() or None


def flag(value: object) -> bool:
    """Return whether a yes-no column is true, in any form that databases write."""
    if isinstance(value, bytes):  # MySQL's BIT arrives as bytes
        return value.strip(b"\0") != b""
    if isinstance(value, str):
        return value.strip().lower() in ("1", "t", "true", "y", "yes")
    return bool(value)


def quantity(value: object) -> int:
    """Return a number of things; 0 for anything that is not a whole number from 0 to `MAX_COUNT`."""
    if value is None:
        return 0
    plain = text(value).strip()
    if isinstance(value, bool) or len(plain) > 10 or not (plain.isascii() and plain.isdecimal()):
        return 0
    return int(plain) if int(plain) <= MAX_COUNT else 0


def state(value: object) -> str | None:
    """Return a status word, with or without a reason behind it, as "open" or "closed"; None if it is unknown."""
    word = text(value).lower()
    found = _known_state(word)
    if found is not None or len(word) > _LONGEST_STATE:
        return found
    before = _REASON.split(word, maxsplit=1)[0]
    return None if before == word else _known_state(before)


def _known_state(word: str) -> str | None:
    plain = "_".join(word.replace("-", " ").replace("_", " ").replace("'", " ").split())
    if plain in _OPEN or (len(plain) <= _LONGEST_STATE and plain.startswith(_BEGINNINGS)):
        return "open"
    is_closed = plain in _CLOSED or (len(plain) <= _LONGEST_STATE and plain.startswith("closed_"))
    return "closed" if is_closed else None


def moment(value: object, zone: tzinfo = UTC) -> datetime | None:
    """Return a time in UTC; None if it is no time or lies outside the years 1971 to 2200.

    A number counts seconds, milliseconds, microseconds or nanoseconds since 1970; its size decides which. Text is
    ISO 8601 or such a number; a time without a zone is read in `zone`.
    """
    if isinstance(value, str):
        return plausible(_from_text(value.strip()), zone) if value else None
    if isinstance(value, datetime):  # before date: every datetime is a date
        return plausible(value, zone)
    if isinstance(value, date):
        return plausible(datetime(value.year, value.month, value.day, tzinfo=zone))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return plausible(_from_number(value))
    if isinstance(value, bytes):
        return moment(text(value), zone)
    return None


def julian(value: object) -> datetime | None:
    """Return the time of a Julian day in UTC, rounded to the millisecond that its float can hold."""
    if not isinstance(value, int | float):
        return None
    return plausible(_from_number(round((value - _JULIAN_EPOCH) * 86_400, 3)))


def _from_text(value: str) -> datetime | None:
    if value[4:5] == "-" and value[10:11] in ("T", " ", "") and not value.endswith(("UTC", "GMT")):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    digits, _, fraction = value.partition(".")
    if digits.isdecimal() and len(digits) == 14:  # 20240103091200.000
        value = f"{digits[:8]}T{digits[8:]}.{fraction or 0}"
    elif digits.isdecimal() and len(digits) != 8:  # 8 digits are a date, as 20240103
        return _from_number(float(digits))
    elif value[10:11] == "." and value[13:14] == ":":  # Roundup's 2020-10-22.13:47:16
        value = f"{value[:10]}T{value[11:]}"
    elif value.endswith((" UTC", " GMT")):
        value = value[:-4].strip() + "+00:00"
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _from_number(value: float | Decimal) -> datetime | None:
    if not _is_finite(value):
        return None
    try:
        number = float(value)
        size = abs(number)
        # 1e11 seconds is the year 5138; 1e11 milliseconds is 1973.
        microseconds = 1e6 if size < 1e11 else 1e3 if size < 1e14 else 1.0 if size < 1e17 else 1e-3
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number * microseconds)
    except OverflowError:
        return None


def _is_finite(value: float | Decimal) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) or isfinite(value)


def plausible(value: datetime | None, zone: tzinfo = UTC) -> datetime | None:
    """Return a time in UTC, read in `zone` if it names none; None outside the years 1971 to 2200."""
    if value is None:
        return None
    try:
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone)
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return value if FIRST_YEAR <= value.year <= LAST_YEAR else None
