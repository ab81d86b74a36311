"""Calibration: a ranker fitted on an index's own labels, and what its sureness is worth, both proved later in time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.errors import RankerError
from dupfind.evaluation.figures import Verdict, curve
from dupfind.evaluation.metrics import Interval, bootstrap, reciprocal_rank
from dupfind.evaluation.replay import ReplayQuery, cases, outcome
from dupfind.ranking.fit import Labelled, fit_isotonic, fit_ranker, fit_rising
from dupfind.ranking.ranker import SURE_PLACES, Ranker, leads
from dupfind.results import ReplayResult
from dupfind.storage import trained_models

Values = NDArray[np.float64]

MIN_DUPLICATES = 60
"""Below so many the later slices hold too few to prove anything."""

PENALTY = 200.0
"""Of the ranker's weights; chosen on the train parts of two trackers."""

POSSIBLE_PRECISION = 0.5
"""From where on a duplicate is "possible": as often right as wrong."""

BAND_LEVEL = 0.8
"""Level of the interval whose lower bound a band's precision has to reach: one in ten is worse by chance."""

Slice = tuple[Ranker, Sequence[ReplayQuery]]
"""Cases, and the ranker whose order they are asked by."""

_SURE_PENALTY = 1.0
_SHOWN = 5  # candidates of a query that sureness is fitted on: those that a person looks at
_FIT, _TUNE = 0.5, 0.75  # shares of the duplicates, in order of time, that end the slices


