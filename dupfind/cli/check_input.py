"""The input of `dupfind check`: new issues in files, on standard input or in words, and a team's decisions."""

import os
import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from dupfind.cli.terminal import note, safe, standard_input
from dupfind.errors import DupfindError, SourceError
from dupfind.records import counted
from dupfind.sources.files.filenames import JSON, MARKDOWN, YAML, is_export, is_issue_file
from dupfind.sources.nearest_path import misspelt
from dupfind.storage.database_url import IndexPlace
from dupfind.workspace.settings import Settings, is_inside

if TYPE_CHECKING:
    from dupfind.check.drafts import Draft
    from dupfind.check.files import File
    from dupfind.check.tracked_issues import TrackedIssues
    from dupfind.decisions import Decisions

DECISIONS = ".dupfind-decisions.jsonl"
"""Name of the file of decisions that is read if it exists and no other is named."""

_MAX_STDIN = 16 << 20
_N_NAMED = 5  # skipped files that are named
_SQLITE = b"SQLite format 3\0"


def existing_files(paths: Sequence[str]) -> tuple[str, ...]:
    """Return each file once, under the first name that it was given.

    Raises:
        DupfindError: One does not exist, which may be a typing error; or it is a whole source: a folder, a database
            or an export.
    """
    names: dict[str, str] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise DupfindError(f"{path} does not exist: check the name{misspelt(path)}")
        if (what := _whole_source(path)) is not None:
            raise DupfindError(
                f"{path} is {what}, and a check takes files of new issues: name those, or run"
                f" `{shlex.join(['dupfind', 'index', path])}` and then `dupfind report`"
            )
        names.setdefault(os.path.abspath(path), path)
    return tuple(names.values())


def _whole_source(path: str) -> str | None:
    """Return what a path is if it holds the issues of a whole tracker, else None."""
    if os.path.isdir(path):
        return "a folder"
    if is_export(PurePath(path)):
        return "an export"
    if is_issue_file(PurePath(path)) or not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            return "a database" if file.read(len(_SQLITE)) == _SQLITE else None
    except OSError:  # a file without the suffix of an issue is skipped anyway
        return None


def note_skipped(paths: Sequence[str]) -> None:
    """Name the files that are skipped because of their names."""
    if paths:
        suffixes = ", ".join((*MARKDOWN, *YAML, *JSON))
        note(
            f"skipped {_first(paths)}: the file of an issue ends in {suffixes}, and is no page such as README.md"
        )


def _first(paths: Sequence[str]) -> str:
    """Return the first names of a list, and the number of the others."""
    more = f" and {len(paths) - _N_NAMED:,} more" if len(paths) > _N_NAMED else ""
    return ", ".join(map(safe, paths[:_N_NAMED])) + more


def note_left_out(messages: Sequence[str]) -> None:
    """Name the changed files that are no issue; each message begins with the file."""
    for message in messages[:_N_NAMED]:
        note(f"skipped, no issue: {message}")
    if len(messages) > _N_NAMED:
        note(f"skipped, no issue: {counted(len(messages) - _N_NAMED, 'more file')}")


def readable_drafts(
    files: "Sequence[File]", index: IndexPlace, left_out: list[str]
) -> "tuple[list[File], list[Draft]]":
    """Read the new issues of changed files that nobody named, and leave out files that are no issue.

    Args:
        files: The files.
        index: The index; its sources name the issues.
        left_out: Gets a line about each file that is no issue.

    Returns:
        The files that are read, and their issues.

    Raises:
        StoreError: The index cannot be read.
    """
    sources, folder = _source_locations(index)
    read: list[File] = []
    drafts: list[Draft] = []
    for file in files:
        try:
            drafts += file.drafts(sources, folder)
        except SourceError as error:
            left_out.append(str(error))
        else:
            read.append(file)
    return read, drafts


def drafts_of_files(files: "Sequence[File]", index: IndexPlace) -> "list[Draft]":
    """Read the new issues in files.

    Args:
        files: Files that may hold new issues.
        index: The index; its sources name the issues.

    Raises:
        SourceError: A file is broken.
        StoreError: The index cannot be read.
    """
    if not files:
        return []
    sources, folder = _source_locations(index)
    return [draft for file in files for draft in file.drafts(sources, folder)]


