"""Jira's CSV export, which repeats the columns of links, comments and labels as often as an issue needs.

The names of its columns, states and resolutions are in the language of the person who exports.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from dupfind.records import Comment, Record
from dupfind.sources.coerce import quantity, state, word
from dupfind.sources.column_words import DUPLICATE, FIELD_WORDS, OUTWARD, UNRESOLVED
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.csv_formats.row import Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.json_formats.comments import originals_from, ref_from_key, resolve_key, without_own
from dupfind.sources.markup import jira

_ENGLISH = {
    "issue_key": "issue key",
    "title": "summary",
    "body": "description",
    "state": "status",
    "resolution": "resolution",
    "created": "created",
    "updated": "updated",
    "closed": "resolved",
    "status_category": "status category",
    "comments": "comment",
    "votes": "votes",
}
_NAMES = {field: FIELD_WORDS[field] | {english} for field, english in _ENGLISH.items()}
_LINK = re.compile(r"([^()]{1,100})\((?:is )?(?:a )?([^()]{1,100})\)")
_MAX_DATE = 40  # characters
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-\d{1,18}")


def recognises(columns: Columns) -> bool:
    """Return whether this is the header of Jira's export, with all fields or some, in any known language."""
    return _column(columns, "issue_key") is not None and _column(columns, "title") is not None


def date_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns that hold dates."""
    named = [_column(columns, field) for field in ("created", "updated", "closed")]
    return (*(name for name in named if name is not None), *(["due date"] if "due date" in columns else []))


def record(row: CsvRow, dates: Dates, *, source: str) -> Record:
    """Return the record of a row.

    Links name its originals. Without links, the comments may, if the resolution is Duplicate.
    """

    def cell(field: str) -> str:
        column = _column(row.columns, field)
        return "" if column is None else row[column]

    ref = ref_from_key(cell("issue_key"))
    resolution = word(cell("resolution"))
    resolution = None if resolution in UNRESOLVED else resolution
    duplicate_of = without_own(map(ref_from_key, _linked(row)), ref)
    comments = list(row.all(*(name for name in row.columns if name in _NAMES["comments"])))
    written = [_comment(comment, dates) for comment in comments]
    closed = dates(cell("closed"))
    if not duplicate_of and resolution in DUPLICATE:
        duplicate_of = originals_from(written, ref, resolve_key, closed=closed)
    body = _column(row.columns, "body")
    return Record(
        id=ref.id,
        title=cell("title"),
        body="" if body is None else jira.as_text(row.text(body)),
        source=source,
        project=ref.project,
        state=_state(cell("status_category"), cell("state"), resolution),
        resolution=resolution,
        created=dates(cell("created")),
        updated=dates(cell("updated")),
        duplicate_of=duplicate_of,
        closed=closed,
        n_responses=len(comments) + quantity(cell("votes")),
        comments=first_comments(written, markup=jira.as_text),
    )


def _comment(cell: str, dates: Dates) -> Comment:
    """Return the comment in a cell "date;author;text". Jira does not export who may see it."""
    at, _, rest = cell.partition(";")
    author, _, body = rest.partition(";")
    if not (at and author and body):
        return Comment(cell)
    return Comment(body, dates(at.strip()) if len(at) <= _MAX_DATE else None)


def _column(columns: Columns, field: str) -> str | None:
    """Return the name of the column that holds a field, in any language."""
    return _ENGLISH[field] if _ENGLISH[field] in columns else columns.of(_NAMES[field])


def _linked(row: CsvRow) -> Iterator[str]:
    for name in _link_columns(row.columns):
        yield from filter(_KEY.fullmatch, row.all(name))


@lru_cache(maxsize=8)
def _link_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns of links from a duplicate to its original: "Outward issue link (Duplicate)"."""
    links = ((name, _LINK.fullmatch(name)) for name in columns)
    return tuple(
        name
        for name, link in links
        if link is not None
        and any(part in link[1] for part in OUTWARD)
        and any(link[2].startswith(part[:7]) for part in DUPLICATE)
    )


def _state(category: str, status: str, resolution: str | None) -> str | None:
    if category:
        return "closed" if state(category) == "closed" else "open"
    return "closed" if resolution else state(status) or ("open" if status else None)
