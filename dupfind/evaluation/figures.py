"""Compute the figures of a replay, with their intervals (pure)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dupfind.evaluation.metrics import Interval, bootstraps, recall_at, reciprocal_rank, wilson
from dupfind.results import ReplayResult

RANKINGS = ("bm25", "vectors", "dupfind")
"""Word search alone, vectors alone, and dupfind's order of both."""

DEPTHS = (1, 5, 10, 20)

_N_BINS = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """The quality of one ranking, or by how much one ranking is ahead of another.

    Attributes:
        recall: For each k the share of duplicates whose cluster is among the first k.
        mrr: Mean of 1 / rank.
        map: Mean of the average precision over all older members.
    """

    recall: Mapping[int, Interval]
    mrr: Interval
    map: Interval

    def __iter__(self) -> Iterator[tuple[str, Interval]]:
        """Yield each figure with its name."""
        yield from ((f"recall@{k}", interval) for k, interval in self.recall.items())
        yield from (("mrr", self.mrr), ("map", self.map))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The precision and recall of flagging every issue whose first candidate reaches a threshold.

    Attributes:
        threshold: Of the probability.
        n_flagged: Judged issues at or above it; each counts for as many as it stands for.
        n_right: Flagged issues whose first candidate is of their own cluster.
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
        thresholds: (n,) each probability of a first candidate, highest first.
        flagged: (n,) issues at or above it, each counting for as many as it stands for.
        right: (n,) flagged issues whose first candidate is right.
        n_duplicates: All duplicates; recall is a share of them.
    """

    thresholds: NDArray[np.float64]
    flagged: NDArray[np.float64]
    right: NDArray[np.int64]
    n_duplicates: int

    def at(self, threshold: float) -> Verdict | None:
        """Return the verdict at a threshold; None where no issue is flagged."""
        # Negated, because searchsorted needs rising values.
        n = int(np.searchsorted(-self.thresholds, -threshold, side="right"))
        return self._verdict(n - 1, threshold) if n else None

    def reaching(self, precision: float, *, level: float | None = None) -> Verdict | None:
        """Return the verdict of the lowest threshold with at least this precision; None where no threshold has it.

        Args:
            precision: Share of right ones among the flagged issues.
            level: The lower bound of the precision's interval of this level must reach it; None for the mean itself.
        """
        if level is None:
            # 1e-9 for rounding: `flagged` sums fractional weights.
            [places] = np.nonzero(self.right >= precision * self.flagged - 1e-9)
        else:
            counts = zip(self.right.tolist(), np.round(self.flagged).astype(int).tolist(), strict=True)
            low = [wilson(right, flagged, level=level).low for right, flagged in counts]
            [places] = np.nonzero(np.array(low) >= precision)
        return self._verdict(int(places[-1])) if len(places) else None

    def corners(self) -> list[Verdict]:
        """Return the first verdict at each recall, highest threshold first; between them precision only falls."""
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
    """The scores of first candidates in bins.

    Attributes:
        edges: Cosine similarities; bin i lies between edges i and i + 1. Scores below 0 count in the first bin.
        duplicates: For each bin the number of duplicates.
        others: For each bin the number of other issues.
    """

    edges: tuple[float, ...]
    duplicates: tuple[int, ...]
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of a replay.

    Attributes:
        n_issues: All issues of the replay.
        n_judged: Issues whose labels decide whether they are duplicates.
        n_duplicates: Issues with an older member of their cluster: the queries of the rankings.
        n_silent: Judged issues without a first candidate, or too short for a verdict.
        figures: Of each ranking.
        ahead: By how much dupfind is ahead of each other ranking, paired by query.
        curve: Precision and recall over all judged issues.
        scores: The scores of the first candidates of all judged issues.
    """

    n_issues: int
    n_judged: int
    n_duplicates: int
    n_silent: int
    figures: Mapping[str, Figures]
    ahead: Mapping[str, Figures]
    curve: Curve
    scores: Histogram


def evaluate(results: Iterable[ReplayResult], *, ks: Sequence[int] = DEPTHS, seed: int = 1) -> Evaluation:
    """Compute the figures of a replay.

    Args:
        results: One for each issue.
        ks: The depths of recall.
        seed: Of the bootstrap; the same results and seed give the same figures.

    Raises:
        ValueError: No issue is a duplicate.
    """
    results = list(results)
    judged = [result for result in results if result.is_judged]
    queries = [result for result in judged if result.is_duplicate]
    figures, ahead = _rankings(queries, ks, seed)
    return Evaluation(
        n_issues=_total_weight(results),
        n_judged=_total_weight(judged),
        n_duplicates=len(queries),
        n_silent=_total_weight(result for result in judged if result.best is None),
        figures=figures,
        ahead=ahead,
        curve=curve(judged),
        scores=_scores(judged),
    )


def _total_weight(results: Iterable[ReplayResult]) -> int:
    """Count issues, each for as many as it stands for."""
    return round(sum(result.weight for result in results))


def curve(judged: Sequence[ReplayResult]) -> Curve:
    """Count the flagged and the rightly flagged issues at each threshold, from the highest down."""
    flagged = [(each.best, each.best_is_own, each.weight) for each in judged if each.best is not None]
    best = np.array([probability for probability, _, _ in flagged], dtype=np.float64)  # (n,)
    order = np.argsort(-best, kind="stable")
    best, is_right = best[order], np.array([own for _, own, _ in flagged], dtype=np.int64)[order]
    weight = np.array([weight for _, _, weight in flagged], dtype=np.float64)[order]
    [ends] = np.nonzero(np.diff(best, append=-np.inf))  # equal probabilities are flagged together
    return Curve(
        thresholds=best[ends],
        flagged=np.cumsum(weight)[ends],
        right=np.cumsum(is_right)[ends],  # duplicates are never sampled, so each weighs 1
        n_duplicates=sum(result.is_duplicate for result in judged),
    )


def _rankings(
    queries: Sequence[ReplayResult], ks: Sequence[int], seed: int
) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """Return the figures of each ranking, and those of the differences, all from the same draws."""
    values = {}  # by ranking (queries, figures)
    for name in RANKINGS:
        ranks = [result.ranks[name] for result in queries]
        precision = [result.precision[name] for result in queries]
        values[name] = np.column_stack(
            [*(recall_at(k, ranks) for k in ks), reciprocal_rank(ranks), precision]
        )
    others = [name for name in RANKINGS if name != "dupfind"]
    columns = [*values.values(), *(values["dupfind"] - values[name] for name in others)]
    intervals = iter(bootstraps(np.hstack(columns), seed=seed))

    # Takes the next intervals, in the order of the columns above.
    def figures() -> Figures:
        return Figures({k: next(intervals) for k in ks}, next(intervals), next(intervals))

    return {name: figures() for name in RANKINGS}, {name: figures() for name in others}


def _scores(judged: Sequence[ReplayResult]) -> Histogram:
    def counts(is_duplicate: bool) -> tuple[int, ...]:
        group = [each for each in judged if each.best_score is not None and each.is_duplicate == is_duplicate]
        scores = np.array([each.best_score for each in group], dtype=np.float64)
        bins = np.clip(np.floor(scores * _N_BINS), 0, _N_BINS - 1).astype(np.int64)
        counts = np.bincount(bins, weights=[each.weight for each in group], minlength=_N_BINS)
        return tuple(np.round(counts).astype(np.int64).tolist())

    edges = tuple(edge / _N_BINS for edge in range(_N_BINS + 1))
    return Histogram(edges, counts(is_duplicate=True), counts(is_duplicate=False))