def _source_locations(index: IndexPlace) -> tuple[dict[str, str], Path]:
    """Return the name of each source by its location, and the folder of the index."""
    from dupfind.postgresql.open_store import local_folder, open_store
    from dupfind.storage.source_state import locations

    with closing(open_store(index)) as store, store.reading():
        return locations(store), local_folder(index)


def tracked_issues(
    files: "Sequence[File]", drafts: "Sequence[Draft]", index: IndexPlace, left_out: Sequence[str]
) -> "TrackedIssues":
    """Compare the repository of the working folder with the index, and report the issues that stay out.

    Args:
        files: The files that hold the new issues, at least one.
        drafts: The new issues.
        index: The index.
        left_out: The lines about files that have been named already.

    Raises:
        SourceError: Git fails.
        StoreError: The index cannot be read.
    """
    from dupfind.check import tracked_issues
    from dupfind.postgresql.open_store import local_folder, open_store

    with closing(open_store(index)) as store, store.reading():
        tracked = tracked_issues.tracked_issues(store, local_folder(index), files, drafts)
    if tracked.n_left_out:
        n_unindexed = len(tracked.unindexed) + tracked.n_left_out
        note(
            f"{n_unindexed:,} issues of the repository are not indexed, and {tracked.n_left_out:,} of them, the"
            " oldest, were not compared: run `dupfind index`"
        )
    if unread := [line for line in tracked.unread if line not in left_out]:
        more = f" (and {len(unread) - 1:,} more)" if len(unread) > 1 else ""
        note(f"not compared: {unread[0]}{more}")
    return tracked


def draft_of_words(title: str | None, body: str | None) -> "Draft":
    """Make an issue of a title and a body.

    Raises:
        DupfindError: Neither has a word in it.
    """
    from dupfind.check.drafts import Draft
    from dupfind.records import Record

    record = Record(id="", title=title or "", body=body or "")
    if not (record.title + record.body).strip():
        raise DupfindError("the issue has no word in it: give a title or a body")
    return Draft(record, "the issue")


def drafts_of_stdin(source: str) -> "list[Draft]":
    """Read one or several issues in JSON from standard input.

    Args:
        source: The indexed source that they belong to, or "".

    Raises:
        DupfindError: Standard input is closed, empty or too large.
        SourceError: It is not JSON, or holds no issue.
    """
    from dupfind.check import drafts

    stream = standard_input()
    if stream.isatty():
        note("reading one or several issues in JSON; end with Ctrl-D")
    data = stream.read(_MAX_STDIN + 1)
    if len(data) > _MAX_STDIN:
        raise DupfindError(
            f"standard input holds more than {_MAX_STDIN >> 20} MiB: check fewer issues at once"
        )
    if not data.strip():
        raise DupfindError("standard input is empty: send an issue in JSON")
    read = drafts.read(data, PurePath("stdin.json"), source=source, shown="standard input")
    return [replace(draft, file=None) for draft in read]


def require_source(index: IndexPlace, source: str) -> None:
    """Refuse a source that the index does not have.

    Raises:
        DupfindError: The index has no such source; the message lists its sources.
    """
    from dupfind.postgresql.open_store import open_store
    from dupfind.storage.source_state import names

    with closing(open_store(index)) as store, store.reading():
        sources = names(store)
    if source not in sources:
        raise DupfindError(f"no source {source!r} in {index}; its sources: {', '.join(sources)}")


def team_decisions(path: Path | None, settings: Settings) -> "Decisions":
    """Read the decisions that a team keeps in its repository.

    Args:
        path: The file that the user named, or None.
        settings: The repository's own; they may name a file.

    Returns:
        The decisions of the named file, else of the settings' file, else of `DECISIONS` if the repository has it.

    Raises:
        DupfindError: The file cannot be read.
    """
    from dupfind.decisions import Decisions

    default = settings.root / DECISIONS
    if path is None:
        path = settings.decisions or (
            default if default.is_file() and is_inside(settings.root, default) else None
        )
    return Decisions() if path is None else Decisions.read(path)
