"""The parts of an index, merged: all that it answers is as after one run, though processes were killed."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dupfind.collection import text_part
from dupfind.collection.collection import Collection
from dupfind.collection.record_spool import PartSource
from dupfind.collection.source_tally import SourceTally
from dupfind.collection.text_merge import PartTexts
from dupfind.collection.text_part import WrittenPart, write_text_part
from dupfind.collection.text_rows import row_type
from dupfind.errors import PartError, SourceError
from dupfind.partition.one_run import one_run
from dupfind.partition.part_file import PartFile, write_part
from dupfind.partition.record_line import record_line, record_of
from dupfind.partition.share import Share
from dupfind.records import Comment, Record, Ref
from dupfind.sources.source import Source
from tests.support.answers import everything
from tests.support.samples import WordEncoder, record
from tests.support.template_tracker import QUERIES, template_tracker

FIRST = template_tracker(120)
# A second state of some issues, and an older one of others, which an index leaves out.
CHANGED = [
    replace(one, title=f"{one.title} again", updated=datetime(2025, 1, 2, tzinfo=UTC)) for one in FIRST[3:9]
]
OLDER = [replace(one, title="an older title", updated=datetime(2025, 1, 1, tzinfo=UTC)) for one in FIRST[3:6]]
TRACKER = [*FIRST, *CHANGED, *OLDER]


def silent(name: str, total: int | None, unit: str = "records") -> Callable[[float], None]:
    return lambda _: None


def source(records: Sequence[Record] = TRACKER, name: str = "tracker.db") -> Source:
    return Source(name, "records", name, read=lambda: iter(records))


def write(
    path: Path,
    number: int,
    of: int,
    encoder: WordEncoder | None = None,
    sources: Sequence[Source] | None = None,
) -> WrittenPart:
    chosen = encoder or WordEncoder()
    return write_text_part(
        path,
        Share(number, of),
        [PartSource(one, {}, is_path=True) for one in sources or [source()]],
        lambda _: chosen,
        start_task=silent,
    )


def write_all(folder: Path, of: int, sources: Sequence[Source] | None = None) -> list[Path]:
    paths = [folder / f"{number}.dfp" for number in range(1, of + 1)]
    for number, path in enumerate(paths, 1):
        write(path, number, of, sources=sources)
    return paths


class NoEncoder(WordEncoder):
    """Encodes nothing: a merge needs no model."""

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        raise AssertionError(f"{texts} are encoded")


def merge(paths: Sequence[Path], index: Path) -> None:
    texts = PartTexts(one_run(paths))
    with Collection.create(index, encoder=NoEncoder()) as collection:
        for number, one in enumerate(texts.sources):
            collection.index(
                one,
                source=one.name,
                kind=one.kind,
                location=one.location,
                complete=True,
                counts=one.counts,
                prepared=texts.prepared(number),
            )


def answers(index: Path) -> dict[str, Any]:
    return everything(index, WordEncoder(), QUERIES)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the index of one run answers."""
    index = tmp_path_factory.mktemp("single")
    with Collection.create(index, encoder=WordEncoder()) as collection:
        collection.index(TRACKER, source="tracker.db", complete=True)
    return answers(index)


@pytest.mark.parametrize("of", [1, 2, 7])
def test_parts_answer_as_one_run_does(tmp_path: Path, single: dict[str, Any], of: int) -> None:
    paths = write_all(tmp_path, of)
    merge(random.Random(of).sample(paths, of), tmp_path / "index")
    assert single["boilerplate"]
    assert answers(tmp_path / "index") == single


def test_the_boilerplate_of_a_tally_is_the_one_that_an_index_learns(single: dict[str, Any]) -> None:
    tally = SourceTally()
    for one in TRACKER:
        tally.add(record_line(one), one)
    learned = [(line, n_records) for _, line, n_records in single["boilerplate"]]
    assert list(tally.boilerplate().n_records.items()) == learned


def test_two_sources_are_merged_as_they_are_indexed(tmp_path: Path) -> None:
    sources = [
        source(),
        source([record("1", "the printer hangs"), record("2", "a wholly new thing")], "b.csv"),
    ]
    with Collection.create(tmp_path / "single", encoder=WordEncoder()) as collection:
        for one in sources:
            collection.index(one, source=one.name, complete=True)
    merge(write_all(tmp_path, 3, sources), tmp_path / "index")
    assert answers(tmp_path / "index") == answers(tmp_path / "single")


def test_a_merge_into_an_index_is_as_a_further_run_of_it(tmp_path: Path, single: dict[str, Any]) -> None:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index([*FIRST[:50], record("gone", "an issue that is gone")], source="tracker.db")
    merge(write_all(tmp_path, 2), tmp_path / "index")
    assert answers(tmp_path / "index") == single


