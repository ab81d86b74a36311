"""Cohesive clusters never chain, and stars gather what is too large for them."""

from itertools import combinations
from random import Random

import numpy as np
from hypothesis import given, strategies

from dupfind.clustering.cohesive import Cluster, cohesive, stars
from dupfind.clustering.union_find import connected
from dupfind.results import Pair


def members(clusters: list[Cluster]) -> list[set[int]]:
    return [set(cluster.members) for cluster in clusters]


def by_row(pairs: list[Pair]) -> dict[int, int]:
    """Ranks for which a smaller row id is the better canonical."""
    return {row: row for pair in pairs for row in pair[:2]}


def test_the_ends_of_a_chain_are_not_one_cluster_and_the_bridge_is_named() -> None:
    chain = [Pair(1, 2, 0.9), Pair(2, 3, 0.8)]
    [cluster] = cohesive(chain, by_row(chain))
    assert cluster.members == (1, 2)
    assert cluster.bridges == (Pair(2, 3, 0.8),)
    assert set(connected([pair[:2] for pair in chain]).values()) == {1}


def test_a_bridge_of_two_cohesive_groups_joins_nothing_and_is_named_by_both() -> None:
    left = [Pair(1, 2, 0.9), Pair(1, 3, 0.9), Pair(2, 3, 0.9)]
    right = [Pair(4, 5, 0.9), Pair(4, 6, 0.9), Pair(5, 6, 0.9)]
    bridge = Pair(3, 4, 0.95)
    clusters = cohesive([*left, *right, bridge], by_row([*left, *right]))
    assert sorted(map(sorted, members(clusters))) == [[1, 2], [3, 4], [5, 6]]
    weaker = Pair(3, 4, 0.85)
    clusters = cohesive([*left, *right, weaker], by_row([*left, *right]))
    assert members(clusters) == [{1, 2, 3}, {4, 5, 6}]
    assert [cluster.bridges for cluster in clusters] == [(weaker,), (weaker,)]


def test_a_cluster_splits_above_its_weakest_link() -> None:
    pairs = [Pair(1, 2, 0.9), Pair(1, 3, 0.86), Pair(2, 3, 0.81)]
    [cluster] = cohesive(pairs, by_row(pairs))
    assert cluster.weakest == Pair(2, 3, 0.81)
    assert members(cohesive([pair for pair in pairs if pair.score > 0.81], by_row(pairs))) == [{1, 2}]
    assert members(cohesive([pair for pair in pairs if pair.score >= 0.81], by_row(pairs))) == [{1, 2, 3}]


def test_the_canonical_is_the_first_by_rank_and_members_follow_by_their_score_with_it() -> None:
    pairs = [Pair(1, 2, 0.7), Pair(1, 3, 0.9), Pair(2, 3, 0.8)]
    [cluster] = cohesive(pairs, {3: "a", 1: "b", 2: "c"})
    assert cluster.canonical == 3
    assert cluster.members == (3, 1, 2)


def test_no_pairs_make_no_clusters() -> None:
    assert cohesive([], {}) == []


@given(
    strategies.dictionaries(
        strategies.tuples(strategies.integers(0, 9), strategies.integers(0, 9)).filter(
            lambda pair: pair[0] < pair[1]
        ),
        strategies.sampled_from([0.7, 0.8, 0.9, 1.0]),
    ),
    strategies.randoms(use_true_random=False),
)
def test_members_are_all_pairs_and_neither_order_nor_row_ids_matter(
    scores: dict[tuple[int, int], float], random: Random
) -> None:
    pairs = [Pair(a, b, score) for (a, b), score in scores.items()]
    clusters = cohesive(pairs, {row: row for row in range(10)})
    for cluster in clusters:
        inner = [scores[pair] for pair in combinations(sorted(cluster.members), 2)]  # KeyError: not a pair
        assert cluster.weakest.score == min(inner)
        assert cluster.canonical == min(cluster.members)
    assert len({row for cluster in clusters for row in cluster.members}) == sum(
        len(cluster.members) for cluster in clusters
    )
    clustered = {row for cluster in clusters for row in cluster.members}
    assert not [pair for pair in pairs if pair.first not in clustered and pair.second not in clustered]
    renamed = list(range(10))
    random.shuffle(renamed)
    again = [Pair(min(renamed[a], renamed[b]), max(renamed[a], renamed[b]), score) for a, b, score in pairs]
    random.shuffle(again)
    other = cohesive(again, {renamed[row]: row for row in range(10)})
    assert [cluster.members for cluster in other] == [
        tuple(renamed[row] for row in cluster.members) for cluster in clusters
    ]


def star(pairs: list[Pair], at_least: int) -> list[list[int]]:
    columns = [np.array(column) for column in zip(*pairs, strict=True)] or [np.empty(0, dtype=np.int64)] * 3
    return stars(columns[0], columns[1], columns[2].astype(np.float64), at_least)


def test_a_star_is_a_centre_with_all_that_are_near_it_nearest_first() -> None:
    pairs = [Pair(0, 2, 0.7), Pair(1, 2, 0.9), Pair(2, 3, 0.8), Pair(3, 4, 0.9)]
    assert star(pairs, 3) == [[2, 1, 3, 0]]
    assert star(pairs, 5) == []


def test_no_place_is_in_two_stars() -> None:
    pairs = [Pair(0, other, 0.9) for other in (1, 2, 3, 4)] + [Pair(5, other, 0.8) for other in (6, 7, 8)]
    pairs.append(Pair(4, 5, 0.99))
    assert star(sorted(pairs), 3) == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]
    assert star([], 2) == []
