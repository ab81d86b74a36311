"""The interface of every vector index, and the types of its arrays."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RowIds = NDArray[np.int64]
Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]
Block = tuple[RowIds, Vectors]

NO_ROW = -1
"""Row id in the place of a neighbour that does not exist."""


class VectorIndex(Protocol):
    """Vectors under row ids, searched by cosine similarity: `flat` is exact, `scan` is fast on millions of rows."""

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        ...

    @property
    def dim(self) -> int:
        """Width of a vector."""
        ...

    def nearest(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """Find the k nearest rows of each query.

        Args:
            queries: (q, dim) float32, rows of unit length.
            k: Number of neighbours, at least 1.
            allowed: (n,) bool, aligned with `row_ids`: the rows that may be returned; None for all.

        Returns:
            Scores (q, k) float32, highest first and equal ones by row id, and row ids (q, k) int64. Where
            fewer than k rows exist, the rest is -2 and `NO_ROW`.
        """
        ...

    def vectors(self, row_ids: RowIds) -> Vectors:
        """Return the stored vectors of these rows, (len(row_ids), dim) float32; every id must be in the index."""
        ...
