"""GitLab's CSV export, which names no originals."""

from dupfind.records import Record
from dupfind.sources.coerce import optional, state
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.json_formats.gitlab import project_of


def recognises(columns: Columns) -> bool:
    """Return whether this is the header of GitLab's export; the order of its columns has changed over time."""
    return columns.has("issue id", "title", "url", "state", "created at (utc)")


def date_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns of ambiguous dates: GitLab's export has none."""
    return ()


def record(row: CsvRow, dates: Dates, *, source: str) -> Record | None:
    """Return the record of a row, even of a confidential issue."""
    return Record(
        id=row["issue id"],
        title=row["title"],
        body=row.text("description"),
        source=source,
        project=project_of(row["url"]),
        state=state(row["state"]),
        created=dates(f"{row['created at (utc)']} UTC"),
        updated=dates(f"{row['updated at (utc)']} UTC"),
        url=optional(row["url"]),
        closed=dates(f"{row['closed at (utc)']} UTC"),
    )
