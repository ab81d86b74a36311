from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import Mapping, open_source


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def ids(path: Path) -> list[str]:
    return [record.id for record in open_source(str(path))]


def test_a_folder_is_a_source_of_its_issue_files(tmp_path: Path) -> None:
    put(tmp_path / "issues" / "0002-b.md", "---\ntitle: b\n---\n")
    put(tmp_path / "issues" / "0001-a.markdown", "# a\n")
    put(tmp_path / "issues" / "old" / "0003-c.MD", "# c\n")
    put(tmp_path / "issues" / "picture.png", "no")
    put(tmp_path / "issues" / ".hidden" / "0009-x.md", "# x\n")
    put(tmp_path / "issues" / "README.md", "# How we write issues\n")
    source = open_source(str(tmp_path / "issues"))
    assert (source.kind, source.name, source.total) == ("markdown", "issues", 3)
    assert ids(tmp_path / "issues") == ["1", "2", "3"]
    assert ids(tmp_path) == ["1", "2", "3"]
    put(tmp_path / "issues" / "README.md", "---\nid: 10\n---\n# An issue\n")
    assert ids(tmp_path) == ["1", "2", "10", "3"]


def test_a_file_of_a_folder_can_be_read_alone(tmp_path: Path) -> None:
    path = put(tmp_path / "0007-a.md", "# a\n\nb")
    source = open_source(str(path))
    assert (source.kind, source.total, source.name) == ("markdown", 1, "0007-a.md")
    [record] = source
    assert (record.id, record.title, record.body) == ("7", "a", "b")


def test_what_a_checkout_keeps_is_found(tmp_path: Path) -> None:
    put(tmp_path / "backlog" / "tasks" / "task-1 - a.md", "---\nid: task-1\ntitle: a\n---\n")
    assert ids(tmp_path) == ["task-1"]
    put(
        tmp_path / ".beads" / "issues.jsonl",
        '{"id": "bd-1", "title": "a", "status": "open", "issue_type": "bug", "priority": 1}\n',
    )
    assert ids(tmp_path) == ids(tmp_path / ".beads") == ["bd-1"]


def test_a_link_within_the_folder_is_followed_and_one_out_of_it_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "secret.md", "# secret\n")
    put(tmp_path / "issues" / "1.md", "# a\n")
    (tmp_path / "issues" / "2.md").symlink_to("1.md")
    assert ids(tmp_path / "issues") == ["1", "2"]
    (tmp_path / "issues" / "4.md").symlink_to("4.md")
    assert ids(tmp_path / "issues") == ["1", "2"]
    (tmp_path / "issues" / "3.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(SourceError, match=r"issues/3\.md is a link that leads out of"):
        open_source(str(tmp_path / "issues"))
    (tmp_path / "issues" / "3.md").unlink()
    (tmp_path / "issues" / "more").symlink_to(tmp_path)
    with pytest.raises(SourceError, match="issues/more is a link that leads out of"):
        open_source(str(tmp_path / "issues"))


def test_a_broken_file_is_left_out_and_named_or_refused(tmp_path: Path) -> None:
    put(tmp_path / "1.md", "# a\n")
    put(tmp_path / "2.md", "---\ntitle: [\n---\n")
    put(tmp_path / "3.md", "# c\n")
    source = open_source(str(tmp_path))
    assert [record.id for record in source] == ["1", "3"]
    [message] = source.counts.broken
    assert message.startswith(f"{tmp_path}/2.md, line ")
    with pytest.raises(SourceError, match=rf"{tmp_path}/2\.md, line \d: broken front matter"):
        list(open_source(str(tmp_path), Mapping(strict=True)))


def test_a_folder_without_issues_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a directory without issues as Markdown files"):
        open_source(str(tmp_path))


def test_a_folder_has_no_columns(tmp_path: Path) -> None:
    put(tmp_path / "1.md", "# a\n")
    with pytest.raises(SourceError, match="has no columns: leave the options that name them out"):
        open_source(str(tmp_path), Mapping(title_column="x"))
