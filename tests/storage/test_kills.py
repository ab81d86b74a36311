"""A process may be killed at any moment: no commit is lost, and at most one batch is encoded again."""

import random
import shutil
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection import model_files
from dupfind.collection.collection import Collection
from dupfind.storage import publish, snapshot_rows, writer
from dupfind.vectors import snapshot_file
from tests.support.answers import everything
from tests.support.killed_index import (
    answers,
    check_encoded_once,
    check_killed_index,
    check_tidy,
    check_whole,
    live,
    rows,
)
from tests.support.modules import after, before
from tests.support.samples import WordEncoder
from tests.support.template_tracker import QUERIES
from tests.support.workers import BATCH, RECORDS, WITH_TEMPLATE, Workers, notes, workers

pytestmark = pytest.mark.slow

N_SEEDS = 10
KILLS = 5
"""Kills for each seed of indexing; with those of rebuilding, a default run has more than 70."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Workers]:
    with workers() as started:
        yield started


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, worker: Workers) -> Path:
    """An index by the first model, made without a kill."""
    folder = tmp_path_factory.mktemp("indexed")
    assert worker.run("index", folder / "index", folder / "log") == 0
    return folder / "index"


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory, worker: Workers, indexed: Path) -> Path:
    """The same index, encoded again by the second model without a kill."""
    folder = tmp_path_factory.mktemp("rebuilt")
    shutil.copytree(indexed, folder / "index")
    assert worker.run("rebuild", folder / "index", folder / "log") == 0
    return folder / "index"


@pytest.mark.parametrize("seed", range(N_SEEDS))
def test_a_kill_while_indexing_loses_nothing_and_costs_one_batch(
    seed: int, tmp_path: Path, worker: Workers, indexed: Path
) -> None:
    rng, right = random.Random(seed), answers(indexed)
    n_killed = 0
    for number in count():
        folder, log = tmp_path / str(number), tmp_path / f"{number}.log"
        code = -9
        while code == -9:
            before = notes(log)
            pid = worker.start("index", folder, log)
            if n_killed == KILLS:
                code = worker.finish()
            else:
                time.sleep(rng.uniform(0, 0.2))
                code = worker.kill(pid)
                n_killed += code == -9
            check_encoded_once(before, notes(log)[len(before) :], parts=2)
            check_killed_index(folder, log, right)
        assert code == 0
        assert answers(folder) == right
        check_tidy(folder)
        if n_killed == KILLS:
            break


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_while_rebuilding_leaves_the_old_answers_or_the_new(
    seed: int, tmp_path: Path, worker: Workers, indexed: Path, rebuilt: Path
) -> None:
    rng = random.Random(seed)
    right = [answers(indexed, 0), answers(rebuilt, 1)]
    n_killed = 0
    for number in count():
        folder, log = tmp_path / str(number), tmp_path / f"{number}.log"
        shutil.copytree(indexed, folder)
        model = 0
        while model == 0:
            before = notes(log)
            pid = worker.start("rebuild", folder, log)
            if n_killed == KILLS:
                assert worker.finish() == 0
            else:
                time.sleep(rng.uniform(0, 0.2))
                n_killed += worker.kill(pid) == -9
            check_encoded_once(before, notes(log)[len(before) :])
            check_whole(folder)
            [(fingerprint,)] = rows(folder, "SELECT model_fingerprint FROM encoding WHERE is_current")
            model = int(fingerprint.endswith("1"))
            assert answers(folder, model) == right[model]
        with Collection.create(folder, encoder=WordEncoder(seed=1)) as collection:
            assert collection.index(RECORDS, source="tracker").n_encoded == 0
        assert answers(folder, 1) == right[1]
        check_tidy(folder)
        if n_killed == KILLS:
            break


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize(
    "point",
    [
        "sql BEGIN IMMEDIATE",
        "sql COMMIT",
        "sql INTO embedding",
        "sql INSERT INTO words",
        "sql INSERT INTO snapshot",
        "sql UPDATE run SET finished",
        after(writer, "Writer.write"),
        before(snapshot_file, "os.fsync"),
        before(snapshot_file, "Path.replace"),
        after(snapshot_file, "Path.replace"),
        before(snapshot_rows, "add_snapshot"),
        after(snapshot_rows, "add_snapshot"),
        before(publish, "_sweep"),
    ],
)
def test_a_kill_at_a_named_point_of_indexing_is_recovered_from(
    point: str, nth: int, tmp_path: Path, worker: Workers, indexed: Path
) -> None:
    folder, log, right = tmp_path / "index", tmp_path / "log", answers(indexed)
    assert worker.run("index", folder, log, point, nth) == -9
    before = notes(log)
    check_killed_index(folder, log, right)
    assert worker.run("index", folder, log) == 0
    check_encoded_once(before, notes(log)[len(before) :], parts=2)
    assert answers(folder) == right
    check_tidy(folder)


@pytest.mark.parametrize(
    ("point", "nth", "model"),
    [
        ("sql INSERT INTO encoding", 1, 0),
        ("sql COMMIT", 1, 0),
        ("sql COMMIT", 3, 0),
        ("sql DELETE FROM vector", 1, 0),
        ("sql DELETE FROM encoding", 1, 0),
        ("sql UPDATE encoding", 1, 0),
        ("sql DELETE FROM words", 1, 0),
        ("sql INSERT INTO words", 100, 0),
        (after(writer, "Writer.adopt_encoding"), 1, 1),
        (before(snapshot_file, "Path.replace"), 1, 1),
        (after(snapshot_file, "Path.replace"), 1, 1),
        (before(publish, "_sweep"), 1, 1),
        (before(model_files, "drop_models"), 1, 1),
    ],
)
def test_a_kill_at_a_named_point_of_rebuilding_is_recovered_from(
    point: str, nth: int, model: int, tmp_path: Path, worker: Workers, indexed: Path, rebuilt: Path
) -> None:
    folder, log = tmp_path / "index", tmp_path / "log"
    shutil.copytree(indexed, folder)
    assert worker.run("rebuild", folder, log, point, nth) == -9
    before = notes(log)
    check_whole(folder)
    assert answers(folder, model) == answers([indexed, rebuilt][model], model)
    if model == 0:
        assert worker.run("rebuild", folder, log) == 0
        check_encoded_once(before, notes(log)[len(before) :])
    else:
        with Collection.create(folder, encoder=WordEncoder(seed=1)) as collection:
            collection.publish()
    assert answers(folder, 1) == answers(rebuilt, 1)
    check_tidy(folder)


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory, worker: Workers) -> dict[str, Any]:
    """The answers of an index of a tracker whose template changes, made without a kill."""
    folder = tmp_path_factory.mktemp("tracked")
    assert worker.run("tracker", folder / "index", folder / "log") == 0
    return everything(folder / "index", WordEncoder(), QUERIES)


@pytest.fixture(scope="module")
def recomposed(tmp_path_factory: pytest.TempPathFactory, worker: Workers) -> Path:
    """An index of records with a template, recomposed without a kill."""
    folder = tmp_path_factory.mktemp("recomposed")
    assert worker.run("recompose", folder / "index", folder / "log") == 0
    check_whole(folder / "index", n_deleted=len(WITH_TEMPLATE))
    return folder / "index"


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("sql INTO boilerplate", 1),
        ("sql DELETE FROM boilerplate", 1),
        (after(writer, "Writer.replace_boilerplate"), 1),
        ("sql UPDATE record SET died", 1),
        ("sql UPDATE record SET died", 40),
        (r"sql INSERT INTO mark .* SELECT", 30),
        ("sql INSERT INTO words", 120),
        ("sql INTO lines", 325),  # SQLite reports a statement again for each of its triggers
        (before(writer, "Writer.recompose"), 3),
        (after(writer, "Writer.recompose"), 1),
        (after(writer, "Writer.recompose"), 6),
        (before(snapshot_file, "Path.replace"), 1),
    ],
)
def test_a_kill_while_records_are_encoded_without_boilerplate_is_recovered_from(
    point: str, nth: int, tmp_path: Path, worker: Workers, recomposed: Path
) -> None:
    folder, log = tmp_path / "index", tmp_path / "log"
    assert worker.run("recompose", folder, log, point, nth) == -9
    before = notes(log)
    assert sorted(live(folder)) == sorted(record.id for record in WITH_TEMPLATE)
    [(n_deleted,)] = rows(folder, "SELECT count(*) FROM record WHERE died IS NOT NULL")
    assert n_deleted % BATCH == 0
    check_whole(folder, n_deleted)
    assert worker.run("recompose", folder, log) == 0
    check_encoded_once(before, notes(log)[len(before) :])
    check_whole(folder, n_deleted=len(WITH_TEMPLATE))
    assert rows(folder, "SELECT line FROM boilerplate") == rows(recomposed, "SELECT line FROM boilerplate")
    assert answers(folder) == answers(recomposed)
    check_tidy(folder)


@pytest.mark.parametrize("seed", range(6))
def test_an_index_that_was_killed_answers_as_one_that_was_not(
    seed: int, tmp_path: Path, worker: Workers, tracked: dict[str, Any]
) -> None:
    rng = random.Random(seed)
    folder, log = tmp_path / "index", tmp_path / "log"
    for _ in range(3):
        pid = worker.start("tracker", folder, log)
        time.sleep(rng.uniform(0, 0.6))
        worker.kill(pid)
    assert worker.run("tracker", folder, log) == 0
    assert everything(folder, WordEncoder(), QUERIES) == tracked
    check_tidy(folder)


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        (after(writer, "Writer.write"), 2),
        (after(writer, "Writer.write"), 15),
        ("sql INTO boilerplate", 1),
        ("sql INTO boilerplate", 4),
        ("sql INTO lines", 250),
        (before(writer, "Writer.recompose"), 1),
        (after(writer, "Writer.recompose"), 1),
        (after(writer, "Writer.mark_unseen_deleted"), 1),
    ],
)
def test_an_index_that_was_killed_at_a_named_point_answers_as_one_that_was_not(
    point: str, nth: int, tmp_path: Path, worker: Workers, tracked: dict[str, Any]
) -> None:
    folder, log = tmp_path / "index", tmp_path / "log"
    assert worker.run("tracker", folder, log, point, nth) == -9
    assert worker.run("tracker", folder, log) == 0
    assert everything(folder, WordEncoder(), QUERIES) == tracked
