"""The exact index, which compares every vector; its file has FAISS's format and is read without FAISS."""

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from dupfind.errors import DimensionMismatch, StoreError
from dupfind.vectors.base import NO_ROW, Block, Mask, RowIds, Vectors
from dupfind.vectors.open_file import OpenFile

KIND = "flat"

# IndexIDMap2 around IndexFlatIP, in the layout of faiss/impl/index_write.cpp: fourcc, d, ntotal, two unused
# numbers, is_trained, metric (0 is the inner product); then the number of floats and the floats.
_HEADER = struct.Struct("<4siqqqBi")
_COUNT = struct.Struct("<Q")
_UNUSED = 1 << 20  # FAISS writes this number
_VECTORS_AT = 2 * _HEADER.size + _COUNT.size

_BLOCK_BYTES = 8 << 20
_GPU_MAX_K = 2_048  # the largest k of FAISS on a GPU
_BLAS_FROM_QUERIES = 4
"""FAISS uses its own kernel below this number, and BLAS from here on (measured crossover 3 to 4)."""
_MANY_QUERIES = 32  # in a first search: from here on the vectors stay in memory


class FlatIndex:
    """Exact cosine search over vectors in memory or in a snapshot file.

    The first search streams a file, so that a one-off query needs the memory of one block. From the second search
    on, the vectors stay in memory.
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
        self._file: OpenFile | None = None
        self._n_searches = 0
        self._gpu: Any = None

    @classmethod
    def load(cls, path: Path) -> "FlatIndex":
        """Open a snapshot file and read its row ids; the caller verifies the checksum.

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
                raise StoreError(f"{path} is truncated")
            file.seek(ids_at + _COUNT.size)
            row_ids = np.fromfile(file, dtype="<i8", count=n)
            descriptor = os.dup(file.fileno())  # stays open after the with block
        index = cls(row_ids, np.empty((0, dim), dtype=np.float32))
        index._resident = None
        index._file = OpenFile(path, descriptor)
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
        """Find the nearest rows, as `VectorIndex.nearest`; exact.

        Raises:
            DimensionMismatch: The queries are not as wide as the index.
        """
        if queries.ndim != 2 or queries.shape[1] != self._dim:
            raise DimensionMismatch(f"queries of shape {queries.shape} meet an index of width {self._dim}")
        self._n_searches += 1
        # For a single search of a file, reading blocks is cheaper than loading it and calling FAISS.
        is_one_off = self._resident is None and self._n_searches == 1 and len(queries) < _MANY_QUERIES
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
        """Return the stored vectors, as `VectorIndex.vectors`."""
        places = np.searchsorted(self._row_ids, row_ids)
        if self._resident is not None:
            return self._resident[places]
        vectors = np.empty((len(places), self._dim), dtype=np.float32)
        assert self._file is not None
        for place, vector in zip(places, vectors, strict=True):
            self._file.fill(vector, _VECTORS_AT + 4 * self._dim * int(place))
        return vectors

    def _nearest_blocks(self, queries: Vectors, k: int, allowed: Mask | None) -> tuple[Vectors, RowIds]:
        n_queries = len(queries)
        # (queries, k) each: the best scores so far, highest first, and their places in the index
        best = np.full((n_queries, k), -2, dtype=np.float32)
        places = np.full((n_queries, k), NO_ROW, dtype=np.int64)
        for start, block in self._blocks():
            with np.errstate(all="ignore"):  # a damaged file may hold NaN; its checksum reports that
                # (queries, rows); few queries are faster one by one, while the block is in the cache.
                few = n_queries < _BLAS_FROM_QUERIES
                scores = np.stack([block @ query for query in queries]) if few else queries @ block.T
            if allowed is not None:
                scores[:, ~allowed[start : start + len(block)]] = -2  # never above `best`, so never a hit
            # Only a score above the k-th best so far can enter: in a tie the earlier row wins.
            rows, columns = np.nonzero(scores > best[:, -1:])
            ends = np.searchsorted(rows, np.arange(n_queries + 1))
            for query in np.flatnonzero(np.diff(ends)):
                fresh = columns[ends[query] : ends[query + 1]]  # this query's candidates in the block
                pool = np.concatenate([best[query], scores[query, fresh]])
                pool_places = np.concatenate([places[query], fresh + start])
                if len(pool) > 4 * k:  # cut to the k-th largest with its ties before the sort
                    largest = np.flatnonzero(pool >= np.partition(pool, -k)[-k])
                    pool, pool_places = pool[largest], pool_places[largest]
                order = np.lexsort((pool_places, -pool))[:k]
                best[query], places[query] = pool[order], pool_places[order]
        return self._finish(best, places)

    def _nearest_faiss(self, queries: Vectors, k: int) -> tuple[Vectors, RowIds]:
        import faiss

        # FAISS orders equal scores arbitrarily. One neighbour more than k shows whether the cut falls between equal
        # scores; such queries are searched again block by block.
        if faiss.get_num_gpus() > 0 and k < _GPU_MAX_K:
            if self._gpu is None:
                index = faiss.IndexFlatIP(self._dim)
                index.add(self.in_memory())
                self._gpu = faiss.index_cpu_to_all_gpus(index)
            best, places = self._gpu.search(queries, k + 1)
        else:
            # FAISS 1.15 does not use BLAS below queries x width = 128,000, which makes it 20 times slower here.
            before = faiss.cvar.distance_compute_blas_threshold
            faiss.cvar.distance_compute_blas_threshold = _BLAS_FROM_QUERIES * self._dim
            try:
                best, places = faiss.knn(queries, self.in_memory(), k + 1, metric=faiss.METRIC_INNER_PRODUCT)
            finally:
                faiss.cvar.distance_compute_blas_threshold = before
        # best and places are (queries, k + 1)
        tied = np.flatnonzero(best[:, k - 1] == best[:, k])
        best, places = np.ascontiguousarray(best[:, :k]), places[:, :k].astype(np.int64)
        for query in range(len(queries)):
            order = np.lexsort((places[query], -best[query]))
            best[query], places[query] = best[query, order], places[query, order]
        scores, row_ids = self._finish(best, places)
        if len(tied):
            scores[tied], row_ids[tied] = self._nearest_blocks(queries[tied], k, None)
        return scores, row_ids

    def _finish(self, best: Vectors, places: RowIds) -> tuple[Vectors, RowIds]:
        """Turn places into row ids, (queries, k), and clip scores to [-1, 1], which float32 can exceed by an ulp."""
        exists = places != NO_ROW
        exists &= best > -2
        scores = np.where(exists, np.clip(best, -1, 1), np.float32(-2))
        if not len(self._row_ids):
            return scores, np.full_like(places, NO_ROW)
        return scores, np.where(exists, self._row_ids[np.where(exists, places, 0)], NO_ROW)

    def _blocks(self) -> Iterator[tuple[int, Vectors]]:
        """Yield the place of a block's first row and its vectors, (rows, dim); the next block may overwrite them."""
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
        """Return all vectors, (n, dim) float32, and keep them in memory from now on."""
        if self._resident is None:
            assert self._file is not None
            vectors = np.empty((len(self._row_ids), self._dim), dtype=np.float32)
            self._file.fill(vectors, _VECTORS_AT)
            self._resident = vectors
        return self._resident


