"""Ordering: what vectors, neighbours, words and the rest count in the order, refitted to a tuned model.

The order's weights were fitted to another model's cosines. A few hundred duplicates are too few to fit them all anew,
but enough for one factor a family of features (benchmarks/README.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.union_find import UnionFind
from dupfind.evaluation.metrics import Interval, bootstrap, reciprocal_rank
from dupfind.evaluation.replay import ReplayQuery, ordered
from dupfind.ranking.features import ABSOLUTE, NAMES
from dupfind.ranking.fit import Labelled, fit_ranker
from dupfind.ranking.ranker import FEW, Ranker, shipped
from dupfind.results import ReplayResult

Values = NDArray[np.float64]

PENALTY = 10.0
"""Of how far the factors go from 1."""

N_FOLDS = 5
"""Each fold is ordered by what the others gave."""

FAMILIES = ("vectors", "neighbours", "words", "the rest")


def _family(name: str) -> str:
    if "neighbours" in name:
        return "neighbours"
    if " x " in name or name.startswith("score"):
        return "vectors"
    return "the rest" if name in ABSOLUTE else "words"


_AS_IT_IS = np.ones(len(FAMILIES))
_MEMBERS = np.array([[_family(name) == family for family in FAMILIES] for name in NAMES])


@dataclass(frozen=True, slots=True)
class RerankWeights:
    """How a model's candidates are ordered.

    Attributes:
        ranker: The refitted order if it is better, else the one at hand.
        outcomes: Of the questions, each by factors that it and its cluster had no part in.
        ahead: By how much the refitted order's MRR is ahead of the one at hand so.
    """

    ranker: Ranker
    outcomes: Sequence[ReplayResult]
    ahead: Interval

    @property
    def is_refitted(self) -> bool:
        """Whether the refitted order was taken."""
        return self.ahead.mean > 0

    def to_json(self) -> dict[str, Any]:
        """As `models` keeps it; the ranker is None where it is the one that dupfind comes with."""
        return {
            "is_refitted": self.is_refitted,
            "ahead": self.ahead._asdict(),
            "ranker": None
            if self.ranker is shipped()
            else replace(self.ranker, likely=None, possible=None).to_json(),
        }


@dataclass(frozen=True, slots=True)
class WeighedCase:
    """What is left of a case once its features are weighed: four numbers a candidate in place of a hundred.

    Attributes:
        case: Without features.
        parts: (n, len(FAMILIES)) what each family adds to the strength of each candidate, by the order at hand.
        fixed: (n,) the strengths where the candidates are too few for fitted weights; else None.
    """

    case: ReplayQuery
    parts: Values
    fixed: Values | None

    @classmethod
    def of(cls, case: ReplayQuery, ranker: Ranker) -> Self:
        """Weigh a case by the order at hand."""
        if not len(case.heads):
            return cls(case, np.empty((0, len(FAMILIES))), np.empty(0))
        return cls(
            replace(case, features=np.empty((len(case.heads), 0))),
            case.features @ (ranker.weights[:, None] * _MEMBERS),
            ranker.rank_scores(case.features) if len(case.heads) <= FEW else None,
        )

    def outcome(self, factors: Values) -> ReplayResult:
        """What an order makes of it in which each family counts so many times as much."""
        return ordered(self.case, np.round(self.parts @ factors, 9) if self.fixed is None else self.fixed)


def order(questions: Sequence[WeighedCase], ranker: Ranker) -> RerankWeights:
    """Refit an order to the questions of a model, and take it if it is ahead on those that it was not fitted to.

    Args:
        questions: At least one that has an answer; the model has learned from none of them.
        ranker: The order at hand, which has weighed them.
    """
    plain, own = [question.outcome(_AS_IT_IS) for question in questions], crossed(questions)
    ranks = [[each.ranks["dupfind"] for each in outcomes] for outcomes in (own, plain)]
    ahead = bootstrap(reciprocal_rank(ranks[0]) - reciprocal_rank(ranks[1]), seed=1)
    return (
        RerankWeights(refit(questions, ranker), own, ahead)
        if ahead.mean > 0
        else RerankWeights(ranker, plain, ahead)
    )


def refit(questions: Sequence[WeighedCase], ranker: Ranker) -> Ranker:
    """The order at hand with each family counting for as much as the questions tell, and without bands.

    Args:
        questions: Those without a right candidate tell nothing.
        ranker: The order at hand, which has weighed them.
    """
    factors = _factors(questions)
    about = {
        "fitted_on": "later duplicates of this index, by a model that was tuned for it",
        "factors": {family: float(factor.round(4)) for family, factor in zip(FAMILIES, factors, strict=True)},
    }
    weights = ranker.weights * (_MEMBERS @ factors)
    return replace(ranker, weights=weights, likely=None, possible=None, about=about)


def crossed(questions: Sequence[WeighedCase]) -> list[ReplayResult]:
    """The outcomes of questions, each by factors that were fitted without it and all others of its cluster."""
    folds = _folds([question.case for question in questions])
    fitted = [
        _factors([question for question, at in zip(questions, folds, strict=True) if at != fold])
        for fold in range(N_FOLDS)
    ]
    return [question.outcome(fitted[fold]) for question, fold in zip(questions, folds, strict=True)]


def _factors(questions: Sequence[WeighedCase]) -> Values:
    lists = [
        Labelled(question.parts, question.case.is_right)
        for question in questions
        if question.case.is_right.any()
    ]
    return fit_ranker(lists, penalty=PENALTY, towards=_AS_IT_IS) if lists else _AS_IT_IS


def _folds(cases: Sequence[ReplayQuery]) -> list[int]:
    """The fold of each case; those with a right candidate in common are in one."""
    growing = UnionFind()
    for case in cases:
        rights = (node.row_id for node, is_right in zip(case.heads, case.is_right, strict=True) if is_right)
        growing.add(case.node.row_id, rights)
    clusters: dict[object, int] = {}
    return [clusters.setdefault(growing.find(case.node.row_id), len(clusters)) % N_FOLDS for case in cases]
