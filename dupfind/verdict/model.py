"""The verdict's model: from the evidence on a pair to a probability in levels, and from there to a verdict (pure)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import RankerError
from dupfind.verdict.bands import BALANCED, LIKELY, MODES, POSSIBLE
from dupfind.verdict.evidence import NAMES, Values

SHIPPED = ("verdict.json", "verdict_issues.json")
"""The files that dupfind comes with, for MiniLM and MiniLM-issues; `python benchmarks/fit_verdict.py` makes them."""

_INTERCEPT = "intercept"
_WEIGHTS = (*NAMES, _INTERCEPT)


@dataclass(frozen=True, slots=True)
class VerdictModel:
    """Gives a pair of records the probability of being duplicates, and a verdict.

    The probability has few levels, so that one order of hits can go by probability first and by the ranker within a
    level. Each level is the share of duplicates among pairs that people have read.

    Attributes:
        weights: (len(evidence.NAMES),) of the evidence in the logit.
        intercept: Of the logit.
        edges: (k,) rising logits at which a level begins; none for the lowest level.
        levels: (k + 1,) rising probabilities, the lowest one first.
        shares: (k,) falling shares of the issues of a tracker that reach a level or a higher one.
        copy: Probability of a copy to the letter.
        near_copy: Probability of a copy with light edits.
        outstanding: Probability of a pair that stands out from all near records; see `outstanding.margin`.
        likely: At or above this probability the verdict is `LIKELY`.
        possible: For each of `MODES` the probability from which on it is `POSSIBLE`.
        about: What it was fitted on and the figures it reached, as JSON.
    """

    weights: Values
    intercept: float
    edges: Values
    levels: Values
    shares: Values
    copy: float
    near_copy: float
    outstanding: float
    likely: float
    possible: Mapping[str, float]
    about: Mapping[str, Any]

    @property
    def lowest(self) -> float:
        """The probability of a pair without any sign of a duplicate."""
        return float(self.levels[0])

    @property
    def same_trace(self) -> float:
        """The probability of a pair whose stack traces name the same fault: between all other evidence and a copy.

        No such pairs were read, so it is less than `likely`.
        """
        return float((self.levels[-1] + min(self.likely, self.near_copy)) / 2)

    def logits(self, evidence: Values) -> Values:
        """Return the logit of each pair, (n,), rounded so that both directions of a pair agree.

        Args:
            evidence: (n, len(evidence.NAMES)).
        """
        return np.asarray(np.round(evidence @ self.weights + self.intercept, 6))

    def probabilities(self, evidence: Values) -> Values:
        """Return the level of each pair by its evidence, (n,)."""
        places = np.searchsorted(self.edges, self.logits(evidence), side="right")
        return np.asarray(self.levels[places])

    def verdict(self, probability: float, mode: str = BALANCED) -> str | None:
        """Return `LIKELY`, `POSSIBLE` or None.

        Args:
            probability: Of the pair.
            mode: One of `MODES`.
        """
        if probability >= self.likely:
            return LIKELY
        return POSSIBLE if probability >= self.possible[mode] else None

    def fits(self, model_fingerprint: str, recipe: str) -> bool:
        """Return whether it belongs to this model and text version; it means nothing for another."""
        return (self.about.get("model_fingerprint"), self.about.get("recipe")) == (model_fingerprint, recipe)

    def fingerprint(self) -> str:
        """Return what names this model: what was measured with it means nothing for another."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:16]

    def in_mode(self, mode: str) -> Self:
        """Return the model of a mode, in which levels below its `POSSIBLE` are one with the lowest.

        Levels come before the ranker's order, which is the better of the two. So only those that are shown split it.

        Args:
            mode: One of `MODES`.
        """
        least = self.possible[mode]
        n_merged = int((self.levels[1:] < least).sum())
        return replace(
            self,
            edges=self.edges[n_merged:],
            levels=np.concatenate([self.levels[:1], self.levels[1 + n_merged :]]),
            shares=self.shares[n_merged:],
            outstanding=self.outstanding if self.outstanding >= least else self.lowest,
        )

    def without_evidence(self) -> Self:
        """Return a model for other embeddings: only copies have a verdict."""
        none = np.empty(0, dtype=np.float64)
        return replace(self, edges=none, levels=self.levels[:1], shares=none, outstanding=self.lowest)

    def with_edges(self, edges: Values) -> Self:
        """Return a model whose levels begin elsewhere.

        Args:
            edges: (k,) rising logits.

        Raises:
            RankerError: They do not rise, or there are more or fewer.
        """
        is_right = edges.shape == self.edges.shape and np.isfinite(edges).all()
        if not (is_right and (edges[1:] > edges[:-1]).all()):
            raise RankerError("the edges of the levels of probability do not rise, or are not as many")
        return replace(self, edges=edges)

    def to_json(self) -> dict[str, Any]:
        """Return a document that a person can read."""
        return {
            "about": dict(self.about),
            "weights": {
                name: float(f"{value:.6g}")
                for name, value in zip(_WEIGHTS, [*self.weights, self.intercept], strict=True)
            },
            "levels": [
                [edge, float(level)]
                for edge, level in zip([None, *self.edges.tolist()], self.levels, strict=True)
            ],
            "shares": self.shares.tolist(),
            "copy": self.copy,
            "near_copy": self.near_copy,
            "outstanding": self.outstanding,
            "likely": self.likely,
            "possible": dict(self.possible),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the model of a document.

        Raises:
            RankerError: The document comes from another version of dupfind, or is damaged.
        """
        try:
            weights = document["weights"]
            if set(weights) != set(_WEIGHTS):
                raise ValueError("its evidence is not that of this dupfind")
            edges, levels = _levels(document["levels"])
            return cls(
                weights=_finite([float(weights[name]) for name in NAMES]),
                intercept=float(_finite([float(weights[_INTERCEPT])])[0]),
                edges=edges,
                levels=levels,
                shares=_shares(document["shares"], len(edges)),
                copy=_probability(document["copy"]),
                near_copy=_probability(document["near_copy"]),
                outstanding=_probability(document["outstanding"]),
                likely=_probability(document["likely"]),
                possible={mode: _probability(document["possible"][mode]) for mode in MODES},
                about=dict(document["about"]),
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise RankerError(
                f"the calibration comes from another version of dupfind, or is damaged ({error}): run"
                " `dupfind calibrate` again"
            ) from error


def shipped_verdicts(model_fingerprint: str | None = None) -> VerdictModel:
    """Return the verdict's model that dupfind comes with.

    Args:
        model_fingerprint: Of the model that makes the vectors. None, or one that dupfind does not know, gives that of
            MiniLM; `VerdictModel.fits` says whether its evidence holds.
    """
    by_fingerprint = _shipped()
    return by_fingerprint.get(model_fingerprint or "", next(iter(by_fingerprint.values())))


@cache
def _shipped() -> dict[str, VerdictModel]:
    """Return the models that dupfind comes with by the fingerprint of the embedding model, MiniLM's first."""
    folder = files("dupfind.verdict")
    documents = [json.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in SHIPPED]
    return {each["about"]["model_fingerprint"]: VerdictModel.from_json(each) for each in documents}


def _levels(pairs: Sequence[Sequence[Any]]) -> tuple[Values, Values]:
    edges = _finite([float(edge) for edge, _ in pairs[1:]])
    levels = np.array([_probability(level) for _, level in pairs])
    if not len(levels) or (np.diff(edges) <= 0).any() or (np.diff(levels) < 0).any():
        raise ValueError("the levels of its probability do not rise")
    return edges, levels


def _shares(values: Sequence[Any], n: int) -> Values:
    shares = np.array([_probability(value) for value in values])
    if len(shares) != n or (np.diff(shares) > 0).any():
        raise ValueError("the shares of its levels do not fall, or are not as many")
    return shares


def _finite(values: Sequence[float]) -> NDArray[np.float64]:
    table = np.array(values, dtype=np.float64)
    if not np.isfinite(table).all():
        raise ValueError("a number is not finite")
    return table


def _probability(value: Any) -> float:
    if not 0 <= float(value) <= 1:
        raise ValueError(f"{value} is no probability")
    return float(value)
