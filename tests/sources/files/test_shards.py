"""Folders of numbered JSON files, and archives of them."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import open_source


def put(path: Path, *numbers: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([{"id": number, "title": f"t{number}"} for number in numbers]), encoding="utf-8"
    )


def archive(path: Path, files: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def ids(path: Path) -> list[str]:
    return [record.id for record in open_source(str(path))]


def test_numbered_files_are_one_source_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 100):
        put(tmp_path / "issues" / f"{number}.json", number)
    put(tmp_path / "issues" / "package.json", 1)
    source = open_source(str(tmp_path))
    assert (source.name, source.kind, source.total) == (tmp_path.name, "json", None)
    assert source.notes[-1] == "3 files, 9.json to 100.json"
    assert [record.id for record in source] == ids(tmp_path / "issues") == ["9", "10", "100"]
    assert {record.source for record in source} == {tmp_path.name}


def test_a_broken_file_among_others_is_named_when_its_turn_comes(tmp_path: Path) -> None:
    put(tmp_path / "1.json", 1)
    (tmp_path / "2.json").write_text("{", encoding="utf-8")
    records = iter(open_source(str(tmp_path)))
    assert next(records).id == "1"
    with pytest.raises(SourceError, match=r"2\.json, line 1: no JSON"):
        next(records)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_a_tar_archive_is_read_by_its_content(mode: str, tmp_path: Path) -> None:
    lines = b'{"iid": 7, "title": "t", "description": "", "state": "opened"}\n'
    files = {"./tree/project/issues.ndjson": lines, "./uploads/a/b.md": b"# no\n", "./VERSION": b"1"}
    path = archive(tmp_path / "export", files, mode)
    source = open_source(str(path))
    assert (source.kind, source.location, [record.id for record in source]) == (
        "gitlab-export",
        str(path),
        ["7"],
    )


@pytest.mark.parametrize("name", ["../a.json", "/a.json", "a/../../b.json", "c:\\a.json"])
def test_a_tar_archive_that_leads_out_of_itself_is_refused(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar", {name: b"[]"}, "w")
    with pytest.raises(SourceError, match="names a file outside of itself"):
        open_source(str(path))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.tar"]


def test_links_in_a_tar_archive_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        link = tarfile.TarInfo("issues.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(SourceError, match="holds no file that is known to hold issues"):
        open_source(str(tmp_path / "a.tar"))


def test_a_tar_archive_that_ends_early_is_damaged(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar.gz", {"1.json": b"[" + b" " * 5_000 + b"]"})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"a\.tar\.gz"):
        open_source(str(path))


def test_a_tar_archive_that_grows_too_much_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("1.json")
        member.size = 80 * 1024**2
        with open("/dev/zero", "rb") as zeros:
            tar.addfile(member, zeros)
    with pytest.raises(SourceError, match="grows to more than 200 times its size"):
        open_source(str(tmp_path / "a.tar.gz"))
