"""When two records of different sources are one issue: one project and one id, and no sign of two trackers."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

_YEAR, _MONTH, _DAY = "((?:19|20)[0-9]{2})", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
# The date in the name of an export: 2025-03-01, 20250301, 2025_03_01, 01.03.2025, 2025-W09.
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}([-_.]?){_MONTH}\2{_DAY}|{_DAY}([-_.]){_MONTH}\6{_YEAR}"
    rf"|{_YEAR}[-_.]?[wW](0[1-9]|[1-4][0-9]|5[0-3]))(?!\d)",
    re.ASCII,
)
_NO_TRACKER = frozenset(
    ("csv", "tsv", "json", "jsonl", "parquet", "sqlite", "sql", "table", "tables", "records", "sheets")
)
"""Kinds of sources that name no tracker."""


class Origin(NamedTuple):
    """What of a record and its source says which issue of which tracker it is.

    Attributes:
        project: As `Record.project`, "" for none.
        id: As `Record.id`.
        url: As `Record.url`.
        kind: Format of the source, such as "github-rest"; "" where it is not known.
        location: Path or address of the source; "" where it is not known.
        title: As `Record.title`, "" for none.
        created: Time of creation as text, None where it is not known.
    """

    project: str
    id: str
    url: str | None
    kind: str = ""
    location: str = ""
    title: str = ""
    created: str | None = None


def is_same_issue(first: Origin, second: Origin) -> bool:
    """Return whether two records of different sources are one issue; where that is not known, they are two.

    Equal ids are needed, and one of these: the same address; one project, if the addresses are of one tracker; one
    project without addresses, if both are of one kind of tracker or the project's name is more than a word; or two
    exports whose names differ in a date alone. Without a project, an id may be a row's number: there the titles or
    the times of creation must be equal, too.
    """
    if first.id != second.id:
        return False
    if first.url and second.url:
        if first.url == second.url:
            return True
        if not first.project or first.project != second.project:
            return False
        return _tracker(first) == _tracker(second)
    if first.project != second.project:
        return False
    if first.project and (_is_telling(first) or _family(first.kind) == _family(second.kind) != ""):
        return True
    return _is_dated_series(first, second) and (bool(first.project) or _is_alike(first, second))


def date_of(location: str) -> str:
    """Return the last date in the name of an export, in a form that sorts in order of time; "" for none."""
    date = ""
    for match in _DATE.finditer(location):
        year, _, month, day, day_first, _, month_second, year_last, year_of_week, week = match.groups("")
        date = f"{year or year_last or year_of_week}-{month or month_second or week}-{day or day_first}"
    return date


def _is_dated_series(first: Origin, second: Origin) -> bool:
    """Return whether two records come from exports of one kind whose paths differ in a date alone."""
    if first.kind != second.kind or first.location == second.location:
        return False
    names = [_DATE.subn("*", origin.location) for origin in (first, second)]
    return names[0] == names[1] and names[0][1] > 0


def _is_alike(first: Origin, second: Origin) -> bool:
    """Return whether two records of one id have the same title or time of creation."""
    if first.created is not None and first.created == second.created:
        return True
    return first.title == second.title != ""


def _is_telling(origin: Origin) -> bool:
    """Return whether a project's name is hardly another one's: "owner/name", or the key in "LAR-12"."""
    return "/" in origin.project or origin.id.startswith(f"{origin.project}-")


def _family(kind: str) -> str:
    """Return the tracker of a kind: "jira" of "jira-csv" and of the service "jira"; "" where it names none."""
    family = kind.partition("-")[0]
    return "" if family in _NO_TRACKER else family


def _tracker(origin: Origin) -> tuple[str, str]:
    """Return host, port and, for a project that is a mere word, the path of a record's address but for its end."""
    url = origin.url or ""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an IPv6 address without its end
        return url, ""
    place = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    place = place.removesuffix(":80" if parts.scheme == "http" else ":443")
    return place, "" if _is_telling(origin) else parts.path.rpartition("/")[0]
