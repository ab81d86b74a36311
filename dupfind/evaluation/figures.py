"""Evaluation: what a replay found, as figures with their intervals (pure)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dupfind.evaluation.metrics import Interval, bootstraps, recall_at, reciprocal_rank, wilson
from dupfind.results import ReplayResult

LEGS = ("bm25", "vectors", "dupfind")
"""Word search alone, vectors alone, and both as dupfind orders them."""

DEPTHS = (1, 5, 10, 20)

_BINS = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """How well one leg ranks, or by how much one is ahead of another.

    Attributes:
        recall: For each k the share of duplicates whose cluster is among the first k.
        mrr: Mean of 1 / rank.
        map: Mean of the average precision over all older members.
    """

    recall: Mapping[int, Interval]
    mrr: Interval
    map: Interval

    def __iter__(self) -> Iterator[tuple[str, Interval]]:
        """Each figure with its name."""
        yield from ((f"recall@{k}", interval) for k, interval in self.recall.items())
        yield from (("mrr", self.mrr), ("map", self.map))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes of flagging every issue whose first candidate is at least so sure.

    Attributes:
        threshold: Of the sureness.
        n_flagged: Issues at or above it, of all that are judged; those that were left out are reckoned in.
        n_right: Those of them whose first candidate is of their own cluster.
        precision: n_right of n_flagged, with Wilson's interval.
        recall: n_right of all duplicates, with Wilson's interval.
    """

    threshold: float
    n_flagged: int
    n_right: int
    precision: Interval
    recall: Interval


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall at every threshold.

    Attributes:
        thresholds: (n,) each sureness that an issue has, highest first.
        flagged: (n,) how many issues have at least that, each counting for as many as it stands for.
        right: (n,) how many of them are flagged rightly.
        n_duplicates: What recall is a share of.
    """

    thresholds: NDArray[np.float64]
    flagged: NDArray[np.float64]
    right: NDArray[np.int64]
    n_duplicates: int

    def at(self, threshold: float) -> Verdict | None:
        """The verdict at a threshold; None where nothing is flagged."""
        n = int(np.searchsorted(-self.thresholds, -threshold, side="right"))
        return self._verdict(n - 1, threshold) if n else None

    def reaching(self, precision: float, *, level: float | None = None) -> Verdict | None:
        """The verdict of the lowest threshold with at least this precision; None where no threshold has it.

        Args:
            precision: Share of right ones among those that are flagged.
            level: Where given, the lower bound of the precision's interval of this level has to reach it.
        """
        if level is None:
            [places] = np.nonzero(self.right >= precision * self.flagged - 1e-9)
        else:
            counts = zip(self.right.tolist(), np.round(self.flagged).astype(int).tolist(), strict=True)
            low = [wilson(right, flagged, level=level).low for right, flagged in counts]
            [places] = np.nonzero(np.array(low) >= precision)
        return self._verdict(int(places[-1])) if len(places) else None

    def corners(self) -> list[Verdict]:
        """The first verdict at each recall, highest threshold first; in between precision only falls."""
        [places] = np.nonzero(np.diff(self.right, prepend=0))
        return [self._verdict(int(place)) for place in places]

    def _verdict(self, place: int, threshold: float | None = None) -> Verdict:
        flagged, right = round(float(self.flagged[place])), int(self.right[place])
        return Verdict(
            threshold=float(self.thresholds[place]) if threshold is None else threshold,
            n_flagged=flagged,
            n_right=right,
            precision=wilson(right, flagged),
            recall=wilson(right, self.n_duplicates),
        )


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many first candidates have which score.

    Attributes:
        edges: Cosine similarities; bin i lies between edges i and i + 1. What is below 0 counts in the first.
        duplicates: For each bin how many duplicates.
        others: For each bin how many issues that are none.
    """

    edges: tuple[float, ...]
    duplicates: tuple[int, ...]
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of a replay.

    Attributes:
        n_issues: Issues that came, one after the other.
        n_judged: Those of which the labels say whether they are duplicates.
        n_duplicates: Those that have an older member of their cluster: the queries of the rankings.
        n_silent: Those that are judged and have no first candidate, or are too short to judge.
        legs: The figures of each leg.
        ahead: By how much dupfind is ahead of each other leg, paired by query.
        curve: The verdict over all that are judged.
        scores: The scores of first candidates, of all that are judged.
    """

    n_issues: int
    n_judged: int
    n_duplicates: int
    n_silent: int
    legs: Mapping[str, Figures]
    ahead: Mapping[str, Figures]
    curve: Curve
    scores: Histogram


def evaluate(outcomes: Iterable[ReplayResult], *, ks: Sequence[int] = DEPTHS, seed: int = 1) -> Evaluation:
    """Work out the figures of a replay.

    Args:
        outcomes: One for each issue.
        ks: The depths of recall.
        seed: Of the bootstrap; the same outcomes and seed give the same figures.

    Raises:
        ValueError: No outcome is a duplicate.
    """
    outcomes = list(outcomes)
    judged = [outcome for outcome in outcomes if outcome.is_judged]
    queries = [outcome for outcome in judged if outcome.is_duplicate]
    legs, ahead = _rankings(queries, ks, seed)
    return Evaluation(
        n_issues=_stand_for(outcomes),
        n_judged=_stand_for(judged),
        n_duplicates=len(queries),
        n_silent=_stand_for(outcome for outcome in judged if outcome.best is None),
        legs=legs,
        ahead=ahead,
        curve=curve(judged),
        scores=_scores(judged),
    )


def _stand_for(outcomes: Iterable[ReplayResult]) -> int:
    return round(sum(outcome.weight for outcome in outcomes))


def curve(judged: Sequence[ReplayResult]) -> Curve:
    """Count, at each sureness from the highest down, what is flagged and what of that rightly."""
    flagged = [(o.best, o.best_is_own, o.weight) for o in judged if o.best is not None]
    best = np.array([sure for sure, _, _ in flagged], dtype=np.float64)
    order = np.argsort(-best, kind="stable")
    best, is_right = best[order], np.array([own for _, own, _ in flagged], dtype=np.int64)[order]
    weight = np.array([weight for _, _, weight in flagged], dtype=np.float64)[order]
    [ends] = np.nonzero(np.diff(best, append=-np.inf))  # equal ones are flagged together
    return Curve(
        thresholds=best[ends],
        flagged=np.cumsum(weight)[ends],
        right=np.cumsum(is_right)[ends],
        n_duplicates=sum(outcome.is_duplicate for outcome in judged),
    )


def _rankings(
    queries: Sequence[ReplayResult], ks: Sequence[int], seed: int
) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """The figures of each leg, and those of the differences, all from the same draws."""
    values = {}
    for leg in LEGS:
        ranks = [outcome.ranks[leg] for outcome in queries]
        precision = [outcome.precision[leg] for outcome in queries]
        values[leg] = np.column_stack([*(recall_at(k, ranks) for k in ks), reciprocal_rank(ranks), precision])
    others = [leg for leg in LEGS if leg != "dupfind"]
    columns = [*values.values(), *(values["dupfind"] - values[leg] for leg in others)]
    intervals = iter(bootstraps(np.hstack(columns), seed=seed))

    def figures() -> Figures:
        return Figures({k: next(intervals) for k in ks}, next(intervals), next(intervals))

    return {leg: figures() for leg in LEGS}, {leg: figures() for leg in others}


def _scores(judged: Sequence[ReplayResult]) -> Histogram:
    def counts(is_duplicate: bool) -> tuple[int, ...]:
        found = [o for o in judged if o.best_score is not None and o.is_duplicate == is_duplicate]
        scores = np.array([o.best_score for o in found], dtype=np.float64)
        places = np.clip(np.floor(scores * _BINS), 0, _BINS - 1).astype(np.int64)
        counts = np.bincount(places, weights=[o.weight for o in found], minlength=_BINS)
        return tuple(np.round(counts).astype(np.int64).tolist())

    edges = tuple(bin / _BINS for bin in range(_BINS + 1))
    return Histogram(edges, counts(is_duplicate=True), counts(is_duplicate=False))
