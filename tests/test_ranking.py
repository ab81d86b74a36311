"""The plain fusion of the two legs."""

import numpy as np

from dupfind.ranking import fuse


def names(*ids: str) -> list[tuple[str, ...]]:
    return [("tracker", "", id) for id in ids]


def test_the_sum_of_cosine_and_half_of_bm25_as_a_share_of_the_best_orders() -> None:
    # sums: .6 + .125, .5 + .5, .6 + 0
    assert fuse(np.array([0.6, 0.5, 0.6]), np.array([2, 8, 0]), names("a", "b", "c")) == [1, 0, 2]


def test_without_a_shared_word_the_cosine_orders() -> None:
    assert fuse(np.array([0.1, 0.3, -0.2]), np.zeros(3), names("a", "b", "c")) == [1, 0, 2]


def test_equal_sums_come_by_cosine_and_then_by_name() -> None:
    # sums: .75, .75, .75 (half of it by words) and .75
    scores, lexical = np.array([0.5, 0.5, 0.25, 0.5]), np.array([1, 1, 2, 1])
    assert fuse(scores, lexical, names("c", "a", "z", "b")) == [1, 3, 0, 2]


def test_nothing_is_ordered_as_nothing() -> None:
    assert fuse(np.empty(0), np.empty(0), []) == []
