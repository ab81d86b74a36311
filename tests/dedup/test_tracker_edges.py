"""Where the levels of probability begin on a tracker follows from the shares of its own issues that reach them."""

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.dedup import tracker_edges
from dupfind.dedup.tracker_edges import MAX_SHIFT, best_logits, edges_at, measured_edges, n_measured
from dupfind.records import Record
from dupfind.verdict.model import VerdictModel, shipped_verdicts
from tests.support.samples import NOW, corpus

MODEL = replace(shipped_verdicts(), edges=np.array([-2.0, -1.0]), levels=np.array([0.1, 0.4, 0.6]))
"""With levels at logits that the samples have."""

RECORDS = [
    replace(each, project=None, created=NOW + timedelta(days=number))
    for number, each in enumerate(corpus(60))
]


def with_shares(*shares: float) -> VerdictModel:
    return replace(MODEL, shares=np.array(shares))


def logits(collection: WritableCollection, n_oldest: int) -> list[float]:
    with collection.store.reading():
        return sorted(best_logits(collection.store, MODEL, n_oldest).tolist())


def test_the_records_that_count_grow_in_steps_of_a_half() -> None:
    steps = {0: 0, 999: 0, 1_000: 1_000, 1_499: 1_000, 1_500: 1_500, 2_249: 1_500, 2_250: 2_250}
    assert {n: n_measured(n) for n in steps} == steps
    assert all(n / 1.5 < n_measured(n) <= n for n in (1_000, 10_000, 123_456, 1_000_000))


def test_a_level_begins_where_its_share_of_the_issues_reaches_it() -> None:
    found = np.linspace(-2.4, -0.6, 1_000)
    edges = edges_at(with_shares(0.5, 0.2), found)
    assert [float((found >= edge).mean()) for edge in edges] == pytest.approx([0.5, 0.2], abs=0.01)


def test_the_order_of_issues_does_not_matter() -> None:
    found = np.linspace(-3, 0, 100)
    mixed = np.random.default_rng(1).permutation(found)
    assert edges_at(with_shares(0.5, 0.2), mixed).tolist() == edges_at(with_shares(0.5, 0.2), found).tolist()


def test_an_edge_stays_near_the_shipped_one_and_levels_stay_apart() -> None:
    none, all_copies = np.full(50, -np.inf), np.full(50, np.inf)
    assert edges_at(with_shares(0.5, 0.2), none).tolist() == [-2 - MAX_SHIFT, -1 - MAX_SHIFT]
    assert edges_at(with_shares(0.5, 0.2), all_copies).tolist() == [-2 + MAX_SHIFT, -1 + MAX_SHIFT]
    equal = edges_at(with_shares(0.5, 0.2), np.full(50, -1.5))
    assert equal.tolist() == [-1.5, -1.49]


def test_an_issue_counts_with_the_best_of_the_older_ones(writable: WritableCollection) -> None:
    writable.index(RECORDS)
    found = logits(writable, 60)
    assert len(found) == 60
    assert found[0] == -np.inf  # the first issue has no older one
    assert any(np.isfinite(found))


def test_a_copy_is_above_all_levels_and_a_sibling_is_none(writable: WritableCollection) -> None:
    text = "the worker leaks memory after a restart of redis, and the page of the login stays slow until midnight"
    first = Record("1", "Crash of the sync worker in version 2.1", text, created=NOW)
    other = Record(
        "3", "Query index is full of passwords", "percent of the disk", created=NOW + timedelta(days=9)
    )
    copy, sibling = replace(first, id="2"), replace(first, id="2", title=f"{first.title}0")
    for last, expected in ((copy, np.inf), (sibling, -np.inf)):
        writable.index([first, replace(last, created=NOW + timedelta(days=1)), other], complete=True)
        assert max(logits(writable, 3)) == expected


def test_newer_records_and_the_order_of_indexing_change_nothing(writable: WritableCollection) -> None:
    shuffled = random.Random(1).sample(RECORDS[:40], 40)
    writable.index(shuffled)
    alone = logits(writable, 40)
    writable.index(RECORDS[40:])
    assert logits(writable, 40) == alone
    writable.index(RECORDS, source="other order")
    writable.remove("records")
    assert logits(writable, 40) == alone


def test_undated_records_are_in_an_order_of_their_own(writable: WritableCollection) -> None:
    writable.index([replace(each, created=None) for each in RECORDS])
    forwards = logits(writable, 60)
    writable.index([replace(each, created=None) for each in reversed(RECORDS)], source="other")
    writable.remove("records")
    assert len(forwards) == len(logits(writable, 60)) == 60


def test_a_sample_is_drawn_of_many(writable: WritableCollection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker_edges, "N_SAMPLED", 20)
    writable.index(RECORDS)
    assert len(logits(writable, 60)) == 20
    with writable.store.reading():
        measured = measured_edges(writable.store, with_shares(0.5, 0.2), 60)
    assert measured.edges.shape == (2,)
    assert measured.newest.startswith(f"{RECORDS[-1].created:%Y-%m-%d}")
