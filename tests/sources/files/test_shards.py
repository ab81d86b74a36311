"""Folders of numbered JSON files, and archives of them."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.files import shards, text_file
from dupfind.sources.open import Mapping, open_source


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


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_broken_file_among_others_is_left_out_named_and_counted(tmp_path: Path, broken: int) -> None:
    for number in {1, 2, 3} - {broken}:
        put(tmp_path / f"{number}.json", number)
    (tmp_path / f"{broken}.json").write_text("{", encoding="utf-8")
    source = open_source(str(tmp_path))
    assert [int(record.id) for record in source] == sorted({1, 2, 3} - {broken})
    [message] = source.counts.broken
    assert f"{broken}.json, line 1: no JSON" in message
    with pytest.raises(SourceError, match="no JSON"):
        list(open_source(str(tmp_path), Mapping(strict=True)))


def test_an_empty_file_among_others_is_counted(tmp_path: Path) -> None:
    put(tmp_path / "1.json", 1)
    (tmp_path / "2.json").touch()
    source = open_source(str(tmp_path))
    assert ([record.id for record in source], source.counts.n_broken) == (["1"], 1)


def test_each_part_may_have_comments_of_its_own_number(tmp_path: Path) -> None:
    for part in (1, 2):
        (tmp_path / f"issues_00000{part}.json").write_text("[]", encoding="utf-8")
        (tmp_path / f"comments_00000{part}.json").write_text("[]", encoding="utf-8")
    paths = shards.find(tmp_path)
    assert [path.name for path in shards.sidecars(paths, "github-archive")] == [
        "comments_000001.json",
        "comments_000002.json",
    ]


def test_a_file_that_breaks_off_gives_the_issues_before(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('[{"id": 1, "title": "jade"},\n{"id": 2, "tit', encoding="utf-8")
    put(tmp_path / "2.json", 3)
    source = open_source(str(tmp_path))
    assert ([record.id for record in source], source.counts.n_broken) == (["1", "3"], 1)


def test_broken_files_alone_are_refused(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match=r"1\.json, line 1: no JSON"):
        open_source(str(tmp_path))


def of_redmine(number: int, project: str, original: int | None = None) -> dict[str, Any]:
    relation = {"issue_id": number, "issue_to_id": original, "relation_type": "duplicates"}
    return {
        "id": number,
        "project": {"id": 1, "name": project},
        "tracker": {"id": 1, "name": "Bug"},
        "status": {"id": 1, "name": "New"},
        "subject": "It hangs",
        "description": "x",
        "created_on": "2024-01-01T00:00:00Z",
        "relations": [relation] if original else [],
    }


def test_a_mark_names_an_issue_of_another_project_in_another_file(tmp_path: Path) -> None:
    parts = [
        [of_redmine(1, "web"), of_redmine(4, "web", original=3)],
        [of_redmine(2, "app"), of_redmine(3, "app", original=1)],
    ]
    for number, part in enumerate(parts, 1):
        (tmp_path / f"{number}.json").write_text(json.dumps({"issues": part}), encoding="utf-8")
    source = open_source(str(tmp_path))
    originals = {record.id: record.duplicate_of for record in source if record.duplicate_of}
    assert source.kind == "redmine-rest"
    assert originals == {"4": (Ref("app", "3"),), "3": (Ref("web", "1"),)}


def test_the_comments_of_an_archive_in_parts_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = "https://github.com/ann/lark"
    for part in (1, 2, 3):
        issues = [
            {
                "type": "issue",
                "url": f"{home}/issues/{number}",
                "repository": home,
                "title": "It hangs",
                "body": "x",
                "created_at": "2024-01-01T00:00:00Z",
                "closed_at": "2024-01-02T00:00:00Z",
                "labels": [f"{home}/labels/duplicate"] if number == 12 else [],
            }
            for number in range(10 * part, 10 * part + 3)
        ]
        (tmp_path / f"issues_00000{part}.json").write_text(json.dumps(issues), encoding="utf-8")
        comment = {"issue": f"{home}/issues/12", "user": f"{home}/ann", "created_at": "2024-01-02T00:00:00Z"}
        comments = [{**comment, "type": "issue_comment", "body": "Duplicate of #30" if part == 2 else "dup?"}]
        (tmp_path / f"issue_comments_00000{part}.json").write_text(json.dumps(comments), encoding="utf-8")
    opened = []
    open_text = text_file.open_text

    def noted(path: Path, **options: Any) -> Any:
        opened.append(path.name)
        return open_text(path, **options)

    source = open_source(str(tmp_path))
    monkeypatch.setattr(text_file, "open_text", noted)
    [marked] = [record for record in source if record.duplicate_of]
    assert (marked.id, marked.duplicate_of) == ("12", (Ref("ann/lark", "30"),))
    assert sum(name.startswith("issue_comments") for name in opened) == 3


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
