"""Linear's CSV export, with dates as JavaScript writes them."""

from dupfind.records import Record
from dupfind.sources.coerce import state
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.json_formats.comments import ref_from_key, without_own


def recognises(columns: Columns) -> bool:
    """Return whether this is the header of Linear's export; older ones have no column of originals."""
    return columns.has("id", "team", "title", "status", "cycle name") or columns.has(
        "id", "team", "title", "status", "uuid"
    )


def date_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns of ambiguous dates: Linear's export has none."""
    return ()


def record(row: CsvRow, dates: Dates, *, source: str) -> Record:
    """Return the record of a row."""
    ref = ref_from_key(row["id"])
    duplicate_of = without_own(
        (ref_from_key(key.strip()) for key in row["duplicate of"].split(",") if key.strip()), ref
    )
    is_closed = bool(duplicate_of or row["completed"] or row["canceled"])
    return Record(
        id=ref.id,
        title=row["title"],
        body=row.text("description"),
        source=source,
        project=ref.project,
        state="closed" if is_closed else state(row["status"]) or "open",
        resolution="duplicate" if duplicate_of or row["status"].lower() == "duplicate" else None,
        created=dates(row["created"]),
        updated=dates(row["updated"]),
        duplicate_of=duplicate_of,
        closed=dates(row["completed"] or row["canceled"]),
    )
