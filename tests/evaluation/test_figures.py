"""Hand-made replays have the figures that a person works out."""

import random

import numpy as np
import pytest
from hypothesis import given, strategies

from dupfind.evaluation.figures import curve, evaluate
from dupfind.evaluation.metrics import Interval, wilson
from dupfind.results import ReplayResult
from tests.support.replays import duplicate, other
from tests.support.timing import growth


def test_recall_mrr_and_map_are_means_over_the_duplicates() -> None:
    evaluation = evaluate(
        [
            duplicate(1, 1, 1, precision=1.0),
            other(),
            duplicate(2, 6, 1, precision=0.5),
            duplicate(0, 20, 4, precision=0.0),
            duplicate(11, 0, 5, precision=0.3),
        ]
    )
    assert (evaluation.n_issues, evaluation.n_judged, evaluation.n_duplicates) == (5, 5, 4)
    means = {
        ranking: {name: value.mean for name, value in figures}
        for ranking, figures in evaluation.figures.items()
    }
    assert means["bm25"] == pytest.approx(
        {
            "recall@1": 1 / 4,
            "recall@5": 2 / 4,
            "recall@10": 2 / 4,
            "recall@20": 3 / 4,
            "mrr": (1 + 1 / 2 + 1 / 11) / 4,
            "map": 1.8 / 4,
        }
    )
    assert means["vectors"]["recall@20"] == 3 / 4
    assert means["dupfind"]["recall@5"] == 1
    assert means["dupfind"]["mrr"] == pytest.approx((1 + 1 + 1 / 4 + 1 / 5) / 4)


def test_a_difference_is_paired_by_query() -> None:
    """Dupfind is one rank ahead at every query, so the interval has no width, while that of each ranking has."""
    replay = [duplicate(2, rank, 1) for rank in (1, 2, 1, 1, 2)]
    evaluation = evaluate(replay, ks=[1])
    assert evaluation.ahead["bm25"].recall[1] == Interval(1, 1, 1)
    assert evaluation.ahead["bm25"].mrr == Interval(0.5, 0.5, 0.5)
    difference = evaluation.ahead["vectors"].recall[1]
    assert difference.mean == pytest.approx(0.4)
    assert difference.low < 0.4 < difference.high


def test_the_depths_of_recall_can_be_chosen() -> None:
    assert list(evaluate([duplicate(3)], ks=[3, 2]).figures["dupfind"].recall.items()) == [
        (3, (1, 1, 1)),
        (2, (0, 0, 0)),
    ]


def test_the_same_seed_gives_the_same_intervals() -> None:
    replay = [duplicate(rank) for rank in (1, 2, 0, 4, 1, 9)]
    assert evaluate(replay, seed=3).figures == evaluate(replay, seed=3).figures
    assert evaluate(replay, seed=3).figures != evaluate(replay, seed=4).figures


def test_a_replay_without_a_duplicate_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one query"):
        evaluate([other(0.5)])


def test_the_verdict_counts_all_new_issues_and_not_only_duplicates() -> None:
    evaluation = evaluate(
        [
            duplicate(1, best=0.9),
            other(best=0.8),
            duplicate(2, best=0.7),  # its first candidate is of another cluster
            duplicate(1, best=0.6),
            other(best=0.1),
            other(best=None),
        ]
    )
    strict, loose = evaluation.curve.at(0.9), evaluation.curve.at(0.6)
    assert strict is not None
    assert loose is not None
    assert (strict.n_flagged, strict.n_right, strict.precision, strict.recall.mean) == (
        1,
        1,
        wilson(1, 1),
        1 / 3,
    )
    assert (loose.n_flagged, loose.n_right, loose.precision.mean, loose.recall.mean) == (4, 2, 1 / 2, 2 / 3)
    assert evaluation.curve.at(0.91) is None
    assert evaluation.n_silent == 1


def test_what_the_labels_do_not_judge_is_neither_right_nor_wrong() -> None:
    replay = [duplicate(1, best=0.9), other(best=0.5)]
    unknown = other(best=0.95, is_judged=False)
    verdict = evaluate([*replay, unknown]).curve.at(0.5)
    assert verdict is not None
    assert (verdict.n_flagged, verdict.n_right) == (2, 1)
    assert evaluate([*replay, unknown]).n_issues == 3


