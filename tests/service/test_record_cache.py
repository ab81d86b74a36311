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
from dupfind.search.record_facts import RecordFacts, StoredFacts
from dupfind.service.record_cache import CachedFacts, CachedReader, RecordCache, RecordTable
from dupfind.storage.database import DATABASE
from dupfind.storage.row_filter import Filter
from dupfind.storage.store import Store
from tests.support.samples import corpus, record


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.fixture
def opened(writable: WritableCollection, threads: ThreadPoolExecutor) -> Iterator[Callable[[], CachedReader]]:
    """Opens readers that share a cache."""
    cache = RecordCache(writable.folder / DATABASE, threads)
    with ExitStack() as stack:

        def another() -> CachedReader:
            store = Store.open(writable.folder / DATABASE)
            stack.callback(store.close)
            return CachedReader(store, cache)

        yield another


def assert_as_on_disk(reader: CachedReader, facts: RecordFacts) -> None:
    """Compare the facts of a transaction with those that the database gives in it."""
    on_disk = StoredFacts(reader.store)
    rows = reader.store.allowed(Filter())
    assert facts.heads(rows) == on_disk.heads(rows)
    assert facts.names(rows) == on_disk.names(rows) == [head.name for head in facts.heads(rows)]
    ours, theirs = facts.terms(rows), on_disk.terms(rows)
    for part in ("title", "body", "names"):
        for attribute in ("numbers", "ends"):
            assert (
                getattr(getattr(ours, part), attribute).tolist()
                == getattr(getattr(theirs, part), attribute).tolist()
            )
    assert facts.n_records() == on_disk.n_records()
    assert facts.boilerplate() == on_disk.boilerplate()
    assert facts.canonicals() == on_disk.canonicals()
    links, links_on_disk = facts.links(rows.tolist()), on_disk.links(rows.tolist())
    assert sorted(map(repr, links)) == sorted(map(repr, links_on_disk))
    if isinstance(facts, CachedFacts):
        assert facts.table.linked >= {bearer.row_id for bearer, _, _ in links_on_disk}


def uses_the_cache(reader: CachedReader) -> bool:
    with reader.begin() as facts:
        return isinstance(facts, CachedFacts)


def test_it_says_what_the_tables_say(
    writable: WritableCollection, opened: Callable[[], CachedReader]
) -> None:
    marks = [
        record("d1", "a copy of 3", duplicate_of=(Ref(None, "3"),)),
        record("d2", "of what is not there", duplicate_of=(Ref(None, "gone"),)),
        record("d3", "of the same", duplicate_of=(Ref(None, "gone"),)),
    ]
    writable.index([*corpus(60), *marks], source="one", complete=True)
    store = opened()
    store.cache.request().result()
    with store.begin() as facts:
        assert_as_on_disk(store, facts)
    assert uses_the_cache(store)


def test_of_an_index_without_records_too(opened: Callable[[], CachedReader]) -> None:
    store = opened()
    store.cache.request().result()
    with store.begin() as facts:
        assert_as_on_disk(store, facts)
    assert uses_the_cache(store)


