"""A connection to a collection's database, as `Store` uses it: SQLite's own, or one with its methods to PostgreSQL."""

import sqlite3
from collections.abc import Iterable
from typing import Any, Protocol


class Connection(Protocol):
    """Runs SQL as `sqlite3.Connection` does, with the driver's own transactions off.

    The statements are SQLite's. A connection to another database puts its own words for the few that differ.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:
        """Run a statement, and return a cursor over its rows."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run a statement once for each tuple of parameters."""
        ...

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        ...


def as_sqlite(connection: Connection) -> sqlite3.Connection:
    """Return a connection that must be SQLite's, for what it alone has."""
    assert isinstance(connection, sqlite3.Connection), "only an index in a folder has this"
    return connection
