"""Folders that hold more than issues: Backlog.md's, checkouts of code, and folders of documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import open_source


def put(path: Path, text: str = "# A page\n\nIts words.\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def ids(path: Path) -> list[str]:
    return [record.id for record in open_source(str(path))]


def test_only_tasks_and_drafts_of_backlog_are_issues(tmp_path: Path) -> None:
    folder = tmp_path / "backlog"
    for place in (
        "tasks",
        "completed",
        "drafts",
        "archive/tasks",
        "archive/milestones",
        "docs",
        "decisions",
        "milestones",
    ):
        name = place.replace("/", "-")
        put(
            folder / place / f"{name}.md",
            f"---\nid: {name}\ntitle: t\ncreated_date: 2025-01-01\n---\nWords\n",
        )
    put(folder / "notes.md")
    put(folder / "config.yml", "project_name: kiln\n")
    expected = ["archive-tasks", "completed", "drafts", "tasks"]
    assert ids(tmp_path) == ids(folder) == expected
    folder.rename(tmp_path / "elsewhere")
    assert ids(tmp_path / "elsewhere") == expected


@pytest.mark.parametrize(
    ("matter", "field"),
    [
        ("assignee: @ann", "@ann"),
        ("assignee: @o'neill and so on", "@o'neill and so on"),
        ("assignee:\n  - @ann\n  - ben", ["@ann", "ben"]),
        ("assignee: [@ann, 'x@y.org', \"@ben\", cay]", ["@ann", "x@y.org", "@ben", "cay"]),
    ],
)
def test_names_that_begin_with_at_need_no_quotes(matter: str, field: object, tmp_path: Path) -> None:
    from pathlib import PurePath

    from dupfind.sources.files.issue_file import parse

    data = f"---\nid: task-1\ntitle: It breaks\n{matter}\nstatus: Done\n---\n".encode()
    record, fields = parse(data, PurePath("a.md"), source="s", inner=PurePath("a.md"))
    assert fields["assignee"] == field
    assert (record.id, record.title, record.state) == ("task-1", "It breaks", "closed")


def test_other_broken_front_matter_is_still_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "a.md", "---\ntitle: a\nassignee: @ann\nlabels: [a\n---\n")
    with pytest.raises(SourceError, match="line 4: broken front matter"):
        ids(path)


@pytest.mark.parametrize("sign", ["pyproject.toml", "package.json", "main.go", "src/app.py"])
def test_a_checkout_of_code_is_refused(sign: str, tmp_path: Path) -> None:
    for page in ("README.md", "notes/guide.md", "docs/install.md", "docs/use.md"):
        put(tmp_path / page)
    put(tmp_path / sign, "x")
    with pytest.raises(SourceError, match="its Markdown files are pages, not issues"):
        open_source(str(tmp_path))


def test_a_page_about_its_folder_is_no_issue_unless_it_has_front_matter(tmp_path: Path) -> None:
    path = put(tmp_path / "README.md")
    with pytest.raises(SourceError, match=r"README\.md is a page about its folder, and no issue"):
        open_source(str(path))
    assert ids(put(path, "---\nid: 7\n---\n# A page\n")) == ["7"]


def test_documents_are_refused_wherever_they_lie(tmp_path: Path) -> None:
    put(tmp_path / "docs" / "install.md", "---\ntitle: Install\n---\nWords\n")
    put(tmp_path / "docs" / "use.md")
    for folder in (tmp_path, tmp_path / "docs"):
        with pytest.raises(SourceError, match="its Markdown files are pages, not issues"):
            open_source(str(folder))


def test_issues_in_a_checkout_or_a_folder_of_documents_are_known_by_numbers_and_states(
    tmp_path: Path,
) -> None:
    put(tmp_path / "setup.py", "x")
    put(tmp_path / "docs" / "0007-crash.md")
    put(tmp_path / "docs" / "quiet.md", "---\ntitle: Quiet\nstatus: open\n---\n")
    put(tmp_path / "docs" / "use.md")
    assert ids(tmp_path / "docs") == ["7", "quiet", "use"]
    put(tmp_path / "issues" / "crash.md")
    assert ids(tmp_path) == ["crash"]


def test_a_folder_of_notes_without_code_is_a_source(tmp_path: Path) -> None:
    put(tmp_path / "crash.md")
    assert ids(tmp_path) == ["crash"]


@pytest.mark.parametrize("package", ["kiln", "cmd", "packages"])
def test_pages_next_to_a_folder_of_code_are_not_issues(tmp_path: Path, package: str) -> None:
    put(tmp_path / package / "oven.py", "HEAT = 7\n")
    for name in ("README.md", "docs/guide.md", "docs/install.md", "notes.md"):
        put(tmp_path / name)
    with pytest.raises(SourceError, match="holds code or documents, and its Markdown files are pages"):
        open_source(str(tmp_path))
    put(tmp_path / "issues" / "0007-hot.md")
    assert ids(tmp_path) == ["7"]


@pytest.mark.parametrize("beside", ["attachments", "Files", "images", "scripts", "assets"])
def test_issues_with_code_in_the_folder_of_their_attachments_are_read(tmp_path: Path, beside: str) -> None:
    for name in ("crash", "login", "slow"):
        put(tmp_path / f"{name}.md")
    put(tmp_path / beside / "repro.py", "print(1)\n")
    assert ids(tmp_path) == ["crash", "login", "slow"]


def test_a_folder_that_cannot_be_listed_holds_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "crash.md")
    (tmp_path / "closed").mkdir()
    listing = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert ids(tmp_path) == ["crash"]
