"""Choose which column or key holds which field, by the user's options or by likely names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dupfind.errors import SourceError


@dataclass(frozen=True)
class Mapping:
    """The user's choice of table and columns; a field that is None is chosen by likely names.

    Attributes:
        table: The table to read; in a JSON object the key of its list.
        id_column: Column or key of ids.
        title_column: Column or key of titles.
        body_column: Column or key of bodies.
        state_column: Column or key of states.
        created_column: Column or key of the times of creation.
        duplicate_of_column: Column or key of the ids of originals.
        sql: One SELECT whose columns carry the names in `FIELDS`.
        time_zone: The zone of times in a CSV file that name none, such as "Europe/Berlin"; None is UTC.
    """

    table: str | None = None
    id_column: str | None = None
    title_column: str | None = None
    body_column: str | None = None
    state_column: str | None = None
    created_column: str | None = None
    duplicate_of_column: str | None = None
    sql: str | None = None
    time_zone: str | None = None

    def column(self, field: str) -> str | None:
        """Return the column that the user names for a field, or None."""
        name: str | None = getattr(self, f"{field}_column", None)
        return name

    @property
    def is_given(self) -> bool:
        """Whether the user chooses a table, a column or a SELECT; a time zone does not count."""
        return self != Mapping(time_zone=self.time_zone)


UNMAPPED = Mapping()
"""Everything is chosen by likely names."""

FIELDS = (
    "id",
    "title",
    "body",
    "state",
    "resolution",
    "created",
    "updated",
    "closed",
    "url",
    "project",
    "duplicate_of",
)
"""The fields of a table or file of no known tracker, in this order."""

_NAMES = {
    "id": (
        "id number key iid issue_id bug_id ticket_id post_id question_id task_id issue_key uuid guid"
        " issue_number ticket_number no nr ref reference"
    ),
    "title": "title summary subject name short_desc headline question short_description",
    "body": (
        "body description content text comment details message desc contents long_desc body_text"
        " body_markdown question_text problem"
    ),
    "state": "state status issue_state issue_status bug_status ticket_state ticket_status task_status",
    "resolution": "resolution state_reason close_reason closed_reason reason",
    "created": (
        "created created_at created_on created_at_utc creation_ts creation_time creation_date created_date"
        " date_created created_unix opened opened_at date_opened reported reported_at date_submitted"
        " submitted_at filed_at asked_at time timestamp date"
    ),
    "updated": (
        "updated updated_at updated_on updated_at_utc updated_date delta_ts changed changed_at changetime"
        " last_change_time last_updated last_modified modified modified_at updated_unix last_activity_date"
    ),
    "closed": (
        "closed_at closed_on closed_date date_closed closed_time closed_unix closed resolved_at resolved_on"
        " resolutiondate resolution_date resolved completed_at"
    ),
    "url": "html_url web_url permalink url link issue_url",
    "project": "project project_name project_key full_name repo repository product repository_url",
    "duplicate_of": (
        "duplicate_of dup_of dupe_of duplicateof dupof dupeof duplicate_of_id duplicates_of merged_into"
        " merged_into_id canonical canonical_id duplicate_id original_id superseder superseded_by"
    ),
}
LIKELY = {field: tuple(names.split()) for field, names in _NAMES.items()}
"""Names that suggest a field, likeliest first, as `plain` writes them."""

_FILE_IDS = ("number", "iid", "key", "issue_key", "id")
"""In exports of services, `id` is an internal id if one of the others is there too."""

OVERRIDES = "--id-column --title-column --body-column --state-column --created-column --duplicate-of-column"


def normalize(name: str) -> str:
    """Return a column's name in lower case, its words joined by "_": "Issue ID" and "issueId" are "issue_id"."""
    if name.strip() == "#":
        return "number"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def choose(columns: Sequence[str], mapping: Mapping, *, where: str, is_file: bool = False) -> dict[str, str]:
    """Choose a column for each field that has one; no column serves two fields.

    Args:
        columns: The existing columns.
        mapping: The user's choices.
        where: Names the table or file in the error.
        is_file: Whether `number`, `iid` and `key` are better ids than `id`.

    Raises:
        SourceError: A column that the user named is missing.
    """
    chosen: dict[str, str] = {}
    for field in FIELDS:
        named_column = mapping.column(field)
        if named_column is not None:
            chosen[field] = match_name(
                named_column, columns, what=f"column {named_column!r}", where=where, kind="columns"
            )
    taken = set(chosen.values())
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(normalize(column), column)
    for field in FIELDS:
        if field in chosen:
            continue
        likely = LIKELY[field]
        for name in (*_FILE_IDS, *likely) if is_file and field == "id" else likely:
            column = by_name.get(name, "")
            if name in by_name and column not in taken:
                chosen[field] = column
                taken.add(column)
                break
    return chosen


def match_name(name: str, names: Iterable[str], *, what: str, where: str, kind: str) -> str:
    """Find a name among others: the same spelling, or the only one that differs in case alone.

    Args:
        name: The name that the user wrote.
        names: The names to choose from.
        what: Names the thing in the error, such as "column 'x'".
        where: Names the table or file in the error.
        kind: Names the others in the error, such as "columns".

    Raises:
        SourceError: No name matches, or several do.
    """
    names = list(names)
    if name in names:
        return name
    alike = [other for other in names if other.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    raise SourceError(f"{where} has no {what}; its {kind}: {join_names(names)}")


def describe(chosen: dict[str, str]) -> str:
    """Describe a choice for the user: "id=id, title=subject"."""
    return ", ".join(f"{field}={_in_one_line(chosen[field])}" for field in FIELDS if field in chosen)


def join_names(names: Iterable[str], limit: int = 40) -> str:
    """Join the first `limit` names for a message."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return (", ".join(map(_in_one_line, names[:limit])) or "none") + more


def _in_one_line(name: str) -> str:
    """Return a name as it is, or in quotes with escapes where a line break or a control character is in it."""
    return name if name.isprintable() else repr(name)
