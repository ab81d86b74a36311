"""Postings: which records hold a word and how often, read from FTS5 into arrays, and BM25 computed of them.

FTS5's own bm25() looks up the length of each record that it meets, and each row becomes numbers of Python. Here a list
is read in one value, and lengths once, for all texts that are looked for together: the same rows with the same BM25, to
the bit. A process that is asked again and again keeps all lists in memory.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking.bm25_formula import damping, gain, rarity
from dupfind.search.lexicon import TITLE_WEIGHT, Lexicon, Word, averages, choose, stems, tokens
from dupfind.text.composition import ComposedText
from dupfind.vectors.base import RowIds, Vectors

_REMEMBERED = 1 << 18  # words that texts brought
_COLUMNS = 2  # title and body
_LONGEST = 4  # bytes of a number of words
_DAMAGED = "the lists of words are damaged"
_STATE = (1, 10)  # where FTS5 keeps its totals, and which segments hold its lists


WordHits = tuple[RowIds, Vectors]
"""The rows that share a word with a text, (n,) int64 in order, and their BM25, (n,) float32, larger is nearer."""


class Postings:
    """For each word the records that hold it, as FTS5 had them when they were read."""

    def __init__(
        self,
        state: bytes,
        row_ids: RowIds,
        lengths: NDArray[np.int64],
        terms: dict[str, tuple[int, int]],
        places: NDArray[np.int32],
        weights: NDArray[np.float64],
    ) -> None:
        """Use `Postings.read` or `Postings.of`.

        Args:
            state: Of the words, as `state` gives it.
            row_ids: (n,) in order.
            lengths: (n,) words of each row.
            terms: For each stem the part of `places` and `weights` that is its.
            places: Where in `row_ids` each posting is; rising for each stem.
            weights: How often the row has the stem; more for a title.
        """
        self.state = state
        self._row_ids = row_ids
        self._terms = terms
        self._places = places
        mean_length = float(lengths.sum()) / len(lengths) if len(lengths) else 1.0
        self._gains = gain(weights, damping(lengths, mean_length)[places])
        self._stems: dict[str, str | None] = {}

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """Read them all from the database, inside a read transaction; some ten seconds for 100,000 records."""
        found = _instances(connection).execute(
            # One text a stem, so that Python sees two hundred thousand values and not ten million.
            "SELECT term, group_concat(2 * doc + (col = 'title')) FROM temp.instances GROUP BY term"
        )
        return cls._made(connection, found)

    @classmethod
    def of(cls, connection: sqlite3.Connection, asked: Iterable[str]) -> Self:
        """Read those of some stems, each of which is in a record, inside a read transaction."""
        _instances(connection)
        query = "SELECT term, group_concat(2 * doc + (col = 'title')) FROM temp.instances WHERE term = ?"
        return cls._made(connection, (connection.execute(query, (stem,)).fetchone() for stem in asked))

    @classmethod
    def _made(cls, connection: sqlite3.Connection, found: Iterable[tuple[str | None, str]]) -> Self:
        names: list[str] = []
        blocks = [np.empty(0, dtype=np.int64)]
        for stem, text in found:
            if stem is None:  # FTS5 counts records that hold it
                raise sqlite3.DatabaseError(_DAMAGED)
            names.append(stem)
            blocks.append(np.fromstring(text, dtype=np.int64, sep=","))
        counts = np.array([len(block) for block in blocks[1:]], dtype=np.int64)
        instances = np.concatenate(blocks)
        blocks.clear()
        row_ids, lengths = _lengths(connection)
        docs, is_title = instances >> 1, (instances & 1).astype(np.bool_)
        owner = np.repeat(np.arange(len(names)), counts)
        # FTS5 goes through a stem's rows in order: a posting begins where the stem or the row is another.
        is_first = np.ones(len(docs), dtype=np.bool_)
        is_first[1:] = (np.diff(owner) != 0) | (np.diff(docs) != 0)
        starts = np.flatnonzero(is_first)
        gains = np.where(is_title, TITLE_WEIGHT, 1.0)
        edges = np.searchsorted(owner[starts], np.arange(len(names) + 1))
        places = np.searchsorted(row_ids, docs[starts])
        if not np.array_equal(np.append(row_ids, -1)[places], docs[starts]):
            raise sqlite3.DatabaseError(_DAMAGED)
        return cls(
            state(connection),
            row_ids,
            lengths,
            {stem: (int(edges[n]), int(edges[n + 1])) for n, stem in enumerate(names)},
            places.astype(np.int32),
            np.add.reduceat(gains, starts) if len(starts) else gains,
        )

    def search(self, connection: sqlite3.Connection, title: str, body: str) -> WordHits:
        """As the function `search`; the connection is asked only for stems of words that were never met."""
        known = self._known(connection, tokens(f"{title}\n{body}"))
        words = [Word(end - start, stem) for stem in known for start, end in [self._terms.get(stem, (0, 0))]]
        return self.scores(choose(words, len(self._row_ids)))

    def scores(self, asked: Iterable[Word]) -> WordHits:
        """The rows that hold any of some words, in order, and the BM25 of each."""
        n_rows = len(self._row_ids)
        scores = np.zeros(n_rows)
        for frequency, stem in asked:
            start, end = self._terms[stem]
            scores[self._places[start:end]] += rarity(n_rows, frequency) * self._gains[start:end]
        found = np.flatnonzero(scores > 0)
        return self._row_ids[found], scores[found].astype(np.float32)

    def _known(self, connection: sqlite3.Connection, asked: list[str]) -> set[str]:
        """The stems of tokens; what FTS5 has said once is remembered."""
        fresh = [token for token in asked if token not in self._stems]
        if fresh:
            if len(self._stems) > _REMEMBERED:
                self._stems = {}
                fresh = asked
            self._stems |= dict(zip(fresh, stems(connection, fresh), strict=True))
        return {stem for token in asked for stem in [self._stems[token]] if stem is not None}


def search(lexicon: Lexicon, texts: Sequence[ComposedText]) -> list[WordHits]:
    """Score every live record that shares an informative word with a text.

    Args:
        lexicon: Of the present transaction.
        texts: The queries, cleaned.

    Returns:
        For each what it matches; nothing where no word is shared.
    """
    asked = [lexicon.informative(text) for text in texts]
    postings = Postings.of(lexicon.connection, {word.stem for words in asked for word in words})
    return [postings.scores(words) for words in asked]


def _instances(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab (main, words, instance)"
    )
    return connection


def _lengths(connection: sqlite3.Connection) -> tuple[RowIds, NDArray[np.int64]]:
    """The rows that FTS5 knows, in order, and how many words each has; a number a column, as SQLite's varints.

    Raises:
        sqlite3.DatabaseError: They are not what FTS5 has counted.
    """
    ids, sizes = connection.execute(
        "SELECT group_concat(id), group_concat(hex(sz), '') FROM (SELECT id, sz FROM words_docsize ORDER BY id)"
    ).fetchone()
    row_ids = np.fromstring(ids or "", dtype=np.int64, sep=",")
    varints = np.frombuffer(bytes.fromhex(sizes or ""), dtype=np.uint8)
    ends = np.flatnonzero(varints < 0x80)
    starts = np.append(0, ends + 1)[: len(ends)]
    n_bytes = int((ends - starts).max(initial=-1)) + 1
    if len(ends) != _COLUMNS * len(row_ids) or n_bytes > _LONGEST:
        raise sqlite3.DatabaseError(_DAMAGED)
    numbers = np.zeros(len(ends), dtype=np.int64)
    for step in range(n_bytes):
        at = starts + step
        goes_on = at <= ends
        numbers[goes_on] = numbers[goes_on] << 7 | varints[at[goes_on]] & 0x7F
    lengths = numbers.reshape(-1, _COLUMNS).sum(axis=1)
    n_rows, *n_words = averages(connection)
    if (n_rows, sum(n_words)) != (len(row_ids), lengths.sum()):
        raise sqlite3.DatabaseError(_DAMAGED)
    return row_ids, lengths


def state(connection: sqlite3.Connection) -> bytes:
    """What differs as soon as the words of any record do."""
    rows = connection.execute("SELECT block FROM words_data WHERE id IN (?, ?) ORDER BY id", _STATE)
    return b"|".join(block for (block,) in rows)
