"""Search results stay correct after any damage to an index file."""

import logging
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.storage import publish, snapshot_rows
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.vectors import flat, scan_file
from dupfind.vectors.scan import ScanIndex
from dupfind.vectors.snapshot_file import SUFFIXES
from tests.support.samples import WordEncoder, corpus, random_units
from tests.support.snapshots import forget_snapshots

Answers = list[tuple[str, float]]
RECORDS = corpus(300)


@pytest.fixture(params=[flat.KIND, scan_file.KIND])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kind of snapshots that are written."""
    if request.param == scan_file.KIND:
        monkeypatch.setattr(publish, "EXACT_LIMIT", 50)
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, kind: str) -> Path:
    """An index of three generations, with rows newer than the last and dead ones in it; segments are joined."""
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
    return sorted((folder / "snapshots").glob("*-*"), key=lambda path: int(path.name.partition("-")[0]))


def vector_files(collection: Collection) -> list[Snapshot]:
    store = collection.store
    encoding_id = store.encoding().id
    return snapshot_rows.snapshots(store, encoding_id) + snapshot_rows.segments(store, encoding_id)


def expected(folder: Path) -> Answers:
    """The answers of a collection that never had a snapshot."""
    with Collection.create(folder / "plain", encoder=WordEncoder()) as collection:
        collection.index(RECORDS[20:])
        forget_snapshots(collection.store)
        hits = [(hit.id, hit.score) for hit in collection.search("crash of the sync worker", k=300)]
    shutil.rmtree(folder / "plain")
    return hits


def test_a_snapshot_with_deleted_and_newer_rows_gives_the_same_results(folder: Path, kind: str) -> None:
    assert {path.suffix for path in snapshots(folder)} == {SUFFIXES[kind]}
    assert len(snapshots(folder)) == (3 if kind == flat.KIND else 1)
    assert answers(folder) == expected(folder)


@pytest.mark.parametrize("damage", ["missing", "truncated", "empty", "flipped", "swapped", "foreign"])
@pytest.mark.parametrize("n_files", [1, 3])
def test_a_damaged_snapshot_costs_time_and_no_answer(
    folder: Path, kind: str, damage: str, n_files: int, caplog: pytest.LogCaptureFixture
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
            # Not in a code, which is verified only if it is read.
            place = int(rng.integers(len(content) if kind == flat.KIND else 64))
            content[place] ^= 1 << int(rng.integers(8))
        elif damage == "swapped":
            content = bytearray(snapshots(folder)[0].read_bytes()) + b"\0"
        else:
            content[:] = rng.bytes(len(content))
        path.write_bytes(content)
    with caplog.at_level(logging.WARNING, logger="dupfind"):
        assert answers(folder) == right
    assert "results stay correct" in caplog.text


def test_a_flipped_bit_changes_no_answer(folder: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    right, newest = answers(folder), snapshots(folder)[-1]
    whole = newest.read_bytes()
    for place in np.random.default_rng(1).integers(8 * len(whole), size=60).tolist():
        content = bytearray(whole)
        content[place // 8] ^= 1 << (place % 8)
        newest.write_bytes(content)
        caplog.clear()
        assert answers(folder) == right
        assert kind == scan_file.KIND or "is not used" in caplog.text


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


def test_the_compressed_index_answers_like_the_exact_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for kind, limit in ((flat.KIND, 1_000), (scan_file.KIND, 100)):
        monkeypatch.setattr(publish, "EXACT_LIMIT", limit)
        with Collection.create(tmp_path / kind, encoder=WordEncoder()) as collection:
            collection.index(RECORDS)
            [snapshot] = vector_files(collection)
            assert (snapshot.file.kind, snapshot.recall) == (kind, 1.0)
            collection.index(RECORDS[20:], complete=True)
        found[kind] = answers(tmp_path / kind)
    assert found[flat.KIND] == found[scan_file.KIND]


def test_titles_alone_are_compressed_at_their_own_width(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for kind, limit in ((flat.KIND, 1_000), (scan_file.KIND, 100)):
        monkeypatch.setattr(publish, "EXACT_LIMIT", limit)
        with Collection.create(tmp_path / kind, encoder=WordEncoder()) as collection:
            collection.index([replace(record, body="") for record in RECORDS])
            [snapshot] = vector_files(collection)
            assert (snapshot.file.kind, snapshot.dim) == (kind, 32)
        found[kind] = answers(tmp_path / kind)
    assert found[flat.KIND] == found[scan_file.KIND]


def test_an_index_that_misses_neighbours_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publish, "EXACT_LIMIT", 100)
    # Nothing is nearest any more.
    monkeypatch.setattr(
        ScanIndex, "candidates", lambda self, queries, k, allowed: [np.arange(1, 6)] * len(queries)
    )
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(RECORDS)
    assert re.search(r"a recall of \d\.\d % at 200, below 99 %", caplog.text)


def test_a_graph_of_an_older_dupfind_is_not_used_and_is_replaced(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    right = answers(folder)
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        with collection.store.changing():
            collection.store.connection.execute("UPDATE snapshot SET kind = 'hnsw'")
        assert answers(folder) == right
        assert "of another version of dupfind" in caplog.text
        caplog.clear()
        collection.publish()
        newest = vector_files(collection)[0]
        assert newest.file.kind in SUFFIXES
    assert answers(folder) == right
    assert not caplog.text


def test_a_code_that_is_damaged_and_read_late_changes_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publish, "EXACT_LIMIT", 50)
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(RECORDS[:150])
    query = random_units(1, 64, seed=0)
    nearest = []
    for is_damaged in (False, True):
        if is_damaged:
            [path] = snapshots(tmp_path)
            content = bytearray(path.read_bytes())
            content[64 : 64 + 150 * 36] = bytes(150 * 36)  # after the header, the codes of 64 numbers
            path.write_bytes(content)
        with Collection.open(tmp_path, encoder=WordEncoder()) as reader, reader.store.reading():
            found = reader.searcher.retrieval.snapshots
            # All rows are wanted, so no code is read.
            view, _ = found.nearest(reader.store, reader.store.encoding(), query, 200)
            assert not caplog.text
            scores, row_ids = view.nearest(query, 5)
            nearest.append((row_ids.tolist(), scores.tolist()))
    assert nearest[0][0] == nearest[1][0]
    assert nearest[0][1] == pytest.approx(nearest[1][1], abs=1e-6)
    assert "every vector is compared" in caplog.text
