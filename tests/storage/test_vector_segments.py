"""The vectors of a large index in segments: against brute force, through growth, damage and kills."""

import gc
import logging
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.records import Record
from dupfind.storage import publish, snapshot_rows, vector_segments
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.storage.stored_vectors import iter_vectors
from dupfind.storage.vector_segments import n_behind
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.snapshot_file import SUFFIXES
from tests.support.samples import WordEncoder, corpus, random_units

MOST_ROWS = 64
RECORDS = corpus(400)


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "EXACT_LIMIT", 50)
    monkeypatch.setattr(vector_segments, "MOST_ROWS", MOST_ROWS)
    monkeypatch.setattr(vector_segments, "MOST_UNCOVERED", 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of four segments, with dead rows in the first one and newer rows that have no segment."""
    folder = tmp_path / "index"
    with writing(folder) as collection:
        for end in (100, 150, 180):
            collection.index(RECORDS[:end], complete=True)
        assert len(segments(collection)) == 4
        collection.index([*RECORDS[4:180], *RECORDS[200:203]], complete=True)
    return folder


def writing(folder: Path) -> WritableCollection:
    return WritableCollection.create(folder, encoder=WordEncoder())


def segments(collection: Collection) -> list[Snapshot]:
    return snapshot_rows.segments(collection.store, collection.store.encoding().id)


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / "snapshots").glob("*.scan")}


def nearest(folder: Path) -> list[tuple[list[int], list[float]]]:
    """The rows and scores of some queries, each with a wish for few and for all rows."""
    found = []
    with Collection.open(folder, encoder=WordEncoder()) as reader, reader.store.reading():
        encoding = reader.store.encoding()
        for k in (3, 40, 1_000):
            queries = random_units(3, 64, seed=k)
            _, hits = reader.searcher.retrieval.snapshots.nearest(reader.store, encoding, queries, k)
            found += [(rows.tolist(), scores.tolist()) for scores, rows in hits]
    return found


def brute_force(folder: Path) -> list[tuple[list[int], list[float]]]:
    """As `nearest`, from the vectors in the database alone."""
    found = []
    with Collection.open(folder, encoder=WordEncoder()) as reader, reader.store.reading():
        blocks = list(iter_vectors(reader.store, reader.store.encoding()))
        row_ids = np.concatenate([block[0] for block in blocks])
        index = FlatIndex(row_ids, np.concatenate([block[1] for block in blocks]))
        for k in (3, 40, 1_000):
            for query in random_units(3, 64, seed=k):
                scores, rows = index.nearest(query[None], min(k, len(row_ids)))
                found.append((rows[0].tolist(), scores[0].tolist()))
    return found


def check(folder: Path) -> None:
    """Compare every search with brute force; equal scores may be in another order, as they are rounded otherwise."""
    for (rows, scores), (right_rows, right_scores) in zip(nearest(folder), brute_force(folder), strict=True):
        assert len(set(rows)) == len(rows)
        assert scores == pytest.approx(right_scores, abs=1e-6)
        above = right_scores[-1] + 1e-5 if len(rows) < 1_000 and right_scores else -2
        assert {row for row, score in zip(rows, scores, strict=True) if score > above} == {
            row for row, score in zip(right_rows, right_scores, strict=True) if score > above
        }


def whole(folder: Path) -> list[tuple[list[int], list[float]]]:
    """The answers of a copy whose codes are in one file."""
    copy = folder.with_name("whole")
    shutil.copytree(folder, copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_segments, "MOST_ROWS", 10_000)
        with writing(copy) as collection:
            with collection.store.changing():
                collection.store.connection.execute("DELETE FROM snapshot")
            collection.publish(tail_limit=0)
            assert len(segments(collection)) == 1
    found = nearest(copy)
    shutil.rmtree(copy)
    return found


def test_segments_answer_as_one_file_to_the_last_bit(folder: Path) -> None:
    with writing(folder) as collection:
        collection.publish(tail_limit=0)
        assert len(segments(collection)) > 2
    check(folder)
    assert nearest(folder) == whole(folder)


def test_new_rows_get_their_own_segment_and_full_ones_are_never_written_again(tmp_path: Path) -> None:
    folder, records = tmp_path / "index", list[Record]()
    n_written = 0
    before = set[str]()
    full = set[str]()
    for end in range(60, 401, 20):
        records = RECORDS[:end]
        with writing(folder) as collection:
            collection.index(records, complete=True)
            found = segments(collection)
        assert sum(segment.n_rows for segment in found) == end
        assert all(segment.n_rows <= MOST_ROWS for segment in found)
        now = {segment.file.name for segment in found}
        assert names(folder) == now
        assert full <= now
        full = {segment.file.name for segment in found if segment.n_rows == MOST_ROWS}
        n_written += sum(segment.n_rows for segment in found if segment.file.name not in before)
        before = now
    assert n_written < 5 * 400  # each row is written a few times, not at each of 18 runs
    check(folder)


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_answer_as_brute_force(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    folder, live = tmp_path / "index", dict[str, Record]()
    for step in range(8):
        for number in rng.integers(len(RECORDS), size=int(rng.integers(1, 120))).tolist():
            record = RECORDS[number]
            live[record.id] = replace(record, body=f"{record.body} in step {step}")
        for key in rng.permutation(sorted(live))[: int(rng.integers(0, 30))].tolist():
            del live[key]
        with writing(folder) as collection:
            collection.index(list(live.values()), complete=True)
            if rng.random() < 0.3:
                collection.compact()
            if rng.random() < 0.5 and (some := sorted(names(folder))):
                (folder / "snapshots" / str(rng.choice(some))).unlink()
        check(folder)


@pytest.mark.parametrize("damage", ["missing", "truncated", "empty", "flipped", "foreign", "swapped"])
@pytest.mark.parametrize("n_files", [1, 4])
def test_a_lost_segment_costs_time_and_no_answer(
    folder: Path, damage: str, n_files: int, caplog: pytest.LogCaptureFixture
) -> None:
    right = nearest(folder)
    rng = np.random.default_rng(0)
    paths = sorted((folder / "snapshots").glob("*.scan"))
    intact = names(folder) - {path.name for path in paths[:n_files]}
    contents = [path.read_bytes() for path in paths]
    for number, path in enumerate(paths[:n_files]):
        content = bytearray(contents[number])
        if damage == "missing":
            path.unlink()
            continue
        if damage == "truncated":
            content = content[: len(content) // 2]
        elif damage == "empty":
            content.clear()
        elif damage == "flipped":
            content[int(rng.integers(64))] ^= 1 << int(rng.integers(8))
        elif damage == "foreign":
            content[:] = rng.bytes(len(content))
        else:
            content = bytearray(contents[(number + 1) % 4])
        path.write_bytes(content)
    with caplog.at_level(logging.WARNING, logger="dupfind"):
        assert nearest(folder) == right
    assert "results stay correct" in caplog.text
    check(folder)
    with writing(folder) as collection:
        collection.index([*RECORDS[4:180], *RECORDS[200:203]], complete=True)
        assert n_behind(collection.store, collection.store.encoding(), folder / "snapshots") < 10
    assert intact <= names(folder)  # the others are as they were
    caplog.clear()
    check(folder)
    assert not caplog.text


def test_any_flipped_bit_changes_no_answer(folder: Path) -> None:
    right = nearest(folder)
    for path in sorted((folder / "snapshots").glob("*.scan")):
        content = path.read_bytes()
        for place in np.random.default_rng(1).integers(8 * len(content), size=25).tolist():
            changed = bytearray(content)
            changed[place // 8] ^= 1 << (place % 8)
            path.write_bytes(changed)
            found = nearest(folder)
            assert [rows for rows, _ in found] == [rows for rows, _ in right]
        path.write_bytes(content)


def test_an_open_reader_makes_a_segment_in_memory_whose_codes_it_finds_damaged(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    query = random_units(1, 64, seed=0)
    path = sorted((folder / "snapshots").glob("*.scan"))[0]
    content = bytearray(path.read_bytes())
    with Collection.open(folder, encoder=WordEncoder()) as reader, reader.store.reading():
        encoding, found = reader.store.encoding(), reader.searcher.retrieval.snapshots
        _, [right] = found.nearest(reader.store, encoding, query, 5)
        content[64 : 64 + 36 * 60] = bytes(36 * 60)  # after the header, the codes of 64 numbers
        path.write_bytes(content)  # the same file, which is mapped
        for _ in range(2):
            _, [hits] = found.nearest(reader.store, encoding, query, 5)
            assert hits[1].tolist() == right[1].tolist()
    assert caplog.text.count("is not used") == 1


def test_segments_with_many_dead_rows_are_written_anew(folder: Path) -> None:
    with writing(folder) as collection:
        before = segments(collection)
        collection.index(RECORDS[30:180], complete=True)
        after = segments(collection)
    assert before[0].file.name not in {segment.file.name for segment in after}
    assert after[0].n_rows == MOST_ROWS - 30
    assert [segment.file.name for segment in after[1:3]] == [segment.file.name for segment in before[1:3]]
    check(folder)
    with writing(folder) as collection:
        collection.index(RECORDS[100:180], complete=True)
        assert segments(collection)[0].n_rows == 50  # of the first two all rows are dead: they are gone
    check(folder)


def test_an_index_grows_from_one_file_to_segments_and_back(tmp_path: Path) -> None:
    kinds = []
    for records in (RECORDS[:40], RECORDS[:300], RECORDS[:30]):
        with writing(tmp_path) as collection:
            collection.index(records, complete=True)
            collection.publish(tail_limit=0)
        kinds.append({path.suffix for path in (tmp_path / "snapshots").iterdir()})
        check(tmp_path)
    assert kinds == [{SUFFIXES["flat"]}, {SUFFIXES["scan"]}, {SUFFIXES["flat"]}]


def test_bodies_that_come_to_titles_widen_every_segment(tmp_path: Path) -> None:
    with writing(tmp_path) as collection:
        collection.index([replace(record, body="") for record in RECORDS[:200]])
        assert {segment.dim for segment in segments(collection)} == {32}
        collection.index(RECORDS[200:210], source="another")
        assert {segment.dim for segment in segments(collection)} == {64}
    check(tmp_path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child process is killed")
def test_a_kill_at_any_statement_leaves_right_answers(folder: Path, tmp_path: Path) -> None:
    n_statements = 0
    is_over = False
    while not is_over:
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        child = os.fork()
        if not child:
            _index(copy, n_statements)
        _, status = os.waitpid(child, 0)
        is_over = os.waitstatus_to_exitcode(status) == 0
        check(copy)
        with writing(copy) as collection:
            collection.index(RECORDS[30:260], complete=True)
            assert sum(segment.n_rows for segment in segments(collection)) >= 225
            named = {segment.file.name for segment in segments(collection)}
        assert names(copy) == named
        check(copy)
        shutil.rmtree(copy)
        n_statements += 4
    assert n_statements > 40


def _index(folder: Path, n_statements: int) -> None:
    """Publish in this process, which ends at a statement of SQLite as if it were killed."""
    n_left = n_statements

    def count(_: str) -> None:
        nonlocal n_left
        n_left -= 1
        if n_left < 0:
            os._exit(9)

    try:
        with pytest.MonkeyPatch.context() as patch, writing(folder) as collection:
            patch.setattr(vector_segments, "MOST_UNCOVERED", 1_000)
            collection.index(RECORDS[30:260], complete=True)
            patch.undo()
            collection.store.connection.set_trace_callback(count)  # type: ignore[attr-defined]
            collection.publish(tail_limit=0)
    except BaseException:
        os._exit(1)
    os._exit(0)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads what the process has mapped")
@pytest.mark.parametrize("limit", [50, 1_000])
def test_a_closed_collection_holds_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(publish, "EXACT_LIMIT", limit)
    with writing(folder) as collection:
        collection.publish(tail_limit=0)
    gc.collect()
    gc.disable()
    try:
        nearest(folder)
        assert str(folder) not in Path("/proc/self/maps").read_text(encoding="utf-8")
        opened = [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists()]
        assert not [path for path in opened if path.startswith(str(folder))]
    finally:
        gc.enable()
