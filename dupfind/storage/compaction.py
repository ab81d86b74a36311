"""Frees the space of dead rows: their states, marks and vectors, and embeddings that no row has any more."""

from contextlib import closing
from typing import NamedTuple

from dupfind.storage import database, hidden_rows
from dupfind.storage.database_url import as_folder
from dupfind.storage.encoding import Encoding
from dupfind.storage.writer import Writer
from dupfind.vectors import scan_file
from dupfind.vectors.snapshot_file import WORDS

DEAD = f"SELECT row_id FROM record WHERE died IS NOT NULL AND NOT ({hidden_rows.IS_HIDDEN})"  # noqa: S608
"""SQL: the dead rows."""
NEEDED = (
    "SELECT o.row_id FROM record o CROSS JOIN record n"
    " ON n.source_id = o.source_id AND n.project = o.project AND n.id = o.id AND n.died IS NULL"
    " WHERE o.died IS NOT NULL AND n.title = o.title AND n.body = o.body AND EXISTS"
    " (SELECT 1 FROM reported p WHERE p.row_id >= o.row_id AND p.row_id < n.row_id)"
)
"""SQL: dead rows by which `new_records.new_rows` finds that a record was only composed again since a report."""


class Freed(NamedTuple):
    """What a compaction freed.

    Attributes:
        rows: Dead rows.
        embeddings: Vectors of texts that no row has.
        bytes: By which the database is smaller now.
    """

    rows: int
    embeddings: int
    bytes: int


def delete_dead(writer: Writer, encoding: Encoding) -> tuple[int, int]:
    """Delete dead rows and unused embeddings in one transaction; no snapshot in use may hold a dead row.

    Older snapshots hold some, and would show them as live: the database names these files no more. Of a dead row that
    the next report of what is new needs, the title and body stay.

    Returns:
        The number of rows and of embeddings that were deleted.
    """
    connection = writer.connection
    # SQLite would look for the children of each row in the whole of `vector`; all of them are deleted first.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        with writer.changing():
            connection.execute(
                "DELETE FROM snapshot WHERE kind = ?1 OR kind <> ?3 AND generation <"
                " (SELECT max(generation) FROM snapshot WHERE encoding_id = ?2 AND kind <> ?1)",
                (WORDS, encoding.id, scan_file.KIND),
            )
            for table in ("vector", "mark", "composed", "terms", "lines", "comment_terms"):
                connection.execute(f"DELETE FROM {table} WHERE row_id IN ({DEAD})")  # noqa: S608
            n_rows = connection.execute(
                f"DELETE FROM record WHERE row_id IN ({DEAD}) AND row_id NOT IN ({NEEDED})"  # noqa: S608
            ).rowcount
            n_embeddings = connection.execute(
                "DELETE FROM embedding WHERE id NOT IN"
                " (SELECT title_embedding FROM vector UNION SELECT whole_embedding FROM vector)"
            ).rowcount
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
    return n_rows, n_embeddings


def shrink(writer: Writer) -> int:
    """Write the database anew without its free pages, and return the bytes by which it is smaller.

    SQLite writes a copy first, which takes as much space as the database; a kill leaves the old content.

    Raises:
        StoreError: The disk is full, or the database cannot be written.
    """
    path = as_folder(writer.path)
    before = path.stat().st_size
    # Another connection, because a copy of the whole database must not be in memory as this one's temporary tables.
    with closing(database.connect(path, write=True)) as connection, writer.watching():
        connection.execute("PRAGMA temp_store = FILE")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return max(0, before - path.stat().st_size)
