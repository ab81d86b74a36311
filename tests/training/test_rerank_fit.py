"""The order is refitted to a tuned model, and taken only if it is better on duplicates that it was not fitted to."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from dupfind.evaluation.metrics import Interval
from dupfind.evaluation.replay import ReplayQuery, outcome
from dupfind.ranking.features import NAMES
from dupfind.ranking.ranker import FEW, Ranker, shipped
from dupfind.records import RecordHead
from dupfind.training import rerank_fit
from dupfind.training.rerank_fit import WeighedCase

pytestmark = pytest.mark.slow

N_CANDIDATES = FEW + 20
KNOWN, NEW = NAMES.index("bm25 all in all, as is"), NAMES.index("whole x whole, as is")
WEIGHTS = np.zeros(len(NAMES))
WEIGHTS[KNOWN], WEIGHTS[NEW] = 1.0, 0.1
AT_HAND = Ranker(WEIGHTS, 1.0, np.zeros(3), 0.0, None, 0.9, 0.5, {"model_fingerprint": "base"})


def case(number: int, features: np.ndarray, original: int) -> ReplayQuery:
    """A question whose first candidate is right."""
    n_candidates = len(features)
    return ReplayQuery(
        node=RecordHead(number, ("s", "", str(number))),
        n_older=1,
        is_judged=True,
        can_judge=True,
        weight=1.0,
        heads=[
            RecordHead(original + place, ("s", "", f"{original}.{place}")) for place in range(n_candidates)
        ],
        scores=np.zeros(n_candidates),
        features=features,
        clusters=np.arange(n_candidates),
        is_right=np.arange(n_candidates) == 0,
        legs={},
    )


def cases(n: int, seed: int = 1, **stands_out: float) -> list[ReplayQuery]:
    """Questions whose right candidate stands out by so much in one feature or in both."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(n):
        features = chance.standard_normal((N_CANDIDATES, len(NAMES)))
        features[0, KNOWN] += stands_out.get("known", 0)
        features[0, NEW] += stands_out.get("new", 0)
        made.append(case(number, features, original=1_000 * (number + 1)))
    return made


def weighed(cases: Iterable[ReplayQuery]) -> list[WeighedCase]:
    """Cases as the order at hand weighs them."""
    return [WeighedCase.of(each, AT_HAND) for each in cases]


def test_what_a_tuned_model_tells_better_comes_to_count_for_more() -> None:
    found = rerank_fit.order(weighed(cases(60, new=6)), AT_HAND)
    assert found.is_refitted
    assert found.ahead.low > 0
    factors = found.ranker.about["factors"]
    assert factors["vectors"] > 3 > factors["words"]
    assert found.ranker.weights[NEW] == pytest.approx(factors["vectors"] * WEIGHTS[NEW], rel=1e-3)
    before = [outcome(each, AT_HAND).ranks["dupfind"] for each in cases(60, new=6)]
    after = [each.ranks["dupfind"] for each in found.outcomes]
    assert np.median(after) < np.median(before) / 2


def test_an_order_that_is_not_better_on_what_it_was_not_fitted_to_is_not_taken() -> None:
    found = rerank_fit.order(weighed(cases(40, known=12)), AT_HAND)
    assert not found.is_refitted
    assert found.ranker is AT_HAND
    assert [outcome.ranks["dupfind"] for outcome in found.outcomes] == [1] * 40


def test_no_case_is_ordered_by_what_its_own_cluster_taught() -> None:
    """Five questions of one original are the only ones that vectors serve: none of them is told by the others."""
    chance = np.random.default_rng(2)

    def features(*, by_words: bool) -> np.ndarray:
        made = np.zeros((N_CANDIDATES, len(NAMES)))
        made[:, KNOWN] = chance.standard_normal(N_CANDIDATES)
        if not by_words:
            made[0, KNOWN], made[0, NEW] = -9, 50
        else:
            made[0, KNOWN] = 6
        return made

    cluster = [case(number, features(by_words=False), original=1_000) for number in range(5)]
    others = [case(10 + number, features(by_words=True), original=10_000 * number) for number in range(1, 41)]
    ranks = [outcome.ranks["dupfind"] for outcome in rerank_fit.crossed(weighed([*cluster, *others]))]
    assert ranks[:5] == [N_CANDIDATES] * 5
    told = rerank_fit.refit(weighed([*cluster, *others]), AT_HAND)
    assert [outcome(each, told).ranks["dupfind"] for each in cluster] == [1] * 5


def test_a_refitted_order_has_no_bands() -> None:
    ranker = rerank_fit.refit(weighed(cases(20, new=6)), AT_HAND)
    assert (ranker.likely, ranker.possible) == (None, None)
    assert not ranker.fits("base", "")


def test_a_question_is_ordered_as_its_case_was_and_keeps_no_features() -> None:
    few = case(1, cases(1, known=1)[0].features[:FEW], original=5)
    nothing = case(2, np.empty((0, 0)), original=9)
    for each in (*cases(5, known=1, seed=3), few, nothing):
        question = WeighedCase.of(each, AT_HAND)
        told = question.outcome(np.ones(len(rerank_fit.FAMILIES)))
        assert (told.ranks, told.precision) == (
            outcome(each, AT_HAND).ranks,
            outcome(each, AT_HAND).precision,
        )
        assert question.case.features.size == 0
    factors = np.array([2.0, 1.0, 0.5, 1.0])
    [other] = cases(1, known=1, seed=4)
    weighed = replace(AT_HAND, weights=AT_HAND.weights * (rerank_fit._MEMBERS @ factors))
    assert WeighedCase.of(other, AT_HAND).outcome(factors).ranks == outcome(other, weighed).ranks
    for factor in (factors, np.ones(4)):
        assert WeighedCase.of(few, AT_HAND).outcome(factor).ranks == outcome(few, AT_HAND).ranks


def test_where_no_right_one_is_found_the_order_stays() -> None:
    [lost] = cases(1)
    lost.is_right[:] = False
    assert rerank_fit.refit(weighed([lost]), AT_HAND).weights == pytest.approx(WEIGHTS)
    assert not rerank_fit.order(weighed([lost]), AT_HAND).is_refitted


def test_every_feature_is_of_one_family() -> None:
    assert (rerank_fit._MEMBERS.sum(axis=1) == 1).all()
    assert rerank_fit._MEMBERS.any(axis=0).all()


def test_an_order_at_hand_that_stays_is_kept_unless_it_is_the_shipped_one() -> None:
    ahead = Interval(-0.1, -0.2, 0.0)
    stayed = rerank_fit.RerankWeights(replace(AT_HAND, likely=0.9), [], ahead).to_json()
    kept = Ranker.from_json(stayed["ranker"])
    assert kept.weights == pytest.approx(AT_HAND.weights, rel=1e-4)
    assert (stayed["is_refitted"], kept.likely, kept.possible) == (False, None, None)
    assert rerank_fit.RerankWeights(shipped(), [], ahead).to_json()["ranker"] is None
