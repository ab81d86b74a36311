"""Issues that are in several sources: the newest record of each is shown, and the rows of the others are hidden.

A hidden row is dead for every answer. It keeps its record, lines and comments, so that it is shown again as soon as the
other one is gone. `record.died` holds "hidden:" and the id of the source whose record is shown.
"""

import json
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, NamedTuple

from dupfind.decisions import DIFFERENT
from dupfind.records import RecordName
from dupfind.storage.same_issue import Origin, date_of, is_same_issue
from dupfind.storage.word_index import word_index

if TYPE_CHECKING:
    from dupfind.storage.store import Store
    from dupfind.storage.writer import Writer

MARK = "hidden:"
IS_HIDDEN = f"died IS NOT NULL AND died LIKE '{MARK}%'"
"""SQL: a row is hidden; the first half lets SQLite use the index of dead rows."""

_HIDDEN = (
    "WITH h AS (SELECT row_id, source_id, project, id, url,"  # noqa: S608
    f" CAST(substr(died, {len(MARK) + 1}) AS INTEGER) AS shown FROM record WHERE {IS_HIDDEN})"
)
_IN_PLACE = (
    "coalesce((SELECT b.row_id FROM record b WHERE b.source_id = h.shown AND b.project = h.project AND b.id = h.id"
    " AND b.died IS NULL),"
    " (SELECT min(b.row_id) FROM record b WHERE b.id = h.id AND b.source_id = h.shown AND b.url = h.url"
    " AND b.url <> '' AND b.died IS NULL))"
)
"""SQL: the row that is shown in place of the hidden row h of `_HIDDEN`."""

Name = tuple[int, str, str]
"""Source id, project and record id."""


class Change(NamedTuple):
    """What has to change so that of each issue the newest record is shown.

    Attributes:
        shown: Hidden rows to show again.
        hidden: Rows to hide, with the id of the source whose record is shown.
    """

    shown: list[int]
    hidden: list[tuple[int, int]]


class _Kept(NamedTuple):
    row_id: int
    source_id: int
    origin: Origin
    updated: str
    died: str | None
    n_facts: int
    source: str

    @property
    def name(self) -> RecordName:
        """Return the name by which decisions speak of the record."""
        return self.source, self.origin.project, self.origin.id

    @property
    def rank(self) -> tuple[str, bool, str, int, int]:
        """Return what decides: the time of the last change, then more than a text, then the export's date.

        Equal ones follow what they have of marks, resolution, state and comments, then the source that was added last.
        """
        return self.updated, self.n_facts > 0, date_of(self.origin.location), self.n_facts, self.source_id


class Aliases(NamedTuple):
    """The names of hidden rows, with the rows that are shown in their place.

    Attributes:
        shown: The row that is shown under a name.
        names: The names under which a row is shown besides its own.
        by_id: The shown rows by the source id and the record id of the hidden ones.
    """

    shown: dict[Name, int]
    names: dict[int, list[Name]]
    by_id: dict[tuple[int, str], list[int]]


def pending(store: "Store", sources: Set[int] | None = None) -> Change:
    """Return what has to be hidden and shown, by the records of all sources alone.

    Args:
        store: The index.
        sources: The ids of sources whose rows may change; records of an id that is in others, too, stay as they are.
            None for all sources.
    """
    change = Change([], [])
    rejected: set[frozenset[RecordName]] | None = None
    for rows in _groups(store):
        if sources is not None and not all(row.source_id in sources for row in rows):
            continue
        if rejected is None:
            rejected = _rejected(store)
        for issue in _issues(rows, rejected):
            first = max(issue, key=lambda row: row.rank)
            for row in issue:
                is_hidden = row.died is not None
                if row is first and is_hidden:
                    change.shown.append(row.row_id)
                elif row is not first and row.died != f"{MARK}{first.source_id}":
                    change.hidden.append((row.row_id, first.source_id))
    return change


