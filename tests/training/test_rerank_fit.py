"""The order is refitted to a tuned model, and taken only if it is better in cross-validation."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from dupfind.evaluation.metrics import Interval
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.ranking.features import NAMES
from dupfind.ranking.ranker import FEW, Ranker, shipped
from dupfind.records import RecordHead
from dupfind.training import rerank_fit
from dupfind.training.rerank_fit import WeighedQuery
from dupfind.verdict import evidence

pytestmark = pytest.mark.slow

N_CANDIDATES = FEW + 20
KNOWN, NEW = NAMES.index("bm25 all in all, as is"), NAMES.index("whole x whole, as is")
WEIGHTS = np.zeros(len(NAMES))
WEIGHTS[KNOWN], WEIGHTS[NEW] = 1.0, 0.1
PRESENT = Ranker(WEIGHTS, {"model_fingerprint": "base"})


def replay_query(number: int, features: np.ndarray, original: int) -> ReplayQuery:
    """A query whose first candidate is right."""
    n_candidates = len(features)
    return ReplayQuery(
        head=RecordHead(number, ("s", "", str(number))),
        n_older=1,
        is_judged=True,
        can_judge=True,
        weight=1.0,
        heads=[
            RecordHead(original + place, ("s", "", f"{original}.{place}")) for place in range(n_candidates)
        ],
        scores=np.zeros(n_candidates),
        features=features,
        evidence=np.zeros((n_candidates, len(evidence.NAMES))),
        clusters=np.arange(n_candidates),
        is_right=np.arange(n_candidates) == 0,
        retrieved={},
    )


def queries(n: int, seed: int = 1, **stands_out: float) -> list[ReplayQuery]:
    """Queries whose right candidate stands out by so much in one feature or in both."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(n):
        features = rng.standard_normal((N_CANDIDATES, len(NAMES)))
        features[0, KNOWN] += stands_out.get("known", 0)
        features[0, NEW] += stands_out.get("new", 0)
        made.append(replay_query(number, features, original=1_000 * (number + 1)))
    return made


def weighed(queries: Iterable[ReplayQuery]) -> list[WeighedQuery]:
    """Queries weighed by the present order."""
    return [WeighedQuery.of(each, PRESENT) for each in queries]


def test_a_family_that_a_tuned_model_improves_gets_a_larger_factor() -> None:
    weights = rerank_fit.order(weighed(queries(60, new=6)), PRESENT)
    assert weights.is_refitted
    assert weights.ahead.low > 0
    factors = weights.ranker.about["factors"]
    assert factors["vectors"] > 3 > factors["words"]
    assert weights.ranker.weights[NEW] == pytest.approx(factors["vectors"] * WEIGHTS[NEW], rel=1e-3)
    before = [result(each, PRESENT).ranks["dupfind"] for each in queries(60, new=6)]
    after = [each.ranks["dupfind"] for each in weights.results]
    assert np.median(after) < np.median(before) / 2


def test_an_order_that_is_not_better_in_cross_validation_is_not_taken() -> None:
    weights = rerank_fit.order(weighed(queries(40, known=12)), PRESENT)
    assert not weights.is_refitted
    assert weights.ranker is PRESENT
    assert [each.ranks["dupfind"] for each in weights.results] == [1] * 40


def test_no_query_is_ranked_by_factors_fitted_on_its_own_cluster() -> None:
    """Vectors help only five queries of one original: none of them learns it from the others."""
    rng = np.random.default_rng(2)

    def features(*, by_words: bool) -> np.ndarray:
        made = np.zeros((N_CANDIDATES, len(NAMES)))
        made[:, KNOWN] = rng.standard_normal(N_CANDIDATES)
        if not by_words:
            made[0, KNOWN], made[0, NEW] = -9, 50
        else:
            made[0, KNOWN] = 6
        return made

    cluster = [replay_query(number, features(by_words=False), original=1_000) for number in range(5)]
    others = [
        replay_query(10 + number, features(by_words=True), original=10_000 * number)
        for number in range(1, 41)
    ]
    ranks = [each.ranks["dupfind"] for each in rerank_fit.cross_validated(weighed([*cluster, *others]))]
    assert ranks[:5] == [N_CANDIDATES] * 5
    refitted = rerank_fit.refit(weighed([*cluster, *others]), PRESENT)
    assert [result(each, refitted).ranks["dupfind"] for each in cluster] == [1] * 5


def test_a_weighed_query_is_ranked_as_before_and_keeps_no_features() -> None:
    few = replay_query(1, queries(1, known=1)[0].features[:FEW], original=5)
    nothing = replay_query(2, np.empty((0, 0)), original=9)
    for each in (*queries(5, known=1, seed=3), few, nothing):
        weighed_query = WeighedQuery.of(each, PRESENT)
        same = weighed_query.result(np.ones(len(rerank_fit.FAMILIES)))
        assert (same.ranks, same.precision) == (
            result(each, PRESENT).ranks,
            result(each, PRESENT).precision,
        )
        assert weighed_query.query.features.size == 0
    factors = np.array([2.0, 1.0, 0.5, 1.0])
    [other] = queries(1, known=1, seed=4)
    weighed = replace(PRESENT, weights=PRESENT.weights * (rerank_fit._MEMBERS @ factors))
    assert WeighedQuery.of(other, PRESENT).result(factors).ranks == result(other, weighed).ranks
    for factor in (factors, np.ones(4)):
        assert WeighedQuery.of(few, PRESENT).result(factor).ranks == result(few, PRESENT).ranks


def test_without_right_candidates_the_order_stays() -> None:
    [lost] = queries(1)
    lost.is_right[:] = False
    assert rerank_fit.refit(weighed([lost]), PRESENT).weights == pytest.approx(WEIGHTS)
    assert not rerank_fit.order(weighed([lost]), PRESENT).is_refitted


def test_every_feature_is_of_one_family() -> None:
    assert (rerank_fit._MEMBERS.sum(axis=1) == 1).all()
    assert rerank_fit._MEMBERS.any(axis=0).all()


def test_an_order_at_hand_that_stays_is_kept_unless_it_is_the_shipped_one() -> None:
    ahead = Interval(-0.1, -0.2, 0.0)
    stayed = rerank_fit.RerankWeights(PRESENT, [], ahead).to_json()
    loaded = Ranker.from_json(stayed["ranker"])
    assert loaded.weights == pytest.approx(PRESENT.weights, rel=1e-4)
    assert (stayed["is_refitted"], loaded.about) == (False, PRESENT.about)
    assert rerank_fit.RerankWeights(shipped(), [], ahead).to_json()["ranker"] is None
