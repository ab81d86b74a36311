"""Words: the words of texts as SQLite's FTS5 knows them in the collection's own database, and how rare each is."""

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dupfind.ranking import bm25_formula
from dupfind.text.composition import ComposedText
from dupfind.vectors.base import Vectors

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

_AVERAGES = 1  # where FTS5 keeps the number of rows, and of each column's words


class Word(NamedTuple):
    """A word of a text: how many records hold it, and FTS5's stem of it."""

    frequency: int
    stem: str


class Lexicon:
    """What FTS5 says of the words that texts bring, each asked for once; good for one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Ask nothing yet.

        Args:
            connection: Inside a read transaction.
        """
        self.connection = connection
        self._known: dict[ComposedText, list[Word]] = {}
        self._frequencies: dict[str, int] = {}

    def known(self, text: ComposedText) -> list[Word]:
        """The words of a text, of each stem one; some may be in no record."""
        if text not in self._known:
            asked = stems(self.connection, tokens(f"{text.title}\n{text.body}"))
            self._known[text] = [
                Word(self._frequency(stem), stem) for stem in sorted({stem for stem in asked if stem})
            ]
        return self._known[text]

    def informative(self, text: ComposedText) -> list[Word]:
        """The words of a text to ask for, rarest first.

        They are taken until the records that hold them add up to as many as there are, so that the cost is bounded by
        the collection and not by the length of the text; the words that are left out are in so many records that
        they add next to nothing to BM25 (Robertson & Zaragoza, 2009).
        """
        (n_rows,) = self.connection.execute("SELECT count(*) FROM words_docsize").fetchone()
        return choose(self.known(text), n_rows)

    def _frequency(self, stem: str) -> int:
        if stem not in self._frequencies:
            self.connection.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.frequency USING fts5vocab (main, words, row)"
            )
            row = self.connection.execute("SELECT doc FROM temp.frequency WHERE term = ?", (stem,)).fetchone()
            self._frequencies[stem] = 0 if row is None else row[0]
        return self._frequencies[stem]


def choose(known: Sequence[Word], n_rows: int) -> list[Word]:
    """The words to ask for among so many records, rarest first."""
    chosen: list[Word] = []
    budget = POSTINGS_SHARE * n_rows
    for word in sorted(word for word in known if word.frequency):
        budget -= word.frequency
        if budget < 0 and len(chosen) >= MIN_TERMS:
            break
        chosen.append(word)
    return chosen


def score(lexicon: Lexicon, text: ComposedText, others: Sequence[ComposedText]) -> Vectors:
    """Score texts that are not in the database, as `postings.search` would if they were.

    Args:
        lexicon: Of the present transaction.
        text: The query.
        others: The texts.

    Returns:
        Their BM25, (n,) float32, 0 where no word is shared.
    """
    texts = _stemmed(lexicon.connection, others)
    asked = {word.stem for word in lexicon.informative(text)}
    held = Counter(stem for weights, _ in texts for stem in weights)
    n_rows, *n_words = averages(lexicon.connection)
    n_all = n_rows + len(texts)
    middle = max((sum(n_words) + sum(n for _, n in texts)) / n_all, 1) if n_all else 1
    rarity = {
        word.stem: float(bm25_formula.rarity(n_all, word.frequency + held[word.stem]))
        for word in lexicon.known(text)
        if word.stem in asked or not word.frequency
    }
    scores = np.zeros(len(texts), dtype=np.float32)
    for place, (weights, n_own) in enumerate(texts):
        damping = bm25_formula.damping(n_own, middle)
        scores[place] = sum(
            bm25_formula.gain(weight, damping, rarity[stem])
            for stem, weight in weights.items()
            if stem in rarity
        )
    return scores


def averages(connection: sqlite3.Connection) -> list[int]:
    """The number of rows, and of all words in each column, as FTS5 counts them (one varint each)."""
    row = connection.execute("SELECT block FROM words_data WHERE id = ?", (_AVERAGES,)).fetchone()
    numbers, number = [], 0
    for byte in b"" if row is None else row[0]:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(number)
            number = 0
    return numbers or [0]


def _stemmed(
    connection: sqlite3.Connection, others: Sequence[ComposedText]
) -> list[tuple[Counter[str], int]]:
    """The weight of each stem of a text, as often as it is there, and how many words the text has."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.other USING fts5 (title, body, tokenize = 'porter unicode61')"
    )
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.other_terms USING fts5vocab (temp, other, instance)"
    )
    connection.execute("DELETE FROM temp.other")
    connection.executemany(
        "INSERT INTO temp.other (rowid, title, body) VALUES (?, ?, ?)",
        ((place, text.title, text.body) for place, text in enumerate(others)),
    )
    found: list[tuple[Counter[str], int]] = [(Counter(), 0) for _ in others]
    for stem, place, column in connection.execute("SELECT term, doc, col FROM temp.other_terms"):
        weights, n_words = found[place]
        weights[stem] += TITLE_WEIGHT if column == "title" else 1
        found[place] = weights, n_words + 1
    return found


def tokens(text: str) -> list[str]:
    """The words of a text as it has them, each once, in order."""
    text = text[: 64 * _MAX_TOKENS]
    return sorted({*_CHUNK.findall(text), *_WORD.findall(text)})[:_MAX_TOKENS]


def stems(connection: sqlite3.Connection, asked: Sequence[str]) -> list[str | None]:
    """What FTS5 makes of each token; None where that is no word, or several, which would be asked for in a row."""
    # FTS5 itself says how it stems: each token becomes a row of a table beside.
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query USING fts5 (token, tokenize = 'porter unicode61')"
    )
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query_terms USING fts5vocab (temp, query, instance)"
    )
    connection.execute("DELETE FROM temp.query")
    connection.executemany("INSERT INTO temp.query (rowid, token) VALUES (?, ?)", enumerate(asked))
    found: list[list[str]] = [[] for _ in asked]
    for stem, place in connection.execute("SELECT term, doc FROM temp.query_terms"):
        found[place].append(stem)
    return [each[0] if len(each) == 1 else None for each in found]
