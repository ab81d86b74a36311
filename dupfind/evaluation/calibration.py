"""Calibration: fit a ranker and its probabilities on an index's own labels, and prove both on later issues."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.errors import RankerError
from dupfind.evaluation.figures import Verdict, curve
from dupfind.evaluation.metrics import Interval, bootstrap, reciprocal_rank
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.progress import Advance
from dupfind.ranking.fit import Labelled, fit_isotonic, fit_nonnegative, fit_ranker
from dupfind.ranking.ranker import CONFIDENCE_COLUMNS, Ranker, leads
from dupfind.results import ReplayResult
from dupfind.storage import trained_models

Values = NDArray[np.float64]

MIN_DUPLICATES = 60
"""With fewer duplicates the later slices hold too few to prove anything."""

PENALTY = 200.0
"""Ridge penalty of the ranker's weights; chosen on the train parts of two trackers."""

POSSIBLE_PRECISION = 0.5
"""Precision of the verdict "possible": as often right as wrong."""

BAND_LEVEL = 0.8
"""Level of the interval whose lower bound must reach a verdict's precision: one in ten is worse by chance."""

Slice = tuple[Ranker, Sequence[ReplayQuery]]
"""Queries, and the ranker that orders their candidates."""

_CONFIDENCE_PENALTY = 1.0
_N_SHOWN = 5  # candidates of a query that the confidence is fitted on: those that a person looks at
_FIT_END, _TUNE_END = 0.5, 0.75  # shares of the duplicates, in the order of time, that end the slices


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted ranker and its proof.

    Attributes:
        ranker: The ranker to use.
        n_duplicates: Labels it rests on.
        n_others: Issues that are no duplicates.
        ahead: By how much the refitted order's MRR is ahead of that of the base, on the middle slice.
        is_refitted: Whether the refitted order was taken: only where all of that interval is above 0.
        brier: Mean squared error of the probability on the latest slice, by kind ("logistic", "isotonic").
        error: Expected calibration error there, by kind.
        kind: The better of the two.
        likely: Figures of the verdict on the latest slice; None where no threshold reached the precision.
        possible: The same for the lower threshold.
    """

    ranker: Ranker
    n_duplicates: int
    n_others: int
    ahead: Interval
    is_refitted: bool
    brier: dict[str, float]
    error: dict[str, float]
    kind: str
    likely: Verdict | None
    possible: Verdict | None


def calibrate(collection: Collection, *, precision: float, progress: Advance | None = None) -> Calibration:
    """Fit a ranker on the trackers' marks and people's decisions of a collection, without changing it.

    Issues that the collection's model was trained on would look surer than they are, and are left out.

    Args:
        collection: Its records are replayed.
        precision: See `fit`.
        progress: Called with the number of records since the last call.

    Raises:
        RankerError: Too few labels, or one class only.
    """
    with collection.store.reading():
        encoding = collection.store.encoding()
        base = trained_models.ranker_for(collection.store, encoding.model_fingerprint)
        since = trained_models.unseen_since(collection.store, encoding.model_fingerprint)
    about = {
        "fitted_on": "the marks of this index, and what people have decided",
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "recipe": encoding.text_version,
    }
    queries = list(replay_queries(collection, ReplayOptions(since=since), progress=progress))
    try:
        return fit(queries, base, precision=precision, about=about)
    except RankerError as error:
        if since is None:
            raise
        raise RankerError(
            f"counting only issues since {since:%Y-%m-%d}, which the model has not learned from: {error}"
        ) from error


def fit(
    queries: Sequence[ReplayQuery], base: Ranker, *, precision: float, about: Mapping[str, Any]
) -> Calibration:
    """Fit order, probability and verdicts on labelled queries.

    The duplicates are cut in three by time. The order is refitted on the first slice. On the second it is taken
    only if it is better than `base` by more than noise, and the probability and the verdicts are fitted. The third
    proves them, and decides which kind of probability is better.

    Args:
        queries: Of a replay, in the order of time.
        base: The present ranker.
        precision: Share of right ones among the issues that are called likely duplicates, counted over all new
            issues; the lower bound of its interval of `BAND_LEVEL` has to reach it.
        about: Metadata to keep with the weights.

    Raises:
        RankerError: Too few labels, or one class only.
    """
    judged = [query for query in queries if query.is_judged and query.can_judge and len(query.heads)]
    slices = _slices(judged)
    refitted = replace(base, weights=fit_ranker(labelled([slices.fit]), penalty=PENALTY))
    ahead = _mrr_ahead(refitted, base, slices.tune)
    is_refitted = ahead.low > 0
    order = refitted if is_refitted else base
    kinds = with_probability(order, [(order, slices.tune)])
    brier = {kind: _brier(ranker, slices.proof) for kind, ranker in kinds.items()}
    best_kind = min(brier, key=lambda kind: (brier[kind], kind))
    ranker = with_bands(kinds[best_kind], [(order, slices.tune)], precision)
    proof = curve([result(query, ranker) for query in slices.proof])
    n_duplicates = sum(query.n_older > 0 for query in judged)
    return Calibration(
        ranker=replace(ranker, about=about),
        n_duplicates=n_duplicates,
        n_others=len(judged) - n_duplicates,
        ahead=ahead,
        is_refitted=is_refitted,
        brier=brier,
        error={kind: _calibration_error(ranker, slices.proof) for kind, ranker in kinds.items()},
        kind=best_kind,
        likely=None if ranker.likely is None else proof.at(ranker.likely),
        possible=None if ranker.possible is None else proof.at(ranker.possible),
    )


class _Slices(NamedTuple):
    """Judged queries in three slices of time: to fit the order, to fit the probability, and to prove both."""

    fit: Sequence[ReplayQuery]
    tune: Sequence[ReplayQuery]
    proof: Sequence[ReplayQuery]


def _slices(judged: Sequence[ReplayQuery]) -> _Slices:
    """Cut queries at shares of the duplicates.

    Raises:
        RankerError: There are too few labels, or a slice that is fitted on has one class only.
    """
    duplicates = [place for place, query in enumerate(judged) if query.n_older]
    n_others = len(judged) - len(duplicates)
    if len(duplicates) < MIN_DUPLICATES:
        raise RankerError(
            f"only {len(duplicates)} issues with enough words have an older duplicate, and calibration needs"
            f" {MIN_DUPLICATES}: {MIN_DUPLICATES - len(duplicates)} are missing; find more with `dupfind review`, index"
            " more, or keep the weights and thresholds that dupfind comes with"
        )
    if n_others < MIN_DUPLICATES:
        raise RankerError(
            f"only {n_others} issues are no duplicates, and calibration needs {MIN_DUPLICATES}: index more of the"
            " tracker"
        )
    # These are the duplicates of the first slice, on which the order is fitted.
    if not any(judged[place].is_right.any() for place in duplicates[: len(duplicates) // 2]):
        raise RankerError(
            "no search for one of the earlier duplicates finds its original: see `dupfind evaluate`"
        )
    fit_end, tune_end = (duplicates[int(share * len(duplicates))] for share in (_FIT_END, _TUNE_END))
    slices = _Slices(judged[:fit_end], judged[fit_end:tune_end], judged[tune_end:])
    if not any(query.is_right.any() for query in slices.tune) or all(query.n_older for query in slices.tune):
        raise RankerError(
            "the second slice of the labels lacks duplicates or other issues, and needs both: mark more duplicates"
        )
    return slices


def labelled(trackers: Sequence[Sequence[ReplayQuery]]) -> list[Labelled]:
    """Return the candidates of each query with a right one among them; each tracker counts the same."""
    lists = []
    for tracker in trackers:
        answerable = [query for query in tracker if query.is_right.any()]
        weight = _TRACKER_WEIGHT / max(len(answerable), 1)
        lists += [Labelled(query.features, query.is_right, weight) for query in answerable]
    return lists


_TRACKER_WEIGHT = 500.0  # queries that a tracker counts for, so that one penalty suits small and large ones


def with_probability(ranker: Ranker, slices: Sequence[Slice]) -> dict[str, Ranker]:
    """Fit a ranker's confidence to slices of queries, and return it with each kind of probability."""
    features, is_right, weight = (np.concatenate(part) for part in zip(*_examples(slices), strict=True))
    # (lead, then the confidence features, then the intercept)
    fitted = fit_nonnegative(features, is_right, penalty=_CONFIDENCE_PENALTY, weight=weight)
    logistic = replace(
        ranker,
        lead_weight=float(fitted[0]),
        confidence_weights=fitted[1:-1],
        intercept=float(fitted[-1]),
        knots=None,
    )
    # Isotonic regression on the (n,) log-odds of the logistic fit.
    knots = fit_isotonic(features @ fitted[:-1] + fitted[-1], is_right, weight)
    return {"logistic": logistic, "isotonic": replace(logistic, knots=knots)}


