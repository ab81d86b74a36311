"""Refit the order to a tuned model: one factor each for vectors, neighbours, words and the rest.

The ranker's weights were fitted to another model's cosines. A few hundred duplicates are too few to fit them all
again, but enough for one factor a family of features (benchmarks/README.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.union_find import UnionFind
from dupfind.evaluation.metrics import Interval, bootstrap, reciprocal_rank
from dupfind.evaluation.replay_query import ReplayQuery, result_of_scores
from dupfind.ranking.features import ABSOLUTE, NAMES
from dupfind.ranking.fit import Labelled, fit_ranker
from dupfind.ranking.ranker import FEW, Ranker, shipped
from dupfind.results import ReplayResult

Values = NDArray[np.float64]

PENALTY = 10.0
"""Ridge penalty on the distance of the factors from 1."""

N_FOLDS = 5
"""Each fold is ranked by factors fitted on the others."""

FAMILIES = ("vectors", "neighbours", "words", "the rest")


def _family(name: str) -> str:
    if "neighbours" in name:
        return "neighbours"
    if " x " in name or name.startswith("score"):
        return "vectors"
    return "the rest" if name in ABSOLUTE else "words"


_UNCHANGED = np.ones(len(FAMILIES))
_MEMBERS = np.array([[_family(name) == family for family in FAMILIES] for name in NAMES])
"""(len(NAMES), len(FAMILIES)) bool: which family each feature belongs to."""


@dataclass(frozen=True, slots=True)
class RerankWeights:
    """The order for a tuned model, and its proof.

    Attributes:
        ranker: The refitted order if it is better, else the present one.
        results: Of the queries; with a refitted order each by factors fitted without it and its cluster.
        ahead: By how much the cross-validated MRR of the refitted order is ahead of the present one's.
    """

    ranker: Ranker
    results: Sequence[ReplayResult]
    ahead: Interval

    @property
    def is_refitted(self) -> bool:
        """Whether the refitted order was taken."""
        return self.ahead.mean > 0

    def to_json(self) -> dict[str, Any]:
        """Return the part of a trained model's document; the ranker is None if it is dupfind's own."""
        return {
            "is_refitted": self.is_refitted,
            "ahead": self.ahead._asdict(),
            "ranker": None if self.ranker is shipped() else self.ranker.to_json(),
        }


@dataclass(frozen=True, slots=True)
class WeighedQuery:
    """A replay query whose features are already weighed: four numbers a candidate instead of a hundred.

    Attributes:
        query: Without features.
        parts: (n, len(FAMILIES)) the share of each family in the rank score of each candidate, by the present order.
        fixed: (n,) the rank scores where the candidates are too few for fitted weights; else None.
    """

    query: ReplayQuery
    parts: Values
    fixed: Values | None

    @classmethod
    def of(cls, query: ReplayQuery, ranker: Ranker) -> Self:
        """Weigh a query by the present order."""
        if not len(query.heads):
            return cls(query, np.empty((0, len(FAMILIES))), np.empty(0))
        return cls(
            replace(query, features=np.empty((len(query.heads), 0))),
            query.features @ (ranker.weights[:, None] * _MEMBERS),  # (n, len(FAMILIES))
            ranker.rank_scores(query.features) if len(query.heads) <= FEW else None,
        )

    def result(self, factors: Values) -> ReplayResult:
        """Rank its candidates with each family multiplied by its factor, (len(FAMILIES),)."""
        # (n,), rounded as in `Ranker.rank_scores`, so that copies tie.
        rank_scores = np.round(self.parts @ factors, 9) if self.fixed is None else self.fixed
        return result_of_scores(self.query, rank_scores)


def order(queries: Sequence[WeighedQuery], ranker: Ranker) -> RerankWeights:
    """Refit the present order to a model, and take the new one if it is ahead in cross-validation.

    Args:
        queries: At least one with a right candidate; the model has learned from none of them.
        ranker: The present order; the queries were weighed by it.
    """
    present, refitted = [query.result(_UNCHANGED) for query in queries], cross_validated(queries)
    ranks = [[result.ranks["dupfind"] for result in results] for results in (refitted, present)]
    ahead = bootstrap(reciprocal_rank(ranks[0]) - reciprocal_rank(ranks[1]), seed=1)
    return (
        RerankWeights(refit(queries, ranker), refitted, ahead)
        if ahead.mean > 0
        else RerankWeights(ranker, present, ahead)
    )


def refit(queries: Sequence[WeighedQuery], ranker: Ranker) -> Ranker:
    """Return the present order with one fitted factor a family.

    Args:
        queries: Those without a right candidate have no influence.
        ranker: The present order; the queries were weighed by it.
    """
    factors = _factors(queries)
    about = {
        "fitted_on": "later duplicates of this index, by a model that was tuned for it",
        "factors": {family: float(factor.round(4)) for family, factor in zip(FAMILIES, factors, strict=True)},
    }
    weights = ranker.weights * (_MEMBERS @ factors)  # (len(NAMES),)
    return Ranker(weights, about)


def cross_validated(queries: Sequence[WeighedQuery]) -> list[ReplayResult]:
    """Return the result of each query, by factors that were fitted without it and all others of its cluster."""
    folds = _folds([weighed.query for weighed in queries])
    factors = [
        _factors([query for query, own in zip(queries, folds, strict=True) if own != fold])
        for fold in range(N_FOLDS)
    ]
    return [query.result(factors[fold]) for query, fold in zip(queries, folds, strict=True)]


def _factors(queries: Sequence[WeighedQuery]) -> Values:
    """Fit the factor of each family, (len(FAMILIES),)."""
    lists = [Labelled(query.parts, query.query.is_right) for query in queries if query.query.is_right.any()]
    return fit_ranker(lists, penalty=PENALTY, towards=_UNCHANGED) if lists else _UNCHANGED


def _folds(queries: Sequence[ReplayQuery]) -> list[int]:
    """Return the fold of each query; queries that share a right candidate are in one fold."""
    clusters = UnionFind()
    for query in queries:
        right = (head.row_id for head, is_right in zip(query.heads, query.is_right, strict=True) if is_right)
        clusters.add(query.head.row_id, right)
    numbers: dict[object, int] = {}
    return [numbers.setdefault(clusters.find(query.head.row_id), len(numbers)) % N_FOLDS for query in queries]
