"""The decisions of people on pairs, in a collection's database."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from dupfind.decisions import DIFFERENT, Decision, Decisions, Side
from dupfind.records import Record, RecordName
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.storage.stored_values import stored_moment
from dupfind.vectors.base import RowIds

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer

_COLUMNS = (
    "first_source, first_project, first_id, first_fingerprint, second_source, second_project, second_id,"
    " second_fingerprint, answer, decided, who, why"
)


def all_decisions(store: Store) -> Decisions:
    """Return all decisions, also those whose records changed or were deleted."""
    return Decisions.of(_decisions(store, "TRUE"))


def decided_pairs(store: Store) -> dict[tuple[int, int], str]:
    """Return the answers for pairs whose texts have not changed, by both row ids, the smaller first."""
    answers = ((rows(store, decision), decision.answer) for decision in _decisions(store, "TRUE"))
    return {pair: answer for pair, answer in answers if pair is not None}


def rows(store: Store, decision: Decision) -> tuple[int, int] | None:
    """Return the row ids of both records, the smaller first.

    None if one was deleted, its text has changed, or both are one issue by now.
    """
    one, other = (_row(store, side) for side in (decision.first, decision.second))
    return None if one is None or other is None or one == other else (min(one, other), max(one, other))


def rejected_by(store: Store, record: Record) -> RowIds:
    """Return the rows that people called different from a record with a name, under each of its names, in order.

    Args:
        store: In a read transaction.
        record: Its present text; it need not be in the index.
    """
    own = Side.of(record)
    others: set[int | None] = set()
    for name in _names(store, own.name):
        side = Side(name, own.fingerprint)
        for decision in _decisions(
            store,
            f"answer = '{DIFFERENT}' AND ((first_source, first_project, first_id) = (?1, ?2, ?3)"
            " OR (second_source, second_project, second_id) = (?1, ?2, ?3))",
            name,
        ):
            one, other = decision.first, decision.second
            if side in (one, other):
                others.add(_row(store, one if other == side else other))
    return np.array(sorted(row for row in others if row is not None), dtype=np.int64)


def latest(store: Store, who: str) -> Decision | None:
    """Return somebody's last decision in this index, or None."""
    decisions = _decisions(store, "who = ? ORDER BY id DESC LIMIT 1", (who,))
    return decisions[0] if decisions else None


def keep(writer: "Writer", decisions: Iterable[Decision]) -> None:
    """Store decisions in one transaction, each in place of an earlier one on its pair.

    Raises:
        StoreError: The database cannot be written; nothing was stored.
    """
    with writer.changing():
        by_pair: dict[tuple[str, ...], Decision] = {}
        for each in decisions:
            pair = (*each.first.name, *each.second.name)
            by_pair.pop(pair, None)  # the last one on a pair counts, also for the order
            by_pair[pair] = each
        kept = list(by_pair.values())
        _delete(writer, kept)  # so that a replaced one gets a new, highest id, by which `latest` finds it
        writer.connection.executemany(
            f"INSERT INTO decision ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                (
                    *(text for side in (each.first, each.second) for text in (*side.name, side.fingerprint)),
                    *(each.answer, timestamp(each.decided), each.who, each.why),
                )
                for each in kept
            ),
        )


def take_back(writer: "Writer", decisions: Iterable[Decision]) -> None:
    """Delete the decisions on pairs, in one transaction; the pairs become open questions again."""
    with writer.changing():
        _delete(writer, decisions)


def _delete(writer: "Writer", decisions: Iterable[Decision]) -> None:
    writer.connection.executemany(
        "DELETE FROM decision WHERE (first_source, first_project, first_id) = (?, ?, ?)"
        " AND (second_source, second_project, second_id) = (?, ?, ?)",
        ((*each.first.name, *each.second.name) for each in decisions),
    )


def _decisions(store: Store, test: str, values: tuple[str, ...] = ()) -> list[Decision]:
    rows = store.connection.execute(f"SELECT {_COLUMNS} FROM decision WHERE {test}", values).fetchall()  # noqa: S608
    return [
        Decision(
            Side((row[0], row[1], row[2]), row[3]),
            Side((row[4], row[5], row[6]), row[7]),
            row[8],
            stored_moment(row[9]),
            *row[10:],
        )
        for row in rows
    ]


def _names(store: Store, name: RecordName) -> set[RecordName]:
    """Return all names of the issue with a name, one for each source that has it."""
    row = store.shown_row(*name)
    if row is None:
        return {name}
    others = store.aliases().names.get(row, [])
    sources = dict(store.connection.execute("SELECT id, name FROM source").fetchall()) if others else {}
    return {name, *store.names([row]), *((sources[number], project, id) for number, project, id in others)}


def _row(store: Store, side: Side) -> int | None:
    """Return the live row with this name and text, or None."""
    source, project, id = side.name
    row_id = store.shown_row(source, project, id)
    if row_id is None:
        return None
    title, body = store.connection.execute(
        "SELECT title, body FROM record WHERE row_id = ?", (row_id,)
    ).fetchone()
    return row_id if Side.of(Record(id, title, body, source, project)) == side else None
