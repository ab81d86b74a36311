"""Ranking: candidates' features to an order and a probability, by weights fitted on marked duplicates (pure)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import RankerError
from dupfind.ranking.features import NAMES
from dupfind.text.terms import Terms

Values = NDArray[np.float64]

DEPTH = 200
"""Candidates that each leg proposes; fixed, so that the order does not depend on k."""

SHIPPED = "ranker.json"
"""The file of weights that dupfind comes with; `python benchmarks/fit_ranker.py` makes it."""

SURE = ("title x title, as is", "whole x whole, as is", "members of its cluster")
"""Features that tell how sure a candidate is, beside its lead over all others; none counts against it."""

SURE_PLACES = [NAMES.index(name) for name in SURE]

FEW = 100
"""Candidates up to which the fitted weights are not asked."""

_MOST_AHEAD = 4.0
_PLAIN = 12.0  # so that a lead among few counts about as much as a fitted one
_SCORE, _WORDS = NAMES.index("score, as is"), NAMES.index("word search, share")

FEWEST_WORDS = 3
"""Words that a text must have to be judged."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """What orders candidates and says how sure it is of them.

    Attributes:
        weights: (len(NAMES),) of the features; strength = features @ weights.
        lead_weight: What a candidate's lead counts for its sureness.
        sure_weights: (len(SURE),) what those features count.
        intercept: Of the sureness.
        knots: (k,) sureness, rising, and at each the probability; in between it is linear. None where the
            probability is the logistic function of the sureness.
        likely: Probability from which on the verdict is "likely"; None where no threshold was precise enough.
        possible: Probability from which on it is "possible".
        about: What it was fitted on and what it reached, as JSON.
    """

    weights: Values
    lead_weight: float
    sure_weights: Values
    intercept: float
    knots: tuple[Values, Values] | None
    likely: float | None
    possible: float | None
    about: Mapping[str, Any]

    def rank_scores(self, features: Values) -> Values:
        """How strong each candidate is beside the others of its query, (n,), rounded so that ties are ties.

        Of `FEW` candidates and less it is the score, and half of BM25 as a share of the best: what is rare, or
        common to all, cannot be seen among so few.
        """
        if len(features) <= FEW:
            plain = features[:, _SCORE] + 0.5 * features[:, _WORDS]
            return np.asarray(np.round(_PLAIN * plain, 9))
        return np.asarray(np.round(features @ self.weights, 9))

    def confidence(self, features: Values, strengths: Values, clusters: NDArray[np.int64]) -> Values:
        """The logit of a candidate being a duplicate before it is calibrated, (n,).

        Args:
            features: (n, len(NAMES)) of all candidates of a query.
            rank_scores: Theirs.
            clusters: (n,) one number a cluster: a candidate need not lead over its own.
        """
        parts = np.column_stack([leads(strengths, clusters), features[:, SURE_PLACES]])
        return np.asarray(parts @ np.append(self.lead_weight, self.sure_weights) + self.intercept)

    def probabilities(self, sureness: Values) -> Values:
        """The calibrated chance of each candidate to be a duplicate, 0 to 1, (n,)."""
        if self.knots is not None:
            return np.interp(sureness, *self.knots)
        return np.asarray(1 / (1 + np.exp(-np.clip(sureness, -500, 500))))

    def verdict(self, probability: float | None) -> str | None:
        """ "likely", "possible" or None."""
        if probability is None:
            return None
        if self.likely is not None and probability >= self.likely:
            return "likely"
        return "possible" if self.possible is not None and probability >= self.possible else None

    def fits(self, model_fingerprint: str, recipe: str) -> bool:
        """Whether the bands were found with this model and text recipe: a threshold is of no use to another."""
        return (self.about.get("model_fingerprint"), self.about.get("recipe")) == (model_fingerprint, recipe)

    def to_json(self) -> dict[str, Any]:
        """As a document that a person can read: each weight beside its feature."""
        return {
            "about": dict(self.about),
            "likely": self.likely,
            "possible": self.possible,
            "weights": _named(NAMES, self.weights),
            "sureness": {
                "lead": float(self.lead_weight),
                **_named(SURE, self.sure_weights),
                "intercept": float(self.intercept),
            },
            "probability": None
            if self.knots is None
            else [[float(sure), float(share)] for sure, share in zip(*self.knots, strict=True)],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The ranker of a document.

        Raises:
            RankerError: It is of another dupfind, or damaged.
        """
        try:
            sureness = _values(document["sureness"], ("lead", *SURE, "intercept"))
            return cls(
                weights=_values(document["weights"], NAMES),
                lead_weight=float(sureness[0]),
                sure_weights=sureness[1:-1],
                intercept=float(sureness[-1]),
                knots=_knots(document["probability"]),
                likely=_band(document["likely"]),
                possible=_band(document["possible"]),
                about=dict(document["about"]),
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise RankerError(
                f"the ranking's weights are of another dupfind, or damaged ({error}): fit them anew with"
                " `dupfind calibrate`"
            ) from error


@cache
def shipped() -> Ranker:
    """The ranker that dupfind comes with."""
    text = files("dupfind.ranking").joinpath(SHIPPED).read_text(encoding="utf-8")
    return Ranker.from_json(json.loads(text))


def can_judge(terms: Terms) -> bool:
    """Whether a text has enough words to say that it is a duplicate, or none."""
    return len(terms.title) + len(terms.body) >= FEWEST_WORDS


def leads(strengths: Values, clusters: NDArray[np.int64]) -> Values:
    """By how much each candidate is stronger than all of other clusters together (log of sum of exponentials).

    To lead over no other candidate says no more than to lead by `_MOST_AHEAD`.
    """
    raised = np.exp(strengths - strengths.max())
    names, places = np.unique(clusters, return_inverse=True)
    others = raised.sum() - np.bincount(places, weights=raised, minlength=len(names))[places]
    ahead = strengths - strengths.max() - np.log(np.maximum(others, 1e-12))
    return np.asarray(np.clip(ahead, -_MOST_AHEAD, _MOST_AHEAD))


def order(strengths: Values, scores: Values, names: Sequence[tuple[str, ...]]) -> list[int]:
    """The places of candidates, strongest first; equal ones by score, and at last by name.

    Args:
        strengths: (n,) of a ranker.
        scores: (n,) cosine similarities.
        names: What tells two candidates apart whatever row they stand in.
    """
    places = np.lexsort((-scores, -strengths))
    ordered: list[int] = places.tolist()
    is_tie = np.ones(max(len(places) - 1, 0), dtype=np.bool_)
    for values in (strengths[places], scores[places]):
        is_tie &= values[1:] == values[:-1]
    turns = np.flatnonzero(np.diff(np.concatenate([[False], is_tie, [False]]).astype(np.int8))).tolist()
    for start, end in zip(turns[::2], turns[1::2], strict=True):
        ordered[start : end + 1] = sorted(ordered[start : end + 1], key=names.__getitem__)
    return ordered


def _named(names: Sequence[str], values: Values) -> dict[str, float]:
    return {name: float(f"{value:.6g}") for name, value in zip(names, values, strict=True)}


def _values(weights: Mapping[str, Any], names: Sequence[str]) -> Values:
    if set(weights) != set(names):
        raise ValueError(f"{len(set(weights) ^ set(names))} features differ")
    values = np.array([float(weights[name]) for name in names])
    if not np.isfinite(values).all():
        raise ValueError("a weight is not finite")
    return values


def _knots(pairs: Sequence[Sequence[float]] | None) -> tuple[Values, Values] | None:
    if pairs is None:
        return None
    table = np.array(pairs, dtype=np.float64)
    if (
        table.ndim != 2
        or table.shape[1] != 2
        or not np.isfinite(table).all()
        or (np.diff(table, axis=0) < 0).any()
    ):
        raise ValueError("the steps of the probability do not rise")
    return table[:, 0], table[:, 1]


def _band(threshold: float | None) -> float | None:
    if threshold is None:
        return None
    if not 0 <= float(threshold) <= 1:
        raise ValueError(f"{threshold} is no probability")
    return float(threshold)
