"""Redmine's CSV export, in the language of the user who exported it."""

import re
from collections.abc import Iterable, Iterator, Sequence

from dupfind.records import Record, Ref
from dupfind.sources.coerce import state
from dupfind.sources.column_words import FIELD_WORDS
from dupfind.sources.csv_formats.redmine_words import DUPLICATES, HEADERS
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.markup import textile

_MAX_RELATIONS = 20_000  # characters of the cell that are looked at
_FIELDS = ("project", "subject", "description", "status", "created", "updated", "closed", "related")
_ID = frozenset("#")
_GROUPS = (*(HEADERS[field] for field in _FIELDS), _ID)
_CLOSED = _FIELDS.index("closed")
_DUPLICATES = DUPLICATES | FIELD_WORDS["duplicate_of"]
_DELAY = re.compile(r"\([^()]*\)\s*$")  # "Folgt (3 Tage) #9"


def recognises(columns: Columns) -> bool:
    """Return whether this is the header of Redmine's export: in every language the column of ids is "#"."""
    return (
        "#" in columns and _column(columns, "subject") is not None and _column(columns, "status") is not None
    )


def date_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns that hold dates."""
    names = (_column(columns, field) for field in ("created", "updated", "closed"))
    return tuple(name for name in names if name is not None)


def record(row: CsvRow, dates: Dates, *, source: str) -> Record | None:
    """Return the record of a row, even of a private issue."""
    places = row.columns.places(_GROUPS)
    project, subject, description, status, created, updated, closed, related, id = row.at(places)
    ref = Ref(project or None, id)
    return Record(
        id=ref.id,
        title=subject,
        body=textile.as_text(description),
        source=source,
        project=ref.project,
        state=_state(state(status), closed, has_closed=places[_CLOSED] >= 0),
        created=dates(created),
        updated=dates(updated),
        duplicate_of=without_own(_related(related, ref), ref) if related else (),
        closed=dates(closed),
    )


def names(columns: Columns, rows: Iterable[Sequence[str]]) -> Iterator[Ref]:
    """Return the names of the records of rows."""
    project, id = columns.places((HEADERS["project"], _ID))
    if project < 0:
        return (Ref(None, cells[id].strip()) for cells in rows)
    return (Ref(cells[project].strip() or None, cells[id].strip()) for cells in rows)


def _column(columns: Columns, field: str) -> str | None:
    """Return the name of the column that holds a field, in any language."""
    return columns.of(HEADERS[field])


def _state(state_of_status: str | None, closed: str, *, has_closed: bool) -> str:
    """Return the state from the closing date; a reopened issue keeps it, and the status "Resolved" does not close."""
    if has_closed:
        return "closed" if closed and state_of_status != "open" else "open"
    return state_of_status or "open"


def _related(cell: str, ref: Ref) -> Iterator[Ref]:
    for relation in cell[:_MAX_RELATIONS].replace("\n", ",").split(","):
        phrase, _, id = relation.strip().rpartition("#")
        if id.isdecimal() and _DELAY.sub("", phrase).strip().lower() in _DUPLICATES:
            yield Ref(ref.project, id)