def test_a_duplicate_without_a_candidate_counts_against_recall() -> None:
    verdict = curve([duplicate(1, best=0.9), duplicate(0, best=None)]).at(0.0)
    assert verdict is not None
    assert (verdict.precision.mean, verdict.recall.mean) == (1, 0.5)


def test_equally_sure_issues_are_flagged_together() -> None:
    tied = curve([duplicate(1, best=0.5), other(best=0.5), duplicate(1, best=0.5), other(best=0.4)])
    assert (tied.thresholds.tolist(), tied.flagged.tolist(), tied.right.tolist()) == (
        [0.5, 0.4],
        [3, 4],
        [2, 2],
    )


def test_the_threshold_that_reaches_a_precision_is_the_lowest_one() -> None:
    points = curve([duplicate(1, best=0.9), other(best=0.8), duplicate(1, best=0.7), duplicate(1, best=0.6)])
    verdict = points.reaching(0.75)
    assert verdict is not None
    assert (verdict.threshold, verdict.n_flagged, verdict.n_right) == (0.6, 4, 3)
    assert points.reaching(0.76) == points.at(0.9)
    assert curve([other(best=0.9), duplicate(1, best=0.5)]).reaching(0.9) is None


def test_the_corners_of_the_curve_are_where_recall_grows() -> None:
    points = curve(
        [other(best=0.9), duplicate(1, best=0.8), other(best=0.7), duplicate(1, best=0.6), other(best=0.5)]
    )
    assert [(corner.threshold, corner.n_flagged, corner.n_right) for corner in points.corners()] == [
        (0.8, 2, 1),
        (0.6, 4, 2),
    ]


def test_a_replay_that_flags_nothing_has_an_empty_curve() -> None:
    points = evaluate([duplicate(0), other()]).curve
    assert (points.at(0.0), points.reaching(0.5), points.corners()) == (None, None, [])


issues = strategies.one_of(
    strategies.builds(
        lambda best, own: duplicate(1 if own else 2, best=best),
        strategies.floats(0, 1),
        strategies.booleans(),
    ),
    strategies.builds(other, strategies.one_of(strategies.none(), strategies.floats(0, 1))),
)


@given(
    strategies.lists(issues, max_size=30), strategies.floats(0, 1), strategies.randoms(use_true_random=False)
)
def test_a_verdict_is_what_counting_gives_in_any_order(
    judged: list[ReplayResult], threshold: float, rng: random.Random
) -> None:
    flagged = [outcome for outcome in judged if outcome.best is not None and outcome.best >= threshold]
    rng.shuffle(judged)
    verdict = curve(judged).at(threshold) if any(o.is_duplicate for o in judged) else None
    if verdict is not None:
        assert (verdict.n_flagged, verdict.n_right) == (len(flagged), sum(o.best_is_own for o in flagged))
    elif any(o.is_duplicate for o in judged):
        assert flagged == []


def test_the_histogram_counts_first_candidates_of_duplicates_and_of_others() -> None:
    scores = evaluate(
        [
            duplicate(1, best=0.5, score=0.83),
            duplicate(2, best=0.5, score=1.0000001),
            other(best=0.5, score=0.82),
            other(best=0.5, score=-0.2),
            other(best=None),
            other(best=0.5, score=0.3, is_judged=False),
        ]
    ).scores
    assert scores.edges[0] == 0
    assert scores.edges[-1] == 1
    assert {scores.edges[place]: n for place, n in enumerate(scores.duplicates) if n} == {0.8: 1, 0.95: 1}
    assert {scores.edges[place]: n for place, n in enumerate(scores.others) if n} == {0.8: 1, 0.0: 1}


def test_the_time_grows_as_the_issues_do() -> None:
    rng = np.random.default_rng(0)

    def of(n: int) -> None:
        replay = [duplicate(int(rng.integers(0, 30)), best=float(rng.random())) for _ in range(n // 10)]
        evaluate(replay + [other(best=float(rng.random())) for _ in range(n - n // 10)])

    assert growth(of, 2_500) < 24
