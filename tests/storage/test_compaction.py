"""Dead rows and their vectors are freed, no answer changes, and a kill at any statement loses nothing."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.storage import database, publish
from tests.support.samples import WordEncoder, corpus

RECORDS = corpus(120)
EDITED = [replace(record, body=f"{record.body} edited") for record in RECORDS[:40]]
LIVE = [*EDITED, *RECORDS[40:90]]


@pytest.fixture(params=["flat", "scan"])
def folder(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index in which records were edited and deleted."""
    if request.param == "scan":
        monkeypatch.setattr(publish, "EXACT_LIMIT", 50)
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(RECORDS, complete=True)
        collection.publish(tail_limit=0)
        collection.index(LIVE, complete=True)
    return tmp_path / "index"


def answers(folder: Path) -> list[tuple[str, float, float]]:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        return [(hit.id, hit.score, hit.lexical) for hit in collection.search("crash of the worker", k=200)]


def rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        return connection.execute(statement).fetchall()


def check_whole(folder: Path) -> None:
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert rows(folder, "PRAGMA foreign_key_check") == []


def test_dead_rows_and_their_vectors_are_freed_and_no_answer_changes(folder: Path) -> None:
    right = answers(folder)
    assert len(right) == len(LIVE)
    n_dead = rows(folder, "SELECT count(*) FROM record WHERE died IS NOT NULL")[0][0]
    highest = rows(folder, "SELECT max(row_id) FROM record")
    with WritableCollection.create(folder, encoder=WordEncoder()) as collection:
        freed = collection.compact()
        assert freed.rows == n_dead > 0
        assert freed.embeddings > 0
        assert collection.compact()[:2] == (0, 0)
    assert answers(folder) == right
    check_whole(folder)
    assert rows(folder, "SELECT count(*) FROM record") == [(len(LIVE),)]
    assert rows(folder, "SELECT count(*) FROM vector") == [(len(LIVE),)]
    assert rows(folder, "PRAGMA freelist_count") == [(0,)]
    named = {name for (name,) in rows(folder, "SELECT file FROM snapshot")}
    assert {path.name for path in (folder / "snapshots").iterdir()} == named
    with WritableCollection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(3, seed=5), source="another")
    assert (
        rows(folder, "SELECT min(row_id) FROM record WHERE source_id = 2") > highest
    )  # ids never come again


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child process is killed")
def test_a_kill_at_any_statement_changes_no_answer(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = answers(folder)
    n_statements = 0
    is_over = False
    while not is_over:
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        child = os.fork()
        if not child:
            _compact(copy, n_statements)
        _, status = os.waitpid(child, 0)
        is_over = os.waitstatus_to_exitcode(status) == 0
        assert answers(copy) == right, n_statements
        check_whole(copy)
        with WritableCollection.create(copy, encoder=WordEncoder()) as collection:
            collection.compact()
        assert answers(copy) == right, n_statements
        assert rows(copy, "SELECT count(*) FROM record") == [(len(LIVE),)]
        shutil.rmtree(copy)
        n_statements += 3
    assert n_statements > 40


def _compact(folder: Path, n_statements: int) -> None:
    """Compact in this process, which ends at a statement of SQLite as if it were killed."""
    connect, n_left = database.connect, n_statements

    def count(_: str) -> None:
        nonlocal n_left
        n_left -= 1
        if n_left < 0:
            os._exit(9)

    def counting(*values: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*values, **named)
        connection.set_trace_callback(count)
        return connection

    database.connect = counting
    try:
        with WritableCollection.create(folder, encoder=WordEncoder()) as collection:
            collection.compact()
    except BaseException:
        os._exit(1)
    os._exit(0)
