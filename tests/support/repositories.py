"""Git repositories for tests: real ones, in a folder, with nothing of the machine's own configuration."""

import os
import subprocess
from pathlib import Path

import pytest

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def repository(root: Path) -> Path:
    """A repository with nothing in it."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    return root


def enter(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty repository the working folder, as outside of a hook."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(repository(root))
    return root


def put(root: Path, path: str, text: str | bytes) -> None:
    """Write a file, and stage it."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    git(root, "add", "--", path)


def commit(root: Path) -> str:
    """Commit what is staged, and give the commit's name."""
    git(root, "commit", "-q", "-m", "x", "--no-verify")
    return git(root, "rev-parse", "HEAD")