def test_every_text_of_a_part_is_encoded_once_and_a_complete_part_not_again(tmp_path: Path) -> None:
    path, encoder = tmp_path / "1.dfp", WordEncoder()
    first = write(path, 1, 2, encoder)
    assert first.is_new
    assert 0 < first.n_encoded == len(encoder.encoded) == len(set(encoder.encoded))
    before = path.read_bytes()
    assert write(path, 1, 2, NoEncoder()) == WrittenPart(first.n_records, 0, is_new=False)
    assert path.read_bytes() == before
    assert write(path, 2, 2).is_new
    assert [one.name for one in tmp_path.iterdir()] == ["1.dfp"]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([source(FIRST[:5])], True),
        ([source(FIRST[:5]), source(FIRST[5:9], "b.csv")], True),
        ([source(FIRST[:5]), source(FIRST, "b.csv")], False),
        ([source(FIRST), source(FIRST[:5], "b.csv")], False),
    ],
)
def test_the_engine_for_a_few_texts_is_chosen_only_if_no_source_has_many(
    tmp_path: Path, sources: Sequence[Source], expected: bool
) -> None:
    chosen: list[bool] = []

    def choose(is_few: bool) -> WordEncoder:
        chosen.append(is_few)
        return WordEncoder()

    parts = [PartSource(one, {}, is_path=True) for one in sources]
    write_text_part(tmp_path / "1.dfp", Share(1, 2), parts, choose, start_task=silent)
    assert chosen == [expected]


class NeverAlone(WordEncoder):
    """Gives another vector to a text that it encodes alone, as the torch engine does."""

    engine = "torch-fp32"

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        assert len(texts) != 1, texts
        return super().encode(texts, progress)


def test_neither_a_part_nor_an_index_encodes_a_text_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "whole.dfp", 1, 1)
    monkeypatch.setattr(text_part, "CHUNK", 1)
    encoder = NeverAlone()
    write(tmp_path / "1.dfp", 1, 1, encoder)
    parts = [PartFile.open(tmp_path / name) for name in ("whole.dfp", "1.dfp")]
    assert list(parts[0].pieces("texts")) == list(parts[1].pieces("texts"))
    with Collection.create(tmp_path / "index", encoder=encoder) as collection:
        assert collection.index([record("1", "a title alone")]).n_encoded == 1


class Interrupted(WordEncoder):
    """Is interrupted after a number of chunks."""

    def __init__(self, n_chunks: int) -> None:
        super().__init__()
        self.left = n_chunks

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().encode(texts, progress)


def test_after_ctrl_c_a_part_continues_and_encodes_no_finished_chunk_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_part, "CHUNK", 16)
    write(tmp_path / "whole.dfp", 1, 2)
    stopped, rest = Interrupted(3), WordEncoder()
    path = tmp_path / "1.dfp"
    with pytest.raises(KeyboardInterrupt):
        write(path, 1, 2, stopped)
    assert not path.exists()
    write(path, 1, 2, rest)
    assert len(stopped.encoded) == 48
    assert set(stopped.encoded).isdisjoint(rest.encoded)
    assert path.read_bytes() == (tmp_path / "whole.dfp").read_bytes()


class Slow(WordEncoder):
    """Takes a moment for each chunk."""

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        time.sleep(0.01)
        return super().encode(texts, progress)


def killed(work: Callable[[], object], delay: float) -> bool:
    """Run work in another process, which is killed after a time; return whether it was."""
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed by fork and SIGKILL")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("seed", range(3))
def test_a_part_and_a_merge_survive_kills_at_any_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: dict[str, Any], seed: int
) -> None:
    monkeypatch.setattr(text_part, "CHUNK", 4)
    rng = random.Random(seed)
    paths = [tmp_path / "1.dfp", tmp_path / "2.dfp"]
    for number, path in enumerate(paths, 1):
        for _ in range(3):
            killed(lambda: write(path, number, 2, Slow()), rng.uniform(0.02, 0.6))  # noqa: B023
        write(path, number, 2)
        PartFile.open(path)
    index = tmp_path / "index"
    for _ in range(4):
        killed(lambda: merge(paths, index), rng.uniform(0.05, 1.5))
    merge(paths, index)
    assert answers(index) == single
    for number, path in enumerate(paths, 1):  # deletes what a process left that was killed after its end
        assert not write(path, number, 2).is_new
    assert {one.name for one in tmp_path.iterdir()} == {"1.dfp", "2.dfp", "index"}


def test_a_source_that_changed_between_two_parts_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "1.dfp", 1, 2)
    write(tmp_path / "2.dfp", 2, 2, sources=[source(FIRST)])
    with pytest.raises(PartError, match="sources differ"):
        merge([tmp_path / "1.dfp", tmp_path / "2.dfp"], tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_parts_of_two_models_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "1.dfp", 1, 2)
    write(tmp_path / "2.dfp", 2, 2, WordEncoder(seed=1))
    with pytest.raises(PartError, match="weights words-32-0 and weights words-32-1"):
        merge([tmp_path / "1.dfp", tmp_path / "2.dfp"], tmp_path / "index")


def forged(path: Path, part: PartFile, **changes: Any) -> Path:
    """A part with other sections or another plan, and a checksum that is right."""
    contents = {name: b"".join(part.pieces(name)) for name in part.sections} | changes
    plan = contents.pop("plan", part.plan)
    write_part(
        path, "texts", plan, part.share, {name: (len(data), [data]) for name, data in contents.items()}
    )
    return path


