"""All pairs of rows that score at or above a threshold, exact, streamed block by block."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dupfind.encoders.threads import n_cores
from dupfind.search.open_index import OpenIndex
from dupfind.storage.stored_vectors import has_bodies, iter_vectors
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.bf16 import FLOAT32_MARGIN, MARGIN, Bf16Filter
from dupfind.vectors.blas import one_blas_thread

if TYPE_CHECKING:
    import torch

Scores = NDArray[np.float64]
Places = NDArray[np.int64]
Tile = tuple[slice, slice]
"""Rows and columns, each a slice of places."""

_BLOCK = 1024  # rows and columns of a tile on the CPU: its bfloat16 scores, 2 MB, fit in a core's own cache
_CUDA_BLOCK = 8192  # a tile of float32 scores takes 256 MiB of device memory, for each thread
_CUDA_THREADS = 4
_TORCH_FROM = (
    15_000  # from this number of rows, bfloat16 saves more than the two seconds that torch takes to start
)


class Pairs(NamedTuple):
    """A block of pairs. No pair is in two blocks.

    Attributes:
        first: (n,) int64 row ids, each smaller than the one at the same position in `second`.
        second: (n,) int64 row ids.
        scores: (n,) float64 cosine similarities, rounded to six places like those of a search.
    """

    first: RowIds
    second: RowIds
    scores: Scores


def of_collection(
    collection: OpenIndex,
    threshold: float,
    *,
    left_out: RowIds | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Pairs]:
    """Stream every pair of live records that scores at or above a threshold.

    All vectors are in memory meanwhile, 3 KB each. They are read from the database and pass its checksums.

    Args:
        collection: In a read transaction.
        threshold: Cosine similarity; a pair exactly at it counts.
        left_out: Rows that are in no pair; None for none.
        progress: Called with the number of rows compared with all rows before them since the last call.

    Raises:
        StoreError: The index cannot be read.
    """
    row_ids, vectors = compared_vectors(collection, left_out)
    yield from within(row_ids, vectors, threshold, progress=progress)


def compared_vectors(collection: OpenIndex, left_out: RowIds | None = None) -> tuple[RowIds, Vectors]:
    """Read the vectors that a report compares.

    Args:
        collection: In a read transaction.
        left_out: Rows that are in no pair; None for none.

    Returns:
        (n,) int64 row ids, increasing, and (n, dim) float32.

    Raises:
        StoreError: The index cannot be read.
    """
    store = collection.store
    encoding = store.encoding()
    is_joint = has_bodies(store, encoding.id)
    blocks = list(iter_vectors(store, encoding, joint=is_joint))
    # The empty arrays come first because np.concatenate fails on an empty list.
    row_ids = np.concatenate([np.empty(0, dtype=np.int64), *(block[0] for block in blocks)])
    width = encoding.dim * (1 + is_joint)  # joint vectors hold title and whole text
    vectors = np.concatenate([np.empty((0, width), dtype=np.float32), *(block[1] for block in blocks)])
    del blocks  # else all vectors stay in memory twice
    if left_out is not None and len(left_out):
        is_compared = ~np.isin(row_ids, left_out)
        row_ids, vectors = row_ids[is_compared], vectors[is_compared]
    return row_ids, vectors


def within(
    row_ids: RowIds,
    vectors: Vectors,
    threshold: float,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Pairs]:
    """Stream every pair of rows that scores at or above a threshold, with no cap on neighbours.

    It multiplies the vectors in tiles, and only half of them because the product is symmetric. It uses a CUDA device if
    present, bfloat16 on a processor with AMX, else float32. Every pair within the error of such a product is scored
    again in float64, so no pair is missed.

    Args:
        row_ids: (n,) int64, increasing.
        vectors: (n, dim) float32, rows of unit length.
        threshold: Cosine similarity; a pair exactly at it counts.
        progress: Called with the number of rows compared with all rows before them since the last call.
    """
    n_rows = len(row_ids)
    with _comparison(row_ids, vectors, threshold) as (block, pairs_of):
        for column in range(0, n_rows, block):
            columns = slice(column, min(column + block, n_rows))
            for pairs in pairs_of(_half(slice(0, columns.stop), columns, block)):
                if len(pairs.first):
                    yield pairs
            progress(columns.stop - columns.start)


def within_tiles(
    row_ids: RowIds,
    vectors: Vectors,
    threshold: float,
    tiles: Iterable[Tile],
    *,
    threads: int | None = None,
) -> Iterator[Pairs]:
    """Yield the pairs of each of some tiles, in their order, as `within` finds them.

    Args:
        row_ids: (n,) int64, increasing.
        vectors: (n, dim) float32, rows of unit length.
        threshold: Cosine similarity; a pair exactly at it counts.
        tiles: Rows and columns, each a slice of places; none reaches below the diagonal but those on it.
        threads: Of the CPU; None for one a core.
    """
    empty = Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    with _comparison(row_ids, vectors, threshold, threads) as (block, pairs_of):
        for rows, columns in tiles:
            blocks = [empty]
            for column in range(columns.start, columns.stop, block):
                part = slice(column, min(column + block, columns.stop))
                blocks += pairs_of(_half(rows, part, block))
            yield Pairs(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _half(rows: slice, columns: slice, block: int) -> list[Tile]:
    """Divide a tile into tiles of at most `block` rows, without those below the diagonal."""
    end = min(rows.stop, columns.stop)
    return [(slice(row, min(row + block, end)), columns) for row in range(rows.start, end, block)]


@contextmanager
def _comparison(
    row_ids: RowIds, vectors: Vectors, threshold: float, threads: int | None = None
) -> Iterator[tuple[int, Callable[[Iterable[Tile]], Iterator[Pairs]]]]:
    """Give the number of rows and columns of a tile, and a function that finds the pairs of tiles."""
    product = _product(vectors, threshold)
    n_threads = product.n_threads if threads is None else min(threads, product.n_threads)

    def pairs_of(tile: Tile) -> Pairs:
        first, second = product.candidates(*tile)  # (m,) int64 each
        is_half = first < second  # a tile on the diagonal holds every pair twice, and each row with itself
        first, second = first[is_half], second[is_half]
        scores = _scores(vectors, first, second)
        is_pair = scores >= threshold  # of rounded scores: a pair shown at the threshold counts
        return Pairs(row_ids[first[is_pair]], row_ids[second[is_pair]], scores[is_pair])

    pool = ThreadPoolExecutor(n_threads, "pairs", initializer=product.prepare)
    try:
        with one_blas_thread():
            yield product.block, lambda tiles: pool.map(pairs_of, tiles)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)  # also if the caller closes the stream early


class _Product(Protocol):
    """A way to multiply tiles.

    Attributes:
        block: Rows and columns of a tile.
        n_threads: The number of tiles computed at a time.
    """

    block: int
    n_threads: int

    def prepare(self) -> None:
        """Set up one thread."""

    def candidates(self, rows: slice, columns: slice) -> tuple[Places, Places]:
        """Return the rows and columns of a tile that may be pairs. None is missing; a few are not pairs."""


def _product(vectors: Vectors, threshold: float) -> _Product:
    """Return the fastest way that this machine and this threshold allow."""
    # `Bf16Filter.within` compares bits as integers, which needs a threshold above MARGIN.
    if len(vectors) >= _TORCH_FROM and threshold > MARGIN and find_spec("torch"):
        from dupfind.encoders.devices import choose_device, has_fast_bf16

        device = choose_device("auto")
        if device.type == "cuda":
            return _OnCuda(vectors, threshold, device)
        if has_fast_bf16():
            return _OnAmx(vectors, threshold)
    return _OnCpu(vectors, threshold)


class _OnCpu:
    """float32, in numpy."""

    block = _BLOCK

    def __init__(self, vectors: Vectors, threshold: float) -> None:
        self.n_threads = n_cores()
        self._vectors = vectors
        # A float32 product may be too low by this margin; `_scores` decides exactly.
        self._threshold = np.float32(threshold - FLOAT32_MARGIN)

    def prepare(self) -> None:
        pass

    def candidates(self, rows: slice, columns: slice) -> tuple[Places, Places]:
        scores = self._vectors[rows] @ self._vectors[columns].T
        return _places(scores >= self._threshold, rows, columns)


class _OnAmx:
    """bfloat16, in torch on the CPU."""

    block = _BLOCK

    def __init__(self, vectors: Vectors, threshold: float) -> None:
        self.n_threads = n_cores()
        self._filter = Bf16Filter(vectors)
        self._threshold = threshold

    def prepare(self) -> None:
        import torch

        torch.set_num_threads(1)  # tiles run in parallel; threads inside one product would wait

    def candidates(self, rows: slice, columns: slice) -> tuple[Places, Places]:
        return _places(self._filter.within(rows, columns, self._threshold), rows, columns)


class _OnCuda:
    """bfloat16, in torch on a CUDA device. Not yet run on one; a test runs it on torch's CPU device."""

    block = _CUDA_BLOCK

    def __init__(self, vectors: Vectors, threshold: float, device: "torch.device") -> None:
        import torch

        # The device multiplies a tile while other threads score the pairs of the tiles before it.
        self.n_threads = min(_CUDA_THREADS, n_cores())
        self._copy = torch.empty(vectors.shape, dtype=torch.bfloat16, device=device)  # (n, dim)
        for start in range(
            0, len(vectors), self.block
        ):  # in parts: a whole float32 copy needs twice the memory
            part = slice(start, start + self.block)
            self._copy[part] = torch.from_numpy(vectors[part]).to(device)
        self._threshold = threshold - MARGIN

    def prepare(self) -> None:
        import torch

        # Else cuBLAS may round parts of a sum to bfloat16, which `MARGIN` does not cover.
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False

    def candidates(self, rows: slice, columns: slice) -> tuple[Places, Places]:
        products = self._copy[rows] @ self._copy[columns].T  # (rows, columns) bfloat16
        first, second = (products.float() >= self._threshold).nonzero(as_tuple=True)
        return first.cpu().numpy() + rows.start, second.cpu().numpy() + columns.start


def _places(is_near: NDArray[np.bool_], rows: slice, columns: slice) -> tuple[Places, Places]:
    """Return the rows and columns of the true cells of a tile, counted from the start of all rows."""
    first, second = np.divmod(np.flatnonzero(is_near), is_near.shape[1])  # (m,) each, row by row
    return first + rows.start, second + columns.start


def _scores(vectors: Vectors, first: Places, second: Places) -> Scores:
    """Return the cosines of these pairs, summed in float64 and rounded like those of a search."""
    scores: Scores = np.empty(len(first))
    # In parts, because vectors[first] copies a row for every pair.
    for start in range(0, len(first), _BLOCK):
        part = slice(start, start + _BLOCK)
        np.einsum("ij,ij->i", vectors[first[part]], vectors[second[part]], dtype=np.float64, out=scores[part])
    return np.asarray(np.round(np.clip(scores, -1, 1), 6) + 0.0)  # + 0.0 turns -0.0 into 0.0
