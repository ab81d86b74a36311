"""The duplicates that trackers mark, from a collection's database."""

import json
from collections.abc import Callable, Iterable, Iterator

from dupfind.clustering.marked_clusters import MarkedClusters, resolve
from dupfind.records import RecordHead, RecordName
from dupfind.storage.record_head import HEAD_COLUMNS, record_head
from dupfind.storage.store import Store


def pairs(store: Store, source_id: int | None = None) -> list[tuple[int, int]]:
    """Return the pairs that trackers mark, as row ids of two live records: the duplicate, then its original.

    Args:
        source_id: Only the marks of this source; None for all.
    """
    # CROSS JOIN fixes the order: from the records, SQLite would look at all pairs of them.
    own: list[tuple[int, int]] = store.connection.execute(
        "SELECT a.row_id, b.row_id FROM mark m"
        " CROSS JOIN record a ON a.row_id = m.row_id AND a.died IS NULL"
        " CROSS JOIN record b"
        " ON b.source_id = a.source_id AND b.project = m.project AND b.id = m.id AND b.died IS NULL"
        " WHERE ?1 IS NULL OR a.source_id = ?1 ORDER BY 1, 2",
        (source_id,),
    ).fetchall()
    others = {
        (row, original)
        for number, row, original in _to_others(store)
        if source_id is None or number == source_id
    }
    return sorted({*own, *others}) if others else own


def _to_others(store: Store) -> Iterator[tuple[int, int, int]]:
    """Yield the marks on live rows whose original is shown by the record of another source: source id and both rows."""
    for (source_id, project, id), original in store.aliases().shown.items():
        for (row,) in store.connection.execute(
            "SELECT a.row_id FROM mark m CROSS JOIN record a ON a.row_id = m.row_id AND a.died IS NULL"
            " WHERE m.id = ? AND m.project = ? AND a.source_id = ?",
            (id, project, source_id),
        ).fetchall():
            if row != original:
                yield source_id, row, original


def called_duplicates(store: Store) -> set[int]:
    """Return the live rows that their tracker resolved as duplicates, with or without a link to the original."""
    rows = store.connection.execute(
        "SELECT row_id FROM record WHERE died IS NULL AND lower(resolution) LIKE '%duplicate%'"
    )
    return {row for (row,) in rows}


def n_marks(store: Store, source_id: int) -> int:
    """Return the number of marks on live records of a source, also those whose target is not in the index."""
    return store.one(
        "SELECT count(*) FROM mark JOIN record USING (row_id) WHERE died IS NULL AND source_id = ?",
        (source_id,),
    )


def links(store: Store, heads: Callable[[Iterable[int]], list[RecordHead]] | None = None) -> MarkedClusters:
    """Resolve the marks of all trackers to clusters, with their cycles and their missing targets.

    Args:
        store: In a read transaction.
        heads: Gives the heads of rows; None for `Store.heads`.
    """
    marks = pairs(store)
    missing = store.connection.execute(
        "SELECT a.row_id, s.name, m.project, m.id, s.id FROM mark m"
        " CROSS JOIN record a ON a.row_id = m.row_id AND a.died IS NULL"
        " CROSS JOIN source s ON s.id = a.source_id"
        " WHERE NOT EXISTS (SELECT 1 FROM record b"
        " WHERE b.source_id = a.source_id AND b.project = m.project AND b.id = m.id AND b.died IS NULL)"
    ).fetchall()
    shown = store.aliases().shown
    missing = [row[:4] for row in missing if (row[4], row[2], row[3]) not in shown]
    linked = {row for mark in marks for row in mark} | {row for row, *_ in missing}
    return resolve(
        (heads or store.heads)(linked),
        marks,
        [(row, (name, project, id)) for row, name, project, id in missing],
    )


def around(store: Store, row_ids: Iterable[int]) -> list[tuple[RecordHead, RecordName, RecordHead | None]]:
    """Return the marks that join these rows to clusters, through chains of any length.

    Returns:
        For each mark its record, the target's name, and the target itself if it is in the index.
    """
    marks: dict[tuple[int, RecordName], tuple[RecordHead, RecordName, RecordHead | None]] = {}
    seen: set[int] = set()
    rows = {int(row_id) for row_id in row_ids}
    aliases = store.aliases()
    while rows:
        seen |= rows
        names = [name for row in rows for name in aliases.names.get(row, ())]
        marks_here = store.connection.execute(
            "WITH here AS (SELECT r.row_id, r.source_id, r.project, r.id FROM json_each(?)"  # noqa: S608
            " CROSS JOIN record r ON r.row_id = value),"
            # Targets of these rows, and these rows as targets.
            " target AS (SELECT source_id, m.project, m.id FROM here CROSS JOIN mark m USING (row_id)"
            " UNION SELECT source_id, project, id FROM here"
            " UNION SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))"
            f" SELECT a.row_id, a.source_id, s.name, a.project, a.id, t.project, t.id, b.row_id, {_head_columns('a')},"
            f" {_head_columns('b')} FROM target t CROSS JOIN mark m ON m.id = t.id AND m.project = t.project"
            " CROSS JOIN record a ON a.row_id = m.row_id AND a.source_id = t.source_id AND a.died IS NULL"
            " CROSS JOIN source s ON s.id = a.source_id"
            " LEFT JOIN record b"
            " ON b.source_id = t.source_id AND b.project = t.project AND b.id = t.id AND b.died IS NULL",
            (json.dumps(sorted(rows)), json.dumps(names)),
        ).fetchall()
        rows = set()
        for row, source_id, source, project, id, target_project, target_id, target_row, *cells in marks_here:
            own_cells, target_cells = cells[: len(cells) // 2], cells[len(cells) // 2 :]
            target = (source, target_project, target_id)
            original = None
            if target_row is not None:
                original = record_head(target_row, target, *target_cells)
                rows.add(target_row)
            elif (shown := aliases.shown.get((source_id, target_project, target_id))) is not None:
                [original] = store.heads([shown])
                target = original.name
                rows.add(shown)
            if original is not None and original.row_id == row:
                continue  # the mark of an older state, on the issue that is now the original
            rows.add(row)
            marks[row, target] = (record_head(row, (source, project, id), *own_cells), target, original)
        rows -= seen  # so that cycles end
    return list(marks.values())


def _head_columns(table: str) -> str:
    """Return the columns of a head, of one of the joined tables."""
    return ", ".join(f"{table}.{column}" for column in HEAD_COLUMNS.split(", "))
