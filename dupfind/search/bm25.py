"""BM25 word search over arrays of postings that are read from the word index, in SQLite from FTS5.

FTS5's own bm25() looks up the length of every matching record, and turns every row into Python numbers. Here the
postings of a word are read as one value, and all lengths once for all texts of a search. The rows are the same, and the
BM25 of title and body is FTS5's to the last bit where no other field has words. A long-lived process keeps all
postings in memory.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import SnapshotDamaged
from dupfind.ranking.bm25_formula import TITLE_WEIGHT, damping, gain, rarity, smooth_rarity, whole_gain
from dupfind.search.lexicon import (
    COMPOSED,
    N_SCORES,
    TRACE,
    WHOLE,
    Lexicon,
    QueryWords,
    WordScores,
    by_field,
    choose,
    fields,
    stems,
    trace_rarity,
)
from dupfind.search.lookup import Lookup
from dupfind.search.lookup_hits import LookupHits, hits_of_stems
from dupfind.search.spelling import Spelling, neighbours
from dupfind.storage.connection import Connection
from dupfind.storage.fts_words import COLUMNS, DAMAGED, WordCounts
from dupfind.storage.word_index import word_index
from dupfind.text.indexed_words import IndexedWords
from dupfind.text.language import FUNCTION_WORDS
from dupfind.vectors.base import RowIds

_N_CACHED = 1 << 18  # stems of queries' tokens that are cached
_COUNTED = np.array(
    [[TITLE_WEIGHT, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
)  # by one occurrence in each of COLUMNS
_TITLE_COLUMN, _TRACE_COLUMN = COLUMNS.index("title"), COLUMNS.index("trace")


class WordHits(NamedTuple):
    """The rows that share a word with a text.

    Attributes:
        rows: (n,) int64, in order.
        scores: (n, 3) float32; larger is nearer.
    """

    rows: RowIds
    scores: WordScores


class Postings:
    """The records that contain each word, as FTS5 had them when they were read."""

    def __init__(
        self,
        state: bytes,
        lengths: "_Lengths",
        terms: dict[str, tuple[int, int]],
        places: NDArray[np.int32],
        counts: NDArray[np.float64],
    ) -> None:
        """Use `Postings.read` or `Postings.of`.

        Args:
            state: State of the words, as the function `state` returns it.
            lengths: Of all rows.
            terms: Start and end in `places` and `counts` of each stem.
            places: (m,) place in `lengths.row_ids` of each posting; rising within a stem.
            counts: (m, 4) of each posting: occurrences of the stem in the composed text, one in a title counted
                `TITLE_WEIGHT` times; in the rest; in the title; and in the names.
        """
        self.state = state
        self._row_ids = lengths.row_ids
        self._terms = terms
        self._places = places
        self._in_title = counts[:, 2] > 0  # (m,)
        self._is_word = counts.sum(axis=1) > 0  # (m,) False for what only a trace has
        weights, in_rest, in_names = counts[:, 0], counts[:, 1] > 0, counts[:, 3] > 0
        damped = damping(lengths.composed, _mean(lengths.composed))[places]
        # (m, 2): what a posting adds to the BM25 of composed texts, and to that of all words, at rarity 1
        self._gains = np.column_stack(
            [
                gain(weights, damped),
                whole_gain(weights, damped, in_rest, in_names, lengths.rest[places], _mean(lengths.rest)),
            ]
        )
        self._stems: dict[str, str | None] = {}

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._row_ids)

    @classmethod
    def read(cls, connection: Connection) -> Self:
        """Read all postings, inside a read transaction; some ten seconds for 100,000 records.

        Raises:
            sqlite3.DatabaseError: The postings are damaged.
        """
        return cls._from_rows(connection, None)

    @classmethod
    def of(cls, connection: Connection, stems: Iterable[str]) -> Self:
        """Read the postings of some stems, each of which is in a record, inside a read transaction.

        Raises:
            sqlite3.DatabaseError: The postings are damaged.
        """
        return cls._from_rows(connection, stems)

    @classmethod
    def _from_rows(cls, connection: Connection, stems: Iterable[str] | None) -> Self:
        """Read the postings of stems, None for all."""
        index = word_index(connection)
        names: list[str] = []
        blocks = [np.empty(0, dtype=np.int64)]
        for stem, instances_of in index.occurrences(stems):
            names.append(stem)
            blocks.append(instances_of)
        counts = np.array([len(block) for block in blocks[1:]], dtype=np.int64)
        instances = np.concatenate(blocks)  # (i,) 8 * row id + column
        blocks.clear()  # frees one of two copies of up to ten million numbers
        lengths = _Lengths.of(index.lengths())
        row_ids, docs, column = lengths.row_ids, instances >> 3, instances & 7
        owner = np.repeat(np.arange(len(names)), counts)  # (i,) the stem of each occurrence
        # The occurrences of a stem come in order of rows: a posting begins where the stem or the row changes.
        is_first = np.ones(len(docs), dtype=np.bool_)
        is_first[1:] = (np.diff(owner) != 0) | (np.diff(docs) != 0)
        starts = np.flatnonzero(is_first)  # (m,) first occurrence of each posting
        counts_of = _COUNTED[column]  # (i, 4)
        edges = np.searchsorted(owner[starts], np.arange(len(names) + 1))  # (stems + 1,) places in `starts`
        places = np.searchsorted(row_ids, docs[starts])
        # A row id above all others gets the place n; -1 stands there.
        if not np.array_equal(np.append(row_ids, -1)[places], docs[starts]):
            raise sqlite3.DatabaseError(DAMAGED)
        return cls(
            index.state(),
            lengths,
            {stem: (int(edges[n]), int(edges[n + 1])) for n, stem in enumerate(names)},
            places.astype(np.int32),
            np.add.reduceat(counts_of, starts) if len(starts) else counts_of,
        )

    def search(self, connection: Connection, text: IndexedWords) -> WordHits:
        """As the function `search`; the connection is used only for stems that are not cached."""
        tokens = fields(text)
        of_token = self._stems_of(
            connection, [*FUNCTION_WORDS, *(token for field in tokens for token in field)]
        )

        def frequency(stem: str) -> int:
            start, end = self._terms.get(stem, (0, 0))
            return end - start

        words = by_field(tokens, of_token, frequency)
        return self.scores(choose(words, len(self._row_ids)), trace_rarity(words, len(self._row_ids)))

    def scores(self, words: QueryWords, all_traces: float) -> WordHits:
        """Return the rows that contain any of some words, in order, and their scores.

        Args:
            words: To search for, each in a record.
            all_traces: Summed rarity of the query's stack traces.
        """
        n_rows = len(self._row_ids)
        scores = np.zeros((n_rows, N_SCORES))  # (n, 3) float64; float32 only at the end
        for field, columns in ((words.composed, [COMPOSED, WHOLE]), (words.rest, [WHOLE])):
            for frequency, stem in field:
                start, end = self._terms[stem]
                at = self._places[start:end]
                for column in columns:
                    rare = (smooth_rarity if column == WHOLE else rarity)(n_rows, frequency)
                    # Places are distinct within a stem; `+=` would add once for equal ones.
                    scores[at, column] += rare * self._gains[start:end, column]
        for frequency, stem in words.trace:
            start, end = self._terms[stem]
            scores[self._places[start:end], TRACE] += smooth_rarity(n_rows, frequency) / max(all_traces, 1e-9)
        [places] = np.nonzero(scores.max(axis=1, initial=0) > 0)
        return WordHits(self._row_ids[places], scores[places].astype(np.float32))

    def look_up(self, connection: Connection, looked_up: Lookup, is_exact: bool = False) -> LookupHits:
        """As the function `look_up`; the connection is used only for stems that are not cached."""
        stem_of = self._stems_of(connection, list(looked_up.tokens))

        def frequency(stem: str) -> int:
            start, end = self._terms.get(stem, (0, 0))
            return end - start

        def alike(stem: str) -> list[str]:
            return [term for term in self._terms if term[0] == stem[0] and abs(len(term) - len(stem)) <= 2]

        def spellings(token: str) -> list[Spelling]:
            return [] if is_exact else neighbours(connection, token, frequency, alike)

        def rows_of(stem: str) -> tuple[RowIds, RowIds]:
            start, end = self._terms[stem]
            rows = self._row_ids[self._places[start:end]]
            return rows[self._is_word[start:end]], rows[self._in_title[start:end]]

        return hits_of_stems(
            stem_of, frequency, spellings, lambda found: {stem: rows_of(stem) for stem in found}
        )

    def _stems_of(self, connection: Connection, words: list[str]) -> dict[str, str | None]:
        """Return the stem of each token, from the cache where it has them."""
        cache = self._stems  # another thread may put an empty one in its place at any moment
        fresh = [token for token in words if token not in cache]
        if fresh:
            if len(cache) > _N_CACHED:
                cache = self._stems = {}
                fresh = words  # the new cache has none of them
            cache.update(zip(fresh, word_index(connection).stems(fresh), strict=True))
        return {token: cache[token] for token in words}


def search(lexicon: Lexicon, texts: Sequence[IndexedWords]) -> list[WordHits]:
    """Score every live record that shares an informative word with a text.

    Args:
        lexicon: Of the present transaction.
        texts: The words of the queries.

    Returns:
        The hits of each text; empty where no word is shared.

    Raises:
        sqlite3.DatabaseError: The postings are damaged.
    """
    chosen = [lexicon.informative(text) for text in texts]
    postings = Postings.of(
        lexicon.connection, {word.stem for words in chosen for field in words for word in field}
    )
    n_rows = len(postings)
    return [
        postings.scores(words, trace_rarity(lexicon.words(text), n_rows))
        for words, text in zip(chosen, texts, strict=True)
    ]


def look_up(lexicon: Lexicon, looked_up: Lookup, is_exact: bool = False) -> LookupHits:
    """Return the rows that hold all words of a lookup.

    A word that no record has is taken for a misspelt one, and stands for the nearest words that records have.

    Args:
        lexicon: Of the present transaction.
        looked_up: The words.
        is_exact: Whether no word is taken for a misspelt one.

    Raises:
        sqlite3.DatabaseError: The postings are damaged.
    """

    def rows_of(found: Sequence[str]) -> dict[str, tuple[RowIds, RowIds]]:
        if lexicon.segments is not None:
            with suppress(SnapshotDamaged):  # the damage is logged, and the database has the same
                return {stem: lexicon.segments.rows_of(stem) for stem in found}
        rows = dict(map(_rows_of_instances, lexicon.index.occurrences(found)))
        if len(rows) < len(found):  # a stem that is counted and has no row
            raise sqlite3.DatabaseError(DAMAGED)
        return rows

    def spellings(token: str) -> list[Spelling]:
        return (
            []
            if is_exact
            else neighbours(lexicon.connection, token, lexicon.frequency, lexicon.alike, lexicon.count)
        )

    stem_of = dict(zip(looked_up.tokens, stems(lexicon.connection, looked_up.tokens), strict=True))
    return hits_of_stems(stem_of, lexicon.frequency, spellings, rows_of)


def _rows_of_instances(found: tuple[str, NDArray[np.int64]]) -> tuple[str, tuple[RowIds, RowIds]]:
    """Return a stem with the rows that have it outside stack traces, and those with it in the title."""
    stem, instances = found
    rows, columns = instances >> 3, instances & 7
    return stem, (np.unique(rows[columns != _TRACE_COLUMN]), np.unique(rows[columns == _TITLE_COLUMN]))


class _Lengths(NamedTuple):
    """The rows of the word index in order, (n,), and the number of words of their composed texts and rests, (n,)."""

    row_ids: RowIds
    composed: NDArray[np.int64]
    rest: NDArray[np.int64]

    @classmethod
    def of(cls, words: WordCounts) -> Self:
        """Add up the columns."""
        counts = dict(zip(COLUMNS, words.counts.T, strict=True))  # (n,) each
        return cls(words.row_ids, counts["title"] + counts["body"], counts["rest"])


def _mean(lengths: NDArray[np.int64]) -> float:
    return max(float(lengths.sum()) / max(len(lengths), 1), 1.0)  # a divisor


def state(connection: Connection) -> bytes:
    """Return a value that differs as soon as the words of any record differ."""
    return word_index(connection).state()
