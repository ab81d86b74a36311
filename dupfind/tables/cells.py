"""Convert a value of a DataFrame, a dict or a Record to a field's value, or refuse it with its place."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple
from uuid import UUID

from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.coerce import text
from dupfind.tables.short_repr import MAX_DIGITS, is_short, shown


class Place(NamedTuple):
    """Where a value stands, for messages.

    Attributes:
        row: Such as "row 3" or "the query".
        column: Name of its column, key or attribute.
    """

    row: str
    column: str

    def refuse(self, value: object, reason: str) -> SourceError:
        """Return the error that refuses a value.

        Args:
            value: Shown, cut to a bounded length.
            reason: Completes "the value ...", with the way out.
        """
        return SourceError(f"{self.row}, column {shown(self.column)}: {shown(value)} {reason}")


def plain(value: Any) -> Any:
    """Return a scalar of numpy as Python's own, and every kind of missing value (NaN, NaT, NA) as None."""
    if value is None or isinstance(value, str):
        return value
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "shape", None) == ():
        # A time in nanoseconds would become an int; datetime has microseconds.
        value = value.astype("datetime64[us]").item() if value.dtype.kind == "M" else value.item()
    if type(value).__name__ in ("NaTType", "NAType"):  # of pandas, which may not be installed
        return None
    is_nan = value.is_nan() if isinstance(value, Decimal) else isinstance(value, float) and value != value
    return None if is_nan else value


def as_text(value: Any, place: Place) -> str:
    """Return a text; "" for a missing value. Numbers and dates are written out.

    Raises:
        SourceError: It is a list, a dict or another object, or bytes that are not UTF-8.
    """
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)  # of a subclass, such as numpy.str_
    if isinstance(value, bytes | bytearray | memoryview):
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            raise place.refuse(bytes(value[:200]), "is not UTF-8: decode it first") from None
    if isinstance(value, int | Decimal) and not is_short(value):
        raise place.refuse(value, f"is no text: give at most {MAX_DIGITS} digits")
    if isinstance(value, Real | Decimal | UUID | time):
        return text(value)
    if isinstance(value, date):  # and datetime, which is one
        return value.isoformat()
    raise place.refuse(value, f"is of type {type(value).__name__}, not a text: give a str")


def as_id(value: Any, place: Place) -> str:
    """Return an id as text: 12, 12.0 and "12" are "12"; "" for a missing value.

    Raises:
        SourceError: It is no text and no number.
    """
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        raise place.refuse(value, "is no id: give a str or an int")
    return as_text(value, place).strip()


def as_time(value: Any, place: Place, dates: Callable[[Any], datetime | None]) -> datetime | None:
    """Return a time in UTC; None for a missing value, and for a time outside of the years 1971 to 2200.

    Args:
        value: A datetime, a pandas Timestamp, a date, a text in the form of a date, or seconds since 1970.
        place: For the message.
        dates: Reads texts and numbers.

    Raises:
        SourceError: It is no time.
    """
    value = plain(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime) and type(value) is not datetime:
        value = datetime(  # a Timestamp has nanoseconds, and another repr
            *(value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond),
            tzinfo=value.tzinfo,
            fold=value.fold,
        )
    is_time = isinstance(value, date) or (
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) and is_short(value)
    )
    if not is_time and not isinstance(value, str):
        raise place.refuse(value, f"is of type {type(value).__name__}, not a time: give a datetime or a str")
    found = dates(value)
    if found is None and isinstance(value, str) and not _is_iso(value):
        raise place.refuse(value, "is no time: write it as 2024-01-31 or 2024-01-31T09:00:00Z, or pass None")
    return found


def as_names(value: Any, place: Place) -> list[str | Ref]:
    """Return the names of other records: of one id, of a text of ids with commas, or of a list of ids.

    Raises:
        SourceError: One of them is no id.
    """
    if not isinstance(value, Ref):
        value = plain(value)
    if isinstance(value, Ref):
        return [Ref(as_text(value.project, place) or None, as_id(value.id, place))]
    if isinstance(value, list | tuple | set | frozenset) or getattr(value, "shape", ()) != ():
        return [name for one in value for name in as_names(one, place)]
    return [part.strip() for part in as_id(value, place).replace(";", ",").split(",") if part.strip()]


def as_count(value: Any, place: Place) -> int:
    """Return a number of things; 0 for a missing value.

    Raises:
        SourceError: It is no whole number.
    """
    value = plain(value)
    if value is None:
        return 0
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not is_whole:
        raise place.refuse(value, "is no whole number: give an int")
    return int(value)


def _is_iso(value: str) -> bool:
    try:
        datetime.fromisoformat(value.strip()[:64])
    except ValueError:
        return False
    return True
