"""Which record stands for a cluster is one order, whoever asks for it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise, permutations

import pytest

from dupfind.clustering.canonical_rank import rank_records
from dupfind.clustering.marked_clusters import resolve
from dupfind.records import RecordHead

OLD, NEW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)


def head(row: int, name: str | None = None, **more: object) -> RecordHead:
    return RecordHead(row, ("hub", "", name or str(row)), **more)  # type: ignore[arg-type]


def ordered(heads: Iterable[RecordHead], links: dict[int, list[int]] | None = None) -> list[int]:
    ranks = rank_records(heads, links or {})
    return sorted(ranks, key=ranks.__getitem__)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"state": "open", "created": NEW}, {"state": "closed", "created": OLD, "n_children": 9}),
        ({"state": "open"}, {"state": None}),
        ({"state": None}, {"state": "closed"}),
        ({"n_children": 1, "created": NEW}, {"created": OLD}),
        ({"n_responses": 1, "created": NEW}, {"created": OLD}),
        ({"state": "closed", "resolution": "completed", "created": NEW}, {"state": "closed", "created": OLD}),
        (
            {"state": "closed", "resolution": "fixed"},
            {"state": "closed", "resolution": "not_planned", "created": OLD},
        ),
        ({"n_children": 17, "created": NEW}, {"n_children": 2, "n_responses": 40, "created": OLD}),
        ({"n_responses": 1, "created": OLD}, {"n_responses": 40, "created": NEW}),
        ({"created": OLD}, {"created": NEW}),
        ({"created": NEW}, {"created": None}),
        ({"name": "a"}, {"name": "b"}),
    ],
)
def test_the_better_of_two_is_first_whatever_their_rows(
    better: dict[str, object], worse: dict[str, object]
) -> None:
    assert ordered([head(2, **better), head(1, **worse)]) == [2, 1]  # type: ignore[arg-type]
    assert ordered([head(2, **worse), head(1, **better)]) == [1, 2]  # type: ignore[arg-type]


def test_a_duplicate_comes_last_and_one_with_more_duplicates_before_one_with_fewer() -> None:
    heads = [head(row, n_responses=1) for row in range(1, 7)]
    links = {1: [3], 2: [3], 4: [5], 6: [6]}  # a link to itself makes no duplicate
    assert ordered(heads, links) == [3, 5, 6, 1, 2, 4]


def test_a_record_with_duplicates_is_no_empty_shell() -> None:
    heads = [head(1, created=NEW), head(2, created=OLD), head(3, created=OLD, n_responses=9)]
    assert ordered(heads, {2: [1]}) == [1, 3, 2]


def test_marked_clusters_and_reports_choose_the_same_canonical() -> None:
    kinds: list[dict[str, object]] = [
        {"state": state, "created": created, "n_children": n_children, "resolution": "completed"}
        for state in ("open", "closed", None)
        for created in (OLD, None)
        for n_children in (0, 2)
    ]
    heads = [head(row, **kind) for row, kind in enumerate(kinds)]  # type: ignore[arg-type]
    for order in list(permutations(range(len(heads)), 3))[::7]:
        links = list(
            pairwise([*order, order[0]])
        )  # a ring: all are duplicates, so the rest of the order decides
        [cluster] = resolve(heads, links).clusters
        targets = {a: [b] for a, b in links}
        chosen = [heads[row] for row in order]
        assert cluster.canonical == ordered(chosen, targets)[0]
