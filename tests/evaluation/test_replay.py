"""A replay gives the results that a search would have had at the time, without any later records."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection.collection import Collection
from dupfind.evaluation.replay import ReplayOptions, replay
from dupfind.progress import Advance
from dupfind.records import Record, Ref
from dupfind.results import ReplayResult
from tests.support.samples import NOW, WordEncoder, corpus, decide, record


def day(n: int) -> datetime:
    return NOW + timedelta(days=n)


def of(*ids: str) -> tuple[Ref, ...]:
    return tuple(Ref(None, id) for id in ids)


def replayed(
    folder: Path, records: Sequence[Record], progress: Advance | None = None, **options: Any
) -> dict[str, ReplayResult]:
    """The result of each record by its id, in the order of time."""
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(records)
        results = list(replay(collection, ReplayOptions(**options), progress=progress))
        heads = collection.store.heads(result.row_id for result in results)
    return {head.name[2]: result for head, result in zip(heads, results, strict=True)}


def tracker(n: int) -> list[Record]:
    """Records a day apart, each fifth marked a duplicate of one before it and each seventh of one after it."""
    marks = {i: str(i // 2) for i in range(10, n, 5)} | {i: str(i + 9) for i in range(0, n, 7)}
    return [
        replace(old, project=None, created=day(i), duplicate_of=of(marks[i]) if i in marks else ())
        for i, old in enumerate(corpus(n))
    ]


def figures(result: ReplayResult) -> tuple[object, ...]:
    """All of an result but its row."""
    numbers = [result.best, result.best_score, *result.precision.values()]
    rounded = [None if number is None else round(number, 4) for number in numbers]
    return (
        result.created,
        result.is_duplicate,
        dict(result.ranks),
        result.best_is_own,
        result.is_judged,
        rounded,
    )


def test_what_comes_later_changes_nothing_about_an_earlier_record(tmp_path: Path) -> None:
    records = tracker(90)
    early = replayed(tmp_path / "early", records[:50])
    late = replayed(tmp_path / "late", records)
    assert sum(result.is_duplicate for result in early.values()) > 5
    assert [figures(late[id]) for id in early] == [figures(result) for result in early.values()]


def test_the_order_of_indexing_is_of_no_account(tmp_path: Path) -> None:
    records = tracker(60)
    shuffled = random.Random(1).sample(records, len(records))
    first, second = replayed(tmp_path / "a", records), replayed(tmp_path / "b", shuffled)
    assert list(first) == list(second)
    assert [figures(result) for result in first.values()] == [figures(result) for result in second.values()]


def test_the_first_candidate_is_the_first_hit_of_a_search_among_the_older_records(tmp_path: Path) -> None:
    records = tracker(60)
    result = replayed(tmp_path / "all", records)["59"]
    with Collection.create(tmp_path / "older", encoder=WordEncoder()) as collection:
        collection.index(records[:59])
        [hit] = collection.search(records[59], k=1)
    assert result.best_score == pytest.approx(hit.score, abs=2e-6)


def test_a_cluster_counts_once_and_its_older_members_are_the_answer(tmp_path: Path) -> None:
    results = replayed(
        tmp_path,
        [
            record("1", "disk full", created=day(1)),
            record("2", "login page slow", created=day(2)),
            record("3", "login page slow today", created=day(3), duplicate_of=of("2")),
            record("4", "login page", created=day(4), duplicate_of=of("1")),
        ],
    )
    assert [result.is_duplicate for result in results.values()] == [False, False, True, True]
    assert results["3"].ranks == {"bm25": 1, "vectors": 1, "dupfind": 1}
    assert results["3"].best_is_own
    assert results["4"].ranks == {"bm25": 0, "vectors": 2, "dupfind": 2}  # 2 and 3 are one
    assert results["4"].precision["vectors"] == pytest.approx(1 / 3)  # where each counts by itself
    assert not results["4"].best_is_own


def test_a_record_is_judged_when_its_labels_can_be_seen_at_its_time(tmp_path: Path) -> None:
    results = replayed(
        tmp_path,
        [
            record("1", "a crash", created=day(1), duplicate_of=of("2")),
            record("2", "a crash", created=day(2)),
            record("3", "b crash", created=day(3), duplicate_of=of("gone")),
            record("4", "c crash", created=day(4), resolution="duplicate"),
            record("5", "d crash", created=day(5), resolution="fixed"),
        ],
    )
    assert {id: (o.is_duplicate, o.is_judged) for id, o in results.items()} == {
        "1": (False, False),  # its original was not there yet
        "2": (True, True),  # which an older record names
        "3": (False, False),
        "4": (False, False),
        "5": (False, True),
    }


def test_a_later_duplicate_does_not_join_two_older_clusters_for_an_earlier_record(tmp_path: Path) -> None:
    records = [
        record("1", "disk full", created=day(1)),
        record("2", "login slow", created=day(2)),
        record("3", "disk full again", created=day(3), duplicate_of=of("1")),
        record("4", "all at once", created=day(4), duplicate_of=of("1", "2")),
        record("5", "login slow again", created=day(5), duplicate_of=of("2")),
    ]
    results = replayed(tmp_path, records)
    assert results["3"].precision["vectors"] == 1  # 1 is all that there is to find
    assert (
        results["5"].precision["bm25"] == 0.5
    )  # 1 to 4 belong to it now, of which 2 and 3 share a word with it


def test_a_window_leaves_out_what_is_older_and_a_cluster_may_let_it_in(tmp_path: Path) -> None:
    records = [
        record("1", "login page slow", created=day(0)),
        record("2", "unlike words", created=day(50), duplicate_of=of("1")),
        record("3", "login page slow", created=day(60), duplicate_of=of("1")),
    ]
    ranks = {
        days: replayed(tmp_path / str(days), records, window=timedelta(days=days))["3"].ranks["bm25"]
        for days in (60, 59, 5)
    }
    assert ranks == {60: 1, 59: 0, 5: 0}
    let_in = replayed(tmp_path / "in", records, window=timedelta(days=20), by_cluster=True)["3"]
    missed = replayed(tmp_path / "out", records, window=timedelta(days=5), by_cluster=True)["3"]
    assert let_in.ranks["bm25"] == 1
    assert (missed.is_duplicate, missed.ranks) == (True, {"bm25": 0, "vectors": 0, "dupfind": 0})


def test_only_records_since_a_moment_are_looked_for_among_all_older_ones(tmp_path: Path) -> None:
    results = replayed(tmp_path, tracker(30), since=day(25))
    assert list(results) == ["25", "26", "27", "28", "29"]
    assert results["25"].ranks["dupfind"] > 0


def test_pairs_take_the_place_of_marks_and_are_borne_by_the_later_record(tmp_path: Path) -> None:
    results = replayed(tmp_path, tracker(12), pairs=[(3, 6), (9, 9)])
    assert [id for id, result in results.items() if result.is_duplicate] == ["5"]
    assert not results["10"].is_judged  # which the tracker calls a duplicate


def test_records_of_unknown_date_come_first_in_the_order_of_their_ids(tmp_path: Path) -> None:
    results = replayed(tmp_path, [record(id, f"crash {id}") for id in ("10", "9", "a1")] + tracker(2))
    assert list(results) == ["9", "10", "a1", "0", "1"]
    assert results["9"].created is None


def test_a_record_without_a_word_is_silent_and_no_candidate(tmp_path: Path) -> None:
    results = replayed(
        tmp_path,
        [
            record("1", "", created=day(1)),
            record("2", "crash", created=day(2), duplicate_of=of("1")),
            record("3", "", created=day(3), duplicate_of=of("2")),
        ],
    )
    assert [result.best for result in results.values()] == [None, None, None]
    assert [result.is_duplicate for result in results.values()] == [False, True, True]
    assert results["2"].ranks == results["3"].ranks == {"bm25": 0, "vectors": 0, "dupfind": 0}


def test_progress_adds_up_to_all_records(tmp_path: Path) -> None:
    passed: list[float] = []
    replayed(tmp_path, tracker(300), progress=passed.append)
    assert sum(passed) == 300
    assert len(passed) > 1


TWO_OF_A_KIND = [
    record("1", "disk full", created=day(1)),
    record("2", "login page slow", created=day(2)),
    record("3", "login page slow today", created=day(3)),
    record("4", "login page is slow", created=day(4), duplicate_of=of("3"), resolution="duplicate"),
]


def decided(folder: Path, *answers: tuple[str, str, str], **options: Any) -> dict[str, ReplayResult]:
    """The outcomes where people have decided on pairs of ids."""
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(TWO_OF_A_KIND)
    for answer in answers:
        decide(folder, *answer)
    return replayed(folder, TWO_OF_A_KIND, **options)


def test_what_people_call_the_same_joins_the_clusters_of_the_marks(tmp_path: Path) -> None:
    before = decided(tmp_path / "a")
    assert [result.is_duplicate for result in before.values()] == [False, False, False, True]
    after = decided(tmp_path / "b", ("3", "2", "same"))
    assert [result.is_duplicate for result in after.values()] == [False, False, True, True]
    assert after["3"].ranks["dupfind"] == 1
    assert after["4"].precision["dupfind"] == 1  # 2 and 3 are both right now


def test_a_search_does_not_know_yet_what_people_will_decide(tmp_path: Path) -> None:
    before, after = decided(tmp_path / "a"), decided(tmp_path / "b", ("3", "2", "same"))
    assert [(o.best, o.best_score) for o in before.values()] == [
        (o.best, o.best_score) for o in after.values()
    ]


def test_a_mark_that_people_reject_is_none_and_its_issue_is_judged_as_new(tmp_path: Path) -> None:
    result = decided(tmp_path, ("3", "4", "different"))["4"]
    assert (result.is_duplicate, result.is_judged) == (False, True)


def test_the_later_of_two_that_people_call_different_is_always_looked_for(tmp_path: Path) -> None:
    results = decided(tmp_path, ("2", "3", "different"), n_others=0)
    assert {id: (o.is_duplicate, o.is_judged, o.weight) for id, o in results.items()} == {
        "3": (False, True, 1),
        "4": (True, True, 1),
    }


def test_unsure_changes_nothing_and_a_file_of_pairs_stands_alone(tmp_path: Path) -> None:
    before = decided(tmp_path / "a")
    unsure = decided(tmp_path / "b", ("2", "3", "unsure"))
    assert [figures(o) for o in unsure.values()] == [figures(o) for o in before.values()]
    alone = decided(tmp_path / "c", ("2", "3", "same"), pairs=[(1, 2)])
    assert [result.is_duplicate for result in alone.values()] == [False, True, False, False]


def test_drawn_issues_stand_for_those_that_were_left_out_whatever_people_decided(tmp_path: Path) -> None:
    results = decided(tmp_path, ("1", "2", "different"), n_others=1)
    assert results["2"].weight == 1
    assert sum(result.weight for result in results.values()) == len(TWO_OF_A_KIND)
