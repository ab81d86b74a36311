"""The compressed index: every row is compared by the signs of its vector, and the nearest ones by finer codes.

It selects some hundred rows, whose exact vectors the caller then compares. Its rows may lie in several files: what is
selected is the same, to the last bit, as of one file with all rows.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import DimensionMismatch
from dupfind.vectors.base import NO_ROW, Mask, RowIds, Vectors
from dupfind.vectors.blas import one_blas_thread
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.rotation import rotated, rotated_width
from dupfind.vectors.scan_file import MIDDLE, ScanFile

_MARGIN = 0.6
"""Divided by the root of the width: how far a score by the codes may lie from the true one (five deviations)."""

_WIDTH = 768
"""The next numbers are for vectors of this width; narrower ones have fewer signs, and more of them are selected."""
_MIN_BY_SIGNS = 8_192
_SHARE_BY_SIGNS = 64
"""A 64th of all rows is selected by signs alone: of 1,000,000 it has .9998 of the 200 nearest."""
_MIN_BY_GAIN = 2_048
_GAIN_FACTOR = 16
"""Of k rows wanted: the next choice, by the query's coordinates and the signs, has .9997 of them of 1,000,000."""
_SHARE_BY_GAIN = 1_000
"""At least a thousandth of all rows is selected so: of ten million, more rows lie near to each other."""
_CHUNK = 512  # codes that are decoded together
_BLOCK = 4096  # vectors that are read together


class ScanIndex:
    """Selects the rows that may be the nearest; the vectors themselves are in the database."""

    def __init__(self, files: Sequence[ScanFile]) -> None:
        """Join files of one width, at least one; their rows increase from each to the next."""
        self._files = files
        self._dim = files[0].dim
        self._width = rotated_width(self._dim)
        self._row_ids = np.concatenate([file.row_ids for file in files])
        self._ends = np.cumsum([len(file) for file in files])

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        return self._row_ids

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self._dim

    def candidates(self, queries: Vectors, k: int, allowed: Mask | None = None) -> list[RowIds]:
        """Return for each query the rows that may be among its k nearest, increasing; some are too far.

        Whether a row is selected depends on its vector, the query and the scores of the others, and not on its place.

        Args:
            queries: (q, dim) float32, rows of unit length or shorter.
            k: Number of neighbours, at least 1.
            allowed: (n,) bool: the rows that may be returned; None for all.

        Raises:
            DimensionMismatch: The queries are not as wide as the index.
            SnapshotDamaged: A code does not match its checksum.
        """
        if queries.ndim != 2 or queries.shape[1] != self._dim:
            raise DimensionMismatch(f"queries of shape {queries.shape} meet an index of width {self._dim}")
        for file in self._files:
            file.n_searches += len(queries)
        with np.errstate(all="ignore"), one_blas_thread():  # NaN of a damaged file
            return [self._row_ids[self._places(query, k, allowed)] for query in rotated(queries)]

    def _places(self, query: Vectors, k: int, allowed: Mask | None) -> NDArray[np.intp]:
        """Return the places of the rows that may be among the k nearest of one rotated query, increasing."""
        more = max(1.0, _WIDTH / self._width)
        n_rows = len(self._row_ids)
        n_by_gain = max(_MIN_BY_GAIN, int(more * _GAIN_FACTOR * k), int(more * n_rows / _SHARE_BY_GAIN))
        n_by_signs = max(_MIN_BY_SIGNS, int(more * n_rows / _SHARE_BY_SIGNS), 4 * n_by_gain)
        n_allowed = len(self._row_ids) if allowed is None else int(np.count_nonzero(allowed))
        places = np.arange(len(self._row_ids)) if allowed is None else np.flatnonzero(allowed)
        if n_allowed > n_by_signs:
            distances = self._distances(query)
            if allowed is not None:
                distances = distances[places]
            # Rows at the same distance as the last one are selected, too.
            n_within = np.cumsum(np.bincount(distances))
            places = places[distances <= np.searchsorted(n_within, n_by_signs)]
        if len(places) > n_by_gain:
            scores = self._by_signs(query, places)
            places = places[scores >= np.partition(scores, -n_by_gain)[-n_by_gain]]
        if len(places) > k:
            scores = self._by_codes(query, places)
            floor = np.partition(scores, -k)[-k] - _MARGIN * np.linalg.norm(query) / self._width**0.5
            places = places[scores >= floor]
        return places

    def _distances(self, query: Vectors) -> NDArray[np.uint16]:
        """Return the number of signs in which each row differs from a rotated query, (n,)."""
        own = np.packbits(query > 0).view("<u8")[:, None]  # (words, 1)
        return np.concatenate([file.distances(own) for file in self._files])

    def _by_signs(self, query: Vectors, places: NDArray[np.intp]) -> Vectors:
        """Return the scores of rows by their signs and the whole query, (m,)."""
        packed = self._read(places, ScanFile.signs)  # (m, words)
        packed = np.ascontiguousarray(packed.view(np.uint8).reshape(len(places), -1).T)  # (bytes, m)
        every_byte = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float32)
        table = query.reshape(-1, 8) @ (2 * every_byte - 1).T  # (bytes, 256): what each byte adds to a sum
        scores = np.zeros(len(places), dtype=np.float32)
        for sums, values in zip(table, packed, strict=True):
            scores += np.take(sums, values)
        return np.asarray(scores * self._read(places, lambda file, rows: file.gains[rows]))

    def _by_codes(self, query: Vectors, places: NDArray[np.intp]) -> Vectors:
        """Return the scores of rows by their codes, (m,)."""
        half = self._width // 2
        offset = MIDDLE * query.sum()
        scores = np.empty(len(places), dtype=np.float32)
        for start in range(0, len(places), _CHUNK):
            codes = self._read(places[start : start + _CHUNK], ScanFile.codes)
            levels = codes[
                :, 4:
            ]  # (rows, width / 2): the first half of the coordinates in the lower four bits
            sums = (levels & 15).astype(np.float32) @ query[:half]
            sums += (levels >> 4).astype(np.float32) @ query[half:]
            scales = np.ascontiguousarray(codes[:, :4]).view("<f4")[:, 0]
            scores[start : start + _CHUNK] = scales * (sums - offset)
        return scores

    def _read(
        self, places: NDArray[np.intp], read: Callable[[ScanFile, NDArray[np.intp]], NDArray[Any]]
    ) -> NDArray[Any]:
        """Read something of rows, (m, ...), by their increasing places among all rows."""
        bounds = [0, *np.searchsorted(places, self._ends).tolist()]
        parts = zip(self._files, self._ends.tolist(), pairwise(bounds), strict=True)
        return np.concatenate(
            [
                read(file, places[start:stop] - (end - len(file)))
                for file, end, (start, stop) in parts
                if stop > start or file is self._files[0]
            ]
        )


