"""Search results stay correct after any damage to an index file."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.storage import publish, snapshot_rows
from tests.support.samples import WordEncoder, corpus
from tests.support.snapshots import forget_snapshots

Answers = list[tuple[str, float]]
RECORDS = corpus(300)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of three generations, with rows newer than the last and dead ones in it."""
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        for end in (100, 200, 280):
            collection.index(RECORDS[:end], complete=True)
            collection.publish(tail_limit=0)
        collection.index(RECORDS[20:], complete=True)
    return tmp_path


def answers(folder: Path) -> Answers:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        return [(hit.id, hit.score) for hit in collection.search("crash of the sync worker", k=300)]


def snapshots(folder: Path) -> list[Path]:
    return sorted((folder / "snapshots").glob("*.faiss"), key=lambda path: int(path.name.partition("-")[0]))


def expected(folder: Path) -> Answers:
    """The answers of a collection that never had a snapshot."""
    with Collection.create(folder / "plain", encoder=WordEncoder()) as collection:
        collection.index(RECORDS[20:])
        forget_snapshots(collection.store)
        hits = [(hit.id, hit.score) for hit in collection.search("crash of the sync worker", k=300)]
    shutil.rmtree(folder / "plain")
    return hits


def test_a_snapshot_with_deleted_and_newer_rows_gives_the_same_results(folder: Path) -> None:
    assert len(snapshots(folder)) == 3
    assert answers(folder) == expected(folder)


@pytest.mark.parametrize("damage", ["missing", "truncated", "empty", "flipped", "swapped", "foreign"])
@pytest.mark.parametrize("n_files", [1, 3])
def test_a_damaged_snapshot_costs_time_and_no_answer(
    folder: Path, damage: str, n_files: int, caplog: pytest.LogCaptureFixture
) -> None:
    right = expected(folder)
    rng = np.random.default_rng(0)
    for path in snapshots(folder)[-n_files:]:
        content = bytearray(path.read_bytes())
        if damage == "missing":
            path.unlink()
            continue
        if damage == "truncated":
            content = content[: len(content) // 2]
        elif damage == "empty":
            content.clear()
        elif damage == "flipped":
            content[int(rng.integers(len(content)))] ^= 1 << int(rng.integers(8))
        elif damage == "swapped":
            content = bytearray(snapshots(folder)[0].read_bytes()) + b"\0"
        else:
            content[:] = rng.bytes(len(content))
        path.write_bytes(content)
    with caplog.at_level(logging.WARNING, logger="dupfind"):
        assert answers(folder) == right
    assert "results stay correct" in caplog.text


def test_every_flipped_bit_is_noticed(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    right, newest = answers(folder), snapshots(folder)[-1]
    whole = newest.read_bytes()
    for place in np.random.default_rng(1).integers(8 * len(whole), size=60).tolist():
        content = bytearray(whole)
        content[place // 8] ^= 1 << (place % 8)
        newest.write_bytes(content)
        caplog.clear()
        assert answers(folder) == right
        assert "is not used" in caplog.text


def test_the_next_run_replaces_a_damaged_snapshot(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    snapshots(folder)[-1].write_bytes(b"damaged")
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(RECORDS[20:], complete=True)
        assert collection.summary()["generation"] == 4
    assert answers(folder) == expected(folder)
    assert "is not used" not in caplog.text


def test_leftovers_of_a_kill_are_deleted(folder: Path) -> None:
    (folder / "snapshots" / "9.tmp").write_bytes(b"half a file")
    (folder / "snapshots" / "9-0123456789ab.faiss").write_bytes(b"renamed, but never named by the database")
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(RECORDS[20:], complete=True)
    assert not list((folder / "snapshots").glob("9*"))


def test_a_small_change_is_no_reason_for_a_new_snapshot(folder: Path) -> None:
    before = snapshots(folder)
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(5, seed=9), source="another")
    assert snapshots(folder) == before


def test_an_open_reader_sees_a_new_generation(folder: Path) -> None:
    with Collection.open(folder, encoder=WordEncoder()) as reader:
        before = [hit.id for hit in reader.search("crash", k=300)]
        with Collection.create(folder, encoder=WordEncoder()) as writer:
            writer.index(RECORDS[100:], complete=True)
            writer.publish(tail_limit=0)
        after = [hit.id for hit in reader.search("crash", k=300)]
    assert len(before) == 280
    assert sorted(after) == sorted(record.id for record in RECORDS[100:])


def test_a_graph_answers_like_the_exact_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    with Collection.create(tmp_path / "flat", encoder=WordEncoder()) as collection:
        collection.index(RECORDS)
    monkeypatch.setattr(publish, "EXACT_LIMIT", 100)
    with Collection.create(tmp_path / "hnsw", encoder=WordEncoder()) as collection:
        collection.index(RECORDS)
        [snapshot] = snapshot_rows.snapshots(collection.store, collection.store.encoding().id)
        assert (snapshot.file.kind, snapshot.recall) == ("hnsw", 1.0)
        collection.index(RECORDS[20:], complete=True)
    with Collection.create(tmp_path / "flat", encoder=WordEncoder()) as collection:
        collection.index(RECORDS[20:], complete=True)
    assert answers(tmp_path / "hnsw") == answers(tmp_path / "flat")
    [file] = (tmp_path / "hnsw" / "snapshots").iterdir()
    file.write_bytes(file.read_bytes()[:-8] + b"damaged!")
    assert answers(tmp_path / "hnsw") == answers(tmp_path / "flat")


def test_a_graph_that_misses_neighbours_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("faiss")
    monkeypatch.setattr(publish, "EXACT_LIMIT", 100)
    monkeypatch.setattr(publish, "_recall", lambda index, blocks: 0.97)
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(RECORDS)
    assert "a recall of 97.0 % at 10" in caplog.text
