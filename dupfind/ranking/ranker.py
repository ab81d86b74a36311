"""The ranker: order candidates and give their probability, by weights fitted on marked duplicates (pure)."""

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
"""Candidates that word search and vector search propose each; fixed, so that the order does not depend on k."""

SHIPPED = "ranker.json"
"""The file of weights that dupfind comes with; `python benchmarks/fit_ranker.py` makes it."""

CONFIDENCE_FEATURES = ("title x title, as is", "whole x whole, as is", "members of its cluster")
"""Features that raise the confidence in a candidate, with its lead over all others; none lowers it."""

CONFIDENCE_COLUMNS = [NAMES.index(name) for name in CONFIDENCE_FEATURES]

FEW = 100
"""With so many candidates or fewer the fitted weights are not used."""

_MAX_LEAD = 4.0
_PLAIN_SCALE = 12.0  # so that a lead among few candidates counts about as much as a fitted one
_SCORE, _WORDS = NAMES.index("score, as is"), NAMES.index("word search, share")

FEWEST_WORDS = 3
"""Words that a text needs to get a probability."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """Orders candidates, and gives each the probability of being a duplicate.

    Attributes:
        weights: (len(NAMES),) of the features; rank score = features @ weights.
        lead_weight: Weight of a candidate's lead in its confidence.
        confidence_weights: (len(CONFIDENCE_FEATURES),) weights of those features in it.
        intercept: Of the confidence.
        knots: (k,) confidence, rising, and (k,) the probability at each; linear between them. None where the
            probability is the logistic function of the confidence.
        likely: At or above this probability the verdict is "likely"; None where no threshold was precise enough.
        possible: At or above this probability it is "possible"; None likewise.
        about: What it was fitted on and the figures it reached, as JSON.
    """

    weights: Values
    lead_weight: float
    confidence_weights: Values
    intercept: float
    knots: tuple[Values, Values] | None
    likely: float | None
    possible: float | None
    about: Mapping[str, Any]

    def rank_scores(self, features: Values) -> Values:
        """Return the rank score of each candidate of a query, (n,), rounded so that copies tie.

        With `FEW` candidates or fewer it is the score plus half of BM25 as a share of the best.

        Args:
            features: (n, len(NAMES)) of all candidates.
        """
        if len(features) <= FEW:
            # So few candidates do not show which words are rare, or the common part of all.
            plain = features[:, _SCORE] + 0.5 * features[:, _WORDS]
            return np.asarray(np.round(_PLAIN_SCALE * plain, 9))
        return np.asarray(np.round(features @ self.weights, 9))

    def confidence(self, features: Values, rank_scores: Values, clusters: NDArray[np.int64]) -> Values:
        """Return the logit of each candidate being a duplicate, before calibration, (n,).

        Args:
            features: (n, len(NAMES)) of all candidates of a query.
            rank_scores: (n,) of the candidates.
            clusters: (n,) one number a cluster: a candidate need not lead over its own.
        """
        # (n, 1 + m): the lead, then the confidence features
        parts = np.column_stack([leads(rank_scores, clusters), features[:, CONFIDENCE_COLUMNS]])
        return np.asarray(parts @ np.append(self.lead_weight, self.confidence_weights) + self.intercept)

    def probabilities(self, confidence: Values) -> Values:
        """Return the calibrated probability of each candidate to be a duplicate, 0 to 1, (n,)."""
        if self.knots is not None:
            return np.interp(confidence, *self.knots)
        return np.asarray(1 / (1 + np.exp(-np.clip(confidence, -500, 500))))  # exp overflows above 709

    def verdict(self, probability: float | None) -> str | None:
        """Return "likely", "possible" or None."""
        if probability is None:
            return None
        if self.likely is not None and probability >= self.likely:
            return "likely"
        return "possible" if self.possible is not None and probability >= self.possible else None

    def fits(self, model_fingerprint: str, recipe: str) -> bool:
        """Return whether the thresholds belong to this model and text recipe; they mean nothing for another."""
        return (self.about.get("model_fingerprint"), self.about.get("recipe")) == (model_fingerprint, recipe)

    def to_json(self) -> dict[str, Any]:
        """Return a document that a person can read: each weight with the name of its feature."""
        return {
            "about": dict(self.about),
            "likely": self.likely,
            "possible": self.possible,
            "weights": _named(NAMES, self.weights),
            "sureness": {  # the confidence's key in ranker.json and in stored calibrations
                "lead": float(self.lead_weight),
                **_named(CONFIDENCE_FEATURES, self.confidence_weights),
                "intercept": float(self.intercept),
            },
            "probability": None
            if self.knots is None
            else [[float(confidence), float(share)] for confidence, share in zip(*self.knots, strict=True)],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the ranker of a document.

        Raises:
            RankerError: The document comes from another version of dupfind, or is damaged.
        """
        try:
            confidence = _values(document["sureness"], ("lead", *CONFIDENCE_FEATURES, "intercept"))
            return cls(
                weights=_values(document["weights"], NAMES),
                lead_weight=float(confidence[0]),
                confidence_weights=confidence[1:-1],
                intercept=float(confidence[-1]),
                knots=_knots(document["probability"]),
                likely=_band(document["likely"]),
                possible=_band(document["possible"]),
                about=dict(document["about"]),
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise RankerError(
                f"the ranker's weights come from another version of dupfind, or are damaged ({error}): fit them"
                " again with `dupfind calibrate`"
            ) from error


@cache
def shipped() -> Ranker:
    """Return the ranker that dupfind comes with."""
    text = files("dupfind.ranking").joinpath(SHIPPED).read_text(encoding="utf-8")
    return Ranker.from_json(json.loads(text))


def can_judge(terms: Terms) -> bool:
    """Return whether a text has enough words to get a probability."""
    return len(terms.title) + len(terms.body) >= FEWEST_WORDS


def leads(rank_scores: Values, clusters: NDArray[np.int64]) -> Values:
    """Return by how much each candidate leads over all other clusters together (log of the sum of exponentials).

    Args:
        rank_scores: (n,) of all candidates of a query.
        clusters: (n,) one number a cluster; a candidate's own cluster is no rival.

    Returns:
        (n,) from -4 to 4. A candidate without any rival gets 4, too.
    """
    exponentials = np.exp(rank_scores - rank_scores.max())  # (n,) at most 1: no overflow
    numbers, places = np.unique(clusters, return_inverse=True)
    own = np.bincount(places, weights=exponentials, minlength=len(numbers))[
        places
    ]  # (n,) of each one's cluster
    rivals = exponentials.sum() - own
    # The floor avoids log(0) where there is no rival; rounding can leave rivals below 0.
    lead = rank_scores - rank_scores.max() - np.log(np.maximum(rivals, 1e-12))
    return np.asarray(np.clip(lead, -_MAX_LEAD, _MAX_LEAD))


def order(rank_scores: Values, scores: Values, names: Sequence[tuple[str, ...]]) -> list[int]:
    """Return the places of candidates, highest rank score first; ties by score, then by name.

    Args:
        rank_scores: (n,) of a ranker.
        scores: (n,) cosine similarities.
        names: Of each candidate, such that the order does not depend on row ids.
    """
    places = np.lexsort((-scores, -rank_scores))  # lexsort's last key counts first
    ordered: list[int] = places.tolist()
    is_tie = np.ones(max(len(places) - 1, 0), dtype=np.bool_)  # (n - 1,) between i and i + 1
    for values in (rank_scores[places], scores[places]):
        is_tie &= values[1:] == values[:-1]
    # Names are Python tuples, so only runs of ties are sorted by them.
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_tie, [False]]).astype(np.int8))).tolist()
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        ordered[start : end + 1] = sorted(ordered[start : end + 1], key=names.__getitem__)
    return ordered


def _named(names: Sequence[str], values: Values) -> dict[str, float]:
    return {name: float(f"{value:.6g}") for name, value in zip(names, values, strict=True)}


def _values(weights: Mapping[str, Any], names: Sequence[str]) -> Values:
    if set(weights) != set(names):
        raise ValueError(f"{len(set(weights) ^ set(names))} features differ from those of this dupfind")
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
