"""Marked: the duplicates that trackers mark, as a collection's database has them."""

import json
from collections.abc import Callable, Iterable

from dupfind.clustering.marked_clusters import MarkedClusters, resolve
from dupfind.records import RecordHead, RecordName
from dupfind.storage.store import Store, moment


def pairs(store: Store, source_id: int | None = None) -> list[tuple[int, int]]:
    """The pairs that trackers mark, as row ids: duplicate, and what it is a duplicate of; both live.

    Args:
        source_id: Only the marks of this source; None for all.
    """
    # CROSS JOIN keeps SQLite from starting at the records, whose pairs it would all look at.
    return store.connection.execute(
        "SELECT a.row_id, b.row_id FROM mark m"
        " CROSS JOIN record a ON a.row_id = m.row_id AND a.died IS NULL"
        " CROSS JOIN record b"
        " ON b.source_id = a.source_id AND b.project = m.project AND b.id = m.id AND b.died IS NULL"
        " WHERE ?1 IS NULL OR a.source_id = ?1 ORDER BY 1, 2",
        (source_id,),
    ).fetchall()


def called_duplicates(store: Store) -> set[int]:
    """The live rows whose tracker resolved them as duplicates, be it said of what or not."""
    rows = store.connection.execute(
        "SELECT row_id FROM record WHERE died IS NULL AND resolution LIKE '%duplicate%'"
    )
    return {row for (row,) in rows}


def n_marks(store: Store, source_id: int) -> int:
    """How many marks the live records of a source bear, also those whose target is not in the index."""
    return store.one(
        "SELECT count(*) FROM mark JOIN record USING (row_id) WHERE died IS NULL AND source_id = ?",
        (source_id,),
    )


def links(store: Store, heads: Callable[[Iterable[int]], list[RecordHead]] | None = None) -> MarkedClusters:
    """The marks of all trackers resolved to clusters, with their cycles and their dead targets.

    Args:
        store: In a read transaction.
        heads: Gives the heads of rows; None for `Store.heads`.
    """
    marks = pairs(store)
    dead = store.connection.execute(
        "SELECT a.row_id, s.name, m.project, m.id FROM mark m"
        " CROSS JOIN record a ON a.row_id = m.row_id AND a.died IS NULL"
        " CROSS JOIN source s ON s.id = a.source_id"
        " WHERE NOT EXISTS (SELECT 1 FROM record b"
        " WHERE b.source_id = a.source_id AND b.project = m.project AND b.id = m.id AND b.died IS NULL)"
    ).fetchall()
    linked = {row for mark in marks for row in mark} | {row for row, *_ in dead}
    return resolve(
        (heads or store.heads)(linked), marks, [(row, (name, project, id)) for row, name, project, id in dead]
    )


def around(store: Store, row_ids: Iterable[int]) -> list[tuple[RecordHead, RecordName, RecordHead | None]]:
    """The marks that join these rows to clusters, whatever chains they form.

    Returns:
        For each the record that bears it, its target's name, and the target where it is there.
    """
    found: dict[tuple[int, RecordName], tuple[RecordHead, RecordName, RecordHead | None]] = {}
    seen: set[int] = set()
    rows = {int(row_id) for row_id in row_ids}
    while rows:
        seen |= rows
        bound = store.connection.execute(
            "WITH here AS (SELECT r.row_id, r.source_id, r.project, r.id FROM json_each(?)"
            " CROSS JOIN record r ON r.row_id = value),"
            # Targets of these rows, and these rows as targets.
            " target AS (SELECT source_id, m.project, m.id FROM here CROSS JOIN mark m USING (row_id)"
            " UNION SELECT source_id, project, id FROM here)"
            " SELECT a.row_id, s.name, a.project, a.id, a.state, a.created, t.project, t.id, b.row_id,"
            " b.state, b.created FROM target t CROSS JOIN mark m ON m.id = t.id AND m.project = t.project"
            " CROSS JOIN record a ON a.row_id = m.row_id AND a.source_id = t.source_id AND a.died IS NULL"
            " CROSS JOIN source s ON s.id = a.source_id"
            " LEFT JOIN record b"
            " ON b.source_id = t.source_id AND b.project = t.project AND b.id = t.id AND b.died IS NULL",
            (json.dumps(sorted(rows)),),
        ).fetchall()
        rows = set()
        for row, source, project, id, state, created, *of in bound:
            target_project, target_id, target_row, target_state, target_created = of
            target = (source, target_project, target_id)
            original = None
            if target_row is not None:
                original = RecordHead(target_row, target, target_state, moment(target_created))
                rows.add(target_row)
            rows.add(row)
            found[row, target] = (
                RecordHead(row, (source, project, id), state, moment(created)),
                target,
                original,
            )
        rows -= seen
    return list(found.values())
