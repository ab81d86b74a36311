"""Read a folder of issues: Markdown files, Backlog.md's tasks, or a tracker's own folder."""

import os
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.column_hints import hints
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import checkout, issue_file
from dupfind.sources.files.filenames import MARKDOWN, is_page
from dupfind.sources.restricted import is_restricted
from dupfind.sources.source import Source

_N_HEAD = 16 * 1024  # bytes of a file in which a table of issues begins
_RULE = frozenset("|-: ")
"""The characters of the line below the header of a table."""


def find(folder: Path) -> Path:
    """Return the file or folder in a folder that is known to hold issues, else the folder itself."""
    for name in (
        "issues.jsonl",
        ".beads/issues.jsonl",
        "Posts.xml",
        "db-1.0.json",
        "db/db",
        "tree/project/issues.ndjson",
        "project/issues.ndjson",
        "issues.ndjson",
        "backlog",
        "issues",
        ".issues",
    ):
        path = folder / name
        is_read = path.is_file() or (path.is_dir() and next(files(path), None) is not None)
        if is_read and (name != "issues.jsonl" or folder.name == ".beads"):
            return path
    return folder


def source(folder: Path, *, name: str, location: str) -> Source:
    """Open a folder of issue files, one issue a file.

    Raises:
        SourceError: The folder holds no issue file.
    """
    checkout.refuse(folder, files(folder))
    total = sum(1 for _ in files(folder))
    if not total:
        raise SourceError(
            f"{folder} is a directory without issues as Markdown files: name the file in it to read"
        )
    return Source(
        name=name,
        kind="markdown",
        location=location,
        notes=(f"one issue a file: {total:,} Markdown files",),
        total=total,
        read=partial(_read, folder, name),
    )


def file_source(path: Path, *, name: str, location: str) -> Source:
    """Open one issue file as a source of its own.

    Raises:
        SourceError: It is a page about its folder, such as README.md without front matter.
    """
    if _is_about(path):
        raise SourceError(
            f"{path} is a page about its folder, and no issue: give it front matter if it is one"
        )
    if not issue_file.is_named_as_issue(path) and _is_list(path):
        raise SourceError(f"{path} is a table of issues in Markdown: save it as CSV with the same columns")
    return Source(
        name=name,
        kind="markdown",
        location=location,
        total=1,
        read=lambda: _entries(path, Path(path.name), name),
    )


def _is_list(path: Path) -> bool:
    """Return whether a file without front matter has a table with columns of ids, titles and states."""
    with path.open("rb") as file:
        lines = file.read(_N_HEAD).decode("utf-8-sig", "replace").splitlines()
    if not lines or lines[0].rstrip() in ("---", "+++"):
        return False
    for header, rule in pairwise(lines):
        if header.lstrip().startswith("|") and set(rule.strip()) <= _RULE and "-" in rule:
            ranks = [
                hint.ranks.keys() for cell in header.split("|") if (hint := hints(cell.strip())) is not None
            ]
            return {"id", "title", "state"} <= {field for fields in ranks for field in fields}
    return False


def files(folder: Path) -> Iterator[Path]:
    """Yield the issue files in a folder and its subfolders, in the order of their names.

    Hidden folders are skipped, as are pages such as README.md without front matter.

    Raises:
        SourceError: A link points outside of the folder.
    """
    root = os.path.realpath(folder)  # the folder itself may be a link
    has_tasks = checkout.is_backlog(folder)
    for parent, folders, names in os.walk(folder, onerror=_refused):
        # In place: os.walk then descends in this order, and only into these.
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
        for name in (*folders, *sorted(names)):
            path = Path(parent, name)
            is_page = name.lower().endswith(MARKDOWN) and not name.startswith(".")
            is_link = path.is_symlink() and (is_page or path.is_dir())
            if is_link and not Path(os.path.realpath(path)).is_relative_to(root):
                raise SourceError(f"{path} is a link that leads out of {folder}: put a copy in its place")
            if has_tasks and not checkout.is_task(path.relative_to(folder)):
                continue
            if is_page and path.is_file() and not _is_about(path):
                yield path


def is_listed(inner: PurePath, folder: Path) -> bool:
    """Return whether `files` yields a file of this path in a folder, unless it is a page without front matter."""
    names = inner.parts
    if checkout.is_backlog(folder) and not checkout.is_task(inner):
        return False
    is_hidden = any(name.startswith(".") for name in names) or "node_modules" in names[:-1]
    return not is_hidden and names[-1].lower().endswith(MARKDOWN)


def is_about(path: PurePath, head: bytes) -> bool:
    """Return whether a file is a page about its folder, and no issue.

    Args:
        path: The file.
        head: Its first ten bytes, or more.
    """
    return is_page(path) and not head.removeprefix(b"\xef\xbb\xbf").startswith((b"---", b"+++"))


def _is_about(path: Path) -> bool:
    if not is_page(path):
        return False
    with path.open("rb") as file:
        return is_about(path, file.read(10))


def _read(folder: Path, name: str) -> Iterator[Entry]:
    for path in files(folder):
        yield from _entries(path, path.relative_to(folder), name)


def _entries(path: Path, inner: Path, name: str) -> Iterator[Entry]:
    try:
        record, fields = _parsed(path, inner, name)
    except SourceError as error:
        yield LeftOut("broken", str(error))
        return
    yield LeftOut("restricted", record=record) if is_restricted(fields) else record


def read_file(path: Path, inner: Path, name: str) -> Record:
    """Read the issue in a file.

    Args:
        path: The file.
        inner: Its path in its folder, for the id.
        name: The name of the record's source.

    Raises:
        SourceError: The file cannot be read, or is broken.
    """
    return _parsed(path, inner, name)[0]


def _parsed(path: Path, inner: Path, name: str) -> tuple[Record, dict[str, Any]]:
    shown = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(issue_file.MAX_FILE + 1)
    except OSError as error:
        raise SourceError(f"{shown} cannot be read: {error.strerror}") from error
    try:
        return issue_file.parse(data, inner, source=name, inner=inner)
    except SourceError as error:
        # The user knows the file by its full path.
        raise SourceError(str(error).replace(str(inner), shown, 1)) from error


def _refused(error: OSError) -> None:
    raise SourceError(f"{error.filename} cannot be read: {error.strerror}") from error
