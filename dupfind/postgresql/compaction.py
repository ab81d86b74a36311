"""Deletes the dead rows of an index in PostgreSQL, and the embeddings that no row has any more."""

from contextlib import ExitStack

from dupfind.postgresql.sql import translated
from dupfind.postgresql.writer import PostgresWriter, size_of
from dupfind.storage.compaction import DEAD, NEEDED, Freed

_KEYS = {
    "vector_row": "vector (row_id)",
    "vector_title": "vector (title_embedding)",
    "vector_whole": "vector (whole_embedding)",
}
"""Indexes by which the server finds, for each row that it deletes, that no other refers to it."""

_TABLES = ("vector", "half_vector", "mark", "composed", "terms", "lines", "comment_terms", "comment_words")
"""Tables with rows of a record, from which these are deleted before the record itself."""


def compact(writer: PostgresWriter) -> Freed:
    """Delete dead rows and unused embeddings in one transaction, and let the server fill their space again.

    Queries see the index as it was until that transaction ends. After a kill, a further call does the rest.

    Raises:
        StoreLocked: Another process writes to the index.
    """
    connection = writer.connection
    writer.lock_all_sources()
    before = size_of(connection)
    with ExitStack() as stack:
        for name, columns in _KEYS.items():
            connection.run(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")
            stack.callback(connection.run, f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        with writer.changing():
            for table in _TABLES:
                connection.run(translated(f"DELETE FROM {table} WHERE row_id IN ({DEAD})"), ())  # noqa: S608
            dead = f"DELETE FROM record WHERE row_id IN ({DEAD}) AND row_id NOT IN ({NEEDED})"  # noqa: S608
            n_rows = connection.run(translated(dead), ()).rowcount
            n_embeddings = connection.run(
                "DELETE FROM embedding e WHERE NOT EXISTS (SELECT 1 FROM vector WHERE title_embedding = e.id)"
                " AND NOT EXISTS (SELECT 1 FROM vector WHERE whole_embedding = e.id)"
            ).rowcount
    writer.empty_log()
    connection.run("VACUUM vector, embedding, mark, lines")
    return Freed(n_rows, n_embeddings, max(0, before - size_of(connection)))
