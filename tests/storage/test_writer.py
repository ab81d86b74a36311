"""One writer at a time, whose every change is whole or not there."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import StoreError, StoreLocked
from dupfind.storage import database, source_state
from dupfind.storage.row_filter import Filter
from dupfind.storage.writer import Writer
from tests.support.samples import NOW, WordEncoder, corpus, record
from tests.support.workers import Workers, notes, workers


@pytest.fixture(scope="module")
def worker() -> Iterator[Workers]:
    with workers() as started:
        yield started


def test_a_second_writer_fails_at_once_and_names_the_first(tmp_path: Path, worker: Workers) -> None:
    log = tmp_path / "log"
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(corpus(20))
    pid = worker.start("hold", tmp_path, log)
    while not notes(log):
        pass
    for _ in range(3):
        with pytest.raises(StoreLocked, match=rf"written by process {pid} on .*\(`workers\.py.*`\): wait"):
            Collection.create(tmp_path, encoder=WordEncoder())
    with Collection.open(tmp_path, encoder=WordEncoder()) as reader:
        assert len(reader.search("worker crash", k=20)) == 20
        assert all(hit.title != "never committed" for hit in reader.search("worker crash", k=20))
    assert worker.kill(pid) == -9
    with Collection.create(
        tmp_path, encoder=WordEncoder()
    ) as collection:  # nothing is left to be removed by hand
        assert len(collection) == 20
        assert all(hit.title != "never committed" for hit in collection.search("worker crash", k=20))


def test_a_second_writer_of_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with Collection.create(tmp_path), pytest.raises(StoreLocked, match=f"process {os.getpid()} "):
        Collection.create(tmp_path)
    Collection.create(tmp_path).close()


def test_the_note_about_the_writer_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/dupfind", "index", "postgresql://me:secret@db/tracker"])
    with Collection.create(tmp_path):
        note = json.loads((tmp_path / "writer.json").read_text())
    assert note["command"] == "dupfind index"
    assert not (tmp_path / "writer.json").exists()


@pytest.mark.parametrize("left", ["", "[]", "{}", "\0\xff", '{"pid": 1}'])
def test_a_damaged_note_about_the_writer_hides_only_its_name(tmp_path: Path, left: str) -> None:
    with Collection.create(tmp_path):
        (tmp_path / "writer.json").write_text(left, encoding="latin-1")
        with pytest.raises(StoreLocked, match="another process"):
            Collection.create(tmp_path)


def test_a_failed_opening_releases_the_lock(tmp_path: Path) -> None:
    (tmp_path / "dupfind.db").write_bytes(b"not a database, but long enough to be read as one" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="is not a dupfind index"):
            Writer.open(tmp_path / "dupfind.db")
    (tmp_path / "dupfind.db").unlink()
    Writer.open(tmp_path / "dupfind.db").close()


def test_a_program_that_locks_the_database_itself_is_waited_for_and_then_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(corpus(5))
        other = sqlite3.connect(tmp_path / "dupfind.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"database is locked.*run the same command again"):
            collection.index(corpus(10))
        assert len(collection.search("worker", k=10)) == 5
        other.execute("ROLLBACK")
        other.close()
        assert collection.index(corpus(10)).n_new == 5


@pytest.mark.parametrize("fault", [np.nan, np.inf, 0.0, 2.0])
def test_a_vector_that_is_not_of_unit_length_is_refused_and_nothing_of_its_batch_is_written(
    tmp_path: Path, fault: float
) -> None:
    class Faulty(WordEncoder):
        def encode(self, texts: Any, progress: Any = None) -> Any:
            vectors = super().encode(texts, progress)
            vectors[len(texts) // 2] *= fault
            return vectors

    with Collection.create(tmp_path, encoder=Faulty()) as collection:
        with pytest.raises(StoreError, match=r"not of unit length.*`dupfind doctor`"):
            collection.index(corpus(20))
        assert len(collection) == 0
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        assert collection.index(corpus(20)).n_new == 20


def test_a_model_whose_vectors_have_another_width_than_it_says_is_refused(tmp_path: Path) -> None:
    class Wider(WordEncoder):
        def encode(self, texts: Any, progress: Any = None) -> Any:
            return np.hstack([super().encode(texts, progress), np.zeros((len(texts), 1), dtype=np.float32)])

    with Collection.create(tmp_path, encoder=Wider()) as collection:
        with pytest.raises(StoreError, match="`dupfind doctor`"):
            collection.index(corpus(20))
        assert len(collection) == 0


class Interrupting(sqlite3.Connection):
    """Is interrupted right after a statement, as by Ctrl-C."""

    after: str | None = None

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        cursor = super().execute(statement, *values)
        if self.after is not None and statement.startswith(self.after):
            self.after = None
            raise KeyboardInterrupt
        return cursor


@pytest.mark.parametrize("after", ["BEGIN IMMEDIATE", "INSERT INTO record", "COMMIT"])
def test_ctrl_c_between_any_two_statements_leaves_no_transaction_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **more: connect(*args, **more, factory=Interrupting)
    )
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(corpus(5))
        connection = collection.store.connection
        assert isinstance(connection, Interrupting)
        writes = Writer.write

        def write(self: Writer, *args: Any) -> None:
            connection.after = after
            writes(self, *args)

        monkeypatch.setattr(Writer, "write", write)
        with pytest.raises(KeyboardInterrupt):
            collection.index(corpus(10))
        assert not connection.in_transaction
        monkeypatch.setattr(Writer, "write", writes)
        [source] = collection.info()["sources"]
        assert source["last_run"]["status"] == "interrupted"
        assert len(collection) == (10 if after == "COMMIT" else 5)
        assert collection.index(corpus(10)).n_new == (0 if after == "COMMIT" else 5)


def test_a_row_id_is_never_reused(writable: WritableCollection) -> None:
    used: set[int] = set()
    for title in ("worker crash", "slow page", "worker crash"):
        writable.index([record("1", title)], complete=True)
        [row_id] = writable.store.allowed(Filter()).tolist()
        assert row_id not in used
        used.add(row_id)
        writable.index([], complete=True)
    assert writable.store.deleted_rows(max(used)).tolist() == sorted(used)


def test_a_run_that_was_killed_is_noted_as_interrupted_by_the_next(writable: WritableCollection) -> None:
    source_id = source_state.remember(writable.store, "tracker", "csv", "tracker.csv", {})
    killed = source_state.start(writable.store, source_id, NOW)
    writable.index(corpus(3), source="tracker")
    status = dict(writable.store.connection.execute("SELECT id, status FROM run"))
    assert status.pop(killed) == "interrupted"
    assert list(status.values()) == ["complete"]


def test_a_run_reads_no_row_of_names_that_are_new(writable: WritableCollection) -> None:
    statements: list[str] = []
    connection = database_of(writable)
    connection.set_trace_callback(statements.append)
    writable.index(corpus(60), source="new")
    connection.set_trace_callback(None)
    assert not [one for one in statements if one.startswith("SELECT row_id, fingerprint")]
    connection.set_trace_callback(statements.append)
    writable.index(corpus(60), source="new")
    connection.set_trace_callback(None)
    assert len([one for one in statements if one.startswith("SELECT row_id, fingerprint")]) == 60


def database_of(collection: WritableCollection) -> sqlite3.Connection:
    assert isinstance(collection.store.connection, sqlite3.Connection)
    return collection.store.connection
