"""The terms that SQLite's FTS5 makes of tokens: it has no function for it."""

import sqlite3
from collections.abc import Sequence


def terms_of(connection: sqlite3.Connection, tokens: Sequence[str]) -> list[list[str]]:
    """Return the terms that the word index has for each token: mostly one, its stem.

    Args:
        connection: Of an index; a temporary table is filled.
        tokens: Texts, mostly one word each.
    """
    # Each token becomes a row of a temporary table, whose terms are read.
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query USING fts5 (token, tokenize = 'porter unicode61')"
    )
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query_terms USING fts5vocab (temp, query, instance)"
    )
    connection.execute("DELETE FROM temp.query")
    connection.executemany("INSERT INTO temp.query (rowid, token) VALUES (?, ?)", enumerate(tokens))
    terms: list[list[str]] = [[] for _ in tokens]
    for term, place in connection.execute("SELECT term, doc FROM temp.query_terms"):
        terms[place].append(term)
    return terms
