"""The best rows by a score, with ties by name: so they follow from the records, not from the history of an index."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from dupfind.records import RecordName
from dupfind.vectors.base import RowIds, Vectors

Score = TypeVar("Score", np.float32, np.float64)

NamesOf = Callable[[RowIds], list[RecordName]]
"""Returns the names of rows, in their order."""

SPARE = 8
"""Rows that a first vector search returns beyond the best ones, so that a second one is rarely needed."""

_MARGIN = np.float32(4e-6)
"""Scores of a vector search that differ by less may be equal: they are float32 sums of some hundred terms, whose order
depends on the place of a row, and scores are rounded to six places."""


def best(rows: RowIds, scores: NDArray[Score], n: int, names: NamesOf) -> RowIds:
    """Return the n rows with the highest scores, in no order.

    Args:
        rows: (m,) int64.
        scores: (m,) of these rows.
        n: Number of rows, at least 1.
        names: Called only where a tie is at the end, with the rows that tie there.
    """
    if len(rows) <= n:
        return rows
    least = np.partition(scores, -n)[-n]
    sure, tied = rows[scores > least], rows[scores == least]
    n_tied = n - len(sure)
    if n_tied < len(tied):
        of_row = names(tied)
        tied = tied[sorted(range(len(tied)), key=of_row.__getitem__)[:n_tied]]
    return np.append(sure, tied)


@dataclass(frozen=True, slots=True)
class Nearest:
    """The rows of a vector search.

    Attributes:
        scores: (m,) float32, highest first.
        row_ids: (m,) int64.
        is_all: Whether these are all rows that there are.
    """

    scores: Vectors
    row_ids: RowIds
    is_all: bool

    @classmethod
    def of(cls, scores: Vectors, row_ids: RowIds, n: int) -> Self:
        """Hold the result of a search for n rows."""
        return cls(scores, row_ids, len(row_ids) < n)

    def without(self, excluded: RowIds) -> Self:
        """Return these rows without some."""
        kept = ~np.isin(self.row_ids, excluded)
        return type(self)(self.scores[kept], self.row_ids[kept], self.is_all)

    def has_best(self, n: int) -> bool:
        """Return whether the n best of all rows must be among these."""
        return len(self.scores) > n and bool(self.scores[n - 1] - self.scores[-1] > _MARGIN)

    def around(self, n: int) -> tuple[RowIds, RowIds]:
        """Return the rows that are surely among the n best, and those that may be; there are more than n."""
        above = self.scores - self.scores[n - 1]  # (m,)
        return self.row_ids[above > _MARGIN], self.row_ids[np.abs(above) <= _MARGIN]

    def certain(self) -> Self:
        """Return the rows that score more than any row that is not among these."""
        if self.is_all or not len(self.scores):
            return self
        kept = self.scores > self.scores[-1] + _MARGIN
        return type(self)(self.scores[kept], self.row_ids[kept], self.is_all)
