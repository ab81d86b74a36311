"""BM25 word search over arrays of postings that are read from SQLite's FTS5.

FTS5's own bm25() looks up the length of every matching record, and turns every row into Python numbers. Here the
postings of a word are read as one value, and all lengths once for all texts of a search. The rows are the same, and the
BM25 of title and body is FTS5's to the last bit where no other field has words. A long-lived process keeps all
postings in memory.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from itertools import islice, product
from types import MappingProxyType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import SnapshotDamaged
from dupfind.ranking.bm25_formula import TITLE_WEIGHT, damping, gain, rarity, smooth_rarity, whole_gain
from dupfind.search.lexicon import (
    COLUMNS,
    COMPOSED,
    N_SCORES,
    TRACE,
    WHOLE,
    Lexicon,
    QueryWords,
    WordScores,
    averages,
    by_field,
    choose,
    fields,
    stems,
    trace_rarity,
)
from dupfind.search.lookup import COMMENTS, PHRASE, TEXT, TITLE, Lookup
from dupfind.search.spelling import Spelling, neighbours
from dupfind.text.indexed_words import IndexedWords
from dupfind.text.language import FUNCTION_WORDS
from dupfind.vectors.base import RowIds

_N_CACHED = 1 << 18  # stems of queries' tokens that are cached
_MAX_SPELLINGS = 16  # of a lookup with misspelt words
_MAX_BYTES = 4  # of the varint of a number of words
_DAMAGED = "the lists of words are damaged"
_CODED = (
    "group_concat(8 * doc + CASE col WHEN 'title' THEN 0 WHEN 'body' THEN 1 WHEN 'rest' THEN 2 WHEN 'names' THEN 3"
    " ELSE 4 END)"
)
_COUNTED = np.array(
    [[TITLE_WEIGHT, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
)  # by one occurrence in each of COLUMNS
_TITLE_COLUMN, _TRACE_COLUMN = COLUMNS.index("title"), COLUMNS.index("trace")
_STATE = (1, 10)  # ids of the blocks in which FTS5 keeps its totals and the list of its segments


class WordHits(NamedTuple):
    """The rows that share a word with a text.

    Attributes:
        rows: (n,) int64, in order.
        scores: (n, 3) float32; larger is nearer.
    """

    rows: RowIds
    scores: WordScores


class Held(NamedTuple):
    """The rows that hold a lookup.

    Attributes:
        rows: (n,) int64, in order.
        where: (n,) int64, what each holds, as `lookup.TITLE`.
        spellings: The words that each misspelt one may stand for.
    """

    rows: RowIds
    where: NDArray[np.int64]
    spellings: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def among(self, allowed: RowIds | None, excluded: RowIds) -> "Held":
        """Return those that pass a filter and are not excluded; None allows all."""
        passing = ~np.isin(self.rows, excluded)
        if allowed is not None:
            passing &= np.isin(self.rows, allowed)
        return self._replace(rows=self.rows[passing], where=self.where[passing])

    def with_comments(self, rows: RowIds) -> "Held":
        """Return these and further rows, in order, whose comments hold the lookup."""
        more = np.setdiff1d(rows, self.rows)
        together = np.concatenate([self.rows, more])
        where = np.concatenate([self.where, np.full(len(more), COMMENTS)])
        order = np.argsort(together)
        return self._replace(rows=together[order], where=where[order])

    def with_phrases(self, rows: RowIds) -> "Held":
        """Return these, those of some rows in order as having the phrase in the title if they have all its words."""
        has_phrase = (self.where == TITLE) & np.isin(self.rows, rows)
        return self._replace(where=np.where(has_phrase, PHRASE, self.where))


HELD_BY_NONE = Held(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


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
    def read(cls, connection: sqlite3.Connection) -> Self:
        """Read all postings, inside a read transaction; some ten seconds for 100,000 records.

        Raises:
            sqlite3.DatabaseError: The postings are damaged.
        """
        rows = _instances(connection).execute(
            # One text a stem, so that Python sees two hundred thousand values and not ten million.
            f"SELECT term, {_CODED} FROM temp.instances GROUP BY term"  # noqa: S608
        )
        return cls._from_rows(connection, rows)

    @classmethod
    def of(cls, connection: sqlite3.Connection, stems: Iterable[str]) -> Self:
        """Read the postings of some stems, each of which is in a record, inside a read transaction.

        Raises:
            sqlite3.DatabaseError: The postings are damaged.
        """
        _instances(connection)
        query = f"SELECT term, {_CODED} FROM temp.instances WHERE term = ?"  # noqa: S608
        return cls._from_rows(connection, (connection.execute(query, (stem,)).fetchone() for stem in stems))

    @classmethod
    def _from_rows(cls, connection: sqlite3.Connection, rows: Iterable[tuple[str | None, str]]) -> Self:
        """Parse one row a stem: the stem, and the numbers 8 * row id + column of its occurrences."""
        names: list[str] = []
        blocks = [np.empty(0, dtype=np.int64)]
        for stem, text in rows:
            if stem is None:  # no occurrence, although FTS5 counts records that contain it
                raise sqlite3.DatabaseError(_DAMAGED)
            names.append(stem)
            blocks.append(np.fromstring(text, dtype=np.int64, sep=","))
        counts = np.array([len(block) for block in blocks[1:]], dtype=np.int64)
        instances = np.concatenate(blocks)  # (i,) 8 * row id + column
        blocks.clear()  # frees one of two copies of up to ten million numbers
        lengths = _lengths(connection)
        row_ids, docs, column = lengths.row_ids, instances >> 3, instances & 7
        owner = np.repeat(np.arange(len(names)), counts)  # (i,) the stem of each occurrence
        # FTS5 gives the occurrences of a stem in order of rows: a posting begins where the stem or the row changes.
        is_first = np.ones(len(docs), dtype=np.bool_)
        is_first[1:] = (np.diff(owner) != 0) | (np.diff(docs) != 0)
        starts = np.flatnonzero(is_first)  # (m,) first occurrence of each posting
        counts_of = _COUNTED[column]  # (i, 4)
        edges = np.searchsorted(owner[starts], np.arange(len(names) + 1))  # (stems + 1,) places in `starts`
        places = np.searchsorted(row_ids, docs[starts])
        # A row id above all others gets the place n; -1 stands there.
        if not np.array_equal(np.append(row_ids, -1)[places], docs[starts]):
            raise sqlite3.DatabaseError(_DAMAGED)
        return cls(
            state(connection),
            lengths,
            {stem: (int(edges[n]), int(edges[n + 1])) for n, stem in enumerate(names)},
            places.astype(np.int32),
            np.add.reduceat(counts_of, starts) if len(starts) else counts_of,
        )

    def search(self, connection: sqlite3.Connection, text: IndexedWords) -> WordHits:
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

    def held(self, connection: sqlite3.Connection, looked_up: Lookup, is_exact: bool = False) -> Held:
        """As the function `held`; the connection is used only for stems that are not cached."""
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

        return _held(stem_of, frequency, spellings, rows_of)

    def _stems_of(self, connection: sqlite3.Connection, words: list[str]) -> dict[str, str | None]:
        """Return the stem of each token, from the cache where it has them."""
        cache = self._stems  # another thread may put an empty one in its place at any moment
        fresh = [token for token in words if token not in cache]
        if fresh:
            if len(cache) > _N_CACHED:
                cache = self._stems = {}
                fresh = words  # the new cache has none of them
            cache.update(zip(fresh, stems(connection, fresh), strict=True))
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


def held(lexicon: Lexicon, looked_up: Lookup, is_exact: bool = False) -> Held:
    """Return the rows that hold all words of a lookup.

    A word that no record has is taken for a misspelt one, and stands for the nearest words that records have.

    Args:
        lexicon: Of the present transaction.
        looked_up: The words.
        is_exact: Whether no word is taken for a misspelt one.

    Raises:
        sqlite3.DatabaseError: The postings are damaged.
    """
    connection = _instances(lexicon.connection)

    def rows_of(stem: str) -> tuple[RowIds, RowIds]:
        if lexicon.segments is not None:
            with suppress(SnapshotDamaged):  # the damage is logged, and the database has the same
                return lexicon.segments.rows_of(stem)
        query = f"SELECT {_CODED} FROM temp.instances WHERE term = ?"  # noqa: S608
        (text,) = connection.execute(query, (stem,)).fetchone()
        if text is None:
            raise sqlite3.DatabaseError(_DAMAGED)
        instances = np.fromstring(text, dtype=np.int64, sep=",")
        rows, columns = instances >> 3, instances & 7
        return np.unique(rows[columns != _TRACE_COLUMN]), np.unique(rows[columns == _TITLE_COLUMN])

    def spellings(token: str) -> list[Spelling]:
        return [] if is_exact else neighbours(connection, token, lexicon.frequency, lexicon.alike)

    stem_of = dict(zip(looked_up.tokens, stems(connection, looked_up.tokens), strict=True))
    return _held(stem_of, lexicon.frequency, spellings, rows_of)


def _held(
    stem_of: Mapping[str, str | None],
    frequency: Callable[[str], int],
    spellings_of: Callable[[str], list[Spelling]],
    rows_of: Callable[[str], tuple[RowIds, RowIds]],
) -> Held:
    """Return the rows that hold all of some stems.

    Args:
        stem_of: The stem of each token; None where it has none.
        frequency: The number of records with a stem.
        spellings_of: The stems that a misspelt token may stand for.
        rows_of: The rows with a stem, and those with it in the title, each in order.
    """
    mended: dict[str, tuple[str, ...]] = {}
    stems_of: list[list[str]] = []
    for token, stem in stem_of.items():
        if stem is not None and frequency(stem):
            stems_of.append([stem])
        elif stem is not None:
            spellings = spellings_of(token)
            mended[token] = tuple(word for spelling in spellings for word in spelling.words)
            stems_of.append([spelling.stem for spelling in spellings])
    if not stems_of or not all(stems_of):
        return HELD_BY_NONE
    rows = {stem: rows_of(stem) for each in stems_of for stem in each}
    held_rows, in_titles = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for chosen in islice(product(*stems_of), _MAX_SPELLINGS):
        held_rows = np.union1d(held_rows, reduce(np.intersect1d, (rows[stem][0] for stem in chosen)))
        in_titles = np.union1d(in_titles, reduce(np.intersect1d, (rows[stem][1] for stem in chosen)))
    return Held(held_rows, np.where(np.isin(held_rows, in_titles), TITLE, TEXT), mended)


class _Lengths(NamedTuple):
    """The rows of the word index in order, (n,), and the number of words of their composed texts and rests, (n,)."""

    row_ids: RowIds
    composed: NDArray[np.int64]
    rest: NDArray[np.int64]


def _mean(lengths: NDArray[np.int64]) -> float:
    return max(float(lengths.sum()) / max(len(lengths), 1), 1.0)  # a divisor


def _instances(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute(
        # Only in temp may fts5vocab name another database: `main` holds `words`.
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab (main, words, instance)"
    )
    return connection


def _lengths(connection: sqlite3.Connection) -> _Lengths:
    """Return the lengths of all rows of the word index.

    Raises:
        sqlite3.DatabaseError: The numbers do not add up to the totals that FTS5 keeps.
    """
    ids, sizes = connection.execute(
        "SELECT group_concat(id), group_concat(hex(sz), '') FROM (SELECT id, sz FROM words_docsize ORDER BY id)"
    ).fetchone()
    row_ids = np.fromstring(ids or "", dtype=np.int64, sep=",")  # group_concat of no row is NULL
    # FTS5 stores one varint a column: 7 bits a byte, the highest first; the last byte is below 128.
    varints = np.frombuffer(bytes.fromhex(sizes or ""), dtype=np.uint8)
    ends = np.flatnonzero(varints < 0x80)  # (5 * n,) last byte of each number
    starts = np.append(0, ends + 1)[: len(ends)]
    n_bytes = int((ends - starts).max(initial=-1)) + 1
    if len(ends) != len(COLUMNS) * len(row_ids) or n_bytes > _MAX_BYTES:
        raise sqlite3.DatabaseError(_DAMAGED)
    numbers = np.zeros(len(ends), dtype=np.int64)
    for step in range(n_bytes):
        at = starts + step
        goes_on = at <= ends
        numbers[goes_on] = numbers[goes_on] << 7 | varints[at[goes_on]] & 0x7F
    title, body, rest, names, trace = numbers.reshape(-1, len(COLUMNS)).T  # (n,) each
    sums = [int(column.sum()) for column in (title, body, rest, names, trace)]
    if averages(connection) != [len(row_ids), *sums]:
        raise sqlite3.DatabaseError(_DAMAGED)
    return _Lengths(row_ids, title + body, rest)


def state(connection: sqlite3.Connection) -> bytes:
    """Return a value that differs as soon as the words of any record differ."""
    rows = connection.execute("SELECT block FROM words_data WHERE id IN (?, ?) ORDER BY id", _STATE)
    return b"|".join(block for (block,) in rows)
