"""The word search over segments finds the rows of FTS5 with the same scores, to the last bit, whatever has changed."""

import gzip
import json
import logging
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.search import bm25
from dupfind.search.bm25 import look_up, search
from dupfind.search.lexicon import Lexicon
from dupfind.search.lookup import Lookup
from dupfind.search.segmented_postings import SegmentedPostings, SegmentedWordSearch
from dupfind.storage import publish, snapshot_rows, word_segments
from dupfind.storage.fts_words import FtsWords
from dupfind.storage.record_rows import renew_words
from dupfind.storage.word_segment import WordSegment
from dupfind.storage.word_segments import WordSegments
from tests.search.test_bm25 import QUESTIONS, TRACE, with_every_field, words_of
from tests.support.killed_index import check_tidy
from tests.support.modules import import_line
from tests.support.paths import ROOT, SHARED
from tests.support.resident_pages import needs_smaps, resident_bytes
from tests.support.samples import WordEncoder, corpus, record

ASKED = [*QUESTIONS, ("host17", "ERR_POOL_3"), ("crash", TRACE.format(n=900, kind=1)), ("crsh slwo", "")]


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments from the first row on, of at most 64 rows."""
    monkeypatch.setattr(word_segments, "FROM_ROWS", 1)
    monkeypatch.setattr(word_segments, "MOST_ROWS", 64)


def files(collection: Collection) -> list[Path]:
    return sorted((collection.folder / "snapshots").glob("*.words"))


def assert_same(collection: Collection, questions: list[tuple[str, str]] = ASKED) -> None:
    """Compare segments with FTS5: frequencies, scores, and what is looked up."""
    texts = [words_of(*question) for question in questions]
    with collection.store.reading():
        connection = collection.store.connection
        by_segments, by_fts5 = Lexicon(connection), Lexicon(connection)
        found = SegmentedWordSearch(WordSegments(collection.folder / "snapshots")).search(
            collection.store, by_segments, texts
        )
        assert isinstance(by_segments.segments, SegmentedPostings)
        for own, expected in zip(found, search(by_fts5, texts), strict=True):
            assert own.rows.tolist() == expected.rows.tolist()
            assert own.scores.dtype == np.float32
            assert own.scores.tolist() == expected.scores.tolist()
        for text in texts:
            assert by_segments.words(text) == by_fts5.words(text)
        for word in ("crash", "crsh", "worker", "host17", "nothere", "slwo", "borrow"):
            looked_up = Lookup(word)
            looked = look_up(by_segments, looked_up), look_up(by_fts5, looked_up)
            assert looked[0].rows.tolist() == looked[1].rows.tolist()
            assert looked[0].where.tolist() == looked[1].where.tolist()


@pytest.mark.parametrize("n", [1, 3, 64, 65, 400])
def test_rows_and_scores_are_those_of_fts5(writable: WritableCollection, n: int) -> None:
    writable.index(corpus(n), source="one", complete=True)
    assert len(files(writable)) == -(-n // 64)
    assert_same(writable)


def test_they_are_with_words_in_every_field(writable: WritableCollection) -> None:
    writable.index(with_every_field(150), source="one", complete=True)
    assert_same(writable)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real trackers are not here")
def test_they_are_of_real_texts(writable: WritableCollection) -> None:
    with gzip.open(SHARED / "data/rust/issues.train.jsonl.gz", "rt", encoding="utf-8") as lines:
        issues = [json.loads(line) for line in islice(lines, 600)]
    rust = [record(issue["id"], issue["title"], issue["body"] or "") for issue in issues]
    writable.index(rust, source="one", complete=True)
    assert_same(writable, [(each.title, each.body) for each in rust[::40]])


@needs_smaps
def test_a_process_of_one_query_holds_no_segment(writable: WritableCollection) -> None:
    writable.index(with_every_field(150), source="one", complete=True)
    text = words_of(*ASKED[0])
    with writable.store.reading():
        words = SegmentedWordSearch(WordSegments(writable.folder / "snapshots"))
        lexicon = Lexicon(writable.store.connection)
        [first] = words.search(writable.store, lexicon, [text])
        assert [resident_bytes(path) for path in files(writable)] == [0, 0, 0]
        [again] = words.search(
            writable.store, lexicon, [text]
        )  # as in a service, which needs them for each query
        assert min(resident_bytes(path) for path in files(writable)) > 0
    assert len(first.rows)
    assert first.rows.tolist() == again.rows.tolist()
    assert first.scores.tolist() == again.scores.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_they_are_after_any_edits_and_deletions(writable: WritableCollection, seed: int) -> None:
    rng = random.Random(seed)
    records = {each.id: each for each in with_every_field(90)}
    for step in range(6):
        for id in rng.sample(sorted(records), rng.choice([0, 1, 20])):
            records[id] = record(id, f"changed crash {step}", "sync file " * rng.randrange(9))
        for id in rng.sample(sorted(records), rng.choice([0, 1, 15])):
            del records[id]
        for number in range(rng.choice([0, 1, 30])):
            records[f"{step}-{number}"] = record(
                f"{step}-{number}", f"worker {number} is slow", "crash " * number
            )
        writable.index(list(records.values()), source="one", complete=True)
        assert_same(writable)


def test_a_segment_whose_rows_get_other_words_is_written_anew(writable: WritableCollection) -> None:
    writable.index(corpus(200), source="one", complete=True)
    before = files(writable)
    with writable.store.reading():
        [whole] = writable.store.records([70]).values()
        text = writable.store.text(70)
    with writable.store.changing():
        renew_words(writable.store, 70, record(whole.id, whole.title, "plankton plankton"), text)
    assert_same(writable, [("plankton", ""), *ASKED])  # before the next publication
    writable.publish()
    assert_same(writable, [("plankton", ""), *ASKED])
    assert len(set(files(writable)) - set(before)) == 1


def test_new_rows_are_found_before_they_have_a_segment(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(100), source="one", complete=True)
    before = files(writable)
    with monkeypatch.context() as patch:
        patch.setattr(word_segments, "FROM_ROWS", 1_000)
        writable.index([record(f"new{n}", "to_string std::io naïve crash") for n in range(9)], source="two")
    assert files(writable) == before
    assert_same(writable)
    monkeypatch.setattr(word_segments, "MOST_UNCOVERED", 8)
    with writable.store.reading():
        assert WordSegments(writable.folder / "snapshots").live(writable.store) is None


def test_adding_records_writes_files_of_their_size_and_joins_small_ones(writable: WritableCollection) -> None:
    writable.index(corpus(300), source="one", complete=True)
    written = {path.name for path in files(writable)}
    full = {path.name for path in files(writable)[:4]}
    n_files = 0
    for step in range(40):
        writable.index([record(f"{step}-{n}", f"slow {step} {n}") for n in range(3)], source=f"added{step}")
        names = {path.name for path in files(writable)}
        n_files += len(names - written)
        written |= names
        assert full <= names  # a full segment is never written again
    assert n_files <= 44
    assert len(files(writable)) <= 7 + 4  # 420 rows fill six; the rest is in a few small ones
    assert_same(writable)


@pytest.mark.parametrize("place", ["header", "checked", "postings", "end", "gone"])
def test_damage_costs_time_and_no_answer(
    writable: WritableCollection, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    writable.index(with_every_field(100), source="one", complete=True)
    path = files(writable)[0]
    content = bytearray(path.read_bytes())
    if place == "gone":
        path.unlink()
    else:
        segment = WordSegment.load(path, _checksum(writable, path))
        checked = len(content) - len(segment.postings)
        at = {"header": 3, "checked": checked - 1, "postings": checked, "end": 0}[place]
        if place == "postings":
            content[checked:] = bytes(byte ^ 1 for byte in content[checked:])
        elif place == "end":
            del content[-1]
        else:
            content[at] ^= 1
        del segment
        path.write_bytes(content)
    texts = [words_of(*question) for question in ASKED]
    opened = SegmentedWordSearch(WordSegments(writable.folder / "snapshots"))
    with caplog.at_level(logging.WARNING), writable.store.reading():
        for _ in range(2):
            found = opened.search(writable.store, Lexicon(writable.store.connection), texts)
            expected = search(Lexicon(writable.store.connection), texts)
            assert [each.rows.tolist() for each in found] == [each.rows.tolist() for each in expected]
            assert [each.scores.tolist() for each in found] == [each.scores.tolist() for each in expected]
    assert caplog.text.count("of the word search is not used") == 1
    writable.publish()
    assert_same(writable)


def places_of_all(segment: WordSegment, places: Callable[[NDArray[np.uint16]], None]) -> dict[str, Any]:
    """Change the places of every stem, with the checksums that fit."""
    postings = segment.postings.copy()
    checksums = segment.checksums.copy()
    for stem, (start, end) in enumerate(pairwise(segment.ends.tolist())):
        block = postings[5 * start : 5 * end]
        places(block[: 2 * (end - start)].view("<u2"))
        checksums[stem] = crc32(block.tobytes())
    return {"postings": postings, "checksums": checksums}


def set_last(values: NDArray[Any], value: int) -> NDArray[Any]:
    changed = values.copy()
    changed[-1] = value
    return changed


HOSTILE: dict[str, Callable[[WordSegment], dict[str, Any]]] = {
    "places of other rows": lambda old: places_of_all(old, lambda places: set_to(places, 60_000)),
    "places in no order": lambda old: places_of_all(old, lambda places: set_to(places, 0)),
    "letters of no text": lambda old: {"letters": np.full_like(old.letters, 0xFF)},
    "a stem that begins inside of a letter": lambda old: {
        "letters": np.frombuffer(
            b"\xc3\xa9" * (len(old.letters) // 2) + b"a" * (len(old.letters) % 2), np.uint8
        )
    },
    "ends that fall": lambda old: {"ends": np.concatenate([old.ends[:1], old.ends[:0:-1]])},
    "ends after the end": lambda old: {"ends": set_last(old.ends, 1 << 31)},
    "letters after the end": lambda old: {"letter_ends": set_last(old.letter_ends, 1 << 31)},
    "letters before the end": lambda old: {"letters": np.append(old.letters, np.uint8(97))},
    "rows in no order": lambda old: {"row_ids": old.row_ids[::-1]},
    "rows of another range": lambda old: {"row_ids": set_last(old.row_ids, 1 << 40)},
    "half a posting": lambda old: {"postings": old.postings[:-1]},
}


def set_to(places: NDArray[np.uint16], value: int) -> None:
    places[:] = value


@pytest.mark.parametrize("harm", HOSTILE)
def test_a_hostile_segment_whose_checksums_fit_costs_time_and_no_answer(
    writable: WritableCollection, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    writable.index(with_every_field(100), source="one", complete=True)
    path = files(writable)[0]
    old = WordSegment.load(path, _checksum(writable, path))
    harmed = replace(old, **HOSTILE[harm](old))
    content, checked = bytearray(), bytearray()

    def put(piece: bytes, *, is_checked: bool = True) -> None:
        content.extend(piece)
        checked.extend(piece if is_checked else b"")

    harmed.write(put)
    del old, harmed
    path.write_bytes(content)
    with writable.store.changing():
        writable.store.connection.execute(
            "UPDATE snapshot SET bytes = ?, crc32 = ?, sha256 = ? WHERE file = ?",
            (len(content), crc32(checked), sha256(content).hexdigest(), path.name),
        )
    opened = SegmentedWordSearch(WordSegments(writable.folder / "snapshots"))
    with caplog.at_level(logging.WARNING), writable.store.reading():
        lexicon, by_fts5 = (Lexicon(writable.store.connection) for _ in range(2))
        texts = [words_of(*question) for question in ASKED]
        found, expected = opened.search(writable.store, lexicon, texts), search(by_fts5, texts)
        assert [each.scores.tolist() for each in found] == [each.scores.tolist() for each in expected]
        for word in ("crash", "crsh", "wroekr", "subcsirption"):
            looked = look_up(lexicon, Lookup(word)), look_up(by_fts5, Lookup(word))
            assert looked[0].rows.tolist() == looked[1].rows.tolist()
    assert caplog.text.count("of the word search is not used") == 1


def _checksum(collection: Collection, path: Path) -> int:
    return collection.store.one("SELECT crc32 FROM snapshot WHERE file = ?", (path.name,))


def test_a_search_with_segments_reads_no_list_of_fts5(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(100), source="one", complete=True)
    monkeypatch.setattr(bm25.Postings, "of", None)
    monkeypatch.setattr(FtsWords, "lengths", None)
    with Collection.open(writable.folder, encoder=WordEncoder()) as collection:
        assert collection.search("worker crash", k=3)


def test_a_compacted_index_has_segments_without_dead_rows(writable: WritableCollection) -> None:
    writable.index(corpus(150), source="one", complete=True)
    writable.index(corpus(80), source="one", complete=True)
    assert writable.compact().rows == 70
    assert_same(writable)
    writable.index(corpus(150), source="one", complete=True)
    assert_same(writable)


def test_an_index_that_is_encoded_again_has_its_words(tmp_path: Path, encoder: WordEncoder) -> None:
    with Collection.create(tmp_path / "index", encoder=encoder) as collection:
        collection.index(corpus(100), source="one", complete=True)
    wider = WordEncoder(dim=32)
    with Collection.create(tmp_path / "index", encoder=wider, rebuild=True) as collection:
        collection.rebuild()
        assert_same(collection)


def test_tokens_of_several_words_and_of_none_are_counted_as_fts5_counts_them(
    writable: WritableCollection,
) -> None:
    writable.index(corpus(70), source="one", complete=True)
    with writable.store.changing():
        writable.store.connection.execute(
            "INSERT INTO words (rowid, title, body, rest, names, trace)"
            " VALUES (1000, 'crash-crash now', '- worker  _ ', 'ab.cd', '', 'x.y slow')"
        )
    assert_same(writable, [("crash now", "worker"), ("ab cd", "slow")])


DIES = """
import os, signal
{imports}
import {module}
word_segments.FROM_ROWS, word_segments.MOST_ROWS = 1, 64
real = {module}.{name}
def dies(*arguments, **options):
    global n_calls
    n_calls += 1
    if n_calls == {nth} and {is_before}:
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*arguments, **options)
    if n_calls == {nth}:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
