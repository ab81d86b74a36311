"""Which records are new: since a row id, or since the last report."""

from datetime import datetime
from typing import TYPE_CHECKING

from dupfind.records import Record, storable
from dupfind.storage.hidden_rows import IS_HIDDEN, MARK
from dupfind.storage.store import Store
from dupfind.storage.stored_times import timestamp
from dupfind.vectors.base import RowIds

if TYPE_CHECKING:
    from dupfind.storage.writer import Writer


def last_row(store: Store) -> int:
    """Return the highest row id so far, 0 for none; newer records have higher ones."""
    return store.one("SELECT coalesce(max(row_id), 0) FROM record")


def reported_row(store: Store, parameters: str) -> int:
    """Return the highest row id when a report with these parameters was last made, 0 for no report."""
    return store.one("SELECT coalesce(max(row_id), 0) FROM reported WHERE parameters = ?", (parameters,))


def remember_report(writer: "Writer", parameters: str, row_id: int, now: datetime) -> None:
    """Store the highest row id that a report with these parameters covers."""
    with writer.changing():
        writer.connection.execute(
            "INSERT INTO reported (parameters, row_id, created) VALUES (?, ?, ?) ON CONFLICT (parameters) DO UPDATE"
            " SET row_id = excluded.row_id, created = excluded.created",
            (parameters, row_id, timestamp(now)),
        )


def new_rows(store: Store, after: int) -> RowIds:
    """Return the live rows beyond a row id whose title or body is new, in order.

    A record that was only composed again is a new row, too; it is left out, because its title and body are as before.
    So is one that is shown in place of an earlier record with the same title and body, of another source.
    """
    return store.ids(
        "SELECT row_id FROM record WHERE row_id > ?1 AND died IS NULL AND row_id NOT IN"  # noqa: S608
        " (SELECT n.row_id FROM record o JOIN record n"
        " ON n.source_id = o.source_id AND n.project = o.project AND n.id = o.id AND n.died IS NULL"
        " WHERE o.died IS NOT NULL AND o.row_id <= ?1 AND n.row_id > ?1"
        " AND n.title = o.title AND n.body = o.body) AND row_id NOT IN"
        " (SELECT n.row_id FROM record o CROSS JOIN record n ON n.id = o.id AND n.died IS NULL"
        " AND (n.project = o.project OR n.url = o.url AND n.url <> '')"
        f" WHERE {IS_HIDDEN.replace('died', 'o.died')} AND o.died = '{MARK}' || n.source_id AND o.row_id <= ?1"
        " AND n.row_id > ?1 AND n.title = o.title AND n.body = o.body) ORDER BY row_id",
        (after,),
    )


def new_names(store: Store, source: str, after: int, limit: int) -> list[Record]:
    """Return the newest records of a source beyond a row id whose name no earlier row had, newest first."""
    rows = store.connection.execute(
        "SELECT row_id FROM record r WHERE source_id = (SELECT id FROM source WHERE name = ?) AND row_id > ?2"
        " AND died IS NULL AND NOT EXISTS (SELECT 1 FROM record d WHERE d.died IS NOT NULL AND d.row_id <= ?2"
        " AND d.source_id = r.source_id AND d.project = r.project AND d.id = r.id)"
        " ORDER BY row_id DESC LIMIT ?3",
        (storable(source), after, limit),
    ).fetchall()
    return list(store.records(row_id for (row_id,) in rows).values())
