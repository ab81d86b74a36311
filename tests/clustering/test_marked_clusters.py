"""Marks become clusters with a canonical, whatever chains and cycles they form, and never by what comes later."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies

from dupfind.clustering.marked_clusters import MarkedClusters, resolve
from dupfind.clustering.union_find import UnionFind
from dupfind.records import RecordHead, RecordName

DAYS = {row: datetime(2024, 1, row, tzinfo=UTC) for row in range(1, 10)}


def name(id: object) -> RecordName:
    return ("tracker", "", str(id))


def node(row: int, state: str | None = "open", created: datetime | None = None) -> RecordHead:
    return RecordHead(row, name(row), state, created)


def linked(
    *marks: tuple[int, int], dead: Sequence[tuple[int, str]] = (), closed: Sequence[int] = ()
) -> MarkedClusters:
    """Marks among open records that are a day apart, in the order of their numbers."""
    rows = {row for mark in marks for row in mark} | {row for row, _ in dead}
    nodes = [node(row, "closed" if row in closed else "open", DAYS.get(row)) for row in rows]
    return resolve(nodes, marks, [(row, name(target)) for row, target in dead])


def groups(links: MarkedClusters) -> list[tuple[int, ...]]:
    return [cluster.members for cluster in links.clusters]


def test_a_chain_is_one_cluster_named_after_its_end() -> None:
    links = linked((3, 2), (2, 1))
    assert groups(links) == [(1, 2, 3)]
    assert links.canonical_of == {1: 1, 2: 1, 3: 1}
    assert (links.cycles, links.dead) == ((), ())


def test_an_older_record_can_be_the_duplicate() -> None:
    assert groups(linked((1, 5), (2, 5))) == [(5, 1, 2)]


def test_a_duplicate_is_no_canonical_even_where_it_is_open_and_its_original_closed() -> None:
    assert groups(linked((1, 2), closed=[2])) == [(2, 1)]


def test_of_several_originals_the_open_one_is_canonical() -> None:
    assert groups(linked((3, 1), (3, 2), closed=[1])) == [(2, 1, 3)]


def test_of_several_open_originals_the_most_referenced_is_canonical() -> None:
    assert groups(linked((3, 1), (3, 2), (4, 2))) == [(2, 1, 3, 4)]


def test_of_equally_referenced_originals_the_oldest_is_canonical_and_an_unknown_date_comes_last() -> None:
    assert groups(linked((3, 1), (3, 2))) == [(1, 2, 3)]
    undated = resolve([node(1), node(2, created=DAYS[2]), node(3, created=DAYS[3])], [(3, 1), (3, 2)])
    assert groups(undated) == [(2, 3, 1)]


def test_an_unknown_state_stands_between_open_and_closed() -> None:
    states: list[str | None] = ["closed", None, "open", "closed"]
    nodes = [node(row, state, DAYS[row]) for row, state in enumerate(states, start=1)]
    assert groups(resolve(nodes, [(4, 1), (4, 2)]))[0][0] == 2
    assert groups(resolve(nodes, [(4, 1), (4, 2), (4, 3)]))[0][0] == 3


def test_what_is_equal_in_all_else_is_settled_by_name() -> None:
    marks = [(30, 10), (30, 20)]
    first = resolve([RecordHead(10, name("b")), RecordHead(20, name("a")), RecordHead(30, name("c"))], marks)
    again = resolve([RecordHead(10, name("a")), RecordHead(20, name("b")), RecordHead(30, name("c"))], marks)
    assert (first.clusters[0].canonical, again.clusters[0].canonical) == (20, 10)


def test_a_cycle_is_one_cluster_and_is_listed() -> None:
    links = linked((1, 2), (2, 3), (3, 1), (4, 3), (6, 5))
    assert links.cycles == ((1, 2, 3),)
    assert groups(links) == [(3, 1, 2, 4), (5, 6)]  # 3 is referenced by two


def test_two_that_mark_each_other_are_a_cycle_whose_open_one_is_canonical() -> None:
    links = linked((1, 2), (2, 1), closed=[1])
    assert (links.cycles, groups(links)) == (((1, 2),), [(2, 1)])


def test_a_record_that_marks_itself_is_a_cycle_of_one_and_no_cluster() -> None:
    links = linked((1, 1))
    assert (links.cycles, links.clusters, links.canonical_of) == (((1,),), (), {})


def test_a_mark_of_itself_makes_a_record_no_duplicate() -> None:
    assert groups(linked((1, 1), (2, 1))) == [(1, 2)]


def test_a_walk_between_two_cycles_belongs_to_neither() -> None:
    assert linked((1, 2), (2, 1), (2, 3), (3, 4), (4, 5), (5, 4)).cycles == ((1, 2), (4, 5))


def test_a_chain_to_what_is_not_there_is_reported_and_still_a_cluster() -> None:
    links = linked((3, 2), dead=[(2, "gone")])
    assert links.dead == ((2, name("gone")),)
    assert groups(links) == [(2, 3)]  # both are duplicates: the more referenced one


def test_two_duplicates_of_what_is_not_there_are_duplicates_of_each_other() -> None:
    links = linked(dead=[(1, "gone"), (2, "gone"), (3, "elsewhere")])
    assert groups(links) == [(1, 2)]
    assert 3 not in links.canonical_of


def test_targets_are_rows_where_they_are_there_and_names_where_not() -> None:
    assert linked((3, 1), dead=[(3, "gone")]).targets == {3: (1, name("gone"))}


def test_no_marks_are_no_clusters() -> None:
    assert linked() == MarkedClusters((), {}, {}, (), (), {})


marks_of_few = strategies.lists(
    strategies.tuples(strategies.integers(1, 9), strategies.integers(1, 9)), max_size=14
)


@given(marks_of_few, strategies.sets(strategies.integers(1, 9)), strategies.randoms(use_true_random=False))
def test_the_order_of_indexing_is_of_no_account(
    marks: list[tuple[int, int]], closed: set[int], rng: random.Random
) -> None:
    """The same records under other row ids, in another order, give the same clusters of names."""
    rows = sorted({row for mark in marks for row in mark})
    renamed = dict(zip(rows, rng.sample(range(100, 200), len(rows)), strict=True))

    def by_name(links: MarkedClusters) -> object:
        def names(rows: Sequence[int]) -> list[RecordName]:
            return [links.names[row] for row in rows]

        return [names(c.members) for c in links.clusters], [names(cycle) for cycle in links.cycles]

    nodes = [RecordHead(row, name(row), "closed" if row in closed else "open") for row in rows]
    others = [RecordHead(renamed[n.row_id], n.name, n.state) for n in rng.sample(nodes, len(nodes))]
    moved = [(renamed[a], renamed[b]) for a, b in rng.sample(marks, len(marks))]
    assert by_name(resolve(nodes, marks)) == by_name(resolve(others, moved))


@given(marks_of_few)
def test_two_rows_share_a_cluster_when_a_walk_joins_them(marks: list[tuple[int, int]]) -> None:
    links = linked(*marks)
    for start in {row for mark in marks for row in mark}:
        reached, grown = {start}, True
        while grown:
            touched = {row for mark in marks if reached & set(mark) for row in mark}
            grown = not touched <= reached
            reached |= touched
        own = links.canonical_of.get(start)
        assert {row for row, canonical in links.canonical_of.items() if canonical == own} == (
            reached if len(reached) > 1 else set()
        )


@given(marks_of_few)
def test_what_is_in_a_cycle_leads_back_to_itself_and_nothing_else_does(marks: list[tuple[int, int]]) -> None:
    def leads(start: int) -> set[int]:
        reached: set[int] = set()
        todo = [start]
        while todo:
            row = todo.pop()
            for further in {b for a, b in marks if a == row} - reached:
                reached.add(further)
                todo.append(further)
        return reached

    in_cycles = [row for cycle in linked(*marks).cycles for row in cycle]
    assert sorted(in_cycles) == [row for row in sorted({a for a, _ in marks}) if row in leads(row)]


@pytest.mark.slow
def test_a_chain_of_a_hundred_thousand_takes_no_stack() -> None:
    n = 100_000
    nodes = [RecordHead(row, ("tracker", "", f"{row:06}")) for row in range(n)]
    links = resolve(nodes, [(row, (row + 1) % n) for row in range(n)])
    assert [len(cycle) for cycle in links.cycles] == [n]
    assert set(links.canonical_of.values()) == {0}


@given(marks_of_few)
def test_sets_of_all_records_are_the_resolved_clusters(marks: list[tuple[int, int]]) -> None:
    sets = UnionFind()
    for row in range(1, 10):
        sets.add(row, [b for a, b in marks if a == row])
    links = linked(*marks)
    for a in range(1, 10):
        for b in range(1, 10):
            together = a == b or (links.canonical_of.get(a, a) == links.canonical_of.get(b, b))
            assert (sets.find(a) == sets.find(b)) == together
