"""A pair is measured against what its two records score with their other neighbours."""

import numpy as np
import pytest

from dupfind.clustering.margins import neighbourhoods
from dupfind.dedup.defaults import MIN_MARGIN
from tests.support.samples import unit


def test_a_pair_alone_is_a_fifth_of_both_neighbourhoods() -> None:
    # Five nearest of either end: 0.9 and four times the threshold 0.7, on average 0.74.
    means = neighbourhoods(np.array([0]), np.array([2]), np.array([0.9]), 0.7, 3)
    assert means == pytest.approx([0.74, 0.7, 0.74])


def test_of_more_than_five_neighbours_the_nearest_count() -> None:
    first, second = np.zeros(7, dtype=np.int64), np.arange(1, 8)
    means = neighbourhoods(first, second, np.array([0.7, 0.9, 0.9, 0.9, 0.9, 0.9, 0.7]), 0.7, 8)
    assert means[0] == pytest.approx(0.9)


def test_without_pairs_every_neighbourhood_is_the_threshold() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert neighbourhoods(nothing, nothing, np.empty(0), 0.7, 2).tolist() == [0.7, 0.7]


def test_in_a_template_of_five_hundred_only_the_twenty_true_pairs_stand_out() -> None:
    rng = np.random.default_rng(3)
    template, own = rng.standard_normal(96), rng.standard_normal((480, 96))
    own = np.concatenate(
        [own, own[:20] + 0.2 * rng.standard_normal((20, 96))]
    )  # twenty repeat an earlier one
    vectors = unit(2 * template + own)
    scores = (vectors @ vectors.T).astype(np.float64)
    first, second = np.nonzero(np.triu(scores, 1) >= 0.7)
    near = scores[first, second]
    assert len(near) > 100_000
    means = neighbourhoods(first, second, near, 0.7, 500)
    stands_out = near - (means[first] + means[second]) / 2 >= MIN_MARGIN
    assert {(a, b) for a, b in zip(first[stands_out], second[stands_out], strict=True)} >= {
        (n, 480 + n) for n in range(20)
    }
    assert stands_out.sum() <= 30
