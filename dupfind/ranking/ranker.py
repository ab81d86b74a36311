"""The ranker: order candidates by weights fitted on marked duplicates (pure)."""

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

SHIPPED = ("ranker.json", "ranker_issues.json")
"""The files of weights that dupfind comes with, for MiniLM and MiniLM-issues; `benchmarks/fit_ranker.py` makes them."""

FEW = 100
"""With so many candidates or fewer the fitted weights are not used."""

_PLAIN_SCALE = 12.0  # so that rank scores of few candidates are about as far apart as fitted ones
_PLAIN_WEIGHTS = {
    "score, as is": 1.0,
    "search of all words, share": 0.5,
    "stack traces, as is": 0.75,
    "cover names, as is": 0.75,
    "cover of words in comments alone, as is": 0.25,
}
_WORDS, _OF_COMMENTS, _SHARE = map(
    NAMES.index,
    ("search of all words, as is", "bm25 gained by comments, as is", "search of all words, share"),
)
_PLAIN = _PLAIN_SCALE * np.array([_PLAIN_WEIGHTS.get(name, 0.0) for name in NAMES])

FAMILIES = ("meaning", "words", "names", "stack traces", "comments", "age", "marks")
"""Kinds of evidence in the order of hits: the features of a kind are added up for whoever asks why."""

FEWEST_WORDS = 3
"""Words that a text needs to get a probability."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """Orders candidates.

    Attributes:
        weights: (len(NAMES),) of the features; rank score = features @ weights.
        about: What it was fitted on and the figures it reached, as JSON.
    """

    weights: Values
    about: Mapping[str, Any]

    def rank_scores(self, features: Values) -> Values:
        """Return the rank score of each candidate of a query, (n,), rounded so that copies tie.

        With `FEW` candidates or fewer it is the score and half the share of the best BM25, with what comments add to
        it. The shares of the query's stack traces and of its names that a candidate has count three quarters. The share
        of its words that stand only in a candidate's comments counts a quarter.

        Args:
            features: (n, len(NAMES)) of all candidates.
        """
        return np.asarray(np.round(_weighed(features) @ self._weights_for(len(features)), 9))

    def contributions(self, features: Values) -> Values:
        """Return what each kind of evidence adds to each rank score, (n, len(FAMILIES)), against the mean candidate.

        Args:
            features: (n, len(NAMES)) of all candidates, at least one.
        """
        weighed = _weighed(features)
        parts = (weighed - weighed.mean(axis=0)) * self._weights_for(len(features))
        return np.asarray(parts @ _IN_FAMILY)

    def _weights_for(self, n_candidates: int) -> Values:
        """Return the weights of the features; so few candidates do not show which words are rare."""
        return _PLAIN if n_candidates <= FEW else self.weights

    def to_json(self) -> dict[str, Any]:
        """Return a document that a person can read: each weight with the name of its feature."""
        return {
            "about": dict(self.about),
            "weights": {name: float(f"{value:.6g}") for name, value in zip(NAMES, self.weights, strict=True)},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the ranker of a document.

        Raises:
            RankerError: The document comes from another version of dupfind, or is damaged.
        """
        try:
            return cls(weights=_values(document["weights"], NAMES), about=dict(document["about"]))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise RankerError(
                f"the ranker's weights come from another version of dupfind, or are damaged ({error}): fit them"
                " again with `dupfind calibrate`"
            ) from error


def shipped(model_fingerprint: str | None = None) -> Ranker:
    """Return the ranker that dupfind comes with.

    Args:
        model_fingerprint: Of the model that makes the vectors. None, or one that dupfind does not know, gives that of
            MiniLM.
    """
    by_fingerprint = _shipped()
    return by_fingerprint.get(model_fingerprint or "", next(iter(by_fingerprint.values())))


@cache
def _shipped() -> dict[str, Ranker]:
    """Return the rankers that dupfind comes with by the fingerprint of the embedding model, MiniLM's first."""
    folder = files("dupfind.ranking")
    documents = [json.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in SHIPPED]
    return {each["about"]["model_fingerprint"]: Ranker.from_json(each) for each in documents}


def family(name: str) -> str:
    """Return the kind of evidence of a feature."""
    if "names" in name:
        return "names"
    if "stack traces" in name:
        return "stack traces"
    if "comment" in name:
        return "comments"
    if name.startswith("age"):
        return "age"
    if "member" in name:
        return "marks"
    is_of_words = any(word in name for word in ("bm25", "cover", "words", "word search", "tf-idf"))
    return "words" if is_of_words else "meaning"


def _weighed(features: Values) -> Values:
    """Return the features as they are weighed: of few candidates, the share of the best BM25 counts comments, too."""
    if not 0 < len(features) <= FEW or not features[:, _OF_COMMENTS].any():
        return features
    with_comments = np.maximum(features[:, _WORDS] + features[:, _OF_COMMENTS], 0.0)
    weighed = features.copy()
    weighed[:, _SHARE] = with_comments / max(with_comments.max(), 1e-9)
    return weighed


_IN_FAMILY = np.array([[family(name) == kind for kind in FAMILIES] for name in NAMES], dtype=np.float64)


def can_judge(terms: Terms) -> bool:
    """Return whether a text has enough words to get a probability."""
    return len(terms.title) + len(terms.body) >= FEWEST_WORDS


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


def _values(weights: Mapping[str, Any], names: Sequence[str]) -> Values:
    # An order that was fitted before comments were read does without them.
    known = dict.fromkeys((name for name in names if family(name) == "comments"), 0.0) | dict(weights)
    if set(known) != set(names):
        raise ValueError(f"{len(set(known) ^ set(names))} features differ from those of this dupfind")
    values = np.array([float(known[name]) for name in names])
    if not np.isfinite(values).all():
        raise ValueError("a weight is not finite")
    return values
