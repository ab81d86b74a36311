"""Times and JSON in a database: it may be damaged, or have come with a clone."""

import json
from datetime import UTC, datetime
from typing import Any

from dupfind.errors import StoreError

_WAY_OUT = "see `dupfind doctor --read-data`, or index again into a new folder or schema"
_SHOWN = 60  # characters of a wrong value


def stored_moment(text: str) -> datetime:
    """Return a time that `stored_times.timestamp` wrote.

    Raises:
        StoreError: It is no time, has no zone, or lies outside of the calendar in UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
        moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise wrong("a time", text) from None
    if moment.tzinfo is None:
        raise wrong("a time", text)
    return moment


def stored_json(text: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        StoreError: It is none.
    """
    try:
        document = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise wrong("a JSON object", text) from None
    if not isinstance(document, dict):
        raise wrong("a JSON object", text)
    return document


def wrong(what: str, value: object) -> StoreError:
    """Return the error of a value in the database that cannot be.

    Args:
        what: What it should be, such as "a time".
        value: What it is.
    """
    shown = repr(value[:_SHOWN] if isinstance(value, str | bytes) else value)[: 2 * _SHOWN]
    return StoreError(f"the index has {shown} for {what}: {_WAY_OUT}")
