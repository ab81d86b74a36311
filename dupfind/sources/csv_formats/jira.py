"""Jira's CSV export, which repeats the columns of links, comments and labels as often as an issue needs."""

import re
from collections.abc import Iterator

from dupfind.records import Record
from dupfind.sources.coerce import quantity, state, word
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.json_formats.comments import (
    Comment,
    originals_from,
    ref_from_key,
    resolve_key,
    without_own,
)
from dupfind.sources.markup import jira

_LINK = re.compile(r"outward issue link \((?:is )?(?:a )?duplicat", re.IGNORECASE)
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-\d{1,18}")


def recognises(columns: Columns) -> bool:
    """Return whether this is the header of Jira's export, with all fields or some."""
    return columns.has("issue key", "summary")


def date_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns that hold dates."""
    return tuple(name for name in ("created", "updated", "resolved", "due date") if name in columns)


def record(row: CsvRow, dates: Dates, *, source: str) -> Record:
    """Return the record of a row.

    Links name its originals. Without links, the comments may, if the resolution is Duplicate.
    """
    ref = ref_from_key(row["issue key"])
    resolution = word(row["resolution"])
    resolution = None if resolution == "unresolved" else resolution
    duplicate_of = without_own(map(ref_from_key, _linked(row)), ref)
    if not duplicate_of and resolution == "duplicate":
        # A comment is "date;author;text".
        comments = [Comment(comment.split(";", 2)[-1]) for comment in row.all("comment", "comments")]
        duplicate_of = originals_from(comments, ref, resolve_key)
    return Record(
        id=ref.id,
        title=row["summary"],
        body=jira.as_text(row.text("description")),
        source=source,
        project=ref.project,
        state=_state(row, resolution),
        resolution=resolution,
        created=dates(row["created"]),
        updated=dates(row["updated"]),
        duplicate_of=duplicate_of,
        closed=dates(row["resolved"]),
        n_responses=len(list(row.all("comment", "comments"))) + quantity(row["votes"]),
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
