"""Parse dates as programs export them: 03/Jan/24 9:12 AM, 13.01.2024 09:12, Wed May 13 2026 11:21:41 GMT+0000."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dupfind.errors import SourceError
from dupfind.sources.coerce import moment, plausible
from dupfind.sources.date_words import MONTHS, tidied

_DATE = re.compile(
    r"(?:[^\W\d]{2,12}\.?,? +)??"  # a weekday
    r"(?:(?P<a>\d{1,4})[-/. ]{1,2}(?P<b>\d{1,2}|[^\W\d]{3,12})[-/., ]{1,3}(?P<c>\d{1,4})"
    r"|(?P<month>[^\W\d]{3,12})\.? (?P<day>\d{1,2}),? (?P<year>\d{4}))"
    r"(?:,?[ T]+(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?)?"
    r"(?: ?(?:GMT|UTC)?(?P<sign>[+-])(?P<off>\d\d):?(?P<offm>\d\d)| ?(?P<utc>GMT|UTC|Z))?(?: \(.{0,60}\))?\.?",
    re.IGNORECASE,
)
_LONGEST = 120  # characters of a date
SERIAL = re.compile(r"\d{5}(?:\.\d{1,15})?")
"""A number of days since the end of 1899, as Excel counts them."""

_SERIAL_EPOCH = datetime(1899, 12, 30)
_AMERICAN = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}.*\d ?[ap]\.?m", re.IGNORECASE)


def zone_named(name: str | None) -> tzinfo:
    """Return the time zone of a name such as Europe/Berlin; UTC for None.

    Raises:
        SourceError: The zone does not exist.
    """
    if name is None:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise SourceError(f"no time zone is called {name!r}: write one like Europe/Berlin") from error
    except KeyError:
        raise SourceError(f"no time zone is called {name!r}: write one like Europe/Berlin") from None


def _of_serial(value: str) -> datetime:
    """Return the time of a number of days as Excel counts them, rounded to the second."""
    return _SERIAL_EPOCH + timedelta(seconds=round(float(value) * 86_400))


def _matched(value: str) -> re.Match[str] | None:
    """Return the parts of a date, as it is or without its words; None for anything else."""
    if len(value) > _LONGEST:
        return None
    return _DATE.fullmatch(value.strip()) or _DATE.fullmatch(tidied(value))


class Dates:
    """The date format of one file.

    Attributes:
        is_month_first: Whether 01/02/2024 is the second of January.
        is_guessed: Whether the dates leave the order open.
        is_local: Whether some dates name no zone.
    """

    def __init__(self, samples: Iterable[str] = (), zone: tzinfo = UTC, *, has_serials: bool = False) -> None:
        """Infer the order of day and month from some dates of a file.

        A number over 12 is a day. Without such a number, the month comes first only in dates with AM or PM.

        Args:
            samples: Dates of the file.
            zone: The zone of dates that name none.
            has_serials: Whether a number of five digits is a day as Excel counts them, with its time as a fraction.
        """
        self._zone = zone
        self._has_serials = has_serials
        self.is_month_first = False
        self.is_guessed = False
        self.is_local = False
        n_first = n_second = n_either = n_american = 0
        for sample in samples:
            match = _matched(sample)
            self.is_local |= (
                match is not None and not match["sign"] and not match["utc"] and bool(match["hour"])
            )
            if match is None or match["a"] is None or len(match["a"]) > 2 or not match["b"].isdecimal():
                continue
            n_first += int(match["a"]) > 12
            n_second += int(match["b"]) > 12
            n_either += 1
            n_american += _AMERICAN.match(match[0]) is not None
        if n_first == n_second == 0 and n_either:
            self.is_guessed = True
            self.is_month_first = n_american > 0
        else:
            self.is_month_first = n_second > n_first

    def __call__(self, value: object) -> datetime | None:
        """Return the time in a cell, in UTC; None for a cell without a time."""
        if value == "":
            return None
        if not isinstance(value, str) or not 6 <= len(value) <= _LONGEST or value[:4].isdecimal():
            time = moment(value, self._zone)
            if time is not None or not isinstance(value, str):
                return time
            # As seconds such numbers are of the first day of 1970.
            if self._has_serials and SERIAL.fullmatch(value.strip()):
                return plausible(_of_serial(value), self._zone)
        match = _matched(value)
        if match is not None:
            return plausible(self._parse(match), self._zone)
        time = moment(value, self._zone)
        return moment(tidied(value), self._zone) if time is None and len(value) <= _LONGEST else time

    def _parse(self, match: re.Match[str]) -> datetime | None:
        first, second, last, name, *day, hour, minute, seconds, half, sign, off, minutes, utc = match.groups()
        parts = self._named(name, *day) if name else self._numbered(match[0], first, second, last)
        if parts is None:
            return None
        hours = int(hour or 0)
        if half:
            hours = hours % 12 + (12 if half in "pP" else 0)  # 12 AM is hour 0, and 12 PM hour 12
        zone: tzinfo | None = UTC if utc else None
        try:
            if sign:
                offset = timedelta(hours=int(off), minutes=int(minutes))
                zone = timezone(-offset if sign == "-" else offset)
            return datetime(*parts, hours, int(minute or 0), int(seconds or 0), tzinfo=zone)
        except ValueError:
            return None

    def _named(self, name: str, day: str, year: str) -> tuple[int, int, int] | None:
        """Return year, month and day of a date that begins with the name of a month."""
        month = MONTHS.get(name.lower())
        return None if month is None else (int(year), month, int(day))

    def _numbered(self, date: str, first: str, second: str, last: str) -> tuple[int, int, int] | None:
        """Return year, month and day of a date of three parts, of which the second may be a name."""
        if len(first) == 4:
            month = int(second) if second.isdecimal() else MONTHS.get(second.lower())
            return None if month is None else (int(first), month, int(last))
        if len(last) == 1:
            return None
        year = int(last) + (2000 if len(last) == 2 else 0)
        if not second.isdecimal():
            month = MONTHS.get(second.lower())
            return None if month is None else (year, month, int(first))
        if self.is_month_first and "." not in date[:6]:
            return year, int(first), int(second)
        return year, int(second), int(first)


def times_of(chosen: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns of the times of a table.

    Args:
        chosen: The column for each field.
    """
    return tuple(chosen[field] for field in ("created", "updated", "closed") if field in chosen)


def dates_of(chosen: Mapping[str, str], sample: Mapping[str, Sequence[Any]]) -> Dates:
    """Return what reads the times of a table, in the order of day and month of its first values.

    Args:
        chosen: The column for each field.
        sample: The first values, by column.
    """
    return Dates(
        value for column in times_of(chosen) for value in sample.get(column, ()) if isinstance(value, str)
    )


def order_notes(dates: Dates) -> tuple[str, ...]:
    """Return the line for the user where the first dates leave the order of day and month open."""
    order = "month/day/year" if dates.is_month_first else "day/month/year"
    return (f"dates are taken for {order}: the first ones leave it open",) if dates.is_guessed else ()
