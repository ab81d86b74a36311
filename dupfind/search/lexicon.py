"""The words of texts as SQLite's FTS5 stems and counts them in the index's own database."""

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

# FTS5 splits texts by the Unicode tables of its version, Python by its own: tokens of both are looked up.
# Surrogates are left out: sqlite3 cannot encode them as UTF-8.
_CHUNK = re.compile(r"[^\s\x00-/:-@\[-`{-\x7f\ud800-\udfff]+")
_WORD = re.compile(r"[^\W_]+")
_MAX_TOKENS = 2_000
MIN_TERMS = 8
"""Words that are searched for however common they are."""

POSTINGS_SHARE = 1.0
"""Postings that are read, as a share of the records; recall at 10 is that of all words, in a quarter of the time."""

_AVERAGES = 1  # id of the block in which FTS5 counts its rows and the words of each column


class Word(NamedTuple):
    """A word of a text: the number of records that contain it, and its stem by FTS5."""

    frequency: int
    stem: str


class Lexicon:
    """The words of queries with their frequencies, each looked up once; valid for one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use a connection; nothing is looked up yet.

        Args:
            connection: Inside a read transaction.
        """
        self.connection = connection
        self._words: dict[ComposedText, list[Word]] = {}
        self._frequencies: dict[str, int] = {}

    def words(self, text: ComposedText) -> list[Word]:
        """Return the words of a text, one a stem, in order of their stems; some may be in no record."""
        if text not in self._words:
            text_stems = stems(self.connection, tokens(f"{text.title}\n{text.body}"))
            self._words[text] = [
                Word(self._frequency(stem), stem) for stem in sorted({stem for stem in text_stems if stem})
            ]
        return self._words[text]

    def informative(self, text: ComposedText) -> list[Word]:
        """Return the words of a text to search for, rarest first.

        Words are taken until their postings add up to the number of records, so the cost is bounded by the index
        and not by the length of the text. The words that are left out are in so many records that they add next to
        nothing to BM25 (Robertson & Zaragoza, 2009).
        """
        (n_rows,) = self.connection.execute("SELECT count(*) FROM words_docsize").fetchone()
        return choose(self.words(text), n_rows)

    def _frequency(self, stem: str) -> int:
        if stem not in self._frequencies:
            self.connection.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.frequency USING fts5vocab (main, words, row)"
            )
            # In fts5vocab's `row` type, doc is the number of rows with the term.
            row = self.connection.execute("SELECT doc FROM temp.frequency WHERE term = ?", (stem,)).fetchone()
            self._frequencies[stem] = 0 if row is None else row[0]
        return self._frequencies[stem]


def choose(words: Sequence[Word], n_rows: int) -> list[Word]:
    """Return the words to search for in `n_rows` records, rarest first, equal ones by their stems."""
    chosen: list[Word] = []
    budget = POSTINGS_SHARE * n_rows
    for word in sorted(word for word in words if word.frequency):
        budget -= word.frequency
        if budget < 0 and len(chosen) >= MIN_TERMS:
            break
        chosen.append(word)
    return chosen


def score(lexicon: Lexicon, text: ComposedText, others: Sequence[ComposedText]) -> Vectors:
    """Score texts that are not in the database, as `bm25.search` would if they were.

    Args:
        lexicon: Of the present transaction.
        text: The query.
        others: The n texts.

    Returns:
        The BM25 of each text, (n,) float32, 0 where no word is shared.
    """
    texts = _stem_weights(lexicon.connection, others)
    informative = {word.stem for word in lexicon.informative(text)}
    n_with = Counter(stem for weights, _ in texts for stem in weights)  # texts that contain each stem
    n_rows, *n_words = averages(lexicon.connection)
    n_all = n_rows + len(texts)
    mean_length = max((sum(n_words) + sum(n for _, n in texts)) / n_all, 1) if n_all else 1  # a divisor
    rarity = {
        word.stem: float(bm25_formula.rarity(n_all, word.frequency + n_with[word.stem]))
        for word in lexicon.words(text)
        if word.stem in informative or not word.frequency  # `choose` leaves out stems of no record
    }
    scores = np.zeros(len(texts), dtype=np.float32)
    for place, (weights, n_own) in enumerate(texts):
        damping = bm25_formula.damping(n_own, mean_length)
        scores[place] = sum(
            bm25_formula.gain(weight, damping, rarity[stem])
            for stem, weight in weights.items()
            if stem in rarity
        )
    return scores


def averages(connection: sqlite3.Connection) -> list[int]:
    """Return the number of rows and the number of words in each column, as FTS5 counts them (one varint each)."""
    row = connection.execute("SELECT block FROM words_data WHERE id = ?", (_AVERAGES,)).fetchone()
    numbers, number = [], 0
    for byte in b"" if row is None else row[0]:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(number)
            number = 0
    return numbers or [0]


def _stem_weights(
    connection: sqlite3.Connection, others: Sequence[ComposedText]
) -> list[tuple[Counter[str], int]]:
    """Return for each text the weight of each stem, summed over its occurrences, and the number of words."""
    connection.execute(
        # The tokenizer of the table `words` (migrations/versions/0001_first_tables.py).
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.other USING fts5 (title, body, tokenize = 'porter unicode61')"
    )
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.other_terms USING fts5vocab (temp, other, instance)"
    )
    connection.execute("DELETE FROM temp.other")  # temporary tables outlive a call, with the connection
    connection.executemany(
        "INSERT INTO temp.other (rowid, title, body) VALUES (?, ?, ?)",
        ((place, text.title, text.body) for place, text in enumerate(others)),
    )
    texts: list[tuple[Counter[str], int]] = [(Counter(), 0) for _ in others]
    # In fts5vocab's `instance` type, doc is the rowid: here the place.
    for stem, place, column in connection.execute("SELECT term, doc, col FROM temp.other_terms"):
        weights, n_words = texts[place]
        weights[stem] += TITLE_WEIGHT if column == "title" else 1
        texts[place] = weights, n_words + 1
    return texts


def tokens(text: str) -> list[str]:
    """Return the words of a text as they are written, each once, in order."""
    text = text[: 64 * _MAX_TOKENS]
    return sorted({*_CHUNK.findall(text), *_WORD.findall(text)})[:_MAX_TOKENS]


def stems(connection: sqlite3.Connection, words: Sequence[str]) -> list[str | None]:
    """Return FTS5's stem of each token; None where FTS5 makes no word or several words of it."""
    # FTS5 has no function that stems: each token becomes a row of a temporary table, whose terms are read.
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query USING fts5 (token, tokenize = 'porter unicode61')"
    )
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.query_terms USING fts5vocab (temp, query, instance)"
    )
    connection.execute("DELETE FROM temp.query")
    connection.executemany("INSERT INTO temp.query (rowid, token) VALUES (?, ?)", enumerate(words))
    of_token: list[list[str]] = [[] for _ in words]
    for stem, place in connection.execute("SELECT term, doc FROM temp.query_terms"):
        of_token[place].append(stem)
    return [each[0] if len(each) == 1 else None for each in of_token]
