"""The pairs of a report as columns: scores, margins, and the marks and decisions on each pair (pure)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.margins import neighbourhoods
from dupfind.dedup.report import Bin, CurvePoint
from dupfind.results import Pair
from dupfind.vectors.base import Mask, RowIds

Numbers = NDArray[np.float64]

_BIN = 0.01
_MAX_POINTS = 200


@dataclass(frozen=True, slots=True)
class PairTable:
    """Pairs of rows at or above a threshold, each once. Every column is (n,).

    The last three columns hold a report's decisions on a pair. A new table has no rejected pair, and all its pairs
    stand out and are likely.

    Attributes:
        first: The smaller row id.
        second: The larger one.
        first_root: The canonical of the first row by the tracker's duplicate links; the row itself if it has none.
        second_root: The same for the second row.
        scores: Cosine similarities.
        margins: How far the scores lie above the neighbourhoods of both roots.
        is_rejected: Whether a person called the pair different.
        stands_out: Whether the margin reaches the report's minimum.
        is_likely: Whether the verdict allows a cluster.
    """

    first: RowIds
    second: RowIds
    first_root: RowIds
    second_root: RowIds
    scores: Numbers
    margins: Numbers
    is_rejected: Mask
    stands_out: Mask
    is_likely: Mask

    @classmethod
    def of(
        cls, first: RowIds, second: RowIds, scores: Numbers, threshold: float, roots: Mapping[int, int]
    ) -> Self:
        """Measure the margins of pairs.

        Records that the tracker joins count as one neighbour, and not as a neighbour of each other. So a record that
        resembles an issue with ten marked duplicates stands out as if that issue had none.

        Args:
            first: (n,) smaller row ids.
            second: (n,) larger row ids.
            scores: (n,) cosine similarities. No pair at or above the threshold may be missing.
            threshold: The score from which pairs were gathered.
            roots: The canonical's row id for each row that the tracker joins with others.
        """
        rows, places = np.unique(np.concatenate([first, second]), return_inverse=True)  # places: (2n,)
        roots_of = np.array([roots.get(row, row) for row in rows.tolist()], dtype=np.int64)
        root_ids, root_places = np.unique(roots_of, return_inverse=True)  # root_places: (len(rows),)
        one, other = root_places[places[: len(first)]], root_places[places[len(first) :]]  # (n,) each
        # Of all pairs between two roots only the best one counts: sort it to the front of its group.
        order = np.lexsort((-scores, np.maximum(one, other), np.minimum(one, other)))
        low, high = np.minimum(one, other)[order], np.maximum(one, other)[order]
        is_best = _is_first_of_its_group(low, high) & (low != high)  # members of one group are no neighbours
        means = neighbourhoods(low[is_best], high[is_best], scores[order][is_best], threshold, len(root_ids))
        margins = scores - (means[one] + means[other]) / 2  # (n,); means: (len(root_ids),)
        yes = np.ones(len(first), dtype=np.bool_)
        return cls(first, second, root_ids[one], root_ids[other], scores, margins, ~yes, yes, yes)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.first)

    def filter(self, mask: Mask) -> Self:
        """Return some of the pairs. Their margins stay those among all pairs."""
        return type(self)(*(getattr(self, column.name)[mask] for column in fields(self)))

    def judged(self, *, min_margin: float, rejected: set[tuple[int, int]]) -> Self:
        """Return the table with `stands_out` and `is_rejected` filled in.

        Args:
            min_margin: A pair exactly at it stands out.
            rejected: Row ids of the pairs that a person called different, the smaller first.
        """
        pairs = zip(self.first.tolist(), self.second.tolist(), strict=True)
        is_rejected = (
            np.fromiter((pair in rejected for pair in pairs), dtype=np.bool_, count=len(self))
            if rejected
            else np.zeros(len(self), dtype=np.bool_)
        )
        return replace(self, is_rejected=is_rejected, stands_out=self.margins >= min_margin)

    def decided(self, mask: Mask, is_likely: Sequence[bool]) -> Self:
        """Return the table with `is_likely` filled in; pairs outside of the mask are not likely.

        Args:
            mask: (n,) the pairs that were judged.
            is_likely: One for each of them, in the order of the table.
        """
        column = np.zeros(len(self), dtype=np.bool_)
        column[mask] = np.array(is_likely, dtype=np.bool_)
        return replace(self, is_likely=column)

    def joined(self, other: Self) -> Self:
        """Return both tables as one; no pair may be in both."""
        return type(self)(
            *(
                np.concatenate([getattr(self, column.name), getattr(other, column.name)])
                for column in fields(self)
            )
        )

    @property
    def is_known(self) -> Mask:
        """Which pairs the tracker marks as duplicates, directly or through other records."""
        return np.asarray(self.first_root == self.second_root)

    @property
    def is_candidate(self) -> Mask:
        """Which pairs may form clusters: likely ones that stand out, and that nobody knows or has rejected."""
        return self.stands_out & self.is_likely & ~self.is_known & ~self.is_rejected

    @property
    def is_below_margin(self) -> Mask:
        """Which pairs are left out since they do not stand out or have no verdict; known and rejected ones are not."""
        return ~(self.stands_out & self.is_likely) & ~self.is_known & ~self.is_rejected

    @property
    def rows(self) -> RowIds:
        """Return the row ids of all pairs and their roots, in order."""
        return np.unique(np.concatenate([self.first, self.second, self.first_root, self.second_root]))

    def pairs(self, mask: Mask) -> list[Pair]:
        """Return some of the pairs, one by one, in the order of the table."""
        columns = (self.first[mask], self.second[mask], self.scores[mask])
        return [Pair(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def between_roots(self, mask: Mask) -> dict[Pair, int]:
        """Return the best pair of every two roots that the masked pairs join.

        Returns:
            For each pair of roots, with its best score, the place of that pair in the table. Known pairs join one root
            with itself and are left out.
        """
        low = np.minimum(self.first_root, self.second_root)
        high = np.maximum(self.first_root, self.second_root)
        order = np.lexsort((self.second, self.first, -self.scores, high, low))  # the last key sorts first
        order = order[(mask & ~self.is_known)[order]]
        is_best = _is_first_of_its_group(low[order], high[order])
        return {
            Pair(int(low[place]), int(high[place]), float(self.scores[place])): int(place)
            for place in order[is_best]
        }

    def histogram(self, threshold: float) -> tuple[Bin, ...]:
        """Count known and other pairs in bins of a hundredth, from the threshold's bin to the best score's."""
        if not len(self):
            return ()
        # (n,); rounded first, because 0.29 / 0.01 is 28.999... in floats.
        bins = np.floor(np.round(self.scores / _BIN, 6)).astype(np.int64)
        first = min(math.floor(round(threshold / _BIN, 6)), int(bins.min()))
        n_known = np.bincount(bins[self.is_known] - first, minlength=int(bins.max()) - first + 1)
        n_others = np.bincount(bins[~self.is_known] - first, minlength=len(n_known))
        return tuple(
            Bin(round((first + place) * _BIN, 2), int(known), int(others))
            for place, (known, others) in enumerate(zip(n_known, n_others, strict=True))
        )

    def curve(self, mask: Mask, n_marked: int) -> tuple[CurvePoint, ...]:
        """Return precision and recall of each threshold over the tracker's duplicate links, highest threshold first.

        Args:
            mask: The pairs that a threshold chooses from.
            n_marked: The number of pairs that the tracker marks, also of those that are not in the table.

        Returns:
            At most 200 points; none if nothing is marked.
        """
        scores, is_known = self.scores[mask], self.is_known[mask]
        if not n_marked or not len(scores):
            return ()
        order = np.argsort(-scores)
        scores, n_right = scores[order], np.cumsum(is_known[order])  # (m,) each
        ends = np.flatnonzero(np.diff(scores, append=-2))  # the last pair of each score
        if len(ends) > _MAX_POINTS:
            # Spread evenly; linspace includes the first and the last point.
            ends = ends[np.unique(np.linspace(0, len(ends) - 1, _MAX_POINTS).astype(int))]
        return tuple(
            CurvePoint(float(scores[end]), float(n_right[end] / (end + 1)), float(n_right[end] / n_marked))
            for end in ends
        )


def n_pairs(sizes: Iterable[int]) -> int:
    """Return the number of pairs inside clusters of these sizes."""
    return sum(math.comb(size, 2) for size in sizes)


def _is_first_of_its_group(low: NDArray[np.int64], high: NDArray[np.int64]) -> Mask:
    """Return which entries begin a group of equal (low, high). Equal entries must be adjacent."""
    is_first = np.ones(len(low), dtype=np.bool_)
    is_first[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
    return is_first
