"""Make the record of a row in a table or file of no known tracker."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources import state_flags
from dupfind.sources.coerce import moment, optional, state, text, word
from dupfind.sources.column_names import normalize
from dupfind.sources.column_profile import Sample, are_html, whole_number
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.mapping import FIELDS
from dupfind.sources.markup import hypertext
from dupfind.sources.original_ids import ids_in
from dupfind.sources.state_flags import StateOf

_STATE, _CLOSED = FIELDS.index("state"), FIELDS.index("closed")
# The tags of rich text fields; Markdown may begin with others, such as <p align="center">.
_TAG = re.compile(
    r"\s{0,100}<(?:div|span|table|font|html|body)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?|1\d{12}")
"""A time of ServiceNow, or milliseconds since 1970, next to what people see of it."""
_NO_RESOLUTION = re.compile(r"-{1,4}")
_DISTINCT_NAMES = (
    *("nameWithOwner", "full_name", "display_value", "name", "displayName", "display", "label", "value"),
    *("raw", "markdown", "text", "plain", "key"),
)
"""Keys of what an object in the place of a text or a word shows, likeliest first."""
_TIMES = ("iso", "time", "dateTime", "datetime", "date", "timestamp", "seconds", "_seconds")
"""The same of an object that holds a time and nothing else."""
_OF_TIMES = frozenset((*_TIMES, "nanoseconds", "_nanoseconds", "lamport", "timezone", "timeZone"))


def record(
    source: str,
    cells: Sequence[Any],
    label: Callable[[], str],
    dates: Callable[[Any], datetime | None] = moment,
    *,
    is_html: bool = False,
) -> Record:
    """Make a record.

    Args:
        source: The source's name.
        cells: One value for each of `FIELDS`, in their order; None for a missing one.
        label: Names the row in the error.
        dates: Reads the times.
        is_html: Whether the body is HTML; else it is so if it begins and ends with certain tags.

    Raises:
        SourceError: The row has no id.
    """
    id, title, body, status, resolution, created, updated, closed, url, project, duplicate_of = cells
    id = whole_number(text(id).strip())
    if not id:
        raise SourceError(f"{label()} has no id: give it one, or name another --id-column")
    project = _project(project)
    closed_at = dates(closed) if closed is not None else None
    return Record(
        id=id,
        title=text(title),
        body=hypertext.as_text(text(body)) if is_html else _as_markdown(text(body)),
        source=source,
        project=project,
        state=_state(status, closed, closed_at),
        resolution=_resolution(resolution),
        created=dates(created) if created is not None else None,
        updated=dates(updated) if updated is not None else None,
        closed=closed_at,
        url=optional(url) if url is not None else None,
        duplicate_of=_originals(duplicate_of, Ref(project, id)) if duplicate_of else (),
    )


def records(
    source: str,
    table: str,
    rows: Iterable[Sequence[Any]],
    is_restricted: Callable[[Sequence[Any]], bool] = lambda _: False,
    left_out: Callable[[Sequence[Any]], LeftOut | None] = lambda _: None,
    state_of: StateOf | None = None,
    has_closed: bool = False,
    dates: Callable[[Any], datetime | None] = moment,
    is_html: bool = False,
) -> Iterator[Entry]:
    """Make the records of a table's rows, whose cells are in the order of `FIELDS`.

    Args:
        source: The source's name.
        table: Names the table in messages.
        rows: Each may have more cells.
        is_restricted: Decides by these further cells whether a row is an issue for some people only.
        left_out: Decides by them whether a row is no issue, and why.
        state_of: Reads the states, where they are no words.
        has_closed: Whether a column holds the times of closing.
        dates: Reads the times.
        is_html: Whether the bodies are HTML.
    """
    for number, row in enumerate(rows, 1):
        cells, further = row[: len(FIELDS)], row[len(FIELDS) :]
        if (other := left_out(further)) is not None:
            yield other
            continue
        cells = with_state(cells, state_of, has_closed=has_closed)
        try:
            label = partial(_row_label, source, table, number, cells)
            issue = record(source, cells, label, dates, is_html=is_html)
        except SourceError as error:
            yield LeftOut("broken", str(error))
            continue
        yield LeftOut("restricted", record=issue) if is_restricted(further) else issue


def with_state(cells: Sequence[Any], state_of: StateOf | None, *, has_closed: bool) -> Sequence[Any]:
    """Return the cells of a row with the word of its state, and with an empty time of closing if it has none.

    Args:
        cells: One value for each of `FIELDS`.
        state_of: Reads the state, where it is no word.
        has_closed: Whether a column holds the times of closing. An empty one says that the issue is open; None, of a
            missing column, says nothing.
    """
    status, closed = cells[_STATE], cells[_CLOSED]
    if state_of is not None:
        status = state_of(status)
    if not has_closed:
        closed = None
    elif closed is None:
        closed = ""
    return (*cells[:_STATE], status, *cells[_STATE + 1 : _CLOSED], closed, *cells[_CLOSED + 1 :])


def _row_label(source: str, table: str, number: int, cells: Sequence[Any]) -> str:
    named = text(cells[1]) or text(cells[2])
    return f"{source}, {table}, row {number} ({named[:60]!r})"


def _state(status: object, closed: object, closed_at: datetime | None) -> str | None:
    """Return the state; of an unknown word the one that the time of closing gives, if there may be one."""
    known = state(status) if status is not None else None
    if known is not None or status is None or closed is None or not text(status).strip():
        return known
    return "closed" if closed_at is not None else state_flags.of_time(closed)


def shown(value: dict[str, Any]) -> Any:
    """Return what an object in the place of a text, a word or a time shows; None if it has nothing like it.

    Of a time that is shown in the zone of a person, the value is that in UTC.
    """
    inner = value.get("value")
    if isinstance(inner, str) and TIME.fullmatch(inner) is not None:
        return inner
    names = _TIMES if value.keys() <= _OF_TIMES else _DISTINCT_NAMES
    return next((it for name in names if (it := value.get(name)) and not isinstance(it, dict)), None)


def holds_html(column: str | None, sample: Sample) -> bool:
    """Return whether the texts of a column are HTML by its name, as `description_html` says, or by all its values."""
    return column is not None and (normalize(column).endswith("html") or are_html(sample.get(column, ())))


def _as_markdown(body: str) -> str:
    """Return a body that begins and ends with a tag of HTML as text, any other as it is."""
    is_html = body.rstrip().endswith(">") and _TAG.match(body) is not None
    return hypertext.as_text(body) if is_html else body


def _resolution(value: object) -> str | None:
    """Return the resolution; Bugzilla writes "---" for none."""
    resolution = word(value) if value is not None else None
    return None if resolution is None or _NO_RESOLUTION.fullmatch(resolution) else resolution


def _project(value: object) -> str | None:
    """Return the project's name; of a GitHub API address, its "owner/name"."""
    name = optional(value) if value is not None else None
    return name.partition("/repos/")[2] or name if name is not None else None


def _originals(value: object, own_ref: Ref) -> tuple[Ref, ...]:
    """Read the ids of originals in one cell.

    Programs write a column of numbers as 2.0 where some rows have no number.
    """
    ids = ids_in(value)
    if "." not in own_ref.id:
        ids = [id.removesuffix(".0") for id in ids]
    refs = (Ref(_project_of(id, own_ref), id) for id in ids)
    return tuple(dict.fromkeys(ref for ref in refs if ref != own_ref))


def _project_of(id: str, own_ref: Ref) -> str | None:
    """Return the project of an original: the prefix of a key as in Jira, else the project of its duplicate."""
    prefix, dash, _ = id.rpartition("-")
    return prefix if dash and own_ref.id.startswith(f"{own_ref.project}-") else own_ref.project
