"""The file of a part is whole or refused, and parts are joined only if they are of one run."""

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import PartError
from dupfind.partition.journal import Journal
from dupfind.partition.one_run import one_run
from dupfind.partition.part_file import MAGIC, PartFile, finished, write_part
from dupfind.partition.share import Share

PLAN = {"dupfind": "1", "model": "tiny", "engine": "numpy"}


def written(path: Path, number: int = 1, of: int = 1, *, text: bytes = b"ab\ncd\n", **plan: Any) -> Path:
    sections = {"records": (len(text), [text[:3], text[3:]]), "texts": (3, [b"xyz"])}
    write_part(path, "texts", {**PLAN, **plan}, Share(number, of), sections)
    return path


def raw(path: Path, header: object) -> Path:
    """A file with a valid checksum and a header from elsewhere."""
    content = MAGIC + (header if isinstance(header, bytes) else json.dumps(header).encode()) + b"\n"
    path.write_bytes(content + sha256(content).hexdigest().encode() + b"\n")
    return path


def test_a_part_is_read_as_it_was_written(tmp_path: Path) -> None:
    part = PartFile.open(written(tmp_path / "a.dfp", 2, 3))
    assert (part.kind, part.plan, part.share) == ("texts", PLAN, Share(2, 3))
    assert list(part.lines("records")) == [b"ab", b"cd"]
    assert b"".join(part.pieces("texts")) == b"xyz"
    assert list(part.lines("nothing")) == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.dfp"]


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_only_the_user_may_read_a_part_as_it_may_hold_texts_of_issues(tmp_path: Path) -> None:
    (tmp_path / ".a.dfp.tmp").touch(mode=0o644)  # a kill left it
    assert written(tmp_path / "a.dfp").stat().st_mode & 0o777 == 0o600


def test_equal_parts_have_equal_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "a.dfp").read_bytes() == written(tmp_path / "b.dfp").read_bytes()


def test_a_part_that_is_cut_short_anywhere_or_continued_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.dfp").read_bytes()
    path = tmp_path / "b.dfp"
    for content in [*(whole[:end] for end in range(len(whole))), whole + b"\n", whole + whole]:
        path.write_bytes(content)
        with pytest.raises(PartError, match=r"b\.dfp"):
            PartFile.open(path)


def test_a_part_with_a_flipped_byte_anywhere_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.dfp").read_bytes()
    path = tmp_path / "b.dfp"
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :])
        with pytest.raises(PartError, match=r"b\.dfp"):
            PartFile.open(path)


@pytest.mark.parametrize(
    "header",
    [
        [],
        {},
        b"[" * 100_000,
        {"kind": "texts", "plan": {}, "share": [0, 1], "sections": []},
        {"kind": "texts", "plan": {}, "share": [2, 1], "sections": []},
        {"kind": "texts", "plan": {}, "share": [1, 10**9], "sections": []},
        {"kind": "texts", "plan": {}, "share": [True, 1], "sections": []},
        {"kind": "texts", "plan": [], "share": [1, 1], "sections": []},
        {"kind": "texts", "plan": {}, "share": [1, 1], "sections": [["records", 10**12]]},
        {"kind": "texts", "plan": {}, "share": [1, 1], "sections": [["records", -1], ["texts", 1]]},
        {"kind": "other", "plan": {}, "share": [1, 1], "sections": []},
    ],
)
def test_a_header_from_elsewhere_is_refused_though_its_checksum_is_right(
    tmp_path: Path, header: object
) -> None:
    with pytest.raises(PartError, match=r"a\.dfp"):
        PartFile.open(raw(tmp_path / "a.dfp", header))


def test_a_file_of_another_kind_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello\n" * 50, encoding="utf-8")
    for name in ("notes.txt", ".", "missing.dfp"):
        with pytest.raises(PartError):
            PartFile.open(tmp_path / name)


