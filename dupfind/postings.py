"""Postings: the word search of one state of a collection in memory, for a process that is asked again and again.

`words.search` reads FTS5's lists from the database for each query, and turns some hundred thousand numbers into
Python's. Here they are arrays: the same rows with the same BM25, to the bit, in a twentieth of the time.
"""

import sqlite3
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dupfind.index import RowIds, Vectors
from dupfind.words import K1, MIN_TERMS, POSTINGS_SHARE, TITLE_WEIGHT, B, stems, tokens

_REMEMBERED = 1 << 18  # words that texts brought
_STATE = (1, 10)  # where FTS5 keeps its totals, and which segments hold its lists


class Postings:
    """For each word the records that hold it, as FTS5 had them when they were read."""

    def __init__(
        self,
        state: bytes,
        row_ids: RowIds,
        lengths: NDArray[np.float64],
        terms: dict[str, tuple[int, int]],
        places: NDArray[np.int32],
        weights: NDArray[np.float64],
    ) -> None:
        """Use `Postings.read`.

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
        self._gains = weights * (K1 + 1)
        self._gains /= weights + _damping(lengths)[places]
        self._stems: dict[str, str | None] = {}

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """Read them from the database, inside a read transaction; some ten seconds for 100,000 records."""
        connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab (main, words, instance)"
        )
        names: list[str] = []
        blocks: list[NDArray[np.int64]] = []
        # One text a stem, so that Python sees two hundred thousand values and not ten million.
        for stem, found in connection.execute(
            "SELECT term, group_concat(2 * doc + (col = 'title')) FROM temp.instances GROUP BY term"
        ):
            names.append(stem)
            blocks.append(np.fromstring(found, dtype=np.int64, sep=","))
        counts = np.array([len(block) for block in blocks], dtype=np.int64)
        instances = np.concatenate(blocks) if blocks else np.empty(0, dtype=np.int64)
        blocks.clear()
        docs, is_title = instances >> 1, (instances & 1).astype(np.bool_)
        row_ids, places = np.unique(docs, return_inverse=True)
        owner = np.repeat(np.arange(len(names)), counts)
        # FTS5 goes through a stem's rows in order: a posting begins where the stem or the row is another.
        is_first = np.ones(len(docs), dtype=np.bool_)
        is_first[1:] = (np.diff(owner) != 0) | (np.diff(docs) != 0)
        starts = np.flatnonzero(is_first)
        gains = np.where(is_title, TITLE_WEIGHT, 1.0)
        edges = np.searchsorted(owner[starts], np.arange(len(names) + 1))
        return cls(
            state(connection),
            row_ids,
            np.bincount(places, minlength=len(row_ids)).astype(np.float64),
            {stem: (int(edges[n]), int(edges[n + 1])) for n, stem in enumerate(names)},
            places[starts].astype(np.int32),
            np.add.reduceat(gains, starts) if len(starts) else gains,
        )

    def search(self, connection: sqlite3.Connection, title: str, body: str) -> tuple[RowIds, Vectors]:
        """As `words.search`; the connection is asked only for stems of words that were never met."""
        known = self._known(connection, tokens(f"{title}\n{body}"))
        asked = sorted(
            (end - start, stem, start, end)
            for stem in known
            for start, end in [self._terms.get(stem, (0, 0))]
        )
        n_rows = len(self._row_ids)
        budget = POSTINGS_SHARE * n_rows
        scores = np.zeros(n_rows)
        n_asked = 0
        for frequency, _, start, end in asked:
            if not frequency:
                continue
            budget -= frequency
            if budget < 0 and n_asked >= MIN_TERMS:
                break
            n_asked += 1
            rarity = max(np.log((n_rows - frequency + 0.5) / (frequency + 0.5)), 1e-6)
            scores[self._places[start:end]] += rarity * self._gains[start:end]
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


def state(connection: sqlite3.Connection) -> bytes:
    """What differs as soon as the words of any record do."""
    rows = connection.execute("SELECT block FROM words_data WHERE id IN (?, ?) ORDER BY id", _STATE)
    return b"|".join(block for (block,) in rows)


def _damping(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """What BM25 adds to a word's weight for the length of each row."""
    middle = float(lengths.sum()) / len(lengths) if len(lengths) else 1.0
    return np.asarray(K1 * (1 - B + B * lengths / middle))
