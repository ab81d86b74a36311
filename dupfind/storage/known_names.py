"""The names that an index knows, as a shell completes them: read in milliseconds, without numpy."""

import sqlite3
from contextlib import closing
from pathlib import Path

from dupfind.errors import StoreError
from dupfind.storage import database

MAX_NAMES = 500
"""Names of a kind that are read; nobody chooses from a longer list."""

_STATEMENTS = {
    "source": "SELECT name FROM source WHERE kind <> 'removed' ORDER BY id LIMIT ?",
    "project": "SELECT DISTINCT project FROM record WHERE died IS NULL AND project <> '' ORDER BY project LIMIT ?",
    "model": "SELECT name FROM model ORDER BY created DESC, name LIMIT ?",
}
KINDS = tuple(_STATEMENTS)
"""Kinds of names: sources, projects, and models that were trained for the index."""


def known_names(folder: Path, kind: str) -> list[str]:
    """Return the names of one kind, at most `MAX_NAMES`.

    Args:
        folder: The index.
        kind: One of `KINDS`.

    Raises:
        StoreError: There is no index, or it cannot be read.
    """
    path = folder / database.DATABASE
    with closing(database.connect(path)) as connection:
        database.check(connection, path)
        try:
            return [str(name) for (name,) in connection.execute(_STATEMENTS[kind], (MAX_NAMES,))]
        except sqlite3.Error as error:
            database.raise_interruption(error)
            raise StoreError(f"{path} cannot be read ({error}): run `dupfind doctor`") from error