def with_bands(
    ranker: Ranker,
    slices: Sequence[Slice],
    precision: float,
    *,
    possible: float = POSSIBLE_PRECISION,
    level: float | None = BAND_LEVEL,
) -> Ranker:
    """Give a ranker the lowest thresholds that reach their precision among all issues of some slices.

    Args:
        ranker: The thresholds are on its probabilities.
        slices: Queries, and the ranker that orders each.
        precision: Of the verdict "likely".
        possible: Of the verdict "possible".
        level: The lower bound of this interval must reach the precision of "likely"; None for the mean itself.
    """
    reached = curve(
        [
            # Each slice keeps the order of its own ranker.
            result(query, replace(ranker, weights=order.weights))
            for order, queries in slices
            for query in queries
            if query.is_judged
        ]
    )
    upper = reached.reaching(precision, level=level)
    lower = reached.reaching(min(possible, precision))
    return replace(
        ranker,
        likely=None if upper is None else upper.threshold,
        possible=None if lower is None else lower.threshold,
    )


def _mrr_ahead(ranker: Ranker, other: Ranker, queries: Sequence[ReplayQuery]) -> Interval:
    """Return by how much a ranker's MRR is ahead of another's, paired by duplicate."""
    duplicates = [query for query in queries if query.n_older]
    ranks = [[result(query, each).ranks["dupfind"] for query in duplicates] for each in (ranker, other)]
    return bootstrap(reciprocal_rank(ranks[0]) - reciprocal_rank(ranks[1]), seed=1)