def write(put: Callable[[bytes], object], dim: int, n_rows: int, blocks: Iterable[Block]) -> None:
    """Write a flat index in FAISS's format (`read_index` opens it), with one block in memory at a time.

    Args:
        put: Called with the bytes, piece by piece.
        dim: Width of a vector.
        n_rows: Number of rows in all blocks, for the header.
        blocks: Row ids, (rows,) increasing, and their vectors, (rows, dim).

    Raises:
        DimensionMismatch: A block has another width.
        StoreError: The blocks do not hold `n_rows` rows.
    """
    put(_HEADER.pack(b"IxM2", dim, n_rows, _UNUSED, _UNUSED, 1, 0))
    put(_HEADER.pack(b"IxFI", dim, n_rows, _UNUSED, _UNUSED, 1, 0))
    put(_COUNT.pack(n_rows * dim))
    id_blocks = []
    for row_ids, vectors in blocks:
        if vectors.shape != (len(row_ids), dim):
            raise DimensionMismatch(f"vectors of shape {vectors.shape} meet a snapshot of width {dim}")
        put(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
        id_blocks.append(row_ids)
    ids = np.concatenate(id_blocks) if id_blocks else np.empty(0, dtype=np.int64)
    if len(ids) != n_rows:
        raise StoreError(
            f"the index has {len(ids)} rows, but {n_rows} were expected: see `dupfind doctor --read-data`"
        )
    put(_COUNT.pack(n_rows))
    put(ids.astype("<i8").tobytes())
