"""The word search's scores as they would have been at each moment of a tracker's history."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking import bm25_formula
from dupfind.ranking.bm25_formula import TITLE_WEIGHT
from dupfind.search.lexicon import (
    COMPOSED,
    FEWEST_POSTINGS,
    MIN_TERMS,
    N_SCORES,
    POSTINGS_SHARES,
    TRACE,
    WHOLE,
    WordScores,
)
from dupfind.storage.connection import Connection
from dupfind.storage.fts_words import COLUMNS, DAMAGED
from dupfind.storage.word_index import WordIndex, word_index
from dupfind.text.language import FUNCTION_WORDS

_READ_AT_ONCE = 1_000_000

Places = NDArray[np.int64]
Values = NDArray[np.float64]

_COMPOSED_FIELD, _REST_FIELD, _TRACE_FIELD = range(3)


@dataclass(frozen=True, slots=True)
class _Postings:
    """What the records have of each term: m postings, ordered by record or by term.

    Attributes:
        starts: (n + 1,) where the postings of each record, or of each term, begin.
        other: (m,) the term, or the record, of each posting.
        field: (m,) the first field in which the record has the term: 0 composed, 1 rest, 2 trace.
        weight: (m,) occurrences in the composed text, one in a title counted `TITLE_WEIGHT` times.
        in_rest: (m,) whether the rest has it.
        in_names: (m,) whether the names have it.
    """

    starts: Places
    other: Places
    field: Places
    weight: Values
    in_rest: NDArray[np.bool_]
    in_names: NDArray[np.bool_]


class Bm25History:
    """Scores of records with those before them, equal to `Postings.search`, from postings in memory.

    Rarities and lengths are counted over the earlier records alone, so that later records have no influence.
    """

    def __init__(self, connection: Connection, place: Mapping[int, int]) -> None:
        """Read the words of all records.

        Args:
            connection: Inside a read transaction.
            place: For each live row its place in the order of time, from 0 on without gaps.
        """
        n = len(place)
        words = word_index(connection)
        row_ids = np.fromiter(sorted(place), dtype=np.int64)  # (n,)
        places = np.fromiter((place[row] for row in row_ids.tolist()), dtype=np.int64)
        is_left_out: list[bool] = []
        blocks = [np.empty((0, 7))]  # np.concatenate fails on an empty list
        for part in _counted(words, is_left_out):
            title, body, rest, names, trace = part.counts.T
            at = _places(row_ids, places, part.row_ids)
            blocks.append(
                np.column_stack(
                    (part.terms, at, TITLE_WEIGHT * title + body, title + body, rest, names, trace)
                )
            )
        # (m, 7): term, place, weight and words of the composed text, rest, names, trace
        table = np.concatenate(blocks)
        term, at = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
        n_terms = len(is_left_out)
        self._of_term = _postings(table, term, at, n_terms)
        self._of_record = _postings(table, at, term, n)
        self._length = np.bincount(at, weights=table[:, 3], minlength=n)  # (n,) words of the composed text
        self._rest_length = np.bincount(at, weights=table[:, 4], minlength=n)  # (n,) words of the rest
        self._has_row = np.zeros(n, dtype=np.bool_)  # a record without a composed title has none in FTS5
        self._has_row[_places(row_ids, places, words.lengths().row_ids)] = True
        # (n_terms,) whether a search leaves each term out
        self._is_function_word = np.array(is_left_out, dtype=np.bool_)
        self._n_with = np.zeros(n_terms, dtype=np.int64)  # records so far with each term
        self._n_words, self._n_rest, self._n_records, self._next = 0.0, 0.0, 0, 0

    def scores(self, at: int) -> WordScores:
        """Return the scores of each record before a place for the one at it, (at, 3); 0 without a shared query word.

        Call it with rising places.
        """
        self._advance(at)
        scores = np.zeros((at, N_SCORES))
        own = slice(*self._of_record.starts[at : at + 2])
        terms, fields = self._of_record.other[own], self._of_record.field[own]
        if not self._n_records:
            return scores.astype(np.float32)
        traces = terms[fields == _TRACE_FIELD]
        all_traces = float(bm25_formula.smooth_rarity(self._n_records, self._n_with[traces]).sum())
        for field in (_COMPOSED_FIELD, _REST_FIELD, _TRACE_FIELD):
            asked = self._asked(terms[fields == field], POSTINGS_SHARES[field])
            n_with = self._n_with[asked]  # (t,) int64, rising
            first = self._of_term.starts[asked]
            # The first n_with postings of each term: they are in time order, so only earlier records.
            postings = np.repeat(first - np.cumsum(n_with) + n_with, n_with) + np.arange(n_with.sum())
            record = self._of_term.other[postings]
            smooth = np.repeat(bm25_formula.smooth_rarity(self._n_records, n_with), n_with)
            if field == _TRACE_FIELD:
                shares = smooth / max(all_traces, 1e-9)
                scores[:, TRACE] += np.bincount(record, weights=shares, minlength=at)
                continue
            weight = self._of_term.weight[postings]
            damping = bm25_formula.damping(self._length[record], max(self._n_words / self._n_records, 1.0))
            if field == _COMPOSED_FIELD:
                rarity = np.repeat(bm25_formula.rarity(self._n_records, n_with), n_with)
                gains = bm25_formula.gain(weight, damping, rarity)
                scores[:, COMPOSED] += np.bincount(record, weights=gains, minlength=at)
            gains = smooth * bm25_formula.whole_gain(
                weight,
                damping,
                self._of_term.in_rest[postings],
                self._of_term.in_names[postings],
                self._rest_length[record],
                max(self._n_rest / self._n_records, 1.0),
            )
            scores[:, WHOLE] += np.bincount(record, weights=gains, minlength=at)
        return scores.astype(np.float32)

    def _advance(self, at: int) -> None:
        starts = self._of_record.starts
        for passed in range(self._next, at):
            self._n_with[self._of_record.other[starts[passed] : starts[passed + 1]]] += 1
            self._n_words += self._length[passed]
            self._n_rest += self._rest_length[passed]
            self._n_records += bool(self._has_row[passed])
        self._next = at

    def _asked(self, terms: Places, share: float) -> Places:
        """Return the terms of a field to search for, rarest first; ties in alphabetical order.

        Args:
            terms: Of the field.
            share: Of the records, that are read as postings.
        """
        if not self._is_function_word[terms].all():
            terms = terms[~self._is_function_word[terms]]
        terms = terms[self._n_with[terms] > 0]
        terms = terms[np.argsort(self._n_with[terms], kind="stable")]
        budget = max(share * self._n_records, FEWEST_POSTINGS)
        is_asked = np.cumsum(self._n_with[terms]) <= budget
        is_asked[:MIN_TERMS] = True
        return terms[is_asked]


def _places(row_ids: Places, places: Places, wanted: Places) -> Places:
    """Return the place of each wanted row; `row_ids` rise.

    Raises:
        sqlite3.DatabaseError: A row that has words is not among `row_ids`.
    """
    at = np.searchsorted(row_ids, wanted)
    if len(wanted) and (
        not len(row_ids) or not np.array_equal(row_ids[np.minimum(at, len(row_ids) - 1)], wanted)
    ):
        raise sqlite3.DatabaseError(DAMAGED)
    return places[at]


def _postings(table: Values, key: Places, other: Places, n_keys: int) -> _Postings:
    order = np.lexsort((other, key))
    weight, in_rest, in_names = table[order, 2], table[order, 4] > 0, table[order, 5] > 0
    field = np.where(weight > 0, _COMPOSED_FIELD, np.where(in_rest | in_names, _REST_FIELD, _TRACE_FIELD))
    return _Postings(
        np.searchsorted(key[order], np.arange(n_keys + 1)), other[order], field, weight, in_rest, in_names
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of each term in each record: m pairs, terms in alphabetical order, their records by row id.

    Attributes:
        terms: (m,) the number of the term.
        row_ids: (m,)
        counts: (m, columns) occurrences in each of `fts_words.COLUMNS`.
    """

    terms: Places
    row_ids: Places
    counts: Places