def hide(writer: "Writer", rows: Iterable[tuple[int, int]]) -> None:
    """Hide rows, in one transaction; their records, lines and comments stay.

    Args:
        writer: The index's only writer.
        rows: Each row, and the id of the source whose record is shown.
    """
    with writer.changing():
        for row_id, source_id in rows:
            writer.connection.execute(
                "UPDATE record SET died = ? WHERE row_id = ?", (f"{MARK}{source_id}", row_id)
            )
            for table in ("composed", "terms"):
                writer.connection.execute(f"DELETE FROM {table} WHERE row_id = ?", (row_id,))  # noqa: S608
            word_index(writer.connection).delete([row_id])
            writer.rows_deleted([row_id])


def show_textless(writer: "Writer", rows: Iterable[int]) -> None:
    """Show hidden rows again that have no text, and so no vector; those with a text get a new row."""
    with writer.changing():
        writer.connection.executemany(
            f"UPDATE record SET died = NULL WHERE row_id = ? AND {IS_HIDDEN}",  # noqa: S608
            ((row_id,) for row_id in rows),
        )


def look_up(writer: "Writer", source_id: int) -> None:
    """Note the hidden rows of a source by their names, for `row_of`."""
    connection = writer.connection
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS hidden (project TEXT, id TEXT, row_id INTEGER, PRIMARY KEY (project, id))"
    )
    connection.execute("DELETE FROM temp.hidden")
    connection.execute(
        "INSERT INTO temp.hidden SELECT project, id, max(row_id) FROM record"  # noqa: S608
        f" WHERE source_id = ? AND {IS_HIDDEN} GROUP BY project, id",
        (source_id,),
    )


def row_of(writer: "Writer", project: str, id: str) -> int | None:
    """Return the hidden row under a name, of the source of the last `look_up`."""
    row = writer.connection.execute(
        "SELECT row_id FROM record WHERE row_id = (SELECT row_id FROM temp.hidden WHERE project = ? AND id = ?)"  # noqa: S608
        f" AND {IS_HIDDEN}",
        (project, id),
    ).fetchone()
    return None if row is None else int(row[0])


def aliases(store: "Store") -> Aliases:
    """Return the names of all hidden rows, with the rows in their place: those of one project, else of one address."""
    found = Aliases({}, {}, {})
    rows = store.connection.execute(f"{_HIDDEN} SELECT h.source_id, h.project, h.id, {_IN_PLACE} FROM h")  # noqa: S608
    for source_id, project, id, row_id in rows:
        if row_id is not None:
            found.shown[source_id, project, id] = row_id
            found.names.setdefault(row_id, []).append((source_id, project, id))
            found.by_id.setdefault((source_id, id), []).append(row_id)
    return found


def n_hidden(store: "Store", source_id: int) -> int:
    """Return the number of a source's records in whose place those of other sources are shown."""
    return store.one(
        f"SELECT count(*) FROM record WHERE source_id = ? AND {IS_HIDDEN}",  # noqa: S608
        (source_id,),
    )


def n_shared(store: "Store", source_id: int | None = None) -> int:
    """Return the number of issues that are in several sources, of which one may be given; each issue counts once.

    Of issues that have one id and one address in a source, each has a hidden row of its own.
    """
    of_source, values = (
        ("", ()) if source_id is None else (" WHERE h.source_id = ?1 OR h.shown = ?1", (source_id,))
    )
    return store.one(
        f"{_HIDDEN} SELECT coalesce(sum(n), 0) FROM (SELECT max(n) AS n FROM"  # noqa: S608
        f" (SELECT coalesce({_IN_PLACE}, -h.row_id) AS place, h.source_id, count(*) AS n FROM h{of_source}"
        " GROUP BY 1, 2) AS by_source GROUP BY place) AS by_issue",
        values,
    )