@pytest.mark.parametrize("what", ["a record more", "a record less", "another text", "no JSON", "no place"])
def test_records_other_than_those_of_the_plan_are_refused(tmp_path: Path, what: str) -> None:
    first, second = write_all(tmp_path, 2)
    part = PartFile.open(first)
    lines = b"".join(part.pieces("records")).splitlines(keepends=True)
    if what == "a record more":
        lines.append(lines[-1])
    elif what == "a record less":
        lines.pop()
    elif what == "another text":
        lines[0] = lines[0].replace(b'"title": "', b'"title": "x')
    elif what == "no JSON":
        lines[0] = lines[0].replace(b"{", b"[", 1)
    else:
        lines[0] = b"-1 x {}\n"
    forged(first, part, records=b"".join(lines))
    with pytest.raises(PartError, match=r"1\.dfp|the parts do not hold"):
        merge([first, second], tmp_path / "index")
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, 7, 0])
def test_a_vector_that_is_none_is_refused_and_named(tmp_path: Path, value: float) -> None:
    first, second = write_all(tmp_path, 2)
    part = PartFile.open(first)
    texts = bytearray(b"".join(part.pieces("texts")))
    for place in range(0, len(texts), 16 + 32 * 4):
        texts[place + 16 : place + 16 + 32 * 4] = np.full(32, value, dtype="<f4").tobytes()
    forged(first, part, texts=bytes(texts))
    with pytest.raises(PartError, match=r"1\.dfp has a vector"):
        merge([first, second], tmp_path / "index")


@pytest.mark.parametrize(
    "change",
    [
        {"dim": -1},
        {"dim": "32"},
        {"dim": 10**12},
        {"model": None},
        {"sources": 5},
        {"sources": [{}]},
        {"dupfind": "0.0.1"},
        {"text_version": "none"},
        {"kind": "removed"},
        {"name": "two\nlines"},
        {"n_records": -1},
        {"options": {"table": ["t"]}},
        {"options": []},
        {"counts": []},
        {"counts": None},
        {"broken": [1]},
    ],
)
def test_a_plan_from_elsewhere_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    [path] = write_all(tmp_path, 1)
    part = PartFile.open(path)
    plan = {**part.plan, **change}
    if set(change) <= {"kind", "name", "n_records", "options", "counts", "broken"}:
        plan = {**part.plan, "sources": [{**part.plan["sources"][0], **change}]}
    forged(path, part, plan=plan)
    with pytest.raises(PartError, match=r"1\.dfp"):
        merge([path], tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_vectors_of_another_width_than_the_model_s_are_refused(tmp_path: Path) -> None:
    [path] = write_all(tmp_path, 1)
    part = PartFile.open(path)
    rows = np.frombuffer(b"".join(part.pieces("texts")), dtype=row_type(32))
    narrow = np.zeros(len(rows), dtype=row_type(8))
    narrow["key"] = rows["key"]
    narrow["vector"][:, 0] = 1
    forged(path, part, texts=narrow.tobytes(), plan={**part.plan, "dim": 8})
    with pytest.raises(PartError, match="vectors of 8 numbers, and words has 32"):
        merge([path], tmp_path / "index")
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        assert len(collection) == 0


def test_a_text_that_no_part_has_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    [path] = write_all(tmp_path, 1)
    part = PartFile.open(path)
    forged(path, part, texts=b"")
    with pytest.raises(PartError, match="in no part"):
        merge([path], tmp_path / "index")


def test_a_record_without_an_id_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="record 1 of the source has no id"):
        write(tmp_path / "1.dfp", 1, 1, sources=[source([record(" ", "no id")])])
    assert list(tmp_path.iterdir()) == []


def test_a_record_survives_the_way_through_a_line() -> None:
    when = datetime(2024, 2, 29, 1, 2, 3, 456789, tzinfo=UTC)
    full = Record(
        "7\ud800",
        "a title\n",
        "b\0dy ☃",
        "s",
        "",
        "open",
        "",
        when,
        when,
        "https://example.org",
        (Ref(None, "1"), Ref("p", "2")),
        when,
        3,
        4,
        (Comment("text"), Comment("other", when, True, True)),
    )
    for one in (full, Record("1", "", source="s")):
        assert record_of(record_line(one), "s") == one


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 5_000,
        b'{"id": 1, "title": "a"}',
        b'{"id": "1", "title": "a", "created": "yesterday"}',
        b'{"id": "1", "title": "a", "created": "2024-01-01"}',
        b'{"id": "1", "title": "a", "state": "half"}',
        b'{"id": "1", "title": "a", "n_children": true}',
        b'{"id": "1", "title": "a", "duplicate_of": [["a"]]}',
        b'{"id": "1", "title": "a", "comments": [["a", null, 1, false]]}',
    ],
)
def test_a_line_that_is_no_record_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        record_of(line, "s")
