import math

import numpy as np
import pytest

from dupfind.evaluation.metrics import (
    average_precision,
    bootstrap,
    bootstraps,
    cluster_rank,
    recall_at,
    reciprocal_rank,
    wilson,
)


def test_a_cluster_counts_once_in_a_ranked_list() -> None:
    assert cluster_rank(["a", "a", "b", "a", "c"], own="c") == 3


def test_the_first_member_of_the_own_cluster_decides_the_rank() -> None:
    assert cluster_rank(["a", "c", "b", "c"], own="c") == 2


def test_a_cluster_that_is_not_in_the_list_has_rank_zero() -> None:
    assert cluster_rank(["a", "b"], own="c") == 0
    assert cluster_rank([], own="c") == 0


def test_recall_at_k_counts_ranks_from_one_to_k() -> None:
    ranks = [1, 5, 6, 0]
    assert recall_at(1, ranks).mean() == 0.25
    assert recall_at(5, ranks).mean() == 0.5
    assert recall_at(10, ranks).mean() == 0.75


def test_the_reciprocal_rank_of_what_was_not_found_is_zero() -> None:
    assert reciprocal_rank([1, 2, 4, 0]).tolist() == [1.0, 0.5, 0.25, 0.0]


def test_average_precision_is_the_mean_precision_at_each_relevant_entry() -> None:
    # Found at ranks 1 and 3, one of three missing: (1/1 + 2/3 + 0) / 3.
    assert average_precision(["x", "a", "y"], ["x", "y", "z"]) == pytest.approx(5 / 9)


def test_average_precision_passes_over_later_copies() -> None:
    assert average_precision(["x", "x", "a", "y"], ["x", "y"]) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_of_an_empty_list_is_zero_and_of_nothing_relevant_is_nan() -> None:
    assert average_precision([], ["x"]) == 0.0
    assert math.isnan(average_precision(["x"], []))


def test_a_bootstrap_of_equal_values_has_no_width() -> None:
    assert bootstrap([0.25] * 8, seed=1) == (0.25, 0.25, 0.25)


def test_a_bootstrap_interval_is_near_the_normal_one_for_many_values() -> None:
    values = np.tile([0.0, 1.0], 200)  # mean 0.5, standard error 0.5 / sqrt(400) = 0.025
    mean, low, high = bootstrap(values, seed=7)
    assert mean == 0.5
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_a_bootstrap_repeats_with_its_seed() -> None:
    values = np.arange(50.0) ** 2
    assert bootstrap(values, seed=3, n_draws=100) == bootstrap(values, seed=3, n_draws=100)
    assert bootstrap(values, seed=3, n_draws=100) != bootstrap(values, seed=4, n_draws=100)


def test_a_bootstrap_of_no_values_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one query"):
        bootstrap([], seed=0)


def test_columns_share_their_draws_so_that_the_interval_of_a_difference_is_paired() -> None:
    a = np.random.default_rng(1).random(60)
    columns = np.column_stack([a, a + 0.25, np.full(60, 0.25)])
    first, second, difference = bootstraps(columns, seed=5)
    assert np.subtract(second, first) == pytest.approx([0.25] * 3)
    assert difference == pytest.approx((0.25, 0.25, 0.25))
    assert first == pytest.approx(bootstrap(a, seed=5))


def test_wilsons_interval_is_that_of_the_literature() -> None:
    # Newcombe 1998, table I, method 3: 81 of 263, and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0, 0.1611), abs=5e-5)
    assert wilson(20, 20) == pytest.approx((1, 0.8389, 1), abs=5e-5)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="share of nothing"):
        wilson(0, 0)