def _examples(slices: Sequence[Slice]) -> Iterator[tuple[Values, NDArray[np.bool_], Values]]:
    """Yield for each query the confidence features of its first candidates, (n, 1 + m), whether each is right, (n,),
    and their weight, (n,)."""
    for ranker, queries in slices:
        for query in queries:
            if query.is_judged and query.can_judge and len(query.heads):
                rank_scores = ranker.rank_scores(query.features)
                shown = np.argsort(-rank_scores, kind="stable")[:_N_SHOWN]
                lead = leads(rank_scores, query.clusters)[shown]
                yield (
                    np.column_stack([lead, query.features[shown][:, CONFIDENCE_COLUMNS]]),
                    query.is_right[shown],
                    np.full(len(shown), query.weight),
                )


def _judged_results(ranker: Ranker, queries: Sequence[ReplayQuery]) -> list[ReplayResult]:
    """Return the results of judged queries whose first candidate has a probability."""
    results = [result(query, ranker) for query in queries if query.is_judged]
    return [each for each in results if each.best is not None]


def _brier(ranker: Ranker, queries: Sequence[ReplayQuery]) -> float:
    """Return the mean squared error of the first candidates' probability (Brier 1950)."""
    results = _judged_results(ranker, queries)
    errors = [((each.best or 0) - each.best_is_own) ** 2 for each in results]
    return float(np.average(errors, weights=[each.weight for each in results]))


def _calibration_error(ranker: Ranker, queries: Sequence[ReplayQuery], n_bins: int = 10) -> float:
    """Return the expected calibration error of the first candidates' probability (Naeini et al. 2015)."""
    results = _judged_results(ranker, queries)
    best = np.array([each.best for each in results], dtype=np.float64)
    right = np.array([each.best_is_own for each in results], dtype=np.float64)
    weight = np.array([each.weight for each in results])
    bins = np.minimum((best * n_bins).astype(np.int64), n_bins - 1)  # 1.0 belongs to the last bin
    # (n_bins,) weighted sums of predicted minus observed.
    gaps = np.bincount(bins, weights=weight * (best - right), minlength=n_bins)
    return float(np.abs(gaps).sum() / weight.sum())
