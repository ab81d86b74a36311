"""Decide which Markdown files of a folder are issues, and which are pages: of code, of documents, of Backlog.md."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath

from dupfind.errors import SourceError
from dupfind.sources.files.issue_file import is_named_as_issue

_TASKS = (("tasks",), ("drafts",), ("completed",), ("archive", "tasks"), ("archive", "drafts"))
_DOCUMENTS = frozenset(("docs", "doc", "documentation", "decisions", "adr", "wiki", "website", "site"))
_PROJECT_FILES = """
pyproject.toml setup.py setup.cfg requirements.txt package.json tsconfig.json Cargo.toml go.mod pom.xml build.gradle
build.gradle.kts settings.gradle CMakeLists.txt Makefile meson.build Gemfile composer.json mix.exs Package.swift
pubspec.yaml Dockerfile build.sbt stack.yaml deno.json mkdocs.yml
"""
_CODE = frozenset(
    (".py", ".js", ".ts", ".c", ".h", ".cpp", ".go", ".rs", ".java", ".rb", ".php", ".cs", ".swift", ".kt")
)
_BESIDE = frozenset(
    (
        *(
            "attachments",
            "attachment",
            "assets",
            "asset",
            "files",
            "images",
            "image",
            "img",
            "media",
            "uploads",
        ),
        *("screenshots", "scripts", "script", "repro", "repros", "samples", "examples", "logs"),
    )
)
"""Folders next to issues whose files belong to them, and are no program's."""
_STATE = re.compile(rb"^(?:status|state):", re.MULTILINE | re.IGNORECASE)
_HEAD = 4_000  # bytes of a file in which its state is looked for
_MOST = 1_000  # files that are looked at


def is_backlog(folder: Path) -> bool:
    """Return whether a folder is Backlog.md's, in which documents, decisions and milestones are no issues."""
    is_named = folder.name == "backlog" or (folder / "config.yml").is_file()
    return is_named and any((folder / tasks[0]).is_dir() for tasks in _TASKS)


def is_task(inner: PurePath) -> bool:
    """Return whether a file of this path in a folder of Backlog.md is a task or a draft."""
    return any(inner.parts[: len(names)] == names for names in _TASKS)


def refuse(folder: Path, files: Iterator[Path]) -> None:
    """Refuse a checkout of code, or a folder of documents, whose Markdown files are pages.

    Files with a number or key in the name, or with a state in the front matter, are issues wherever they lie.

    Raises:
        SourceError: Fewer than half of its files are.
    """
    if is_backlog(folder):
        return
    inner_paths = [path.relative_to(folder) for path, _ in zip(files, range(_MOST), strict=False)]
    are_documents = folder.resolve().name.lower() in _DOCUMENTS or all(
        inner.parts[0].lower() in _DOCUMENTS for inner in inner_paths
    )
    if not inner_paths or not (are_documents or _is_code(folder)):
        return
    n_issues = sum(is_named_as_issue(inner) or _has_state(folder / inner) for inner in inner_paths)
    if 2 * n_issues < len(inner_paths):
        raise SourceError(
            f"{folder} holds code or documents, and its Markdown files are pages, not issues: name the folder of"
            " the issues in it, or give each file a number in its name or a `status` in its front matter"
        )


def _is_code(folder: Path) -> bool:
    """Return whether a folder holds the files of a program."""
    if any((folder / name).is_file() for name in _PROJECT_FILES.split()):
        return True
    inner = [
        path
        for path in _listed(folder)
        if path.is_dir() and not path.name.startswith(".") and path.name.lower() not in _BESIDE
    ]
    return any(path.suffix in _CODE for place in (folder, *inner) for path in _listed(place))


def _listed(folder: Path) -> list[Path]:
    """Return the first entries of a folder; none of one that may not be listed."""
    try:
        return list(islice(folder.iterdir(), _MOST))
    except OSError:
        return []


def _has_state(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    start, _, rest = head.partition(b"\n")
    return start.rstrip() == b"---" and _STATE.search(rest.partition(b"\n---")[0]) is not None