class RescoredIndex:
    """A compressed index with the exact vectors of its rows, at one moment: the scores that it returns are exact."""

    def __init__(self, scan: ScanIndex, read: Callable[[RowIds], Vectors]) -> None:
        """Join an index and a function that returns the vectors of rows, (m, dim) float32, in their order."""
        self._scan = scan
        self._read = read
        # What a search of one query has read; most of these rows are compared again by other means.
        self._kept = np.empty(0, dtype=np.int64), np.empty((0, scan.dim), dtype=np.float32)

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        return self._scan.row_ids

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self._scan.dim

    def vectors(self, row_ids: RowIds) -> Vectors:
        """Return the vectors of rows, as `VectorIndex.vectors`; those that the last search read are not read again."""
        rows, kept = self._kept
        if not len(rows) or not len(row_ids):
            return self._read(row_ids)
        places = np.minimum(np.searchsorted(rows, row_ids), len(rows) - 1)  # in bounds
        is_kept = rows[places] == row_ids
        vectors = np.empty((len(row_ids), self.dim), dtype=np.float32)
        vectors[is_kept] = kept[places[is_kept]]
        if not is_kept.all():
            vectors[~is_kept] = self._read(row_ids[~is_kept])
        return vectors

    def nearest(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """Find the nearest rows, as `VectorIndex.nearest`; one in some thousand neighbours may be missed."""
        return self.begin(queries, k, allowed)()

    def compare_all(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """Find the nearest rows by reading every vector, as `VectorIndex.nearest`: slow, and right without the file."""
        scores = np.full((len(queries), k), -2, dtype=np.float32)
        row_ids = np.full((len(queries), k), NO_ROW, dtype=np.int64)
        for start in range(0, len(self.row_ids), _BLOCK):
            rows = self.row_ids[start : start + _BLOCK]
            mask = None if allowed is None else allowed[start : start + _BLOCK]
            more_scores, more_rows = FlatIndex(rows, self._read(rows)).nearest(queries, k, mask)
            scores, row_ids = np.hstack([scores, more_scores]), np.hstack([row_ids, more_rows])
            order = np.lexsort((row_ids, -scores))[:, :k]  # (queries, k) highest first, equal ones by row id
            scores = np.take_along_axis(scores, order, axis=1)
            row_ids = np.take_along_axis(row_ids, order, axis=1)
        return scores, row_ids

    def begin(
        self, queries: Vectors, k: int, allowed: Mask | None = None
    ) -> Callable[[], tuple[Vectors, RowIds]]:
        """Select candidates now; the result reads their vectors and returns what `nearest` does."""
        candidates = self._scan.candidates(queries, k, allowed)

        def finish() -> tuple[Vectors, RowIds]:
            scores = np.full((len(queries), k), -2, dtype=np.float32)
            row_ids = np.full((len(queries), k), NO_ROW, dtype=np.int64)
            for place, (query, rows) in enumerate(zip(queries, candidates, strict=True)):
                exact = self._exact(query, rows, is_kept=len(queries) == 1 and len(rows) <= _BLOCK)
                order = np.lexsort((rows, -exact))[:k]
                scores[place, : len(order)], row_ids[place, : len(order)] = exact[order], rows[order]
            return scores, row_ids

        return finish

    def _exact(self, query: Vectors, rows: RowIds, *, is_kept: bool) -> Vectors:
        """Return the exact scores of rows, (m,); there may be many, as of equal vectors all are candidates.

        Args:
            query: (dim,) float32.
            rows: (m,) increasing.
            is_kept: Whether their vectors, at most a block, are kept for `vectors`.
        """
        exact = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK):
            vectors = self._read(rows[start : start + _BLOCK])
            if is_kept:
                self._kept = rows, vectors
            products = np.einsum("ij,j->i", vectors, query.astype(np.float64))
            exact[start : start + _BLOCK] = np.clip(products, -1, 1)
        return exact
