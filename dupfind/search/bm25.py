"""BM25 word search over arrays of postings that are read from SQLite's FTS5.

FTS5's own bm25() looks up the length of every matching record, and turns every row into Python numbers. Here the
postings of a word are read as one value, and all lengths once for all texts of a search. The rows and their BM25 are
the same, to the last bit. A long-lived process keeps all postings in memory.
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

_N_CACHED = 1 << 18  # stems of queries' tokens that are cached
_COLUMNS = 2  # title and body
_MAX_BYTES = 4  # of the varint of a number of words
_DAMAGED = "the lists of words are damaged"
_STATE = (1, 10)  # ids of the blocks in which FTS5 keeps its totals and the list of its segments

WordHits = tuple[RowIds, Vectors]
"""The rows that share a word with a text, (n,) int64 in order, and their BM25, (n,) float32; larger is nearer."""


class Postings:
    """The records that contain each word, as FTS5 had them when they were read."""

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
            state: State of the words, as the function `state` returns it.
            row_ids: (n,) int64, in order.
            lengths: (n,) number of words of each row.
            terms: Start and end in `places` and `weights` of each stem.
            places: (m,) place in `row_ids` of each posting; rising within a stem.
            weights: (m,) occurrences of the stem in the row, one in a title counted `TITLE_WEIGHT` times.
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
        """Read all postings, inside a read transaction; some ten seconds for 100,000 records.

        Raises:
            sqlite3.DatabaseError: The postings are damaged.
        """
        rows = _instances(connection).execute(
            # One text a stem, so that Python sees two hundred thousand values and not ten million.
            "SELECT term, group_concat(2 * doc + (col = 'title')) FROM temp.instances GROUP BY term"
        )
        return cls._from_rows(connection, rows)

    @classmethod
    def of(cls, connection: sqlite3.Connection, stems: Iterable[str]) -> Self:
        """Read the postings of some stems, each of which is in a record, inside a read transaction.

        Raises:
            sqlite3.DatabaseError: The postings are damaged.
        """
        _instances(connection)
        query = "SELECT term, group_concat(2 * doc + (col = 'title')) FROM temp.instances WHERE term = ?"
        return cls._from_rows(connection, (connection.execute(query, (stem,)).fetchone() for stem in stems))

    @classmethod
    def _from_rows(cls, connection: sqlite3.Connection, rows: Iterable[tuple[str | None, str]]) -> Self:
        """Parse one row a stem: the stem, and the numbers 2 * row id + (1 in a title) of its occurrences."""
        names: list[str] = []
        blocks = [np.empty(0, dtype=np.int64)]
        for stem, text in rows:
            if stem is None:  # no occurrence, although FTS5 counts records that contain it
                raise sqlite3.DatabaseError(_DAMAGED)
            names.append(stem)
            blocks.append(np.fromstring(text, dtype=np.int64, sep=","))
        counts = np.array([len(block) for block in blocks[1:]], dtype=np.int64)
        instances = np.concatenate(blocks)  # (i,) 2 * row id + is_title
        blocks.clear()  # frees one of two copies of up to ten million numbers
        row_ids, lengths = _lengths(connection)
        docs, is_title = instances >> 1, (instances & 1).astype(np.bool_)
        owner = np.repeat(np.arange(len(names)), counts)  # (i,) the stem of each occurrence
        # FTS5 gives the occurrences of a stem in order of rows: a posting begins where the stem or the row changes.
        is_first = np.ones(len(docs), dtype=np.bool_)
        is_first[1:] = (np.diff(owner) != 0) | (np.diff(docs) != 0)
        starts = np.flatnonzero(is_first)  # (m,) first occurrence of each posting
        weights = np.where(is_title, TITLE_WEIGHT, 1.0)
        edges = np.searchsorted(owner[starts], np.arange(len(names) + 1))  # (stems + 1,) places in `starts`
        places = np.searchsorted(row_ids, docs[starts])
        # A row id above all others gets the place n; -1 stands there.
        if not np.array_equal(np.append(row_ids, -1)[places], docs[starts]):
            raise sqlite3.DatabaseError(_DAMAGED)
        return cls(
            state(connection),
            row_ids,
            lengths,
            {stem: (int(edges[n]), int(edges[n + 1])) for n, stem in enumerate(names)},
            places.astype(np.int32),
            np.add.reduceat(weights, starts) if len(starts) else weights,
        )

    def search(self, connection: sqlite3.Connection, title: str, body: str) -> WordHits:
        """As the function `search`; the connection is used only for stems that are not cached."""
        text_stems = self._stems_of(connection, tokens(f"{title}\n{body}"))
        places = ((stem, *self._terms.get(stem, (0, 0))) for stem in text_stems)
        words = [Word(end - start, stem) for stem, start, end in places]
        return self.scores(choose(words, len(self._row_ids)))

    def scores(self, words: Iterable[Word]) -> WordHits:
        """Return the rows that contain any of some words, in order, and the BM25 of each."""
        n_rows = len(self._row_ids)
        scores = np.zeros(n_rows)  # (n,) float64; float32 only at the end
        for frequency, stem in words:
            start, end = self._terms[stem]
            # Places are distinct within a stem; `+=` would add once for equal ones.
            scores[self._places[start:end]] += rarity(n_rows, frequency) * self._gains[start:end]
        places = np.flatnonzero(scores > 0)
        return self._row_ids[places], scores[places].astype(np.float32)

    def _stems_of(self, connection: sqlite3.Connection, words: list[str]) -> set[str]:
        """Return the stems of tokens, from the cache where it has them."""
        cache = self._stems  # another thread may put an empty one in its place at any moment
        fresh = [token for token in words if token not in cache]
        if fresh:
            if len(cache) > _N_CACHED:
                cache = self._stems = {}
                fresh = words  # the new cache has none of them
            cache.update(zip(fresh, stems(connection, fresh), strict=True))
        return {stem for token in words for stem in [cache[token]] if stem is not None}


def search(lexicon: Lexicon, texts: Sequence[ComposedText]) -> list[WordHits]:
    """Score every live record that shares an informative word with a text.

    Args:
        lexicon: Of the present transaction.
        texts: The composed queries.

    Returns:
        The hits of each text; empty where no word is shared.

    Raises:
        sqlite3.DatabaseError: The postings are damaged.
    """
    informative = [lexicon.informative(text) for text in texts]
    postings = Postings.of(lexicon.connection, {word.stem for words in informative for word in words})
    return [postings.scores(words) for words in informative]


def _instances(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute(
        # Only in temp may fts5vocab name another database: `main` holds `words`.
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab (main, words, instance)"
    )
    return connection


def _lengths(connection: sqlite3.Connection) -> tuple[RowIds, NDArray[np.int64]]:
    """Return the rows of the word index, (n,) in order, and the number of words of each, (n,).

    Raises:
        sqlite3.DatabaseError: The numbers do not add up to the totals that FTS5 keeps.
    """
    ids, sizes = connection.execute(
        "SELECT group_concat(id), group_concat(hex(sz), '') FROM (SELECT id, sz FROM words_docsize ORDER BY id)"
    ).fetchone()
    row_ids = np.fromstring(ids or "", dtype=np.int64, sep=",")  # group_concat of no row is NULL
    # FTS5 stores one varint a column: 7 bits a byte, the highest first; the last byte is below 128.
    varints = np.frombuffer(bytes.fromhex(sizes or ""), dtype=np.uint8)
    ends = np.flatnonzero(varints < 0x80)  # (2 * n,) last byte of each number
    starts = np.append(0, ends + 1)[: len(ends)]
    n_bytes = int((ends - starts).max(initial=-1)) + 1
    if len(ends) != _COLUMNS * len(row_ids) or n_bytes > _MAX_BYTES:
        raise sqlite3.DatabaseError(_DAMAGED)
    numbers = np.zeros(len(ends), dtype=np.int64)
    for step in range(n_bytes):
        at = starts + step
        goes_on = at <= ends
        numbers[goes_on] = numbers[goes_on] << 7 | varints[at[goes_on]] & 0x7F
    lengths = numbers.reshape(-1, _COLUMNS).sum(axis=1)  # (n,) title and body together
    n_rows, *n_words = averages(connection)
    if (n_rows, sum(n_words)) != (len(row_ids), lengths.sum()):
        raise sqlite3.DatabaseError(_DAMAGED)
    return row_ids, lengths


def state(connection: sqlite3.Connection) -> bytes:
    """Return a value that differs as soon as the words of any record differ."""
    rows = connection.execute("SELECT block FROM words_data WHERE id IN (?, ?) ORDER BY id", _STATE)
    return b"|".join(block for (block,) in rows)