@dataclass(frozen=True, slots=True)
class Calibration:
    """A ranker, and what proves it.

    Attributes:
        ranker: What is to be used.
        n_duplicates: Labels it rests on.
        n_others: Issues that are no duplicates.
        ahead: By how much the refitted order's MRR is ahead of that of the base, on the middle slice.
        is_refitted: Whether the refitted order was kept: only where all of that interval is above 0.
        brier: Mean squared error of the probability on the latest slice, by kind ("logistic", "isotonic").
        error: Expected calibration error there, by kind.
        kind: The better of the two.
        likely: What the band comes to on the latest slice; None where no threshold reached the precision.
        possible: The same of the lower band.
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


def calibrate(
    collection: Collection, *, precision: float, progress: Callable[[float], None] | None = None
) -> Calibration:
    """Fit order, probability and bands on what a collection's trackers mark and people decide; nothing is changed.

    What the collection's model was trained on would look surer than it is, and is left out.

    Args:
        collection: Whose records are replayed.
        precision: See `fit`.
        progress: Told how many records were looked for since the last call.

    Raises:
        RankerError: Too few labels, or one class only.
    """
    with collection.store.reading():
        encoding = collection.store.encoding()
        order = trained_models.ranker_for(collection.store, encoding.model_fingerprint)
        since = trained_models.unseen_since(collection.store, encoding.model_fingerprint)
    about = {
        "fitted_on": "the marks of this index, and what people have decided",
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "recipe": encoding.text_version,
    }
    found = list(cases(collection, since=since, progress=progress))
    try:
        return fit(found, order, precision=precision, about=about)
    except RankerError as error:
        if since is None:
            raise
        raise RankerError(
            f"since {since:%Y-%m-%d}, from when on the model has not learned: {error}"
        ) from error


def fit(
    found: Sequence[ReplayQuery], base: Ranker, *, precision: float, about: Mapping[str, Any]
) -> Calibration:
    """Fit order, probability and bands on labelled cases.

    The duplicates are cut in three by time. On the first slice the order is refitted; on the second it is kept
    only if better than `base` by more than noise, and the probability and the bands are fitted; the third
    proves them, and says which kind of probability is the better one.

    Args:
        found: Cases of a replay, in the order of time.
        base: The ranker at hand.
        precision: Share of right ones among the issues that are called likely duplicates, counted over all new
            issues; the lower bound of its interval of `BAND_LEVEL` has to reach it.
        about: What to keep beside the weights.

    Raises:
        RankerError: Too few labels, or one class only.
    """
    judged = [case for case in found if case.is_judged and case.can_judge and len(case.heads)]
    duplicates = [place for place, case in enumerate(judged) if case.n_older]
    n_others = len(judged) - len(duplicates)
    if len(duplicates) < MIN_DUPLICATES:
        raise RankerError(
            f"{len(duplicates)} issues with words have an older duplicate, and {MIN_DUPLICATES} are needed:"
            f" {MIN_DUPLICATES - len(duplicates)} are missing; find more with `dupfind review`, index more, or keep"
            " the weights and bands that dupfind comes with"
        )
    if n_others < MIN_DUPLICATES:
        raise RankerError(
            f"{n_others} issues are no duplicates, and {MIN_DUPLICATES} are needed: one class alone says nothing"
        )
    if not any(judged[place].is_right.any() for place in duplicates[: len(duplicates) // 2]):
        raise RankerError(
            "none of the earlier duplicates is among the candidates of its own search: see `dupfind evaluate`"
        )
    ends = [duplicates[int(share * len(duplicates))] for share in (_FIT, _TUNE)]
    first, middle, last = judged[: ends[0]], judged[ends[0] : ends[1]], judged[ends[1] :]
    if not any(case.is_right.any() for case in middle) or all(case.n_older for case in middle):
        raise RankerError(
            "the second slice of the labels has one class only, which says nothing: more marks are needed"
        )
    refitted = replace(base, weights=fit_ranker(labelled([first]), penalty=PENALTY))
    ahead = _ahead(refitted, base, middle)
    is_refitted = ahead.low > 0
    order = refitted if is_refitted else base
    kinds = with_probability(order, [(order, middle)])
    brier = {kind: _brier(ranker, last) for kind, ranker in kinds.items()}
    kind = min(brier, key=lambda kind: (brier[kind], kind))
    ranker = with_bands(kinds[kind], [(order, middle)], precision)
    proof = curve([outcome(case, ranker) for case in last])
    return Calibration(
        ranker=replace(ranker, about=about),
        n_duplicates=len(duplicates),
        n_others=n_others,
        ahead=ahead,
        is_refitted=is_refitted,
        brier=brier,
        error={kind: _error(ranker, last) for kind, ranker in kinds.items()},
        kind=kind,
        likely=None if ranker.likely is None else proof.at(ranker.likely),
        possible=None if ranker.possible is None else proof.at(ranker.possible),
    )


def labelled(trackers: Sequence[Sequence[ReplayQuery]]) -> list[Labelled]:
    """The candidates of duplicates that have a right one among them; each tracker counts the same."""
    lists = []
    for tracker in trackers:
        known = [case for case in tracker if case.is_right.any()]
        lists += [Labelled(case.features, case.is_right, _COUNT / len(known)) for case in known]
    return lists


_COUNT = 500.0  # queries that a tracker counts for, so that one penalty fits small and large ones


def with_probability(ranker: Ranker, slices: Sequence[Slice]) -> dict[str, Ranker]:
    """A ranker with its sureness fitted to slices of cases, and the probability in two kinds."""
    features, is_right, weight = (np.concatenate(part) for part in zip(*_examples(slices), strict=True))
    fitted = fit_rising(features, is_right, penalty=_SURE_PENALTY, weight=weight)
    logistic = replace(
        ranker,
        lead_weight=float(fitted[0]),
        sure_weights=fitted[1:-1],
        intercept=float(fitted[-1]),
        knots=None,
    )
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
    """A ranker with the lowest thresholds that reach their precision among all issues of some slices.

    Args:
        ranker: The bands are of its probabilities.
        slices: Cases, and by what order.
        precision: Of "likely".
        possible: The precision of "possible".
        level: Where given, the lower bound of this interval has to reach the precision of "likely".
    """
    reached = curve(
        [
            outcome(case, replace(ranker, weights=orders.weights))
            for orders, found in slices
            for case in found
            if case.is_judged
        ]
    )
    upper = reached.reaching(precision, level=level)
    lower = reached.reaching(min(possible, precision))
    return replace(
        ranker,
        likely=None if upper is None else upper.threshold,
        possible=None if lower is None else lower.threshold,
    )


def _ahead(ranker: Ranker, other: Ranker, cases: Sequence[ReplayQuery]) -> Interval:
    """By how much a ranker's MRR is ahead of another's."""
    queries = [case for case in cases if case.n_older]
    ranks = [[outcome(case, each).ranks["dupfind"] for case in queries] for each in (ranker, other)]
    return bootstrap(reciprocal_rank(ranks[0]) - reciprocal_rank(ranks[1]), seed=1)


def _examples(slices: Sequence[Slice]) -> Iterator[tuple[Values, NDArray[np.bool_], Values]]:
    """The candidates that are shown: what their sureness is made of, whether they are right, their weight."""
    for ranker, found in slices:
        for case in found:
            if case.is_judged and case.can_judge and len(case.heads):
                strengths = ranker.rank_scores(case.features)
                shown = np.argsort(-strengths, kind="stable")[:_SHOWN]
                lead = leads(strengths, case.clusters)[shown]
                yield (
                    np.column_stack([lead, case.features[shown][:, SURE_PLACES]]),
                    case.is_right[shown],
                    np.full(len(shown), case.weight),
                )


def _first(ranker: Ranker, cases: Sequence[ReplayQuery]) -> list[ReplayResult]:
    found = [outcome(case, ranker) for case in cases if case.is_judged]
    return [one for one in found if one.best is not None]


def _brier(ranker: Ranker, cases: Sequence[ReplayQuery]) -> float:
    """Mean squared error of the first candidates' probability (Brier 1950)."""
    found = _first(ranker, cases)
    errors = [((one.best or 0) - one.best_is_own) ** 2 for one in found]
    return float(np.average(errors, weights=[one.weight for one in found]))


def _error(ranker: Ranker, cases: Sequence[ReplayQuery], n_bins: int = 10) -> float:
    """Expected calibration error of the first candidates' probability (Naeini et al. 2015)."""
    found = _first(ranker, cases)
    best = np.array([one.best for one in found], dtype=np.float64)
    right = np.array([one.best_is_own for one in found], dtype=np.float64)
    weight = np.array([one.weight for one in found])
    bins = np.minimum((best * n_bins).astype(np.int64), n_bins - 1)
    gaps = np.bincount(bins, weights=weight * (best - right), minlength=n_bins)
    return float(np.abs(gaps).sum() / weight.sum())
