"""The exact index: every vector is compared. Its file is FAISS's own format and needs no FAISS."""

import os
import struct
import weakref
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from dupfind.errors import DimensionMismatch, StoreError
from dupfind.vectors.base import NO_ROW, Block, Mask, RowIds, Vectors

KIND = "flat"

# IndexIDMap2 around IndexFlatIP, as faiss/impl/index_write.cpp lays it out: fourcc, d, ntotal, two unused
# numbers, is_trained, metric (0 is the inner product); then the length of what follows.
_HEADER = struct.Struct("<4siqqqBi")
_COUNT = struct.Struct("<Q")
_UNUSED = 1 << 20
_VECTORS_AT = 2 * _HEADER.size + _COUNT.size

_BLOCK_BYTES = 8 << 20
_GPU_MAX_K = 2_048
_BLAS_FROM_QUERIES = 4
"""FAISS scans with its own kernel below and with BLAS from here on (measured crossover 3 to 4)."""
_WORTH_KEEPING = 32  # queries in a first search


class FlatIndex:
    """Exact cosine search over vectors in memory or in a snapshot file.

    A file is streamed at the first search, so that a one-off query touches no more memory than a block; from
    the second search on its vectors stay in memory.
    """

    def __init__(self, row_ids: RowIds, vectors: Vectors) -> None:
        """Wrap arrays, without copying.

        Args:
            row_ids: (n,) int64, increasing.
            vectors: (n, dim) float32, rows of unit length.
        """
        self._row_ids = row_ids
        self._dim = int(vectors.shape[1])
        self._resident: Vectors | None = vectors
        self._file: _File | None = None
        self._n_searches = 0
        self._gpu: Any = None

    @classmethod
    def load(cls, path: Path) -> "FlatIndex":
        """Open a snapshot file, whose checksum the caller has seen to; only the row ids are read.

        Raises:
            StoreError: The file is not a flat index of inner products under ids.
        """
        with path.open("rb") as file:
            head = file.read(_VECTORS_AT)
            if len(head) != _VECTORS_AT:
                raise StoreError(f"{path} is too short for a snapshot")
            outer, dim, n, *_ = _HEADER.unpack_from(head, 0)
            inner, inner_dim, inner_n, *_, metric = _HEADER.unpack_from(head, _HEADER.size)
            (n_floats,) = _COUNT.unpack_from(head, 2 * _HEADER.size)
            ids_at = _VECTORS_AT + 4 * n_floats
            if (outer, inner, metric) != (b"IxM2", b"IxFI", 0) or (dim, n, n * dim) != (
                inner_dim,
                inner_n,
                n_floats,
            ):
                raise StoreError(f"{path} is not a flat snapshot")
            if path.stat().st_size != ids_at + _COUNT.size + 8 * n:
                raise StoreError(f"{path} is cut short")
            file.seek(ids_at + _COUNT.size)
            row_ids = np.fromfile(file, dtype="<i8", count=n)
            descriptor = os.dup(file.fileno())
        index = cls(row_ids, np.empty((0, dim), dtype=np.float32))
        index._resident = None
        index._file = _File(path, descriptor)
        return index

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        return self._row_ids

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self._dim

    def nearest(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """As `VectorIndex.nearest`; exact.

        Raises:
            DimensionMismatch: The queries are not as wide as the index.
        """
        if queries.ndim != 2 or queries.shape[1] != self._dim:
            raise DimensionMismatch(f"queries of shape {queries.shape} meet an index of width {self._dim}")
        self._n_searches += 1
        # A file that is searched once is cheaper to read in blocks than to keep and to hand to FAISS.
        is_one_off = self._resident is None and self._n_searches == 1 and len(queries) < _WORTH_KEEPING
        if (
            len(queries) >= _BLAS_FROM_QUERIES
            and not is_one_off
            and allowed is None
            and 0 < k < len(self._row_ids)
            and find_spec("faiss")
        ):
            return self._nearest_faiss(queries, k)
        return self._nearest_blocks(queries, k, allowed)

    def vectors(self, row_ids: RowIds) -> Vectors:
        """As `VectorIndex.vectors`."""
        places = np.searchsorted(self._row_ids, row_ids)
        if self._resident is not None:
            return self._resident[places]
        found = np.empty((len(places), self._dim), dtype=np.float32)
        assert self._file is not None
        for place, into in zip(places, found, strict=True):
            self._file.fill(into, _VECTORS_AT + 4 * self._dim * int(place))
        return found

    def _nearest_blocks(self, queries: Vectors, k: int, allowed: Mask | None) -> tuple[Vectors, RowIds]:
        n_queries = len(queries)
        best = np.full((n_queries, k), -2, dtype=np.float32)
        places = np.full((n_queries, k), NO_ROW, dtype=np.int64)
        for start, block in self._blocks():
            with np.errstate(all="ignore"):  # a damaged file holds any number; its checksum tells
                # Few queries are faster one by one, while the block is in the cache; (queries, rows).
                few = n_queries < _BLAS_FROM_QUERIES
                scores = np.stack([block @ query for query in queries]) if few else queries @ block.T
            if allowed is not None:
                scores[:, ~allowed[start : start + len(block)]] = -2
            # What does not beat the k-th best so far cannot enter: a later row loses a tie.
            rows, columns = np.nonzero(scores > best[:, -1:])
            ends = np.searchsorted(rows, np.arange(n_queries + 1))
            for query in np.flatnonzero(np.diff(ends)):
                fresh = columns[ends[query] : ends[query + 1]]
                pool = np.concatenate([best[query], scores[query, fresh]])
                pool_places = np.concatenate([places[query], fresh + start])
                if len(pool) > 4 * k:  # the k-th largest, with all its ties, before the exact order
                    kept = np.flatnonzero(pool >= np.partition(pool, -k)[-k])
                    pool, pool_places = pool[kept], pool_places[kept]
                order = np.lexsort((pool_places, -pool))[:k]
                best[query], places[query] = pool[order], pool_places[order]
        return self._finish(best, places)

    def _nearest_faiss(self, queries: Vectors, k: int) -> tuple[Vectors, RowIds]:
        import faiss

        # One neighbour more than asked shows whether the cut falls between equal scores, which FAISS orders
        # as it likes: those queries are searched again block by block.
        if faiss.get_num_gpus() > 0 and k < _GPU_MAX_K:
            if self._gpu is None:
                index = faiss.IndexFlatIP(self._dim)
                index.add(self.in_memory())
                self._gpu = faiss.index_cpu_to_all_gpus(index)
            best, places = self._gpu.search(queries, k + 1)
        else:
            # FAISS 1.15 leaves BLAS below queries x width = 128,000, which costs a factor of 20 here.
            before = faiss.cvar.distance_compute_blas_threshold
            faiss.cvar.distance_compute_blas_threshold = _BLAS_FROM_QUERIES * self._dim
            try:
                best, places = faiss.knn(queries, self.in_memory(), k + 1, metric=faiss.METRIC_INNER_PRODUCT)
            finally:
                faiss.cvar.distance_compute_blas_threshold = before
        tied = np.flatnonzero(best[:, k - 1] == best[:, k])
        best, places = np.ascontiguousarray(best[:, :k]), places[:, :k].astype(np.int64)
        for query in range(len(queries)):
            order = np.lexsort((places[query], -best[query]))
            best[query], places[query] = best[query, order], places[query, order]
        found, row_ids = self._finish(best, places)
        if len(tied):
            found[tied], row_ids[tied] = self._nearest_blocks(queries[tied], k, None)
        return found, row_ids

    def _finish(self, best: Vectors, places: RowIds) -> tuple[Vectors, RowIds]:
        """Places to row ids, and scores into [-1, 1], which float32 oversteps by an ulp."""
        found = places != NO_ROW
        found &= best > -2
        scores = np.where(found, np.clip(best, -1, 1), np.float32(-2))
        if not len(self._row_ids):
            return scores, np.full_like(places, NO_ROW)
        return scores, np.where(found, self._row_ids[np.where(found, places, 0)], NO_ROW)

    def _blocks(self) -> Iterator[tuple[int, Vectors]]:
        rows = max(1, _BLOCK_BYTES // (4 * self._dim))
        if self._resident is None and self._n_searches > 1:
            self.in_memory()
        if self._resident is not None:
            for start in range(0, len(self._row_ids), rows):
                yield start, self._resident[start : start + rows]
            return
        assert self._file is not None
        buffer = np.empty((min(rows, len(self._row_ids)), self._dim), dtype=np.float32)
        for start in range(0, len(self._row_ids), rows):
            block = buffer[: min(rows, len(self._row_ids) - start)]
            self._file.fill(block, _VECTORS_AT + 4 * self._dim * start)
            yield start, block

    def in_memory(self) -> Vectors:
        """All vectors, (n, dim) float32, which stay in memory from now on."""
        if self._resident is None:
            assert self._file is not None
            vectors = np.empty((len(self._row_ids), self._dim), dtype=np.float32)
            self._file.fill(vectors, _VECTORS_AT)
            self._resident = vectors
        return self._resident


class _File:
    """An open file, which can be read until the end also when a writer has deleted it meanwhile."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    def fill(self, array: Vectors, offset: int) -> None:
        """Read an array from a place in the file."""
        view = array.data.cast("B")
        while view.nbytes:
            n_read = os.preadv(self._descriptor, [view], offset)
            if not n_read:
                raise StoreError(f"{self._path} is cut short")
            view, offset = view[n_read:], offset + n_read


def write(put: Callable[[bytes], object], dim: int, n_rows: int, blocks: Iterable[Block]) -> None:
    """Write a flat index as FAISS would (`read_index` opens it), one block in memory at a time.

    Args:
        put: Takes the bytes.
        dim: Width of a vector.
        n_rows: How many rows the blocks hold in all; it stands in the header.
        blocks: Row ids, increasing, and their vectors.

    Raises:
        DimensionMismatch: A block has another width.
        StoreError: The blocks do not hold `n_rows` rows.
    """
    put(_HEADER.pack(b"IxM2", dim, n_rows, _UNUSED, _UNUSED, 1, 0))
    put(_HEADER.pack(b"IxFI", dim, n_rows, _UNUSED, _UNUSED, 1, 0))
    put(_COUNT.pack(n_rows * dim))
    ids = []
    for row_ids, vectors in blocks:
        if vectors.shape != (len(row_ids), dim):
            raise DimensionMismatch(f"vectors of shape {vectors.shape} meet a snapshot of width {dim}")
        put(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
        ids.append(row_ids)
    written = np.concatenate(ids) if ids else np.empty(0, dtype=np.int64)
    if len(written) != n_rows:
        raise StoreError(
            f"{len(written)} rows came where {n_rows} were promised: see `dupfind doctor --read-data`"
        )
    put(_COUNT.pack(n_rows))
    put(written.astype("<i8").tobytes())
