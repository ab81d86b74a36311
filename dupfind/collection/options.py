"""Check the options of a search or a report that a caller gives in Python."""

from datetime import datetime
from operator import index
from typing import Any

from dupfind.errors import DupfindError
from dupfind.tables.short_repr import shown
from dupfind.verdict.bands import MODES

DEFAULT_SOURCE = "records"
"""The name of the source of records that were indexed without one."""

_STATES = ("open", "closed", "all")
_MAX_K = 1_000_000_000


def checked_state(state: object) -> str | None:
    """Return "open", "closed", or None for "all" and None.

    Raises:
        DupfindError: It is another value.
    """
    if state is None:
        return None
    if not isinstance(state, str) or state not in _STATES:
        raise DupfindError(f"state {shown(state)} is not one of {', '.join(_STATES)}")
    return None if state == "all" else state


def checked_mode(verdicts: object) -> str:
    """Return how readily verdicts are given.

    Raises:
        DupfindError: It is not one of `verdict.bands.MODES`.
    """
    if not isinstance(verdicts, str) or verdicts not in MODES:
        raise DupfindError(f"verdicts {shown(verdicts)} is not one of {', '.join(MODES)}")
    return verdicts


def checked_k(k: Any, name: str = "k") -> int:
    """Return a number of hits, or of other results.

    Args:
        k: From 1 to `_MAX_K`.
        name: Of the argument.

    Raises:
        DupfindError: It is no whole number, or lies outside.
    """
    try:
        number = index(k)
    except TypeError:
        raise DupfindError(f"{name} is {shown(k)}, but must be a whole number") from None
    if number < 1 or isinstance(k, bool):
        raise DupfindError(f"{name} is {shown(k)}, but must be at least 1")
    if number > _MAX_K:
        raise DupfindError(f"{name} is {shown(k)}, but must be at most {_MAX_K:,}")
    return number


def checked_name(value: object, name: str) -> str | None:
    """Return the name of a project or a source, or None.

    Args:
        value: A text.
        name: Of the argument.

    Raises:
        DupfindError: It is no text.
    """
    if value is None or isinstance(value, str):
        return value
    raise DupfindError(f"{name} is {shown(value)}, but must be a text")


def checked_share(value: Any, name: str, *, low: float = -1.0) -> float | None:
    """Return a score or a probability, or None.

    Args:
        value: A number up to 1.
        name: Of the argument.
        low: The smallest value.

    Raises:
        DupfindError: It is no number, or lies outside.
    """
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise DupfindError(f"{name} is {shown(value)}, but must be a number from {low:g} to 1") from None
    if not low <= number <= 1:  # NaN, too
        raise DupfindError(f"{name} is {shown(value)}, but must be a number from {low:g} to 1")
    return number


def checked_moment(value: Any, name: str) -> datetime | None:
    """Return the time that an argument names, in UTC; None for None.

    Args:
        value: A datetime, a date, or a text in ISO 8601.
        name: Of the argument.

    Raises:
        DupfindError: It is none of these, or lies outside of the years 1971 to 2200.
    """
    if value is None:
        return None
    # Imported here: a search without a time starts sooner.
    from dupfind.tables.record_reader import moment

    return moment(value, name)


def search_options(
    k: Any,
    min_score: Any,
    state: Any,
    project: Any,
    source: Any,
    before: Any,
    fold: bool,
    verdicts: Any,
) -> dict[str, Any]:
    """Return the options of a `SearchRequest` by name; see `Collection.search`.

    Raises:
        DupfindError: One of them is wrong.
    """
    return {
        "k": checked_k(k),
        "min_score": checked_share(min_score, "min_score"),
        "state": checked_state(state),
        "project": checked_name(project, "project"),
        "source": checked_name(source, "source"),
        "before": checked_moment(before, "before"),
        "fold": fold,
        "verdicts": checked_mode(verdicts),
    }
