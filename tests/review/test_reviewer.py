"""A reviewer's decisions are written at once, one transaction each, while the collection stays open for reading."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import StoreLocked
from dupfind.review.reviewer import Reviewer
from dupfind.storage import decisions
from dupfind.storage.database import DATABASE
from dupfind.storage.writer import Writer
from tests.support.samples import NOW, WordEncoder, record

A, B, C = (
    record(id, title, source="tracker") for id, title in (("1", "crash"), ("2", "crash again"), ("3", "feed"))
)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as index:
        index.index([A, B, C], source="tracker")
    with Collection.open(tmp_path / "index", encoder=WordEncoder()) as opened:
        yield opened


def answers(collection: Collection) -> list[str]:
    with collection.store.reading():
        return [str(decision) for decision in decisions.all_decisions(collection.store)]


def test_a_decision_has_the_reviewer_s_name_and_the_time_of_the_clock(collection: Collection) -> None:
    ann = Reviewer(collection, "ann", clock=lambda: NOW)
    ann.keep([ann.decision(A, B, "same", "read both")])
    assert answers(collection) == [f"ann called 1 and 2 same on {NOW:%Y-%m-%d}"]


def test_the_latest_decision_is_the_reviewer_s_own_and_has_its_rows(collection: Collection) -> None:
    ann, bob = (
        Reviewer(collection, name, clock=lambda days=days: NOW + timedelta(days))  # type: ignore[misc]
        for days, name in enumerate(("ann", "bob"))
    )
    assert ann.latest() is None
    ann.keep([own := ann.decision(A, B, "different")])
    bob.keep([bob.decision(A, C, "same")])
    with collection.store.reading():
        rows = sorted(row for one in (A, B) for row, _ in collection.store.find(one.id))
    assert ann.latest() == (own, tuple(rows))
    ann.take_back([own])
    assert ann.latest() is None
    assert answers(collection) == ["bob called 1 and 3 same on 2025-01-02"]


def test_the_latest_decision_on_a_text_that_has_changed_has_no_rows(collection: Collection) -> None:
    ann = Reviewer(collection, "ann")
    ann.keep([own := ann.decision(record("1", "crash on exit", source="tracker"), B, "same")])
    assert ann.latest() == (own, None)


def test_a_locked_index_saves_nothing(collection: Collection) -> None:
    ann = Reviewer(collection, "ann")
    with closing(Writer.open(collection.folder / DATABASE)), pytest.raises(StoreLocked):
        ann.keep([ann.decision(A, B, "same")])
    assert answers(collection) == []
