"""Weights are fitted to labelled lists, and probabilities to labelled values."""

import numpy as np
import pytest

from dupfind.ranking.fit import Labelled, fit_isotonic, fit_logistic, fit_nonnegative, fit_ranker


def lists(weights: list[float], n: int, seed: int) -> list[Labelled]:
    """Lists of ten candidates of which one is right: the one that planted weights and chance put first."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        features = rng.standard_normal((10, len(weights)))
        strength = features @ np.array(weights) + rng.gumbel(size=10)  # so that chances are a softmax
        made.append(Labelled(features, np.arange(10) == strength.argmax()))
    return made


def test_planted_weights_are_found() -> None:
    fitted = fit_ranker(lists([2, 0, -1], 2_000, seed=1), penalty=1e-3)
    assert fitted == pytest.approx([2, 0, -1], abs=0.2)


def test_a_column_that_never_differs_weighs_nothing() -> None:
    flat = [
        Labelled(np.column_stack([entry.features, np.ones(10)]), entry.is_right)
        for entry in lists([1], 50, seed=2)
    ]
    assert fit_ranker(flat, penalty=1)[1] == 0


def test_a_larger_penalty_makes_smaller_weights() -> None:
    made = lists([2, -2], 100, seed=3)
    loose, tight = (np.abs(fit_ranker(made, penalty=penalty)).sum() for penalty in (1, 100))
    assert tight < loose


def test_a_list_counts_as_much_as_its_weight() -> None:
    up = Labelled(np.array([[1.0], [0.0]]), np.array([True, False]))
    down = Labelled(np.array([[1.0], [0.0]]), np.array([False, True]))
    heavy = Labelled(up.features, up.is_right, weight=3)
    assert fit_ranker([up, down], penalty=1e-6) == pytest.approx([0], abs=1e-6)
    # three to one: the odds of a softmax of two are exp(weight)
    assert fit_ranker([heavy, down], penalty=1e-6) == pytest.approx([np.log(3)], abs=1e-3)


def test_a_known_logistic_is_found() -> None:
    rng = np.random.default_rng(4)
    features = rng.standard_normal((20_000, 2))
    chance = 1 / (1 + np.exp(-(1.5 * features[:, 0] - 0.5)))
    fitted = fit_logistic(features, rng.random(20_000) < chance, penalty=1e-3)
    assert fitted == pytest.approx([1.5, 0, -0.5], abs=0.1)


def test_constant_scores_leave_only_the_share_of_right_ones() -> None:
    fitted = fit_logistic(np.ones((100, 1)), np.arange(100) < 20, penalty=1)
    assert 1 / (1 + np.exp(-(fitted[0] + fitted[1]))) == pytest.approx(0.2, abs=1e-4)


def test_a_feature_that_speaks_against_is_left_out() -> None:
    rng = np.random.default_rng(5)
    features = rng.standard_normal((2_000, 2))
    is_right = features @ [1.0, -1.0] + rng.logistic(size=2_000) > 0
    plain, rising = (fit(features, is_right, penalty=1) for fit in (fit_logistic, fit_nonnegative))
    assert plain[1] < -0.5
    assert rising[1] == 0
    assert rising[0] > 0.5


def test_adjacent_violators_are_pooled() -> None:
    # at 1 right, at 2 wrong, at 3 right: the first two are pooled to a half
    knots, shares = fit_isotonic(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    assert (knots.tolist(), shares.tolist()) == ([1, 2, 3], [0.5, 0.5, 1])


def test_the_order_of_examples_and_ties_are_of_no_account() -> None:
    values, is_right = np.array([2.0, 1.0, 2.0, 1.0]), np.array([True, False, False, False])
    knots, shares = fit_isotonic(values, is_right)
    assert (knots.tolist(), shares.tolist()) == ([1, 2], [0, 0.5])
    again = fit_isotonic(values[::-1], is_right[::-1])
    assert [part.tolist() for part in again] == [knots.tolist(), shares.tolist()]


def test_few_lists_change_the_weights_at_hand_little_and_many_find_their_own() -> None:
    at_hand = np.array([1.0, -1.0])
    few, many = (fit_ranker(lists([-1, 1], n, seed=6), penalty=20, towards=at_hand) for n in (2, 4_000))
    assert few == pytest.approx(at_hand, abs=0.5)
    assert many == pytest.approx([-1, 1], abs=0.2)


def test_a_column_that_never_differs_keeps_the_weight_at_hand() -> None:
    flat = [
        Labelled(np.column_stack([entry.features, np.ones(10)]), entry.is_right)
        for entry in lists([1], 50, seed=2)
    ]
    assert fit_ranker(flat, penalty=1, towards=np.array([0.0, 3.0]))[1] == 3
