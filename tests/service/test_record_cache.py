"""What a warm process keeps in memory of all records is what the database says at that very moment, or is not used."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random
from threading import Event, Thread, current_thread
from typing import Any

import numpy as np
import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.errors import StoreError
from dupfind.records import Ref
from dupfind.service.record_cache import CachedStore, RecordCache, RecordTable
from dupfind.storage import duplicate_links
from dupfind.storage.store import Filter, Store
from tests.support.samples import corpus, record


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as beside:
        yield beside


@pytest.fixture
def opened(writable: WritableCollection, beside: ThreadPoolExecutor) -> Iterator[Callable[[], CachedStore]]:
    """Opens readers that share rosters."""
    rosters = RecordCache(writable.store.path, beside)
    with ExitStack() as stack:

        def another() -> CachedStore:
            store = CachedStore.open(writable.store.path)
            stack.callback(store.close)
            store.follow(rosters)
            return store

        yield another


def assert_as_on_disk(store: CachedStore) -> None:
    """In a transaction."""
    rows = [int(row) for row in Store.allowed(store, Filter())]
    assert store.heads(rows) == Store.heads(store, rows)
    ours, theirs = store.terms(rows), Store.terms(store, rows)
    for part in ("title", "body", "names"):
        for what in ("numbers", "ends"):
            assert (
                getattr(getattr(ours, part), what).tolist() == getattr(getattr(theirs, part), what).tolist()
            )
    assert store.n_records() == Store.n_records(store)
    assert store.boilerplate() == Store.boilerplate(store)
    around = duplicate_links.around(store, rows)
    assert {*store.linked(rows)} >= {bearer.row_id for bearer, _, _ in around}
    on_disk = Store(store.path, store.connection)
    assert sorted(map(repr, around)) == sorted(map(repr, duplicate_links.around(on_disk, rows)))


def uses_its_roster(store: CachedStore) -> bool:
    with store.reading():
        return store.is_in_memory


def test_it_says_what_the_tables_say(writable: WritableCollection, opened: Callable[[], CachedStore]) -> None:
    marks = [
        record("d1", "a copy of 3", duplicate_of=(Ref(None, "3"),)),
        record("d2", "of what is not there", duplicate_of=(Ref(None, "gone"),)),
        record("d3", "of the same", duplicate_of=(Ref(None, "gone"),)),
    ]
    writable.index([*corpus(60), *marks], source="one", complete=True)
    store = opened()
    store.record_cache.want().result()
    with store.reading():
        assert_as_on_disk(store)
    assert uses_its_roster(store)


def test_of_an_index_without_records_too(opened: Callable[[], CachedStore]) -> None:
    store = opened()
    store.record_cache.want().result()
    with store.reading():
        assert_as_on_disk(store)
    assert uses_its_roster(store)


def test_a_commit_puts_it_out_of_use_until_it_is_read_again(
    writable: WritableCollection, opened: Callable[[], CachedStore]
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    stores = [opened(), opened()]
    stores[0].record_cache.want().result()
    assert all(map(uses_its_roster, stores))
    writable.index([record("0", "changed", state="closed"), *corpus(20)[1:]], source="one", complete=True)
    assert not any(map(uses_its_roster, stores))
    stores[0].record_cache.want().result()
    assert all(map(uses_its_roster, stores))


def test_a_transaction_that_began_before_a_commit_keeps_its_own(
    writable: WritableCollection, opened: Callable[[], CachedStore]
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    old, new = opened(), opened()
    old.record_cache.want().result()
    with old.reading():
        writable.index([record("0", "changed")], source="one")
        with new.reading():
            assert_as_on_disk(new)
        new.record_cache.want().result()
        assert_as_on_disk(old)
    with old.reading():
        assert_as_on_disk(old)


def test_one_that_a_commit_overtook_while_it_was_read_is_not_used(
    writable: WritableCollection, opened: Callable[[], CachedStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    store, other = opened(), opened()
    read = RecordTable.read

    def overtaken(of: Store) -> RecordTable:
        roster = read(of)
        writable.index([record("0", "changed")], source="one")
        with other.reading():
            pass
        return roster

    with monkeypatch.context() as patch:
        patch.setattr(RecordTable, "read", overtaken)
        store.record_cache.want().result()
    for reader in (other, store, other):
        with reader.reading():
            assert_as_on_disk(reader)


def test_nor_by_a_transaction_that_began_after_it_and_agreed_before_it(
    writable: WritableCollection, opened: Callable[[], CachedStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    store, other = opened(), opened()
    read, renew = RecordTable.read, RecordCache.renew
    began, may_agree = Event(), Event()

    def look() -> None:
        with other.reading():
            pass

    late = Thread(target=look)

    def overtaken(of: Store) -> RecordTable:
        roster = read(of)
        writable.index([record("0", "changed")], source="one")
        late.start()
        assert began.wait(30)
        return roster

    def slow(rosters: RecordCache, before: Any, after: Any) -> bool:
        if current_thread() is late:
            began.set()
            assert may_agree.wait(30)
        return renew(rosters, before, after)

    with monkeypatch.context() as patch:
        patch.setattr(RecordTable, "read", overtaken)
        patch.setattr(RecordCache, "renew", slow)
        store.record_cache.want().result()
        may_agree.set()
        late.join()
    with other.reading():
        assert_as_on_disk(other)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_order_of_events_no_transaction_sees_another_moment(
    writable: WritableCollection, opened: Callable[[], CachedStore], seed: int
) -> None:
    random = Random(seed)
    writable.index(corpus(10), source="one", complete=True)
    stores = [opened() for _ in range(3)]
    running: dict[int, ExitStack] = {}
    n_used = 0
    for step in range(120):
        event = random.choice(["begin", "begin", "begin", "end", "end", "write", "read"])
        at = random.randrange(len(stores))
        if event == "begin" and at not in running:
            running[at] = ExitStack()
            running[at].enter_context(stores[at].reading())
        elif event == "end" and at in running:
            running.pop(at).close()
        elif event == "write" and random.random() < 0.4:
            writable.index(
                [record(str(step % 10), f"crash {step}", state=random.choice(["open", None]))], source="one"
            )
        elif event == "read":
            stores[0].record_cache.want().result()
        for number in running:
            assert_as_on_disk(stores[number])
            n_used += stores[number].is_in_memory
    for transaction in running.values():
        transaction.close()
    assert n_used > 5


def test_terms_cut_short_are_damage(writable: WritableCollection) -> None:
    writable.index(corpus(5), source="one", complete=True)
    writable.store.connection.execute("UPDATE terms SET title = substr(title, 2)")
    with writable.store.reading(), pytest.raises(ValueError, match="damaged"):
        RecordTable.read(writable.store)


@pytest.mark.parametrize("error", [sqlite3.DatabaseError("malformed"), ValueError("damaged")])
def test_one_that_cannot_be_read_costs_time_and_no_answer(
    writable: WritableCollection,
    opened: Callable[[], CachedStore],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    writable.index(corpus(5), source="one", complete=True)
    store = opened()

    tried: list[Store] = []

    def broken(of: Store) -> RecordTable:
        tried.append(of)
        raise error

    monkeypatch.setattr(RecordTable, "read", broken)
    store.record_cache.want().result()
    for _ in range(3):
        with store.reading():
            assert_as_on_disk(store)
        store.record_cache.want().result()
    assert len(tried) == 1  # not again for a state that cannot be read
    assert "stays on disk" in caplog.text


def test_a_row_that_came_later_is_asked_on_disk(
    writable: WritableCollection, opened: Callable[[], CachedStore]
) -> None:
    writable.index(corpus(10), source="one")
    store = opened()
    store.record_cache.want().result()
    with store.reading():
        assert store.is_in_memory
        roster = store.record_cache.newest.roster
        assert roster is not None
        for rows in ([5, 11], [11], [0]):
            with pytest.raises(KeyError):
                roster.terms(np.array(rows, dtype=np.int64))
        with pytest.raises(StoreError, match="lost a record"):
            store.terms([5, 11])
