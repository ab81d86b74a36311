"""When two records of different sources are one issue: one project and one id, and no sign of two trackers."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

# The date in the name of an export: 2025-03-01, 20250301, 2025_03_01, 01.03.2025, 2025-W09.
_DATE = re.compile(
    r"(?<!\d)(?:\d{4}([-_.]?)\d{2}\1\d{2}|\d{2}([-_.])\d{2}\2\d{4}|\d{4}[-_.]?[wW]\d{2})(?!\d)", re.ASCII
)


class Origin(NamedTuple):
    """What of a record and its source says which issue of which tracker it is.

    Attributes:
        project: As `Record.project`, "" for none.
        id: As `Record.id`.
        url: As `Record.url`.
        kind: Format of the source, such as "github-rest"; "" where it is not known.
        location: Path or address of the source; "" where it is not known.
    """

    project: str
    id: str
    url: str | None
    kind: str = ""
    location: str = ""


def is_same_issue(first: Origin, second: Origin) -> bool:
    """Return whether two records of different sources are one issue; where that is not known, they are two.

    Equal ids are needed, and one of these: the same address; one project, if the hosts of the addresses are the same;
    one project without addresses, if both are of one kind of tracker or the project's name is more than a word; or no
    project, in two exports whose names differ in a date alone.
    """
    if first.id != second.id:
        return False
    if first.url and second.url:
        if first.url == second.url:
            return True
        if _host(first.url) != _host(second.url):
            return False
        return bool(first.project) and first.project == second.project
    if first.project != second.project:
        return False
    if first.project:
        return _is_telling(first) or _family(first.kind) == _family(second.kind) != ""
    return is_dated_series(first, second)


def is_dated_series(first: Origin, second: Origin) -> bool:
    """Return whether two records come from exports of one kind whose paths differ in a date alone."""
    if first.kind != second.kind or first.location == second.location:
        return False
    names = [_DATE.subn("*", origin.location) for origin in (first, second)]
    return names[0] == names[1] and names[0][1] > 0


def _is_telling(origin: Origin) -> bool:
    """Return whether a project's name is hardly another one's: "owner/name", or the key in "LAR-12"."""
    return "/" in origin.project or origin.id.startswith(f"{origin.project}-")


def _family(kind: str) -> str:
    """Return the tracker of a kind: "jira" of "jira-csv" and of the service "jira"."""
    return kind.partition("-")[0]


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # such as an IPv6 address without its end
        return url