n_calls = 0
{module}.{name} = dies
with Collection.create({folder!r}, encoder=WordEncoder()) as collection:
    collection.index([*corpus(150), *corpus(360)[200:]], source="one", complete=True)
"""


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize(
    ("module", "name", "nth"),
    [
        (word_segments, "write_snapshot", 1),
        (snapshot_rows, "replace_words", 1),
        (snapshot_rows, "replace_words", 2),
        (publish, "_sweep", 1),
    ],
)
def test_a_kill_leaves_the_old_segments_or_the_new_ones(
    writable: WritableCollection, module: ModuleType, name: str, nth: int, is_before: bool
) -> None:
    writable.index(corpus(200), source="one", complete=True)
    writable.close()
    code = DIES.format(
        imports=import_line(Collection, WordEncoder, corpus) + "from dupfind.storage import word_segments",
        module=module.__name__,
        name=name,
        nth=nth,
        is_before=is_before,
        folder=str(writable.folder),
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == -9
    with Collection.open(writable.folder, encoder=WordEncoder()) as collection:
        assert_same(collection)
    with Collection.create(writable.folder, encoder=WordEncoder()) as collection:
        collection.index([*corpus(150), *corpus(360)[200:]], source="one", complete=True)
        assert_same(collection)
        check_tidy(writable.folder)


def test_a_removed_source_leaves_none_of_its_words(writable: WritableCollection) -> None:
    writable.index(corpus(100), source="one", complete=True)
    writable.index([record(f"s{n}", "plankton", "secretword") for n in range(20)], source="two")
    assert any(b"secretword" in path.read_bytes() for path in files(writable))
    writable.remove("two")
    assert not any(b"secretword" in path.read_bytes() for path in files(writable))
    assert_same(writable)


def test_a_removed_source_leaves_none_of_the_words_of_its_hidden_rows(writable: WritableCollection) -> None:
    url = "https://tracker.example/7"
    older, newer = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    writable.index(corpus(100), source="one", complete=True)
    writable.index([record("7", "plankton", "secretword", url=url, updated=older)], source="two")
    assert any(b"secretword" in path.read_bytes() for path in files(writable))
    writable.index([record("7", "plankton", "otherword", url=url, updated=newer)], source="three")
    assert writable.store.one("SELECT count(*) FROM record WHERE died LIKE 'hidden:%'") == 1
    assert_same(writable, [("secretword", "plankton"), *ASKED])
    writable.remove("two")
    assert not any(b"secretword" in path.read_bytes() for path in files(writable))
    assert_same(writable, [("otherword", "plankton"), *ASKED])


def test_a_long_word_with_two_mistakes_is_corrected_from_segments(writable: WritableCollection) -> None:
    long = [record("long", "Subscription of a visitor ends"), record("gone", "Subscriptoin is empty")]
    writable.index([*corpus(70), *long], source="one", complete=True)
    writable.index([*corpus(70), long[0]], source="one", complete=True)
    with writable.store.reading():
        lexicon = Lexicon(writable.store.connection)
        SegmentedWordSearch(WordSegments(writable.folder / "snapshots")).search(
            writable.store, lexicon, [words_of("crash", "")]
        )
        assert isinstance(lexicon.segments, SegmentedPostings)
        found = look_up(lexicon, Lookup("subcsirption")).rows.tolist()
    with writable.store.reading():
        assert [writable.store.records(found)[row].id for row in found] == ["long"]


def test_stems_alike_are_those_of_fts5_in_letters_of_any_number_of_bytes(
    writable: WritableCollection,
) -> None:
    texts = ["überlauf übeltat über überlaufene", "cafés cafééééé caféterias ca", "журнал журналы жук"]
    writable.index(
        [*corpus(70), *(record(f"t{n}", text) for n, text in enumerate(texts))], source="one", complete=True
    )
    with writable.store.reading():
        by_fts5, by_segments = (Lexicon(writable.store.connection) for _ in range(2))
        by_segments.segments = SegmentedWordSearch(WordSegments(writable.folder / "snapshots")).current(
            writable.store
        )
        for word in ("überlauf", "café", "caféter", "журнал", "crash", "worker", "zzz"):
            assert by_segments.alike(word) == sorted(by_fts5.alike(word))


def test_the_frequency_of_a_word_is_counted_once(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writable.index(corpus(70), source="one", complete=True)
    counted: list[str] = []
    real = SegmentedPostings.frequency

    def frequency(postings: SegmentedPostings, stem: str) -> int:
        counted.append(stem)
        return real(postings, stem)

    monkeypatch.setattr(SegmentedPostings, "frequency", frequency)
    with writable.store.reading():
        segments = SegmentedWordSearch(WordSegments(writable.folder / "snapshots")).current(writable.store)
        lexicon = Lexicon(writable.store.connection, segments)
        assert lexicon.frequency("crash") == lexicon.frequency("crash") > 0
        assert lexicon.frequency("nothere") == lexicon.frequency("nothere") == 0
    assert counted == ["crash", "nothere"]
