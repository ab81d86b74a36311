"""Calibration: fit the order and the levels of probability on an index's own labels, and prove both on later issues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.decisions import SAME
from dupfind.errors import RankerError
from dupfind.evaluation.figures import Verdict, curve
from dupfind.evaluation.metrics import Interval, bootstrap, reciprocal_rank, wilson
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.progress import Advance
from dupfind.ranking.fit import Labelled, fit_nonnegative, fit_ranker
from dupfind.ranking.ranker import Ranker
from dupfind.results import ReplayResult
from dupfind.search.ranker_choice import starting_verdicts
from dupfind.storage import decisions, duplicate_links, trained_models
from dupfind.storage.store import Store
from dupfind.verdict.bands import BALANCED
from dupfind.verdict.model import VerdictModel, shipped_verdicts

Values = NDArray[np.float64]

MIN_DUPLICATES = 60
"""With fewer duplicates the later slices hold too few to prove anything."""

_WAYS_OUT = (
    "find more with `dupfind review`, index more, or keep the weights and thresholds that dupfind comes with"
)

PENALTY = 200.0
"""Ridge penalty of the ranker's weights; chosen on the train parts of two trackers."""

LEVEL = 0.8
"""Level of the interval whose lower bound raises a level of probability: one in ten is raised too far by chance."""

_EVIDENCE_PENALTY = 1.0
_N_SHOWN = 5  # candidates of a query that the evidence is weighed on: those that a person looks at
_FIT_END, _TUNE_END = 0.5, 0.75  # shares of the duplicates, in the order of time, that end the slices


