"""Contents of git are read by one process, and large ones are left out."""

import random
import subprocess
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.workspace.git import GitRepository, is_tracked
from tests.support.repositories import ENVIRONMENT, commit, git, put, repository


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with nothing in it."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"):
        monkeypatch.delenv(name, raising=False)
    return repository(tmp_path / "repo")


def test_a_content_of_more_bytes_than_asked_for_is_none(root: Path) -> None:
    texts = {"a.md": b"123", "b.md": b"1234", "c.md": b"", "d.md": b"\n\n\n", "e.md": b"x" * 3_000_000}
    for path, data in texts.items():
        put(root, path, data)
    git_repository = GitRepository(root)
    blobs = [file.blob for file in git_repository.tracked(["."])]
    contents = git_repository.small_contents(blobs, 3)
    assert [data for _, data in contents] == [b"123", None, b"", b"\n\n\n", None]
    assert list(git_repository.small_contents([], 3)) == []


def test_a_content_that_git_lost_is_an_error(root: Path) -> None:
    with pytest.raises(SourceError, match="git has no content of the name 1234"):
        list(GitRepository(root).small_contents(["1234" * 10], 3))


def test_a_content_that_git_can_read_in_part_is_an_error(root: Path) -> None:
    put(root, "a.md", random.Random(1).randbytes(200_000))
    git_repository = GitRepository(root)
    [file] = git_repository.tracked(["."])
    stored = root / ".git" / "objects" / file.blob[:2] / file.blob[2:]
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:100_000])
    with pytest.raises(SourceError, match=f"git has no content of the name {file.blob}: see `git fsck`"):
        list(git_repository.small_contents([file.blob], 1_000_000))


@pytest.mark.parametrize("how", ["ext", "uploadpack", "ssh"])
def test_git_fetches_no_missing_content_and_runs_nothing_of_the_repository(root: Path, how: str) -> None:
    """A partial clone fetches what it lacks by programs that its own settings name."""
    ran = root.parent / "ran"
    put(root, "issues/1.md", "# abc\n")
    put(root, "issues/2.md", "# def\n")
    commit(root)
    lost = git(root, "rev-parse", "HEAD:issues/1.md")
    (root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    git(root, "config", "core.repositoryFormatVersion", "1")
    git(root, "config", "extensions.partialClone", "evil")
    git(root, "config", "remote.evil.promisor", "true")
    if how == "ext":
        git(root, "config", "remote.evil.url", f"ext::touch {ran}")
        git(root, "config", "protocol.ext.allow", "always")
    elif how == "ssh":
        git(root, "config", "remote.evil.url", "ssh://evil.invalid/repo")
        git(root, "config", "core.sshCommand", f"touch {ran};")
    else:
        git(root, "config", "remote.evil.url", str(root))
        git(root, "config", "remote.evil.uploadpack", f"touch {ran};")
    git_repository = GitRepository(root)
    for work in (
        lambda: git_repository.contents([lost]),
        lambda: git_repository.sizes([lost]),
        lambda: list(git_repository.small_contents([lost], 100)),
    ):
        with pytest.raises(SourceError, match=f"git has no content of the name {lost}"):
            work()
    git(root, "rm", "-q", "--cached", "issues/1.md")
    put(root, "issues/3.md", "# abc def\n")
    with pytest.raises(SourceError, match="git diff: "):  # it compares a deleted file with the new one
        git_repository.changes()
    assert is_tracked(root / "issues" / "2.md")
    assert not ran.exists()
    # Git itself, without dupfind's care, runs it.
    subprocess.run(["git", "cat-file", "-p", lost], cwd=root, capture_output=True, check=False)
    assert ran.exists()


def test_the_files_below_a_path_are_those_of_the_index_or_of_the_pushed_commit(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a*b/1.md", "one")
    put(root, "ab/2.md", "two")
    first = commit(root)
    git(root, "mv", "a*b/1.md", "a*b/3.md")
    git_repository = GitRepository(root)

    def listed(*paths: str) -> list[str]:
        return [file.path for file in git_repository.checked(paths)]

    assert listed("a*b") == ["a*b/3.md"]
    assert listed(".") == ["a*b/3.md", "ab/2.md"]
    assert listed("absent") == []
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", first)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", first)
    assert listed("a*b") == ["a*b/1.md"]
    assert listed(".", "a*b") == ["a*b/1.md", "ab/2.md"]
    assert listed("absent") == []
    assert [file.blob for file in git_repository.checked(["ab"])] == [
        file.blob for file in git_repository.tracked(["ab"])
    ]


@pytest.mark.parametrize("kind", ["LITERAL", "GLOB", "NOGLOB", "ICASE"])
def test_what_a_path_means_does_not_depend_on_the_environment(
    root: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    put(root, "a*/1.md", "one")
    put(root, "A/2.md", "two")
    put(root, "a/3.md", "three")
    commit(root)
    monkeypatch.setenv(f"GIT_{kind}_PATHSPECS", "1")
    git_repository = GitRepository(root)
    assert [file.path for file in git_repository.tracked(["a*"])] == ["a*/1.md"]
    assert [file.path for file in git_repository.tracked(["a"])] == ["a/3.md"]
    assert is_tracked(root / "a" / "3.md")


def test_a_file_is_tracked_whatever_repository_the_environment_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(root.parent / "other")
    put(root, "a/1.md", "one")
    commit(root)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert is_tracked(root / "a" / "1.md")
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    assert is_tracked(root / "a" / "1.md")
