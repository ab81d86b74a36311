"""A copy of vectors in bfloat16, half as large, that selects the rows for an exact product."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dupfind.vectors.base import Mask, RowIds, Vectors
from dupfind.vectors.flat import FlatIndex

if TYPE_CHECKING:
    import torch

# How far a bfloat16 product can lie from the true cosine of two unit vectors. Rounding a number moves it by a share of
# 2^-9 at most: two factors and the result make three (Cauchy-Schwarz bounds the sum of the products' sizes by 1). The
# rest is for float32 sums of up to 1,500 terms, and for lengths that are not quite 1.
FLOAT32_MARGIN = 1e-4
MARGIN = 3 * 2**-9 + 2**-16 + FLOAT32_MARGIN

_COPIED = 65_536  # rows that are copied to a device at a time
_QUERIES = 64  # whose products with a million rows take 256 MB on a device
_AMX_FROM = 2  # queries; for a single one torch chooses another kernel, which takes half as long again


class Bf16Filter:
    """Selects candidates by bfloat16 products: no true neighbour is missing, and some candidates are too far.

    It is fast on a CUDA device and on a processor with AMX, and correct on any.
    """

    def __init__(self, vectors: Vectors, device: "torch.device | str" = "cpu") -> None:
        """Copy vectors, (n, dim) float32 of unit length, in their order, to a device of torch."""
        import torch

        self._copy = torch.empty(vectors.shape, dtype=torch.bfloat16, device=device)  # (n, dim)
        for start in range(0, len(vectors), _COPIED):  # in parts: a whole float32 copy needs twice the memory
            part = slice(start, start + _COPIED)
            self._copy[part] = torch.from_numpy(vectors[part]).to(device)

    def nearest(self, queries: Vectors, k: int) -> Iterator[NDArray[np.intp]]:
        """Yield for each query the places, increasing, of all rows that may be among its k nearest.

        Args:
            queries: (q, dim) float32, rows of unit length.
            k: Number of neighbours, 1 to n.
        """
        if self._copy.device.type != "cpu":
            yield from self._nearest_on_device(queries, k)
            return
        for of_query in self._products(queries):
            products = of_query.float().numpy()  # (n,) numpy has no bfloat16
            # The true k-th best lies at most one margin below the k-th best product, and its own product at most
            # another margin below that.
            floor = np.partition(products, -k)[-k] - np.float32(2 * MARGIN)
            # Not `products >= floor`: a damaged file holds NaN too, and only its checksum reports the damage.
            yield np.flatnonzero(~(products < floor))

    def _nearest_on_device(self, queries: Vectors, k: int) -> Iterator[NDArray[np.intp]]:
        import torch

        # Else cuBLAS may round parts of a sum to bfloat16, which `MARGIN` does not cover.
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        for start in range(0, len(queries), _QUERIES):
            part = torch.from_numpy(queries[start : start + _QUERIES]).to(self._copy.device)
            products = (part.bfloat16() @ self._copy.T).float()  # (q, n)
            floors = products.topk(k, dim=1).values[:, -1:] - 2 * MARGIN  # (q, 1)
            for is_near in ~(products < floors):  # as above, NaN passes
                yield is_near.nonzero()[:, 0].cpu().numpy()

    def within(self, rows: slice, columns: slice, threshold: float) -> NDArray[np.bool_]:
        """Return which pairs of a tile may score at or above a threshold.

        The products are compared as the integers that their bits are: bfloat16 numbers from zero up have the order of
        their bits, and those below zero are negative integers.

        Args:
            rows: Rows of the tile.
            columns: Its columns, also rows of the vectors.
            threshold: Cosine similarity, above `MARGIN`.

        Returns:
            (rows, columns) bool.
        """
        import torch

        bits = np.float32(threshold - MARGIN).view(np.uint32) >> 16  # the upper half: rounds towards zero
        products = self._copy[rows] @ self._copy[columns].T  # (rows, columns) bfloat16
        is_near: NDArray[np.bool_] = products.view(torch.int16).numpy() >= np.int16(bits)
        return is_near

    def _products(self, queries: Vectors) -> "torch.Tensor":
        """(q, n) bfloat16."""
        import torch

        narrow = torch.from_numpy(queries).bfloat16()
        if len(queries) < _AMX_FROM:
            narrow = narrow.expand(_AMX_FROM, -1)  # the same query twice, without a copy
        return (self._copy @ narrow.T).T[: len(queries)].contiguous()  # each query's products are adjacent


class Bf16Index:
    """Gives the answers of a `FlatIndex` in one pass over half as many bytes, on a processor with AMX or a device."""

    def __init__(self, flat: FlatIndex, device: "torch.device | str" = "cpu") -> None:
        """Copy the vectors of an index to a device of torch; both stay in memory."""
        self._flat = flat
        self._filter = Bf16Filter(flat.in_memory(), device)

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        return self._flat.row_ids

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self._flat.dim

    def vectors(self, row_ids: RowIds) -> Vectors:
        """Return the stored vectors, as `VectorIndex.vectors`."""
        return self._flat.vectors(row_ids)

    def nearest(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """Find the nearest rows, as `VectorIndex.nearest`; exact, with scores summed in float64.

        Raises:
            DimensionMismatch: The queries are not as wide as the index.
        """
        # The filter's floor counts all rows, so it could miss the nearest allowed ones.
        if allowed is not None or k >= len(self.row_ids) or queries.shape[1:] != (self.dim,):
            return self._flat.nearest(queries, k, allowed)
        scores = np.empty((len(queries), k), dtype=np.float32)
        row_ids = np.empty((len(queries), k), dtype=np.int64)
        for query, places in enumerate(self._filter.nearest(queries, k)):
            candidates = self._flat.vectors(self.row_ids[places])  # (candidates, dim)
            with np.errstate(all="ignore"):  # NaN of a damaged file
                products = np.einsum("ij,j->i", candidates, queries[query].astype(np.float64))
                exact = np.clip(products, -1, 1).astype(np.float32)  # (candidates,)
            order = np.lexsort((places, -exact))[:k]
            scores[query], row_ids[query] = exact[order], self.row_ids[places[order]]
        return scores, row_ids
