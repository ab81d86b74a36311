"""Writers of different sources that have the same issues: what is shown is what one writer after the other shows."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection import indexing
from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import EncoderMismatch
from dupfind.records import Record
from dupfind.storage import hidden_rows
from dupfind.storage.encoding import Encoding
from tests.postgresql.test_contract import QUERIES, answers, many
from tests.support.samples import NOW, WordEncoder, corpus

N = 40
BOTH_S = 1.0  # for which a writer waits for the other one, which may wait for its lock


def issues(days: int, *, n: int = N, title: str = "") -> list[Record]:
    """The issues of a tracker, as an export that saw their changes up to some days ago."""
    return [
        replace(
            record,
            title=f"{record.title} {title}",
            url=f"https://bugs.example/{record.id}",
            updated=NOW - timedelta(days=days),
        )
        for record in many(n)
    ]


@pytest.fixture
def writers(database: str) -> Iterator[list[WritableCollection]]:
    """Two writers of a database."""
    with ExitStack() as stack:
        yield [stack.enter_context(Collection.create(database, encoder=WordEncoder())) for _ in range(2)]


def at_once(monkeypatch: pytest.MonkeyPatch, *runs: Callable[[], Any]) -> None:
    """Let several runs decide at one moment what is shown, as far as they let each other."""
    barrier = threading.Barrier(len(runs))
    pending = hidden_rows.pending

    def together(*arguments: Any) -> hidden_rows.Change:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(BOTH_S)
        change = pending(*arguments)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(BOTH_S)
        return change

    with monkeypatch.context() as patch, ThreadPoolExecutor(len(runs)) as threads:
        patch.setattr(hidden_rows, "pending", together)
        for each in [threads.submit(run) for run in runs]:
            each.result()


def one_after_the_other(folder: Path, *runs: Callable[[WritableCollection], Any]) -> list[object]:
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        for run in runs:
            run(collection)
        assert_each_name_once(collection)
        return answers(collection)


def assert_each_name_once(collection: WritableCollection) -> None:
    store = collection.store
    n_present = (
        f"SELECT count(*), count(DISTINCT source_id || ' ' || project || ' ' || id) FROM record"
        f" WHERE died IS NULL OR {hidden_rows.IS_HIDDEN}"
    )
    n_rows, n_names = store.connection.execute(n_present).fetchone()
    assert n_rows == n_names
    assert len({(record.project, record.id) for record in collection}) == len(collection)
    with_text = "SELECT count(*) FROM composed c JOIN record r ON r.row_id = c.row_id WHERE died IS NULL"
    assert store.one("SELECT count(*) FROM composed") == store.one(with_text)


def test_two_runs_that_end_at_once_hide_each_issue_once(
    tmp_path: Path, writers: list[WritableCollection], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = issues(2), issues(1, n=30, title="later")
    at_once(
        monkeypatch,
        lambda: writers[0].index(one, source="one", complete=True),
        lambda: writers[1].index(two, source="two", complete=True),
    )
    assert_each_name_once(writers[0])
    assert len(writers[0]) == N
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as folder:
        folder.index(one, source="one", complete=True)
        folder.index(two, source="two", complete=True)
        # The order of rows is that of the two runs' batches.
        assert sorted(map(repr, writers[0])) == sorted(map(repr, folder))
        for query in QUERIES:
            first, second = (
                sorted((hit.source, hit.id, hit.score) for hit in index.search(query, 300))
                for index in (writers[0], folder)
            )
            assert first == second


def test_two_runs_that_show_the_same_rows_at_once_show_each_once(
    tmp_path: Path, writers: list[WritableCollection], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = issues(2), issues(1, title="later")
    writers[0].index(one, source="one", complete=True)
    writers[0].index(two, source="two", complete=True)
    removed = threading.Event()
    mark = writers[0].store.mark_unseen_deleted

    def mark_and_say(*arguments: Any) -> int:
        n_rows = mark(*arguments)
        removed.set()
        return n_rows

    monkeypatch.setattr(writers[0].store, "mark_unseen_deleted", mark_and_say)
    other = [replace(record, id=f"x-{record.id}", url=None) for record in issues(3, n=5)]

    def after_removal() -> None:
        assert removed.wait(60)
        writers[1].index(other, source="three", complete=True)

    at_once(monkeypatch, lambda: writers[0].remove("two"), after_removal)
    assert_each_name_once(writers[0])
    assert answers(writers[0]) == one_after_the_other(
        tmp_path / "index",
        lambda index: index.index(one, source="one", complete=True),
        lambda index: index.index(two, source="two", complete=True),
        lambda index: index.remove("two"),
        lambda index: index.index(other, source="three", complete=True),
    )


@pytest.mark.parametrize("days", [0, 9])
def test_the_rows_of_a_source_change_only_by_its_own_run(
    tmp_path: Path, writers: list[WritableCollection], days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run hides or shows rows of a source that is being read: before, its own run lost or doubled them."""
    monkeypatch.setattr(indexing, "BATCH", 8)
    monkeypatch.setattr(indexing, "AHEAD", 0)
    one, two = issues(1), issues(2, title="earlier")
    newer = issues(days, n=20, title="again")
    writers[0].index(one, source="one", complete=True)
    writers[0].index(two, source="two", complete=True)

    def meanwhile() -> Iterator[Record]:
        for number, record in enumerate(two):
            if number == 25:
                # With 0 days, these are shown as before; with 9, those of "two" are; the last 20 are gone.
                writers[0].index(newer, source="one", complete=True)
            yield record

    writers[1].index(meanwhile(), source="two", complete=True)
    assert_each_name_once(writers[0])
    assert len(writers[0]) == N
    assert answers(writers[0]) == one_after_the_other(
        tmp_path / "index",
        lambda index: index.index(one, source="one", complete=True),
        lambda index: index.index(two, source="two", complete=True),
        lambda index: index.index(newer, source="one", complete=True),
        lambda index: index.index(two, source="two", complete=True),
    )


def test_rows_that_another_run_hides_are_not_new_to_their_own_run(
    tmp_path: Path, writers: list[WritableCollection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 8)
    monkeypatch.setattr(indexing, "AHEAD", 0)
    one, two = issues(1, title="later"), issues(2)
    writers[0].index(two, source="two", complete=True)

    def meanwhile() -> Iterator[Record]:
        for number, record in enumerate(two):
            if number == 10:
                writers[0].index(one, source="one", complete=True)
            yield record

    run = writers[1].index(meanwhile(), source="two", complete=True)
    assert (run.n_same, run.n_new) == (N, 0)
    assert_each_name_once(writers[0])
    assert answers(writers[0]) == one_after_the_other(
        tmp_path / "index",
        lambda index: index.index(two, source="two", complete=True),
        lambda index: index.index(one, source="one", complete=True),
        lambda index: index.index(two, source="two", complete=True),
    )


@pytest.mark.parametrize("seed", [0, 5])
def test_two_first_runs_at_once_have_one_model(
    database: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Collection.create(database, encoder=WordEncoder()) as first,
        Collection.create(database, encoder=WordEncoder(seed=seed)) as second,
    ):
        add = second.store.add_encoding

        def after_the_first(encoding: Encoding, *, is_current: bool) -> Encoding:
            first.index(corpus(20), source="one")
            return add(encoding, is_current=is_current)

        monkeypatch.setattr(second.store, "add_encoding", after_the_first)
        if seed:
            with pytest.raises(EncoderMismatch, match="was built with"):
                second.index(corpus(10), source="two")
        else:
            second.index(corpus(10), source="two")
        assert len(first) == (20 if seed else 30)
