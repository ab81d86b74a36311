"""The decisions that an index keeps: on which rows they bear, and until when a rejected pair stays away."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.decisions import Decision
from dupfind.records import Record
from dupfind.storage import decisions
from tests.support.samples import NOW, corpus, record

ISSUES = [
    record("1", "crash on start", "percent in password", project="web"),
    record("2", "crash on start", "when the password has a percent", project="web"),
    record("3", "feed is empty", project="web"),
    record("1", "crash on start", "of another project", project="app"),
]


@pytest.fixture
def indexed(writable: WritableCollection) -> WritableCollection:
    writable.index(ISSUES, source="tracker.db")
    return writable


def issue(collection: Collection, id: str, project: str = "web") -> Record:
    [match] = collection.find(id, project=project)
    return match


def decide(
    collection: WritableCollection, first: str, second: str, answer: str, *, who: str = "ann"
) -> Decision:
    decision = Decision.of(
        issue(collection, first), issue(collection, second), answer, decided=NOW, who=who, why="read both"
    )
    decisions.keep(collection.store, [decision])
    return decision


def hits(collection: Collection, query: str | Record) -> list[tuple[str | None, str]]:
    return [(hit.project, hit.id) for hit in collection.search(query)]


def test_decisions_are_read_back(indexed: WritableCollection) -> None:
    both = [decide(indexed, "1", "2", "different"), decide(indexed, "2", "3", "unsure")]
    assert list(decisions.all_decisions(indexed.store)) == both
    assert len(decisions.decided_pairs(indexed.store)) == 2


def test_a_second_decision_on_a_pair_replaces_the_first_and_one_that_is_taken_back_is_gone(
    indexed: WritableCollection,
) -> None:
    decide(indexed, "1", "2", "unsure")
    decision = decide(indexed, "2", "1", "same")
    assert list(decisions.all_decisions(indexed.store)) == [decision]
    decisions.take_back(indexed.store, [decision])
    assert list(decisions.all_decisions(indexed.store)) == []


def test_the_latest_is_the_last_that_was_written_by_that_person(indexed: WritableCollection) -> None:
    first, _ = decide(indexed, "1", "2", "same"), decide(indexed, "2", "3", "same", who="bob")
    assert decisions.latest(indexed.store, "ann") == first
    assert decisions.latest(indexed.store, "eve") is None
    again = replace(first, answer="different", decided=NOW - timedelta(1))
    decisions.keep(indexed.store, [again])
    assert decisions.latest(indexed.store, "ann") == again


def test_a_rejected_record_is_no_hit_of_the_other_and_still_one_of_anything_else(
    indexed: WritableCollection,
) -> None:
    one, two = issue(indexed, "1"), issue(indexed, "2")
    before = hits(indexed, one)
    assert ("web", "2") in before
    decide(indexed, "1", "2", "different")
    assert hits(indexed, one) == [hit for hit in before if hit != ("web", "2")]
    assert ("web", "1") not in hits(indexed, two)
    assert ("web", "1") in hits(indexed, issue(indexed, "3"))
    assert {("web", "1"), ("web", "2")} <= set(hits(indexed, "crash on start"))
    assert ("web", "2") in hits(indexed, issue(indexed, "1", "app"))


def test_each_of_several_new_issues_has_its_own_rejections(indexed: WritableCollection) -> None:
    decide(indexed, "1", "2", "different")
    edited = replace(issue(indexed, "1"), title="Crash on start, again")
    for one in (issue(indexed, "1"), edited):
        first, third = indexed.search_together([one, issue(indexed, "3")])
        assert (("web", "2") in {(hit.project, hit.id) for hit, _ in first}) == (one is edited)
        assert ("web", "2") in {(hit.project, hit.id) for hit, _ in third}


@pytest.mark.parametrize("changed", ["1", "2"])
def test_a_rejected_record_is_a_hit_again_when_one_of_the_texts_changes(
    indexed: WritableCollection, changed: str
) -> None:
    decide(indexed, "1", "2", "different")
    edited = [replace(each, body=f"{each.body}!") if each.id == changed else each for each in ISSUES]
    indexed.index(edited, source="tracker.db")
    assert ("web", "2") in hits(indexed, issue(indexed, "1"))
    indexed.index(ISSUES, source="tracker.db")
    assert ("web", "2") not in hits(indexed, issue(indexed, "1"))


def test_an_edit_that_is_not_indexed_yet_counts_as_a_changed_text(indexed: WritableCollection) -> None:
    decide(indexed, "1", "2", "different")
    assert ("web", "2") in hits(indexed, replace(issue(indexed, "1"), body="something else"))


@pytest.mark.parametrize("answer", ["same", "unsure"])
def test_any_other_answer_hides_nothing(indexed: WritableCollection, answer: str) -> None:
    decide(indexed, "1", "2", answer)
    assert ("web", "2") in hits(indexed, issue(indexed, "1"))


def test_a_rejection_leaves_the_scores_and_the_order_of_the_others(writable: WritableCollection) -> None:
    writable.index(corpus(60), source="tracker.db")
    [query] = writable.find("7")
    before = writable.search(query, k=60)
    [gone] = writable.find(before[3].id)
    decisions.keep(writable.store, [Decision.of(query, gone, "different", decided=NOW, who="ann")])
    after = [(hit.id, hit.score) for hit in writable.search(query, k=60)]
    assert after == [(hit.id, hit.score) for hit in before if hit.id != gone.id]


def test_a_decision_on_deleted_records_is_kept_without_effect(
    indexed: WritableCollection,
) -> None:
    decision = decide(indexed, "1", "2", "different")
    indexed.index(ISSUES[1:], source="tracker.db", complete=True)
    assert decisions.decided_pairs(indexed.store) == {}
    assert list(decisions.all_decisions(indexed.store)) == [decision]


def test_decisions_are_written_all_or_none(indexed: WritableCollection) -> None:
    decision = decide(indexed, "1", "2", "same")
    broken = replace(decision, answer=None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        decisions.keep(indexed.store, [replace(decision, answer="different"), broken])
    assert list(decisions.all_decisions(indexed.store)) == [decision]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(who=strategies.text(max_size=50), why=strategies.text(max_size=50))
def test_any_text_of_a_decision_is_kept(indexed: WritableCollection, who: str, why: str) -> None:
    one, two = (issue(indexed, id) for id in "12")
    decision = Decision.of(one, two, "same", decided=NOW, who=who, why=why)
    decisions.keep(indexed.store, [decision])
    assert list(decisions.all_decisions(indexed.store)) == [decision]
