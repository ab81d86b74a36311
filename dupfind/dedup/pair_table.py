"""Evidence: the pairs of a report as columns, and what each of them is worth (pure)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.margins import neighbourhoods
from dupfind.dedup.report import Bin, CurvePoint
from dupfind.results import Pair

RowIds = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]

_BIN = 0.01
_MAX_POINTS = 200


@dataclass(frozen=True, slots=True)
class PairTable:
    """Pairs of rows at or above a threshold, each once; every column is (n,).

    Attributes:
        first: The smaller row id.
        second: The larger one.
        first_root: The canonical that the tracker's marks give the first row, or itself.
        second_root: The same of the second row.
        scores: Cosine similarities.
        margins: How far they lie above the neighbourhoods of both roots.
    """

    first: RowIds
    second: RowIds
    first_root: RowIds
    second_root: RowIds
    scores: Numbers
    margins: Numbers

    @classmethod
    def of(
        cls, first: RowIds, second: RowIds, scores: Numbers, threshold: float, roots: Mapping[int, int]
    ) -> Self:
        """Measure pairs, which must be all that there are at or above the threshold.

        What the tracker has joined counts as one neighbour and never as its own, so that a record that is like an
        issue with ten marked duplicates stands out as if it had none.
        """
        rows, places = np.unique(np.concatenate([first, second]), return_inverse=True)
        roots_of = np.array([roots.get(row, row) for row in rows.tolist()], dtype=np.int64)
        root_ids, at = np.unique(roots_of, return_inverse=True)
        one, other = at[places[: len(first)]], at[places[len(first) :]]  # places of canonicals
        order = np.lexsort((-scores, np.maximum(one, other), np.minimum(one, other)))
        low, high = np.minimum(one, other)[order], np.maximum(one, other)[order]
        is_best = np.ones(len(order), dtype=np.bool_)
        is_best[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
        is_best &= low != high
        around = neighbourhoods(low[is_best], high[is_best], scores[order][is_best], threshold, len(root_ids))
        margins = scores - (around[one] + around[other]) / 2
        return cls(first, second, root_ids[one], root_ids[other], scores, margins)

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.first)

    def filter(self, wanted: Mask) -> Self:
        """Some of the pairs, with what they were worth among all."""
        return type(self)(*(getattr(self, column.name)[wanted] for column in fields(self)))

    @property
    def is_known(self) -> Mask:
        """Which pairs the tracker marks, directly or over others."""
        return np.asarray(self.first_root == self.second_root)

    def pairs(self) -> list[Pair]:
        """The pairs, one by one."""
        rows = zip(self.first.tolist(), self.second.tolist(), self.scores.tolist(), strict=True)
        return [Pair(*row) for row in rows]

    def between_roots(self) -> dict[Pair, int]:
        """For every two canonicals that pairs join, the best score, and the place of its pair."""
        low, high = (
            np.minimum(self.first_root, self.second_root),
            np.maximum(self.first_root, self.second_root),
        )
        order = np.lexsort((self.second, self.first, -self.scores, high, low))
        order = order[low[order] != high[order]]
        is_best = np.ones(len(order), dtype=np.bool_)
        is_best[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
        return {
            Pair(int(low[place]), int(high[place]), float(self.scores[place])): int(place)
            for place in order[is_best]
        }

    def histogram(self, threshold: float) -> tuple[Bin, ...]:
        """Count known and other pairs in bins of a hundredth, from the threshold's to the best score's."""
        if not len(self):
            return ()
        bins = np.floor(np.round(self.scores / _BIN, 6)).astype(np.int64)
        first = min(math.floor(round(threshold / _BIN, 6)), int(bins.min()))
        known = np.bincount(bins[self.is_known] - first, minlength=int(bins.max()) - first + 1)
        other = np.bincount(bins[~self.is_known] - first, minlength=len(known))
        return tuple(
            Bin(round((first + place) * _BIN, 2), int(a), int(b))
            for place, (a, b) in enumerate(zip(known, other, strict=True))
        )

    def curve(self, n_marked: int) -> tuple[CurvePoint, ...]:
        """Precision and recall of each threshold, highest first, over the tracker's marks.

        Args:
            n_marked: How many pairs the tracker marks, also those that are not here.

        Returns:
            At most 200 points; none where nothing is marked.
        """
        if not n_marked or not len(self):
            return ()
        order = np.argsort(-self.scores)
        scores, n_found = self.scores[order], np.cumsum(self.is_known[order])
        ends = np.flatnonzero(np.diff(scores, append=-2))  # the last pair of each score
        if len(ends) > _MAX_POINTS:
            ends = ends[np.unique(np.linspace(0, len(ends) - 1, _MAX_POINTS).astype(int))]
        return tuple(
            CurvePoint(float(scores[end]), float(n_found[end] / (end + 1)), float(n_found[end] / n_marked))
            for end in ends
        )


def n_pairs(clusters: Sequence[int]) -> int:
    """How many pairs there are in clusters of these sizes."""
    return sum(math.comb(size, 2) for size in clusters)
