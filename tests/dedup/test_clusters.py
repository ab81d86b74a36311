"""Clusters are a function of the pair table and the heads of its records: no index is needed to form them."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from dupfind.clustering.canonical_rank import rank_records
from dupfind.clustering.marked_clusters import resolve
from dupfind.dedup.clusters import RowCluster, build_clusters, build_look_alikes
from dupfind.dedup.pair_table import PairTable
from dupfind.records import RecordHead
from dupfind.results import Pair


def clusters(
    pairs: list[tuple[int, int, float]],
    *,
    links: list[tuple[int, int]] | None = None,
    states: Mapping[int, str] | None = None,
    rejected: set[tuple[int, int]] | None = None,
    include_known: bool = False,
) -> list[RowCluster]:
    """Clusters of open records, a day apart; links are (duplicate, canonical)."""
    rows = sorted({row for first, second, _ in pairs for row in (first, second)})
    heads = [
        RecordHead(
            row,
            ("tracker", "", str(row)),
            (states or {}).get(row, "open"),
            datetime(2024, 1, row, tzinfo=UTC),
        )
        for row in rows
    ]
    marked = resolve(heads, links or [])
    columns = [np.array(column) for column in zip(*pairs, strict=True)]
    table = PairTable.of(columns[0], columns[1], columns[2], 0.65, marked.canonical_of)
    table = table.judged(min_margin=-2, rejected=rejected or set())
    return build_clusters(table, rank_records(heads, marked.targets), include_known=include_known)


TRIANGLE = [(1, 2, 0.9), (1, 3, 0.8), (2, 3, 0.7)]


def test_a_cluster_has_its_members_scores_pairs_and_weakest_link() -> None:
    [cluster] = clusters(TRIANGLE)
    assert cluster.roots == cluster.members == (1, 2, 3)
    assert cluster.scores == {2: 0.9, 3: 0.8}
    assert cluster.pairs == (0, 1, 2)
    assert cluster.weakest == Pair(2, 3, 0.7)
    assert cluster.bridges == ()


def test_an_open_record_is_canonical_before_an_older_closed_one() -> None:
    [cluster] = clusters(TRIANGLE, states={1: "closed"})
    assert cluster.members == (2, 1, 3)


def test_a_record_with_duplicates_is_canonical_before_an_older_one_and_they_follow_it() -> None:
    [cluster] = clusters([*TRIANGLE, (2, 4, 0.75)], links=[(4, 3)])
    assert cluster.roots == (3, 1, 2)
    assert cluster.members == (3, 4, 1, 2)
    assert cluster.scores == {
        2: 0.75,
        1: 0.8,
    }  # 2 is nearer to the canonical's duplicate than to the canonical


def test_a_rejected_pair_is_in_no_cluster() -> None:
    [cluster] = clusters(TRIANGLE, rejected={(1, 3)})
    assert (cluster.members, cluster.pairs) == ((1, 2), (0,))
    assert cluster.bridges == (Pair(2, 3, 0.7),)


def test_what_the_tracker_marks_is_a_cluster_of_one_root_and_only_on_request() -> None:
    pairs = [(1, 2, 0.9), (3, 4, 0.7)]
    assert [cluster.members for cluster in clusters(pairs, links=[(2, 1)])] == [(3, 4)]
    new, known = clusters(pairs, links=[(2, 1)], include_known=True)
    assert (new.roots, known.roots, known.members) == ((3, 4), (1,), (1, 2))
    assert (known.weakest, known.pairs) == (None, (0,))


def test_a_cluster_with_an_open_duplicate_comes_before_one_that_stands_out_more() -> None:
    pairs = [(1, 2, 0.99), (3, 4, 0.7)]
    assert [cluster.members for cluster in clusters(pairs)] == [(1, 2), (3, 4)]
    assert [cluster.members for cluster in clusters(pairs, states={2: "closed"})] == [(3, 4), (1, 2)]


def look_alikes(names: str, *, min_margin: float) -> list[list[int]]:
    """Look-alikes of rows that all score .9 with each other, one a letter of `names`."""
    n = len(names)
    pairs = np.array([(a, b) for a in range(n) for b in range(a + 1, n)])
    table = PairTable.of(pairs[:, 0], pairs[:, 1], np.full(len(pairs), 0.9), 0.65, {})
    heads = [RecordHead(row, ("tracker", "", name), None, None) for row, name in enumerate(names)]
    return build_look_alikes(table.judged(min_margin=min_margin, rejected=set()), rank_records(heads, {}))


def test_a_template_of_seven_is_a_group_of_look_alikes_around_one_of_them() -> None:
    assert look_alikes("abcdefg", min_margin=0.06) == [[0, 1, 2, 3, 4, 5, 6]]
    assert look_alikes("abcdefg", min_margin=-2) == []  # all of them stand out


def test_equal_look_alikes_and_equal_pairs_are_in_order_of_rank_and_not_of_rows() -> None:
    assert look_alikes("gcabfed", min_margin=0.06) == [[2, 3, 1, 6, 5, 4, 0]]
    pairs = [(1, 2, 0.9), (1, 3, 0.9), (2, 3, 0.9)]
    [cluster] = clusters(pairs, states={1: "closed", 2: "closed"})
    assert cluster.members == (3, 1, 2)
    assert cluster.pairs == (1, 2, 0)  # 3-1, 3-2, 1-2