def _counted(words: WordIndex, is_left_out: list[bool]) -> Iterator[_Counts]:
    """Yield the counts of all terms, those of some at a time; append for each term whether it is a function word."""
    left_out = {stem for stem in words.stems(sorted(FUNCTION_WORDS)) if stem is not None}
    numbers: list[int] = []
    parts: list[Places] = []
    n_waiting = 0
    for stem, occurrences in words.occurrences(None):
        numbers.append(len(is_left_out))
        is_left_out.append(stem in left_out)
        parts.append(occurrences)
        n_waiting += len(occurrences)
        if n_waiting > _READ_AT_ONCE:
            yield _of_occurrences(numbers, parts)
            numbers, parts, n_waiting = [], [], 0
    if parts:
        yield _of_occurrences(numbers, parts)


def _of_occurrences(numbers: list[int], parts: list[Places]) -> _Counts:
    """Count the occurrences of some terms, each 8 * row id + column."""
    occurrences = np.concatenate(parts)
    terms = np.repeat(numbers, [len(part) for part in parts])
    rows = occurrences >> 3
    is_first = np.ones(len(rows), dtype=np.bool_)
    is_first[1:] = (terms[1:] != terms[:-1]) | (rows[1:] != rows[:-1])
    pair = np.cumsum(is_first) - 1  # (occurrences,) the pair of term and record
    n_pairs, n_columns = int(is_first.sum()), len(COLUMNS)
    counts = np.bincount(pair * n_columns + (occurrences & 7), minlength=n_pairs * n_columns)
    return _Counts(terms[is_first], rows[is_first], counts.reshape(n_pairs, n_columns))
