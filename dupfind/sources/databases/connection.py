"""The view of an open database that all readers share, for any engine."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Executable

BATCH = 64
"""Rows fetched at a time: with bodies of a megabyte each, 64 MB."""

Tables = Mapping[str, tuple[str, ...]]
"""Tables and their columns."""


class Database:
    """An open, read-only database in one transaction.

    Attributes:
        tables: Its tables with their columns; views and virtual tables are not among them.
        unreadable: The other names with their kinds: {"recent": "view"}.
        source: The name of its records' source.
        folder: The folder of a SQLite file; None on a server.
        no_comments: Whether comments are read for marks alone.
    """

    def __init__(
        self,
        connection: "Connection",
        tables: Tables,
        unreadable: Mapping[str, str],
        *,
        source: str,
        folder: Path | None = None,
    ) -> None:
        """Wrap a connection whose transaction has begun."""
        self.tables = tables
        self.unreadable = unreadable
        self.source = source
        self.folder = folder
        self.no_comments = False
        self._connection = connection
        self._streams: set[CursorResult[Any]] = set()

    def close(self) -> None:
        """End the streams that a reader left: none can be ended after its connection."""
        for stream in list(self._streams):
            stream.close()

    def rows(self, statement: "str | Executable", **parameters: object) -> Iterator[Any]:
        """Stream the rows of a statement, as tuples.

        Some servers allow one open stream at a time: use a join rather than a query for each row.

        Args:
            statement: SQL with `:name` parameters, or an SQLAlchemy statement.
            **parameters: Values of the parameters.
        """
        from sqlalchemy import text

        executable = text(statement) if isinstance(statement, str) else statement
        result = self._connection.execute(executable, parameters, execution_options={"yield_per": BATCH})
        self._streams.add(result)
        try:
            with result:
                yield from result
        finally:
            self._streams.discard(result)

    def raw(self, sql: str) -> tuple[tuple[str, ...], Iterator[Any]]:
        """Run SQL exactly as it stands, without parameters.

        Returns:
            The names of its columns, and its rows, streamed.
        """
        # Without no_parameters, a driver takes % in the SQL for a placeholder.
        options: dict[str, Any] = {"yield_per": BATCH, "no_parameters": True}
        result = self._connection.exec_driver_sql(sql, execution_options=options)
        return tuple(result.keys()), result

    def number(self, sql: str) -> int:
        """Return the single number of a statement, such as a count."""
        [(number,)] = self.rows(sql)
        return int(number)

    def quoted(self, name: str) -> str:
        """Quote an identifier for this database."""
        return self._connection.dialect.identifier_preparer.quote_identifier(name)

    def column_or_null(self, table: str, column: str, alias: str) -> str:
        """Return SQL for a column that older versions of a tracker lack: the column, or NULL."""
        return f"{alias}.{self.quoted(column)}" if has(self.tables, table, column) else "NULL"

    def key(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table's primary key."""
        from sqlalchemy import inspect

        return tuple(inspect(self._connection).get_pk_constraint(table)["constrained_columns"])

    @property
    def has_rowid(self) -> bool:
        """Whether tables have row ids of their own, as in SQLite."""
        return self._connection.dialect.name == "sqlite"


def has(tables: Tables, table: str, *columns: str) -> bool:
    """Return whether a table exists and has these columns."""
    return table in tables and set(columns) <= set(tables[table])


def group_rows(rows: Iterable[Any], *, n_own: int) -> Iterator[tuple[Any, list[Any]]]:
    """Group the rows of a join: consecutive rows with the same first column are one record.

    Args:
        rows: Ordered by their first column.
        n_own: The number of the record's own columns; the joined ones follow.

    Returns:
        A record's own columns, and the joined columns of each of its rows that do not begin with NULL.
    """
    for _, group in groupby(rows, key=itemgetter(0)):
        record, joined_columns = None, []
        for row in group:
            record = record or row[:n_own]
            if row[n_own] is not None:
                joined_columns.append(row[n_own:])
        yield record, joined_columns
