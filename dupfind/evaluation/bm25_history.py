"""BM25 as the word search would have computed it at each moment of a tracker's history."""

import sqlite3
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking import bm25_formula
from dupfind.search.lexicon import MIN_TERMS, POSTINGS_SHARE, TITLE_WEIGHT

_READ_AT_ONCE = 100_000

Scores = NDArray[np.float32]


class Bm25History:
    """BM25 of records with those before them, equal to `Postings.search`, from postings in memory.

    Rarities and lengths are counted over the earlier records alone, so that later records have no influence.
    """

    def __init__(self, connection: sqlite3.Connection, place: Mapping[int, int]) -> None:
        """Read the words of all records.

        Args:
            connection: Inside a read transaction.
            place: For each live row its place in the order of time, from 0 on without gaps.
        """
        n = len(place)
        blocks = [np.empty((0, 4))]  # np.concatenate fails on an empty list
        for rows in _instances(connection):
            blocks.append(np.array([(term, place[row], *counts) for term, row, *counts in rows]))
        term, at, weight, size = np.concatenate(blocks).T  # (m,) float64 each
        n_terms = int(term.max(initial=-1)) + 1
        # Postings: for each term its records, in the order of time.
        order = np.lexsort((at, term))
        self._record, self._weight = at[order].astype(np.int64), weight[order]  # (m,) each
        self._first_posting = np.searchsorted(term[order], np.arange(n_terms))  # (n_terms,)
        # The inverse: for each record its terms.
        order = np.lexsort((term, at))
        self._term = term[order].astype(np.int64)
        self._first_term = np.searchsorted(at[order], np.arange(n + 1))  # (n + 1,)
        self._length = np.bincount(at.astype(np.int64), weights=size, minlength=n)  # (n,) words
        self._n_with = np.zeros(n_terms, dtype=np.int64)  # records so far with each term
        self._n_words, self._n_records, self._next = 0.0, 0, 0

    def scores(self, at: int) -> Scores:
        """Return BM25 of each record before a place for the one at it, (at,); 0 without a shared query word.

        Call it with rising places.
        """
        for passed in range(self._next, at):
            self._n_with[self._terms_of(passed)] += 1
            self._n_words += self._length[passed]
            self._n_records += self._length[passed] > 0  # a record without words has no row in FTS5
        self._next = at
        terms = self._terms_of(at)
        terms = terms[self._n_with[terms] > 0]
        terms = terms[np.argsort(self._n_with[terms], kind="stable")]  # ties in alphabetical order
        n_with = self._n_with[terms]  # (t,) int64, rising
        is_asked = np.cumsum(n_with) <= POSTINGS_SHARE * self._n_records
        is_asked[:MIN_TERMS] = True
        terms, n_with = terms[is_asked], n_with[is_asked]
        if not len(terms):
            return np.zeros(at, dtype=np.float32)
        first = self._first_posting[terms]
        # The first n_with postings of each term: they are in time order, so only earlier records.
        postings = np.repeat(first - np.cumsum(n_with) + n_with, n_with) + np.arange(n_with.sum())
        record, weight = self._record[postings], self._weight[postings]
        rarity = np.repeat(bm25_formula.rarity(self._n_records, n_with), n_with)
        damping = bm25_formula.damping(self._length[record], self._n_words / self._n_records)
        bm25 = bm25_formula.gain(weight, damping, rarity)
        return np.bincount(record, weights=bm25, minlength=at).astype(np.float32)

    def _terms_of(self, at: int) -> NDArray[np.int64]:
        first, end = self._first_term[at : at + 2]
        return np.asarray(self._term[first:end])


def _instances(connection: sqlite3.Connection) -> Iterator[list[tuple[int, int, float, int]]]:
    """Yield term number, row id, weighted and plain count of the term in the row; terms in alphabetical order."""
    connection.execute(
        # In temp, because a reader cannot create tables in the index.
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab (main, words, instance)"
    )
    cursor = connection.execute(
        "SELECT dense_rank() OVER (ORDER BY term) - 1, doc, sum(iif(col = 'title', ?, 1.0)), count(*)"
        " FROM temp.instances GROUP BY term, doc",
        (TITLE_WEIGHT,),
    )
    while rows := cursor.fetchmany(_READ_AT_ONCE):
        yield rows
