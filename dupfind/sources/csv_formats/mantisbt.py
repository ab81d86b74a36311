"""MantisBT's CSV export, which names no originals and by default has no descriptions."""

from dupfind.records import Record
from dupfind.sources.coerce import optional, state, word
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates


def recognises(columns: Columns) -> bool:
    """Return whether this is the header of MantisBT's export, whose columns the user chooses."""
    return columns.has("id", "summary", "status") and (
        columns.has("reproducibility") or columns.has("view status") or columns.has("date submitted")
    )


def date_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns that hold dates."""
    return tuple(name for name in ("date submitted", "updated") if name in columns)


def record(row: CsvRow, dates: Dates, *, source: str) -> Record | None:
    """Return the record of a row, even of a private issue. The zeros that pad an id are removed."""
    texts = (row.text(name) for name in ("description", "steps to reproduce", "additional information"))
    status = row["status"].lower()
    resolution = word(row["resolution"])
    return Record(
        id=row["id"].lstrip("0"),
        title=row["summary"],
        body="\n\n".join(part for part in texts if part.strip()),
        source=source,
        project=optional(row["project"]),
        state=state(status) or ("open" if status else None),
        resolution=None if resolution == "open" else resolution,
        created=dates(row["date submitted"]),
        updated=dates(row["updated"]),
    )