def test_a_commit_puts_it_out_of_use_until_it_is_read_again(
    writable: WritableCollection, opened: Callable[[], CachedReader]
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    stores = [opened(), opened()]
    stores[0].cache.request().result()
    assert all(map(uses_the_cache, stores))
    writable.index([record("0", "changed", state="closed"), *corpus(20)[1:]], source="one", complete=True)
    assert not any(map(uses_the_cache, stores))
    stores[0].cache.request().result()
    assert all(map(uses_the_cache, stores))


def test_a_transaction_that_began_before_a_commit_keeps_its_own(
    writable: WritableCollection, opened: Callable[[], CachedReader]
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    old, new = opened(), opened()
    old.cache.request().result()
    with old.begin() as old_facts:
        writable.index([record("0", "changed")], source="one")
        with new.begin() as facts:
            assert_as_on_disk(new, facts)
        new.cache.request().result()
        assert_as_on_disk(old, old_facts)
    with old.begin() as facts:
        assert_as_on_disk(old, facts)


def test_one_that_a_commit_overtook_while_it_was_read_is_not_used(
    writable: WritableCollection, opened: Callable[[], CachedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    store, other = opened(), opened()
    read = RecordTable.read

    def overtaken(of: Store) -> RecordTable:
        table = read(of)
        writable.index([record("0", "changed")], source="one")
        with other.begin():
            pass
        return table

    with monkeypatch.context() as patch:
        patch.setattr(RecordTable, "read", overtaken)
        store.cache.request().result()
    for reader in (other, store, other):
        with reader.begin() as facts:
            assert_as_on_disk(reader, facts)


def test_nor_by_a_transaction_that_began_after_it_and_agreed_before_it(
    writable: WritableCollection, opened: Callable[[], CachedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(20), source="one", complete=True)
    store, other = opened(), opened()
    read, renew = RecordTable.read, RecordCache.renew
    began, may_agree = Event(), Event()

    def look() -> None:
        with other.begin():
            pass

    late = Thread(target=look)

    def overtaken(of: Store) -> RecordTable:
        table = read(of)
        writable.index([record("0", "changed")], source="one")
        late.start()
        assert began.wait(30)
        return table

    def slow(cache: RecordCache, before: Any, after: Any) -> bool:
        if current_thread() is late:
            began.set()
            assert may_agree.wait(30)
        return renew(cache, before, after)

    with monkeypatch.context() as patch:
        patch.setattr(RecordTable, "read", overtaken)
        patch.setattr(RecordCache, "renew", slow)
        store.cache.request().result()
        may_agree.set()
        late.join()
    with other.begin() as facts:
        assert_as_on_disk(other, facts)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_order_of_events_no_transaction_sees_another_moment(
    writable: WritableCollection, opened: Callable[[], CachedReader], seed: int
) -> None:
    random = Random(seed)
    writable.index(corpus(10), source="one", complete=True)
    stores = [opened() for _ in range(3)]
    running: dict[int, tuple[ExitStack, RecordFacts]] = {}
    n_used = 0
    for step in range(120):
        event = random.choice(["begin", "begin", "begin", "end", "end", "write", "read"])
        at = random.randrange(len(stores))
        if event == "begin" and at not in running:
            transaction = ExitStack()
            running[at] = transaction, transaction.enter_context(stores[at].begin())
        elif event == "end" and at in running:
            running.pop(at)[0].close()
        elif event == "write" and random.random() < 0.4:
            writable.index(
                [record(str(step % 10), f"crash {step}", state=random.choice(["open", None]))], source="one"
            )
        elif event == "read":
            stores[0].cache.request().result()
        for number, (_, facts) in running.items():
            assert_as_on_disk(stores[number], facts)
            n_used += isinstance(facts, CachedFacts)
    for transaction, _ in running.values():
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
    opened: Callable[[], CachedReader],
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
    store.cache.request().result()
    for _ in range(3):
        with store.begin() as facts:
            assert_as_on_disk(store, facts)
        store.cache.request().result()
    assert len(tried) == 1  # not again for a state that cannot be read
    assert "facts for the ranking stay on disk" in caplog.text


def test_a_row_that_is_not_in_the_index_is_an_error_as_on_disk(
    writable: WritableCollection, opened: Callable[[], CachedReader]
) -> None:
    writable.index(corpus(10), source="one")
    store = opened()
    store.cache.request().result()
    with store.begin() as facts:
        assert isinstance(facts, CachedFacts)
        for rows in ([5, 11], [11], [0]):
            with pytest.raises(KeyError):
                facts.table.terms(np.array(rows, dtype=np.int64))
            with pytest.raises(StoreError, match="lost a record"):
                facts.terms(np.array(rows, dtype=np.int64))
            with pytest.raises(StoreError, match="lost a record"):
                facts.heads(np.array(rows, dtype=np.int64))