class Level(NamedTuple):
    """What an index's own labels say of one level of probability.

    Attributes:
        shipped: The probability that dupfind comes with.
        n_flagged: Issues of the middle slice whose first candidate has it.
        n_right: Those of them whose first candidate is right by the labels, which leave many duplicates out.
        probability: The calibrated one, never lower.
    """

    shipped: float
    n_flagged: int
    n_right: int
    probability: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted ranker and verdict, and their proof.

    Attributes:
        ranker: The ranker to use.
        verdicts: The model of the verdict to use.
        n_duplicates: Labels they rest on.
        n_others: Issues that are no duplicates.
        ahead: By how much the refitted order's MRR is ahead of that of the base, on the middle slice.
        is_refitted: Whether the refitted order was taken: only where all of that interval is above 0.
        levels: What the labels say of each level but the lowest, highest first.
        brier: Mean squared error of the probability on the latest slice, of "shipped" and of "own" levels.
        error: Expected calibration error there, of both.
        likely: Figures of the verdict on the latest slice; None where no issue reaches it.
        possible: The same for the lower threshold.
        latest: The results of the latest slice, with the calibrated order and probabilities.
    """

    ranker: Ranker
    verdicts: VerdictModel
    n_duplicates: int
    n_others: int
    ahead: Interval
    is_refitted: bool
    levels: tuple[Level, ...]
    brier: dict[str, float]
    error: dict[str, float]
    likely: Verdict | None
    possible: Verdict | None
    latest: tuple[ReplayResult, ...]


def calibrate(collection: Collection, *, precision: float, progress: Advance | None = None) -> Calibration:
    """Fit order and verdict on the trackers' marks and people's decisions of a collection, without changing it.

    Issues that the collection's model was trained on would look surer than they are, and are left out.

    Args:
        collection: Its records are replayed.
        precision: See `fit`.
        progress: Called with the number of records since the last call.

    Raises:
        RankerError: Too few labels, or one class only.
    """
    with collection.store.reading():
        _check_labels(collection.store)
        encoding = collection.store.encoding()
        base = trained_models.ranker_for(collection.store, encoding.model_fingerprint)
        since = trained_models.unseen_since(collection.store, encoding.model_fingerprint)
        start = starting_verdicts(encoding, collection.store.calibration(encoding.id))
    about = {
        "fitted_on": "the marks of this index, and what people have decided",
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "recipe": encoding.text_version,
    }
    queries = list(replay_queries(collection, ReplayOptions(since=since), progress=progress))
    try:
        return fit(queries, base, precision=precision, about=about, start=start)
    except RankerError as error:
        if since is None:
            raise
        raise RankerError(
            f"counting only issues since {since:%Y-%m-%d}, which the model has not learned from: {error}"
        ) from error


def _check_labels(store: Store) -> None:
    """Refuse labels that are too few before the replay, which takes minutes.

    Raises:
        RankerError: There are fewer marks and decisions than duplicates are needed.
    """
    # Each label joins one issue to an older one, at most; the replay counts those that do.
    n_marks = sum(map(len, duplicate_links.links(store).targets.values()))
    n_labels = n_marks + list(decisions.decided_pairs(store).values()).count(SAME)
    if n_labels < MIN_DUPLICATES:
        have = "1 issue at most has" if n_labels == 1 else f"{n_labels} issues at most have"
        raise RankerError(
            f"{have} an older duplicate by marks and decisions, and calibration needs {MIN_DUPLICATES}: at least"
            f" {MIN_DUPLICATES - n_labels} are missing; {_WAYS_OUT}"
        )


def fit(
    queries: Sequence[ReplayQuery],
    base: Ranker,
    *,
    precision: float,
    about: Mapping[str, Any],
    start: VerdictModel | None,
) -> Calibration:
    """Fit order and levels of probability on labelled queries.

    The duplicates are cut in three by time. The order is refitted on the first slice. On the second it is taken
    only if it is better than `base` by more than noise, and levels are raised where the labels prove more than is
    shipped. The third proves both. No level is lowered: labels leave out about half of the duplicates.

    Args:
        queries: Of a replay, in the order of time.
        base: The present ranker.
        precision: Probability from which on the verdict is "likely".
        about: Metadata to keep with the weights.
        start: The verdicts before any calibration; None where their evidence does not hold for the index's model, so
            that it is weighed anew, on the first slice.

    Raises:
        RankerError: Too few labels, or one class only.
    """
    judged = [query for query in queries if query.is_judged and query.can_judge and len(query.heads)]
    slices = _slices(judged)
    refitted = replace(base, weights=fit_ranker(labelled([slices.fit]), penalty=PENALTY))
    ahead = _mrr_ahead(refitted, base, slices.tune)
    is_refitted = ahead.low > 0
    order = replace(refitted if is_refitted else base, about=about)
    start = start or with_shares(weighed([(base, slices.fit)]), judged)
    levels = _levels(start, order, slices.tune)
    verdicts = replace(
        start,
        levels=np.array([start.lowest, *(level.probability for level in levels[::-1])]),
        likely=min(precision, start.copy),  # copies are likely at any precision
        about=about,
    )
    kinds = {"shipped": start, "own": verdicts}
    latest = tuple(result(query, order, verdicts) for query in slices.proof)
    proof = curve(latest)
    n_duplicates = sum(query.n_older > 0 for query in judged)
    return Calibration(
        ranker=order,
        verdicts=verdicts,
        n_duplicates=n_duplicates,
        n_others=len(judged) - n_duplicates,
        ahead=ahead,
        is_refitted=is_refitted,
        levels=levels,
        brier={kind: _brier(order, model, slices.proof) for kind, model in kinds.items()},
        error={kind: _calibration_error(order, model, slices.proof) for kind, model in kinds.items()},
        likely=proof.at(verdicts.likely),
        possible=proof.at(verdicts.possible[BALANCED]),
        latest=latest,
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
            f" {MIN_DUPLICATES}: {MIN_DUPLICATES - len(duplicates)} are missing; {_WAYS_OUT}"
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


def weighed(slices: Sequence[tuple[Ranker, Sequence[ReplayQuery]]]) -> VerdictModel:
    """Weigh the evidence anew, by logistic regression on the first candidates of labelled queries.

    Args:
        slices: Queries, and the ranker that orders each.

    Returns:
        The shipped model with other weights, whose edges are no longer right.
    """
    evidence, is_right, weight = [], [], []
    for ranker, queries in slices:
        for query in queries:
            if query.is_judged and query.can_judge and len(query.heads):
                first = np.argsort(-ranker.rank_scores(query.features), kind="stable")[:_N_SHOWN]
                evidence.append(query.evidence[first])
                is_right.append(query.is_right[first])
                weight.append(np.full(len(first), query.weight))
    fitted = fit_nonnegative(
        np.concatenate(evidence),
        np.concatenate(is_right),
        penalty=_EVIDENCE_PENALTY,
        weight=np.concatenate(weight),
    )
    return replace(shipped_verdicts(), weights=fitted[:-1], intercept=float(fitted[-1]))


def with_shares(model: VerdictModel, queries: Sequence[ReplayQuery]) -> VerdictModel:
    """Return a model whose levels flag the shares of issues that belong to them.

    A share of issues carries over between models and trackers; a logit does not.
    """
    best = np.array([model.logits(query.evidence).max() for query in queries])
    weights = np.array([query.weight for query in queries])
    order = np.argsort(-best, kind="stable")
    flagged = np.cumsum(weights[order]) / weights.sum()
    places = np.searchsorted(flagged, model.shares)
    edges = best[order][np.minimum(places, len(best) - 1)]  # rising, as the shares fall
    # Equal logits would be one level; the smallest step keeps the levels apart.
    return model.with_edges(np.maximum.accumulate(edges) + 1e-6 * np.arange(len(edges)))


def _levels(model: VerdictModel, ranker: Ranker, queries: Sequence[ReplayQuery]) -> tuple[Level, ...]:
    """Return what the labels say of each level of a model but the lowest, highest first."""
    results = _judged_results(ranker, model, queries)
    raised, found = model.lowest, []
    for level in model.levels[1:].tolist():
        at_level = [each for each in results if each.best == level]
        n_flagged = round(sum(each.weight for each in at_level))
        n_right = sum(each.best_is_own for each in at_level)
        proven = wilson(n_right, n_flagged, level=LEVEL).low if n_flagged else 0.0
        # Levels still rise, and copies still come first.
        raised = max(raised, level, min(proven, model.near_copy))
        found.append(Level(level, n_flagged, n_right, round(raised, 6)))
    return tuple(found[::-1])


def _mrr_ahead(ranker: Ranker, other: Ranker, queries: Sequence[ReplayQuery]) -> Interval:
    """Return by how much a ranker's MRR is ahead of another's, paired by duplicate."""
    duplicates = [query for query in queries if query.n_older]
    ranks = [[result(query, each).ranks["dupfind"] for query in duplicates] for each in (ranker, other)]
    return bootstrap(reciprocal_rank(ranks[0]) - reciprocal_rank(ranks[1]), seed=1)


def _judged_results(
    ranker: Ranker, verdicts: VerdictModel, queries: Sequence[ReplayQuery]
) -> list[ReplayResult]:
    """Return the results of judged queries whose first candidate has a probability."""
    results = [result(query, ranker, verdicts) for query in queries if query.is_judged]
    return [each for each in results if each.best is not None]


def _brier(ranker: Ranker, verdicts: VerdictModel, queries: Sequence[ReplayQuery]) -> float:
    """Return the mean squared error of the first candidates' probability (Brier 1950)."""
    results = _judged_results(ranker, verdicts, queries)
    errors = [((each.best or 0) - each.best_is_own) ** 2 for each in results]
    return float(np.average(errors, weights=[each.weight for each in results]))


def _calibration_error(
    ranker: Ranker, verdicts: VerdictModel, queries: Sequence[ReplayQuery], n_bins: int = 10
) -> float:
    """Return the expected calibration error of the first candidates' probability (Naeini et al. 2015)."""
    results = _judged_results(ranker, verdicts, queries)
    best = np.array([each.best for each in results], dtype=np.float64)
    right = np.array([each.best_is_own for each in results], dtype=np.float64)
    weight = np.array([each.weight for each in results])
    bins = np.minimum((best * n_bins).astype(np.int64), n_bins - 1)  # 1.0 belongs to the last bin
    # (n_bins,) weighted sums of predicted minus observed.
    gaps = np.bincount(bins, weights=weight * (best - right), minlength=n_bins)
    return float(np.abs(gaps).sum() / weight.sum())