def _groups(store: "Store") -> Iterable[list[_Kept]]:
    """Yield the records of one id that is in several sources, or whose row is hidden."""
    if not _is_shared(store):
        return
    columns = (
        "r.id, row_id, source_id, project, url, kind, location, title, created, coalesce(updated, ''), died, state,"
        " resolution, comments, (SELECT count(*) FROM mark m WHERE m.row_id = r.row_id), name"
    )
    # An id that is in several sources is in one of those but the largest.
    sizes = store.connection.execute(
        "SELECT count(*), source_id FROM record WHERE died IS NULL GROUP BY source_id ORDER BY 1, 2"
    ).fetchall()
    small = [source_id for _, source_id in sizes[:-1]]
    cursor = store.connection.execute(
        # Each part reads its own partial index; a row's long texts come after the columns of the index.
        "WITH several AS (SELECT a.id AS id FROM record a WHERE a.died IS NULL"  # noqa: S608
        " AND a.source_id IN (SELECT value FROM json_each(?))"
        " AND EXISTS (SELECT 1 FROM record b WHERE b.id = a.id AND b.died IS NULL AND b.source_id <> a.source_id)"
        f" UNION SELECT id FROM record WHERE {IS_HIDDEN})"
        f" SELECT {columns} FROM several CROSS JOIN record r ON r.id = several.id AND died IS NULL"
        " CROSS JOIN source s ON s.id = source_id"
        f" UNION ALL SELECT {columns} FROM record r CROSS JOIN source s ON s.id = source_id WHERE {IS_HIDDEN}"
        " ORDER BY 1, 2",
        (json.dumps(small),),
    )
    group: list[_Kept] = []
    for (
        id,
        row_id,
        source_id,
        project,
        url,
        kind,
        location,
        title,
        created,
        updated,
        died,
        *facts,
        source,
    ) in cursor:
        origin = Origin(project, id, url, kind, location, title, created)
        row = _Kept(row_id, source_id, origin, updated, died, sum(map(bool, facts)), source)
        if group and group[0].origin.id != id:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _is_shared(store: "Store") -> bool:
    """Return whether several sources have records, or a row is hidden."""
    n_sources = store.one(
        "SELECT count(*) FROM source s WHERE EXISTS"
        " (SELECT 1 FROM record r WHERE r.source_id = s.id AND r.died IS NULL)"
    )
    return n_sources > 1 or bool(store.one(f"SELECT count(*) FROM record WHERE {IS_HIDDEN}"))  # noqa: S608


def _rejected(store: "Store") -> set[frozenset[RecordName]]:
    """Return the pairs of records with one id that people called different; later texts change no answer here."""
    rows = store.connection.execute(
        "SELECT first_source, first_project, first_id, second_source, second_project, second_id FROM decision"  # noqa: S608
        f" WHERE answer = '{DIFFERENT}' AND first_id = second_id"
    )
    return {frozenset(((row[0], row[1], row[2]), (row[3], row[4], row[5]))) for row in rows}


def _issues(rows: list[_Kept], rejected: Set[frozenset[RecordName]]) -> list[list[_Kept]]:
    """Divide the records of one id by issue; each issue has one record of a source, and no rejected pair."""
    issues: list[list[_Kept]] = []
    by_sign: dict[tuple[str, str], list[int]] = {}  # those with a project, and those with an address
    full: dict[tuple[str, str, int], int] = {}  # how many of these have a record of a source already
    for row in sorted(rows, key=lambda row: (row.source_id, row.origin.project)):
        signs = [("project", row.origin.project)]
        if row.origin.url:
            signs.append(("url", row.origin.url))
        number = None
        for sign in signs:
            if number is None:
                number = _open_issue(row, issues, by_sign.get(sign, []), full, sign, rejected)
        if number is None:
            number = len(issues)
            issues.append([])
        issues[number].append(row)
        for sign in signs:
            numbers = by_sign.setdefault(sign, [])
            if number not in numbers[-1:]:
                numbers.append(number)
    return issues


def _open_issue(
    row: _Kept,
    issues: list[list[_Kept]],
    numbers: list[int],
    full: dict[tuple[str, str, int], int],
    sign: tuple[str, str],
    rejected: Set[frozenset[RecordName]],
) -> int | None:
    """Return the first issue with a sign that a record belongs to, or None; issues are full in their order."""
    place = full.get((*sign, row.source_id), 0)
    while place < len(numbers) and any(row.source_id == other.source_id for other in issues[numbers[place]]):
        place += 1
    full[(*sign, row.source_id)] = place
    for number in numbers[place:]:
        issue = issues[number]
        if any(row.source_id == other.source_id for other in issue):
            continue
        if rejected and any(frozenset((row.name, other.name)) in rejected for other in issue):
            continue
        if any(is_same_issue(row.origin, other.origin) for other in issue):
            return number
    return None
