"""MantisBT's export as CSV, which names no originals and, at its defaults, no descriptions."""

from dupfind.records import Record
from dupfind.sources.coerce import optional, state, word
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates


def recognises(columns: Columns) -> bool:
    """Whether this is the header of MantisBT's export, of which a person chooses the columns."""
    return columns.has("id", "summary", "status") and (
        columns.has("reproducibility") or columns.has("view status") or columns.has("date submitted")
    )


def date_columns(columns: Columns) -> tuple[str, ...]:
    """The columns that hold dates."""
    return tuple(name for name in ("date submitted", "updated") if name in columns)


def record(row: CsvRow, dates: Dates, *, source: str) -> Record | None:
    """The record of a row; None of a private issue. Ids are padded with zeros, which are no part of them."""
    if row["view status"].lower() == "private":
        return None
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
