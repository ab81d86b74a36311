"""Jira's export as CSV, in which links, comments and labels have as many columns of one name as an issue needs."""

import re
from collections.abc import Iterator

from dupfind.records import Record
from dupfind.sources.coerce import state, word
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.json_formats.comments import Comment, by_key, keyed, originals, others
from dupfind.sources.markup import jira

_LINK = re.compile(r"outward issue link \((?:is )?(?:a )?duplicat", re.IGNORECASE)
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-\d{1,18}")


def recognises(columns: Columns) -> bool:
    """Whether this is the header of Jira's export, with all fields or some."""
    return columns.has("issue key", "summary")


def date_columns(columns: Columns) -> tuple[str, ...]:
    """The columns that hold dates."""
    return tuple(name for name in ("created", "updated", "resolved", "due date") if name in columns)


def record(row: CsvRow, dates: Dates, *, source: str) -> Record:
    """The record of a row.

    Links name its originals. Where there is none and its resolution is Duplicate, its comments may.
    """
    own = keyed(row["issue key"])
    resolution = word(row["resolution"])
    resolution = None if resolution == "unresolved" else resolution
    found = others(map(keyed, _linked(row)), own)
    if not found and resolution == "duplicate":
        # A comment is "date;author;text".
        said = [Comment(comment.split(";", 2)[-1]) for comment in row.all("comment", "comments")]
        found = originals(said, own, by_key)
    return Record(
        id=own.id,
        title=row["summary"],
        body=jira.as_text(row.text("description")),
        source=source,
        project=own.project,
        state=_state(row, resolution),
        resolution=resolution,
        created=dates(row["created"]),
        updated=dates(row["updated"]),
        duplicate_of=found,
    )


def _linked(row: CsvRow) -> Iterator[str]:
    for name in row.columns:
        if _LINK.match(name):
            yield from filter(_KEY.fullmatch, row.all(name))


def _state(row: CsvRow, resolution: str | None) -> str | None:
    category = row["status category"].lower()
    if category:
        return "closed" if category == "done" else "open"
    return "closed" if resolution else state(row["status"]) or ("open" if row["status"] else None)
