"""A commit or a push adds the files that git has as new; a rename or an edit adds none."""

import os
from pathlib import Path

import pytest

import dupfind.check.files
from dupfind.check import files
from dupfind.errors import SourceError
from dupfind.workspace.git import GitRepository
from tests.support.repositories import commit, enter, git, put, repository

ONE = '{"id": "bd-1", "title": "a", "status": "open"}\n'
TWO = '{"id": "bd-2", "title": "b", "status": "open"}\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, the working folder, with two issues, beads and a page."""
    root = enter(tmp_path / "repo", monkeypatch)
    put(root, "issues/1.md", "# one\n\nwith a body of its own\n")
    put(root, "issues/2.md", "# two\n")
    put(root, ".beads/issues.jsonl", ONE)
    put(root, "README.md", "# read me\n")
    return root


def shown(*paths: str) -> list[str]:
    return [file.shown for file in files.in_git(paths)]


def ids(*paths: str) -> list[str]:
    index = Path.cwd() / ".dupfind"
    return [draft.record.id for file in files.in_git(paths) for draft in file.drafts({}, index)]


def test_before_the_first_commit_everything_is_new(root: Path) -> None:
    assert shown() == [".beads/issues.jsonl", "issues/1.md", "issues/2.md"]


def test_only_added_files_are_new(root: Path) -> None:
    commit(root)
    assert shown() == []
    put(root, "issues/3 ü.md", "# three\n")
    put(root, "issues/2.md", "# two, edited\n")
    git(root, "mv", "issues/1.md", "issues/0001-one.md")
    git(root, "rm", "-q", "README.md")
    assert shown() == ["issues/3 ü.md"]
    assert shown("issues/2.md", "issues/0001-one.md", "issues/3 ü.md") == ["issues/3 ü.md"]
    assert shown("issues/2.md") == []


def test_the_content_is_the_staged_one(root: Path) -> None:
    (root / "issues" / "1.md").write_text("# edited since\n")
    (root / "issues" / "2.md").unlink()
    one, two = files.in_git(["issues/1.md", "issues/2.md"])
    assert (one.data, two.data) == (b"# one\n\nwith a body of its own\n", b"# two\n")
    assert one.path == root / "issues" / "1.md"


def test_in_a_file_of_many_issues_those_with_new_ids_are_new(root: Path) -> None:
    assert ids(".beads/issues.jsonl") == ["bd-1"]
    commit(root)
    put(root, ".beads/issues.jsonl", ONE.replace('"a"', '"edited"') + TWO)
    assert ids() == ["bd-2"]
    commit(root)
    (root / "tracker").mkdir()
    git(root, "mv", ".beads/issues.jsonl", "tracker/issues.jsonl")
    assert ids() == []


def test_a_push_adds_the_files_between_its_two_refs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = commit(root)
    put(root, "issues/3.md", "# three\n")
    put(root, ".beads/issues.jsonl", ONE + TWO)
    second = commit(root)
    git(root, "mv", "issues/3.md", "issues/4.md")
    put(root, "issues/5.md", "# five\n")
    third = commit(root)
    put(root, "issues/6.md", "# staged, and not pushed\n")
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", first)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", third)
    assert ids() == ["bd-2", "4", "5"]
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", second)
    assert ids() == ["5"]


def test_a_push_over_another_history_is_compared_with_that_history(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = commit(root)
    git(root, "checkout", "-q", "--orphan", "anew")
    put(root, "issues/3.md", "# three\n")
    second = commit(root)
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", first)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", second)
    assert ids() == ["3"]


def test_if_an_unchanged_path_is_named_all_named_paths_count(root: Path) -> None:
    commit(root)
    put(root, "issues/2.md", "# two, edited\n")
    assert shown("issues/1.md", "issues/2.md") == ["issues/1.md", "issues/2.md"]
    assert ids("issues/1.md", ".beads/issues.jsonl") == ["bd-1", "1"]


def test_paths_are_those_of_the_working_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "issues")
    assert shown("1.md") == ["issues/1.md"]
    assert files.in_git(["1.md"])[0].path == root / "issues" / "1.md"


def test_a_symbolic_link_in_git_is_refused(root: Path) -> None:
    (root / "issues" / "9.md").symlink_to("/etc/hostname")
    git(root, "add", "issues/9.md")
    with pytest.raises(SourceError, match=r"issues/9\.md is a symbolic link"):
        files.in_git([])


def test_a_submodule_is_not_a_file_even_if_its_name_is_that_of_an_issue(root: Path) -> None:
    inner = repository(root / "issues" / "9.md")
    put(inner, "a.txt", "a")
    commit(inner)
    git(root, "add", "issues/9.md")
    assert "issues/9.md" not in shown()
    assert shown("issues/9.md", "README.md") == ["README.md"]


def test_a_file_that_is_too_large_is_not_read_from_git(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dupfind.check.files, "MAX_JSON", 1_000)
    put(root, ".beads/issues.jsonl", ONE * 50)
    monkeypatch.setattr(GitRepository, "contents", lambda *_: pytest.fail("it was read"))
    with pytest.raises(SourceError, match=r"^\.beads/issues\.jsonl has more than 0 MiB, which no issue has"):
        files.in_git([])


def test_files_that_share_one_content_count_each(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push of a few kB may add a million names for one content, and each name would be read."""
    commit(root)
    for n in range(10):
        put(root, f"issues/9{n}.md", "x" * 400)
    assert len(shown()) == 10
    monkeypatch.setattr(dupfind.check.files, "MAX_JSON", 1_000)
    with pytest.raises(
        SourceError, match="the 10 changed files have more than 0 MiB together: name some of them"
    ):
        shown()
    assert shown("issues/91.md", "issues/92.md") == ["issues/91.md", "issues/92.md"]


def test_a_pipe_or_a_folder_is_an_error_at_once(root: Path) -> None:
    os.mkfifo(root / "issues" / "9.md")
    for path in ("issues/9.md", "issues"):
        with pytest.raises(SourceError, match=f"^{path} is no file: name the files"):
            files.on_disk([path], root)


def test_a_link_to_itself_is_one_line(root: Path) -> None:
    (root / "issues" / "9.md").symlink_to("9.md")
    with pytest.raises(SourceError, match=r"^issues/9\.md cannot be read: Too many levels"):
        files.on_disk(["issues/9.md"], root)


def test_a_link_on_the_disk_may_not_lead_out_of_the_repository(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "3.md").write_text("# secret\n")
    (root / "issues" / "3.md").symlink_to(tmp_path / "secret" / "3.md")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "issues" / "4.md").symlink_to("1.md")
    assert files.on_disk(["issues/4.md"], root)[0].data.startswith(b"# one")
    assert files.on_disk([str(tmp_path / "secret" / "3.md")], root)[0].data == b"# secret\n"
    for path in ("issues/3.md", "out/3.md"):
        with pytest.raises(SourceError, match=f"^{path} is a link that leads out of"):
            files.on_disk([path], root)
    with pytest.raises(SourceError, match=r"^issues/77\.md cannot be read: No such file"):
        files.on_disk(["issues/77.md"], root)


def test_a_missing_repository_and_a_missing_git_are_errors(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="not a git repository"):
        files.in_git([])
    monkeypatch.chdir(root)
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "nosuch")
    monkeypatch.setenv("PRE_COMMIT_TO_REF", "HEAD")
    with pytest.raises(SourceError, match=r"^git diff: "):
        files.in_git([])
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(SourceError, match="git cannot be run"):
        files.in_git([])
