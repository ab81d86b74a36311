"""Union-find joins what any path joins, whatever the order, and stays quick."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, strategies

from dupfind.clustering.union_find import UnionFind, connected


def test_a_chain_and_a_circle_are_one_component_each() -> None:
    assert connected([(3, 2), (2, 1), (7, 9), (9, 8), (8, 7)]) == {1: 1, 2: 1, 3: 1, 7: 7, 8: 7, 9: 7}


def test_no_pairs_make_no_components() -> None:
    assert connected([]) == {}


@given(strategies.lists(strategies.tuples(strategies.integers(0, 20), strategies.integers(0, 20))))
def test_two_rows_share_a_component_when_a_walk_joins_them(pairs: list[tuple[int, int]]) -> None:
    root = connected(pairs)
    for start in root:
        reached, todo = {start}, [start]
        while todo:
            row = todo.pop()
            for a, b in pairs:
                for here, there in ((a, b), (b, a)):
                    if here == row and there not in reached:
                        reached.add(there)
                        todo.append(there)
        assert {row for row in root if root[row] == root[start]} == reached
        assert root[start] == min(reached)


def test_a_later_duplicate_joins_two_older_ones_only_from_its_arrival_on() -> None:
    sets = UnionFind()
    sets.add(1)
    sets.add(2)
    assert sets.find(1) != sets.find(2)
    sets.add(3, [1, 2])
    assert sets.find(1) == sets.find(2) == sets.find(3)


def test_a_link_to_a_later_record_counts_at_once_and_its_arrival_changes_nothing() -> None:
    sets = UnionFind()
    sets.add(1, ["later"])
    sets.add(2, ["later"])
    before = sets.find(1) == sets.find(2)
    sets.add("later")
    assert before
    assert sets.find("later") == sets.find(1) == sets.find(2)


def test_a_record_without_links_is_alone() -> None:
    assert UnionFind().find(7) == 7


@pytest.mark.parametrize("seed", range(3))
def test_joining_stays_quick_in_the_worst_order(seed: int) -> None:
    """A hundred thousand marks in a row; without balance or shortened paths this takes minutes."""
    sets, rows = UnionFind(), list(range(100_000))
    random.Random(seed).shuffle(rows)
    for a, b in pairwise(rows):
        sets.add(a, [b])
    assert len({sets.find(row) for row in rows}) == 1
