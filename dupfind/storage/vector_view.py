"""Searches the live vectors of one moment: the rows of some indexes, without those that are dead."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import SnapshotDamaged
from dupfind.storage.encoding import Encoding
from dupfind.vectors.base import Mask, RowIds, VectorIndex, Vectors
from dupfind.vectors.scan import RescoredIndex
from dupfind.vectors.sets import is_met
from dupfind.vectors.title_body import fold, split

Scores = NDArray[np.float64]
Hits = tuple[Vectors, RowIds]
"""Scores (m,) float32 and row ids (m,), highest score first."""

_log = logging.getLogger("dupfind")


class ScoredRows(NamedTuple):
    """The scores and embeddings of some rows; a row without a vector has score 0 and zeros.

    Attributes:
        scores: (n,) as `View.scores`.
        titles: (n, dim) float32, the titles' embeddings, of unit length.
        wholes: (n, dim) float32, the whole texts' embeddings, of unit length.
    """

    scores: Scores
    titles: Vectors
    wholes: Vectors


class VectorView(Protocol):
    """The live vectors at one moment; both stores have one."""

    def nearest(self, query: Vectors, k: int, allowed: RowIds | None = None) -> Hits:
        """As `View.nearest`."""
        ...

    def scores(self, query: Vectors, row_ids: RowIds) -> Scores:
        """As `View.scores`."""
        ...

    def scored(self, query: Vectors, row_ids: RowIds) -> ScoredRows:
        """As `View.scored`."""
        ...


class View:
    """The live vectors at one moment: a snapshot without its deleted rows, and the newer rows."""

    def __init__(self, encoding: Encoding, parts: list[tuple[VectorIndex, Mask | None]]) -> None:
        """Join indexes of disjoint rows; a mask, (n,) bool, marks the live rows of its index, None means all."""
        self._encoding = encoding
        self._parts = parts

    def nearest(self, query: Vectors, k: int, allowed: RowIds | None = None) -> Hits:
        """Return the k nearest live rows of one query.

        Args:
            query: (1, 2 * dim) float32 from `title_body.concat`.
            k: Number of neighbours.
            allowed: The rows that may be returned, in order; None for all.

        Returns:
            Scores (m,) and row ids (m,), m <= k, highest score first and equal ones by row id.
        """
        [nearest] = self.nearest_of_each(query, k, allowed)
        return nearest

    def nearest_of_each(self, queries: Vectors, k: int, allowed: RowIds | None = None) -> list[Hits]:
        """Return the same for each of several queries, (n, 2 * dim), in one pass over the vectors."""
        try:
            return self.begin(queries, k, allowed)()
        except SnapshotDamaged as error:  # in a part of the file that no search has read before
            _log.warning("%s: results stay correct, because every vector is compared", error)
            return self.begin(queries, k, allowed, by_codes=False)()

    def begin(
        self, queries: Vectors, k: int, allowed: RowIds | None = None, *, by_codes: bool = True
    ) -> Callable[[], list[Hits]]:
        """Search without the database; the result reads from it what is left, and returns as `nearest_of_each`.

        Args:
            queries: (n, 2 * dim) float32.
            k: Number of neighbours.
            allowed: The rows that may be returned, in order; None for all.
            by_codes: Whether a compressed snapshot selects the rows that are compared.

        Raises:
            SnapshotDamaged: A code does not match its checksum.
        """
        begun: list[Callable[[], tuple[Vectors, RowIds]]] = []
        for index, live in self._parts:
            mask = live
            if allowed is not None:
                passing = is_met(index.row_ids, allowed)  # (index rows,) bool
                mask = passing if mask is None else passing & mask
            fitted = self._fit(queries, index)
            n_nearest = min(k, max(1, len(index.row_ids)))  # an index reserves memory for k results
            if isinstance(index, RescoredIndex) and not by_codes:
                begun.append(partial(index.compare_all, fitted, n_nearest, mask))
            elif isinstance(index, RescoredIndex):
                begun.append(index.begin(fitted, n_nearest, mask))
            else:
                begun.append(_of(index.nearest(fitted, n_nearest, mask)))

        def finish() -> list[Hits]:
            # The empty arrays come first because np.concatenate fails on an empty list.
            scores = [np.empty((len(queries), 0), dtype=np.float32)]
            row_ids = [np.empty((len(queries), 0), dtype=np.int64)]
            for finish_part in begun:
                some_scores, some_row_ids = finish_part()  # (n, k) each
                scores.append(some_scores)
                row_ids.append(some_row_ids)
            return [
                best_hits(*of_query, k)
                for of_query in zip(
                    np.concatenate(scores, axis=1), np.concatenate(row_ids, axis=1), strict=True
                )
            ]

        return finish

    def scores(self, query: Vectors, row_ids: RowIds) -> Scores:
        """Return the scores of these rows, (n,) float64 rounded to six places.

        They are the same for exact and approximate search. A row without a vector scores 0.
        """
        scores: Scores = np.zeros(len(row_ids))
        for index, places, vectors in self._vectors_of(row_ids):
            scores[places] = products(vectors, self._fit(query, index)[0])
        return rounded(scores)

    def scored(self, query: Vectors, row_ids: RowIds) -> ScoredRows:
        """Return the scores of these rows, as `scores`, and their embeddings; the vectors are read once for both."""
        dim, weight = self._encoding.dim, self._encoding.title_weight
        scores: Scores = np.zeros(len(row_ids))
        titles, wholes = np.zeros((2, len(row_ids), dim), dtype=np.float32)
        for index, places, vectors in self._vectors_of(row_ids):
            scores[places] = products(vectors, self._fit(query, index)[0])
            if index.dim == dim:
                titles[places] = wholes[places] = vectors
            else:
                titles[places], wholes[places] = split(vectors, weight)
        return ScoredRows(rounded(scores), titles, wholes)

    def _vectors_of(self, row_ids: RowIds) -> Iterator[tuple[VectorIndex, NDArray[np.intp], Vectors]]:
        """Yield each index with the places in `row_ids` of its rows, (m,), and their vectors, (m, index.dim)."""
        for index, _ in self._parts:
            if len(index.row_ids):
                # searchsorted returns the length for ids beyond the last one.
                nearest = np.minimum(np.searchsorted(index.row_ids, row_ids), len(index.row_ids) - 1)
                places = np.flatnonzero(index.row_ids[nearest] == row_ids)
                yield index, places, index.vectors(row_ids[places])

    def _fit(self, queries: Vectors, index: VectorIndex) -> Vectors:
        """Fold (n, 2 * dim) queries for an index of titles alone; others stay as they are."""
        return queries if index.dim == queries.shape[1] else fold(queries, self._encoding.title_weight)


def _of(found: tuple[Vectors, RowIds]) -> Callable[[], tuple[Vectors, RowIds]]:
    return lambda: found


def products(vectors: Vectors, query: Vectors) -> Scores:
    """Return (n, dim) and (dim,) -> (n,) float64, not by BLAS: its order of summation depends on the other rows."""
    return np.asarray(np.einsum("ij,j->i", vectors, query.astype(np.float64)))


def rounded(scores: Scores) -> Scores:
    """Return scores in -1 to 1, rounded to six places."""
    six_places: Scores = np.round(np.clip(scores, -1, 1), 6).astype(np.float64)
    return six_places + 0.0  # turns minus zero into zero


def best_hits(scores: Vectors, row_ids: RowIds, k: int) -> Hits:
    """Return the k highest scores and their rows, equal scores by row id; `NO_ROW` is left out."""
    real = row_ids >= 0
    scores, row_ids = scores[real], row_ids[real]
    order = np.lexsort((row_ids, -scores))[:k]  # the last key is the primary one
    return scores[order], row_ids[order]