def test_parts_come_in_order_and_an_equal_one_counts_once(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{number}.dfp", number, 3) for number in (3, 1, 2)]
    paths.append(written(tmp_path / "again.dfp", 2, 3))
    assert [part.share.number for part in one_run(paths)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"model": "large"}, "the model tiny and the model large"),
        ({"engine": "torch-bf16"}, "the engine numpy and the engine torch-bf16"),
        ({"dupfind": "2"}, "dupfind 1 and dupfind 2"),
        ({"sources": [1]}, "sources differ in name, location, options or content"),
        ({"of": 3}, "2 parts and 3"),
        ({"seed": 1}, "'seed'"),
    ],
)
def test_parts_of_different_runs_are_refused_and_the_message_says_why(
    tmp_path: Path, other: Mapping[str, Any], why: str
) -> None:
    first = written(tmp_path / "1.dfp", 1, 2)
    second = written(tmp_path / "2.dfp", 2, **{"of": 2, **other})
    with pytest.raises(PartError, match=why):
        one_run([first, second])


def test_one_part_with_two_contents_is_refused_and_missing_ones_are_named(tmp_path: Path) -> None:
    first = written(tmp_path / "1.dfp", 1, 4)
    with pytest.raises(PartError, match=r"both part 1/4"):
        one_run([first, written(tmp_path / "other.dfp", 1, 4, text=b"other\n")])
    with pytest.raises(PartError, match=r"3 of 4 parts are missing: number 2, 3, 4$"):
        one_run([first])
    with pytest.raises(PartError, match="no parts"):
        one_run([])


def test_a_finished_part_is_recognised_a_damaged_one_replaced_and_another_file_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "1.dfp", 1, 2)
    assert finished(path, PLAN, Share(1, 2))
    assert not finished(path, PLAN, Share(2, 2))
    assert not finished(path, {**PLAN, "model": "large"}, Share(1, 2))
    assert not finished(tmp_path / "missing.dfp", PLAN, Share(1, 2))
    path.write_bytes(path.read_bytes()[:-9])
    assert not finished(path, PLAN, Share(1, 2))
    path.write_text("my notes", encoding="utf-8")
    with pytest.raises(PartError, match="no part of a run"):
        finished(path, PLAN, Share(1, 2))


@pytest.mark.parametrize("device", [os.devnull, *["/dev/stdout"] * os.path.exists("/dev/stdout")])
def test_a_device_is_not_replaced_by_a_part(device: str) -> None:
    with pytest.raises(PartError, match=r"is no file.*-o"):
        finished(Path(device), PLAN, Share(1, 2))


def test_a_journal_keeps_what_was_written_whole(tmp_path: Path) -> None:
    part = tmp_path / "1.dfp"
    with Journal(part, "key") as journal:
        for frame in (b"one", b"", b"three"):
            journal.append(frame)
        with pytest.raises(PartError, match="another process"):
            Journal(part, "key")
    path = journal.path
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with Journal(part, "key") as journal:
            frames = list(journal.frames())
            assert frames == [b"one", b"", b"three"][: len(frames)]
            assert len(frames) >= (3 if end == len(whole) else 0)
            journal.append(b"more")
            assert list(journal.frames()) == [*frames, b"more"]
    path.write_bytes(whole)
    with Journal(part, "key") as journal:
        assert list(journal.frames()) == [b"one", b"", b"three"]
    with Journal(part, "other") as journal:
        assert list(journal.frames()) == []
        journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_on_a_full_disk_names_the_way_out_and_the_next_one_continues(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    part = tmp_path / "1.dfp"

    def write_frames() -> None:
        with Journal(part, "key") as journal:
            journal.append(b"one")
            journal.append(b"x" * 2_000)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(PartError, match=r"File too large\): free some space"):
            write_frames()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with Journal(part, "key") as journal:
        assert list(journal.frames()) == [b"one"]


@pytest.mark.parametrize(
    "text", ["", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/99999", "1/2/3", "٣/4", "1.5/2"]
)
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(PartError, match="3/16"):
        Share.parse(text)


def test_each_name_falls_into_one_share_and_shares_are_of_like_sizes() -> None:
    shares = [Share.parse(f"{number}/7") for number in range(1, 8)]
    names = [f"name {number}\ud800" for number in range(2_000)]
    in_shares = [[name for name in names if share.has(name)] for share in shares]
    assert sorted(name for some in in_shares for name in some) == sorted(names)
    assert all(200 < len(some) < 380 for some in in_shares)
