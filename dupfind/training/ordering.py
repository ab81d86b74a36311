"""Ordering: what vectors, neighbours, words and the rest count in the order, refitted to a tuned model.

The order's weights were fitted to another model's cosines. A few hundred duplicates are too few to fit them all anew,
but enough for one factor a family of features (benchmarks/README.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dupfind.features import ABSOLUTE, NAMES
from dupfind.fitting import Labelled, fit_ranker
from dupfind.links import Growing
from dupfind.metrics import Interval, bootstrap, reciprocal_rank
from dupfind.ranking import Ranker, shipped
from dupfind.replay import Case, outcome
from dupfind.results import Outcome

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


_MEMBERS = np.array([[_family(name) == family for family in FAMILIES] for name in NAMES])


@dataclass(frozen=True, slots=True)
class Order:
    """How a model's candidates are ordered.

    Attributes:
        ranker: The refitted order if it is better, else the one at hand.
        outcomes: Of the cases, each by factors that it and its cluster had no part in.
        ahead: By how much the refitted order's MRR is ahead of the one at hand so.
    """

    ranker: Ranker
    outcomes: Sequence[Outcome]
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


def order(cases: Sequence[Case], ranker: Ranker) -> Order:
    """Refit an order to the cases of a model, and take it if it is ahead on cases that it was not fitted to.

    Args:
        cases: At least one question that has an answer; the model has learned from none of them.
        ranker: The order at hand.
    """
    plain, own = [outcome(case, ranker) for case in cases], crossed(cases, ranker)
    ranks = [[each.ranks["dupfind"] for each in outcomes] for outcomes in (own, plain)]
    ahead = bootstrap(reciprocal_rank(ranks[0]) - reciprocal_rank(ranks[1]), seed=1)
    return Order(refit(cases, ranker), own, ahead) if ahead.mean > 0 else Order(ranker, plain, ahead)


def refit(cases: Sequence[Case], ranker: Ranker) -> Ranker:
    """An order in which each family counts for as much as the cases tell, and without bands.

    Args:
        cases: Those without a right candidate tell nothing.
        ranker: The order at hand, in which every factor is 1.
    """
    parts = ranker.weights[:, None] * _MEMBERS
    lists = [Labelled(case.features @ parts, case.is_right) for case in cases if case.is_right.any()]
    factors = np.ones(len(FAMILIES))
    if lists:
        factors = fit_ranker(lists, penalty=PENALTY, towards=factors)
    about = {
        "fitted_on": "later duplicates of this index, by a model that was tuned for it",
        "factors": {family: float(factor.round(4)) for family, factor in zip(FAMILIES, factors, strict=True)},
    }
    return replace(ranker, weights=parts @ factors, likely=None, possible=None, about=about)


def crossed(cases: Sequence[Case], ranker: Ranker) -> list[Outcome]:
    """The outcomes of cases, each by an order that was refitted without it and all others of its cluster."""
    folds = _folds(cases)
    fitted = [
        refit([case for case, at in zip(cases, folds, strict=True) if at != fold], ranker)
        for fold in range(N_FOLDS)
    ]
    return [outcome(case, fitted[fold]) for case, fold in zip(cases, folds, strict=True)]


def _folds(cases: Sequence[Case]) -> list[int]:
    """The fold of each case; those with a right candidate in common are in one."""
    growing = Growing()
    for case in cases:
        rights = (node.row_id for node, is_right in zip(case.nodes, case.is_right, strict=True) if is_right)
        growing.add(case.node.row_id, rights)
    clusters: dict[object, int] = {}
    return [clusters.setdefault(growing.find(case.node.row_id), len(clusters)) % N_FOLDS for case in cases]
