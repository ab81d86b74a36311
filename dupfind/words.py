"""The word search: BM25 over titles and bodies, by SQLite's FTS5 in the collection's own database."""

import re
import sqlite3

import numpy as np

from dupfind.index import RowIds, Vectors

TITLE_WEIGHT = 4.0
"""A word of the title counts as much as four of the body (chosen on the train parts of two trackers)."""

# What FTS5 may take for one word, which depends on its version's Unicode, and what Python does.
_CHUNK = re.compile(r"[^\s\x00-/:-@\[-`{-\x7f\ud800-\udfff]+")
_WORD = re.compile(r"[^\W_]+")
_MAX_TOKENS = 2_000
MIN_TERMS = 8
"""Words that are asked for however common they are."""

POSTINGS_SHARE = 1.0
"""Postings that are read, as a share of the records: recall at 10 is that of all words, in a quarter of the time."""


def search(connection: sqlite3.Connection, title: str, body: str) -> tuple[RowIds, Vectors]:
    """Score every live record that shares an informative word with a text.

    The rarest words are asked for first, until the records that hold them add up to as many as there are, so
    that the cost is bounded by the collection and not by the length of the text; the words that are left out
    are in so many records that they add next to nothing to BM25 (Robertson & Zaragoza, 2009).

    Args:
        connection: Inside a read transaction.
        title: Cleaned title of the query.
        body: Cleaned body of the query.

    Returns:
        Row ids (n,) int64 in order, and their BM25 (n,) float32, larger is nearer; nothing where no word is
        shared.
    """
    terms = _informative(connection, f"{title}\n{body}")
    if not terms:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    rows = connection.execute(
        "SELECT rowid, -bm25(words, ?, 1.0) FROM words WHERE words MATCH ?",
        (TITLE_WEIGHT, " OR ".join(f'"{term}"' for term in terms)),
    ).fetchall()
    found = np.array([row[0] for row in rows], dtype=np.int64)
    scores = np.array([row[1] for row in rows], dtype=np.float32)
    order = np.argsort(found)
    return found[order], np.maximum(scores[order], 0)


def _informative(connection: sqlite3.Connection, text: str) -> list[str]:
    """The words to ask for, rarest first."""
    text = text[: 64 * _MAX_TOKENS]
    tokens = sorted({*_CHUNK.findall(text), *_WORD.findall(text)})[:_MAX_TOKENS]
    (n_rows,) = connection.execute("SELECT count(*) FROM words_docsize").fetchone()
    # FTS5 itself says how it stems: each token becomes a row of a table beside, read back with its frequency.
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query USING fts5 (token, tokenize = 'porter unicode61')"
    )
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query_terms USING fts5vocab (temp, query, instance)"
    )
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.frequency USING fts5vocab (main, words, row)")
    connection.execute("DELETE FROM temp.query")
    connection.executemany("INSERT INTO temp.query (rowid, token) VALUES (?, ?)", enumerate(tokens))
    terms: dict[int, list[str]] = {}
    for term, place in connection.execute("SELECT term, doc FROM temp.query_terms"):
        terms.setdefault(place, []).append(term)
    # Of several forms of a word one is asked for. A token of several words would ask for them in a row.
    stems = {
        found[0]: tokens[place] for place, found in sorted(terms.items(), reverse=True) if len(found) == 1
    }
    frequencies = []
    for term, token in stems.items():
        row = connection.execute("SELECT doc FROM temp.frequency WHERE term = ?", (term,)).fetchone()
        if row is not None:
            frequencies.append((row[0], term, token))
    chosen: list[str] = []
    budget = POSTINGS_SHARE * n_rows
    for frequency, _, token in sorted(frequencies):
        budget -= frequency
        if budget < 0 and len(chosen) >= MIN_TERMS:
            break
        chosen.append(token)
    return chosen
