"""Times as the database stores them: UTC, of fixed width."""

from datetime import UTC, datetime

from dupfind.storage.stored_values import stored_moment


def timestamp(when: datetime) -> str:
    """Format a time for the database: UTC, of fixed width, so that text order is time order."""
    try:
        when = when.astimezone(UTC)
    except OverflowError:  # the first or last hours of the calendar, in a zone other than UTC
        when = datetime.min if when.year == 1 else datetime.max
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")  # glibc's %Y has no leading zeros


def moment(text: str | None) -> datetime | None:
    """Parse a time that `timestamp` wrote; None stays None."""
    return None if text is None else stored_moment(text)
