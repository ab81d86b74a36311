"""A joint vector's dot product is the weighted sum of two cosines."""

import numpy as np
import pytest

from dupfind.vectors.title_body import concat, fold
from tests.support.samples import random_units


@pytest.mark.parametrize("weight", [0, 0.3, 0.5, 1])
def test_the_dot_product_is_the_weighted_sum_of_the_cosines(weight: float) -> None:
    titles, wholes, queries, query_wholes = (random_units(5, 8, seed) for seed in range(4))
    joint = concat(queries, query_wholes, weight) @ concat(titles, wholes, weight).T
    assert joint == pytest.approx(
        weight * queries @ titles.T + (1 - weight) * query_wholes @ wholes.T, abs=1e-6
    )
    assert np.linalg.norm(concat(titles, wholes, weight), axis=1) == pytest.approx(1)


def test_a_folded_query_scores_titles_as_the_joint_query_scores_them_twice() -> None:
    titles, queries, query_wholes = (random_units(5, 8, seed) for seed in range(3))
    joint = concat(queries, query_wholes, 0.3)
    assert fold(joint, 0.3) @ titles.T == pytest.approx(joint @ concat(titles, titles, 0.3).T, abs=1e-6)
