"""The input of `dupfind check`: new issues in files, on standard input or in words, and a team's decisions."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from dupfind.cli.terminal import note, standard_input
from dupfind.errors import DupfindError
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


def existing_files(paths: Sequence[str]) -> tuple[str, ...]:
    """Return each file once, under the first name that it was given.

    Raises:
        DupfindError: One does not exist. It may be a typing error, so its suffix does not matter.
    """
    names: dict[str, str] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise DupfindError(f"{path} does not exist: check the name")
        names.setdefault(os.path.abspath(path), path)
    return tuple(names.values())


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
    from dupfind.postgresql.open_store import local_folder, open_store
    from dupfind.storage.source_state import locations

    with closing(open_store(index)) as store, store.reading():
        sources = locations(store)
    return [draft for file in files for draft in file.drafts(sources, local_folder(index))]


def tracked_issues(files: "Sequence[File]", drafts: "Sequence[Draft]", index: IndexPlace) -> "TrackedIssues":
    """Compare the repository of the working folder with the index, and report the issues that stay out.

    Args:
        files: The files that hold the new issues, at least one.
        drafts: The new issues.
        index: The index.

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
    if tracked.unread:
        more = f" (and {len(tracked.unread) - 1:,} more)" if len(tracked.unread) > 1 else ""
        note(f"not compared: {tracked.unread[0]}{more}")
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
