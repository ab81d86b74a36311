"""Ledger: the decisions that a collection keeps, as anyone reads them and as a writer changes them."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from dupfind.decisions import DIFFERENT, Decision, Decisions, Side
from dupfind.records import Record
from dupfind.storage.store import Store, timestamp
from dupfind.vectors.base import RowIds

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer

_COLUMNS = (
    "first_source, first_project, first_id, first_fingerprint, second_source, second_project, second_id,"
    " second_fingerprint, answer, decided, who, why"
)


def all_decisions(store: Store) -> Decisions:
    """All that have been made, also those on texts that have changed since and on records that are gone."""
    return Decisions.of(_decisions(store, "1"))


def decided_pairs(store: Store) -> dict[tuple[int, int], str]:
    """What was said of pairs whose texts are what they were, by the row ids of both, the smaller first."""
    found = ((rows(store, decision), decision.answer) for decision in _decisions(store, "1"))
    return {pair: answer for pair, answer in found if pair is not None}


def rows(store: Store, decision: Decision) -> tuple[int, int] | None:
    """The row ids of both records, the smaller first; None where one is gone, or its text has changed."""
    one, other = (_row(store, side) for side in (decision.first, decision.second))
    return None if one is None or other is None else (min(one, other), max(one, other))


def rejected_by(store: Store, record: Record) -> RowIds:
    """The rows that a person has called different from a record that has a name, in order.

    Args:
        store: In a read transaction.
        record: As it is now, be it in the index or not.
    """
    own = Side.of(record)
    found = _decisions(
        store,
        f"answer = '{DIFFERENT}' AND ((first_source, first_project, first_id) = (?1, ?2, ?3)"
        " OR (second_source, second_project, second_id) = (?1, ?2, ?3))",
        own.name,
    )
    sides = [(decision.first, decision.second) for decision in found]
    others = (_row(store, one if other == own else other) for one, other in sides if own in (one, other))
    return np.array(sorted(row for row in others if row is not None), dtype=np.int64)


def latest(store: Store, who: str) -> Decision | None:
    """What somebody decided last in this index, or None."""
    found = _decisions(store, "who = ? ORDER BY id DESC LIMIT 1", (who,))
    return found[0] if found else None


def keep(writer: "Writer", made: Iterable[Decision]) -> None:
    """Write decisions in one transaction, each in place of what was said of its pair before.

    Raises:
        StoreError: The disk is full, or the like; nothing was written.
    """
    with writer.changing():
        writer.connection.executemany(
            f"INSERT OR REPLACE INTO decision ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                (
                    *(text for side in (each.first, each.second) for text in (*side.name, side.fingerprint)),
                    *(each.answer, timestamp(each.decided), each.who, each.why),
                )
                for each in made
            ),
        )


def take_back(writer: "Writer", decisions: Iterable[Decision]) -> None:
    """Forget what was said of pairs, in one transaction; they become open questions again."""
    with writer.changing():
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
            datetime.fromisoformat(row[9]),
            *row[10:],
        )
        for row in rows
    ]


def _row(store: Store, side: Side) -> int | None:
    """The live row whose name and text these are, or None."""
    source, project, id = side.name
    found = store.connection.execute(
        "SELECT row_id, title, body FROM record r JOIN source s ON s.id = source_id"
        " WHERE name = ? AND project = ? AND r.id = ? AND died IS NULL",
        (source, project, id),
    ).fetchone()
    if found is None:
        return None
    row_id, title, body = found
    return int(row_id) if Side.of(Record(id, title, body, source, project)) == side else None
