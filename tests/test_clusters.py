"""Pairs become components whatever way they chain."""

from hypothesis import given
from hypothesis import strategies as st

from dupfind.clusters import connected


def test_a_chain_and_a_circle_are_one_component_each() -> None:
    assert connected([(3, 2), (2, 1), (7, 9), (9, 8), (8, 7)]) == {1: 1, 2: 1, 3: 1, 7: 7, 8: 7, 9: 7}


def test_no_pairs_make_no_components() -> None:
    assert connected([]) == {}


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20))))
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
