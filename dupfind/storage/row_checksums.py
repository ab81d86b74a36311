"""A checksum in each row of the database, by which `dupfind doctor --read-data` finds values that somebody damaged."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dupfind.storage.connection import as_sqlite

if TYPE_CHECKING:
    from dupfind.storage.store import Store

KEYS = {
    "boilerplate": ("source_id", "line"),
    "calibration": ("encoding_id",),
    "comment_terms": ("row_id",),
    "composed": ("row_id",),
    "cursor": ("source_id",),
    "decision": ("id",),
    "encoding": ("id",),
    "lines": ("row_id",),
    "mark": ("row_id", "project", "id"),
    "model": ("rowid",),
    "record": ("row_id",),
    "reported": ("rowid",),
    "run": ("id",),
    "snapshot": ("generation",),
    "source": ("id",),
    "terms": ("row_id",),
    "vector": ("row_id", "encoding_id"),
}
"""The tables whose rows have a checksum of all their columns, with the key of each; the first column is an integer.

The vectors in `embedding` have their own, which each search compares.
"""

COLUMN = "checksum"
_FUNCTION = "row_checksum"


class WrongRow(NamedTuple):
    """A row whose values do not fit its checksum.

    Attributes:
        table: Its table.
        key: The first column of its key; bytes where damage made a text of it.
    """

    table: str
    key: int | bytes


def add_triggers(connection: sqlite3.Connection) -> None:
    """Let a connection give each row that it inserts or updates its checksum, in the same transaction.

    The triggers are temporary: they are this connection's alone, and no part of the database.
    """
    _add_function(connection)
    for table, key in KEYS.items():
        columns = _columns(connection, table)
        this = " AND ".join(f"{column} = NEW.{column}" for column in key)
        for event in ("INSERT", f"UPDATE OF {', '.join(columns)}"):
            connection.execute(
                f"CREATE TEMP TRIGGER {table}_{event.split()[0].lower()} AFTER {event} ON main.{table} BEGIN"  # noqa: S608
                f" UPDATE {table} SET {COLUMN} = {_value(columns, 'NEW.')} WHERE {this}; END"
            )


def wrong_rows(store: "Store", tables: Iterable[str] = KEYS) -> Iterator[WrongRow]:
    """Yield the rows whose values do not fit their checksums; reads all of them.

    Args:
        store: In a read transaction.
        tables: Of `KEYS`.

    Raises:
        sqlite3.DatabaseError: A page is damaged.
    """
    connection = as_sqlite(store.connection)
    _add_function(connection)
    for table in tables:
        key, *_ = KEYS[table]
        value = _value(_columns(connection, table))
        for (row,) in store.connection.execute(
            f"SELECT {_without_text(key)} FROM {table} WHERE {COLUMN} IS NOT {value} ORDER BY {key}"  # noqa: S608
        ):
            yield WrongRow(table, row)


def row_checksum(*values: bytes | float | None) -> int:
    """Return the CRC-32 of a row: of its numbers and of the lengths of its texts, then of the texts."""
    head = repr([f"{len(value)} bytes" if isinstance(value, bytes) else value for value in values])
    texts = b"".join([value for value in values if isinstance(value, bytes)])
    return zlib.crc32(texts, zlib.crc32(head.encode()))


def values_in_sql(columns: Mapping[str, str], table: str = "") -> str:
    """Return what `row_checksum` takes of a row, in SQL. A damaged text may be no UTF-8, so texts are passed as bytes.

    Args:
        columns: All columns but the checksum, in their order, with their types.
        table: Stands before each name.
    """
    return ", ".join(
        f"CAST({table}{name} AS BLOB)" if kind == "TEXT" else _without_text(table + name)
        for name, kind in columns.items()
    )


def _add_function(connection: sqlite3.Connection) -> None:
    connection.create_function(_FUNCTION, -1, row_checksum, deterministic=True)


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return the columns that a checksum covers, in their order, with their types."""
    rows = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    return {name: kind for name, kind in rows if name != COLUMN}


def _value(columns: dict[str, str], table: str = "") -> str:
    return f"{_FUNCTION}({values_in_sql(columns, table)})"


def _without_text(name: str) -> str:
    """Return a column in SQL: damage may make a text of a number, in which Python finds no UTF-8."""
    return f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
