"""The decisions of people on pairs, in a collection's database."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from dupfind.decisions import DIFFERENT, Decision, Decisions, Side
from dupfind.records import Record
from dupfind.storage.store import Store, timestamp
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
    return Decisions.of(_decisions(store, "1"))


def decided_pairs(store: Store) -> dict[tuple[int, int], str]:
    """Return the answers for pairs whose texts have not changed, by both row ids, the smaller first."""
    answers = ((rows(store, decision), decision.answer) for decision in _decisions(store, "1"))
    return {pair: answer for pair, answer in answers if pair is not None}


def rows(store: Store, decision: Decision) -> tuple[int, int] | None:
    """Return the row ids of both records, the smaller first; None if one was deleted or its text has changed."""
    one, other = (_row(store, side) for side in (decision.first, decision.second))
    return None if one is None or other is None else (min(one, other), max(one, other))


def rejected_by(store: Store, record: Record) -> RowIds:
    """Return the rows that people called different from a record with a name, in order.

    Args:
        store: In a read transaction.
        record: Its present text; it need not be in the index.
    """
    own = Side.of(record)
    rejections = _decisions(
        store,
        f"answer = '{DIFFERENT}' AND ((first_source, first_project, first_id) = (?1, ?2, ?3)"
        " OR (second_source, second_project, second_id) = (?1, ?2, ?3))",
        own.name,
    )
    sides = [(decision.first, decision.second) for decision in rejections]
    others = (_row(store, one if other == own else other) for one, other in sides if own in (one, other))
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
        writer.connection.executemany(
            # A replaced row gets a new, highest id, by which `latest` finds it.
            f"INSERT OR REPLACE INTO decision ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                (
                    *(text for side in (each.first, each.second) for text in (*side.name, side.fingerprint)),
                    *(each.answer, timestamp(each.decided), each.who, each.why),
                )
                for each in decisions
            ),
        )


def take_back(writer: "Writer", decisions: Iterable[Decision]) -> None:
    """Delete the decisions on pairs, in one transaction; the pairs become open questions again."""
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
            stored_moment(row[9]),
            *row[10:],
        )
        for row in rows
    ]


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
