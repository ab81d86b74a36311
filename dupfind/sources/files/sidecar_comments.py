"""Read files of comments and events next to a file of issues, grouped by issue."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from dupfind.errors import SourceError
from dupfind.records import Comment
from dupfind.sources.coerce import quantity, text
from dupfind.sources.comment_bounds import N_READ_CHARACTERS, N_READ_COMMENTS
from dupfind.sources.files import text_file
from dupfind.sources.files.json_stream import values
from dupfind.sources.files.sidecar_keys import (
    Projects,
    Row,
    address_key,
    are_of_other,
    are_of_same,
    issue_of,
    projects_of,
    row_keys,
)
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comment_thread import CommentThreads
from dupfind.sources.json_formats.keys import inside, objects

SidecarComments = Mapping[str, Mapping[Projects, Sequence[dict[str, Any]]]]
"""Comments and events by the key of their issue, as `issue_of` returns it, and by its projects."""

KEYS = {
    "github-rest": "timeline",
    "github-archive": "timeline",
    "bitbucket": "timeline",
    "bugzilla-rest": "comments",
}
"""The key under which a format expects comments, for the kinds that store them apart from the issues."""

_SIDECAR_WORDS = {"issues": ("comments", "timeline", "events"), "bugs": ("comments",)}
_TABLE_WORDS = (
    *("issues", "tickets", "bugs", "tasks", "posts", "questions", "stories", "items", "records"),
    *("tracker", "backlog", "export"),
)
_SHARD = re.compile(r"issues_\d{6}\.json")  # of a GitHub migration archive; its comments are numbered apart
_COMMENT_KEYS = {
    *("issue_url", "noteable_type", "noteable_iid", "updateAuthor", "bug_id", "authorAssociation"),
    *("in_reply_to", "commit_id", "issue", "parent_id", "issueId", "postId"),
}


def are_comments(keys: Collection[str]) -> bool:
    """Return whether objects with these keys, and without a title, are comments."""
    return not _COMMENT_KEYS.isdisjoint(keys)


def find_sidecars(path: Path, kind: str, encoding: str | None = None) -> tuple[Path, ...]:
    """Return the files next to a file of issues whose names mark them as its comments or events.

    Args:
        path: The file of issues.
        kind: Its format. Where that does not give comments apart, a file counts only if it begins with a comment.
        encoding: The encoding that the user names; None detects it.
    """
    if kind not in KEYS:
        stem, dot, ending = path.name.partition(".")
        places = (
            *(path.name.replace(word, "comments") for word in _TABLE_WORDS if word in path.name),
            *(f"{stem}{before}comments{dot}{ending}" for before in ".-_"),
        )
        tables = (path.with_name(place) for place in places)
        return tuple(table for table in tables if table.is_file() and _begins_with_comment(table, encoding))
    names = (
        path.name.replace(word, sidecar_word)
        for word, sidecar_words in _SIDECAR_WORDS.items()
        if word in path.name
        for sidecar_word in sidecar_words
    )
    shards = sorted(path.parent.glob("issue_comments_*.json")) if _SHARD.match(path.name) else ()
    return (*(sidecar for name in names if (sidecar := path.with_name(name)).is_file()), *shards)


def _begins_with_comment(path: Path, encoding: str | None) -> bool:
    try:
        with text_file.open_text(path, encoding=encoding) as file:
            first = next(_all(file, str(path)), None)
    except SourceError:
        return False
    return first is not None and issue_of(first) is not None and any(one.text for one in comments_in([first]))


def read(
    paths: Sequence[Path],
    *,
    encoding: str | None = None,
    no_comments: bool = False,
    faults: list[str] | None = None,
) -> SidecarComments:
    """Read the first comments on each issue and those that may mark duplicates, and the events that do.

    All others are dropped.

    Args:
        paths: The files.
        encoding: The encoding that the user names; None detects it.
        no_comments: Whether only those are kept that may mark duplicates.
        faults: Takes what is wrong with a file, of which the comments before the fault are kept. None raises it.

    Raises:
        SourceError: A file is not JSON, and there is no list for `faults`.
    """
    threads = CommentThreads(no_comments=no_comments)
    bugs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in paths:
        try:
            with text_file.open_text(path, encoding=encoding) as file:
                for value in _all(file, str(path)):
                    _add(threads, bugs, value)
        except SourceError as error:
            if faults is None:
                raise
            faults.append(f"{error}: the comments after it are left out")
    for comments_of_bug in bugs.values():
        comments_of_bug.sort(key=lambda comment: comment["count"])
    by_issue: dict[str, dict[Projects, Sequence[dict[str, Any]]]] = {
        bug: {(): comments} for bug, comments in bugs.items()
    }
    for issue, projects in threads.issues():
        by_issue.setdefault(issue, {})[projects] = threads.events((issue, projects))
    return by_issue


def _add(threads: CommentThreads, bugs: dict[str, list[dict[str, Any]]], value: dict[str, Any]) -> None:
    if "bug_id" in value and "count" in value:
        _add_to_bug(bugs[address_key(text(value["bug_id"]))], value)
        return
    issue, kind = issue_of(value), text(value.get("event")) or "commented"
    comments = comments_in([value])
    if issue is None or not comments:
        return
    if kind.endswith("as_duplicate") or (kind == "commented" and comments[0].text):
        threads.add((issue, projects_of(value)), comments[0], kind=kind)


def _add_to_bug(comments: list[dict[str, Any]], comment: dict[str, Any]) -> None:
    """Keep a comment of Bugzilla, of which number 0 is the text of the bug and the next ones are the first."""
    number = quantity(comment["count"])
    if number <= N_READ_COMMENTS:
        body = text(comment.get("text"))
        comments.append(
            {
                "count": number,
                "text": body[:N_READ_CHARACTERS] if number else body,
                "is_private": comment.get("is_private"),
                "creation_time": comment.get("creation_time") or comment.get("time"),
            }
        )


def comments_on(issue: dict[str, Any], comments: SidecarComments) -> Sequence[dict[str, Any]]:
    """Return the events on an issue of a known format, oldest first in each project that they name."""
    by_projects = comments.get(address_key(text(issue.get("url") or issue.get("id"))), {})
    return [event for events in by_projects.values() for event in events]


def shared_keys(rows: Iterable[Row], comments: SidecarComments) -> frozenset[str]:
    """Return the keys under which comments lie that may be on several rows, as number 1 of two projects."""
    owners: dict[str, tuple[str, Projects]] = {}
    shared = set()
    for row in rows:
        own = row.id, projects_of(row.value, row.project)
        for key in row_keys(row.value, row.id, has_own_id=row.has_own_id):
            if key in comments and owners.setdefault(key, own) != own:
                shared.add(key)
    return frozenset(shared)


def comments_on_row(row: Row, comments: SidecarComments, shared: Collection[str]) -> tuple[Comment, ...]:
    """Return the comments on an issue in a table of no known tracker, oldest first.

    A comment that names another project is not on it. Where several rows have its key, it must name the row's project.

    Args:
        row: The object.
        comments: By issue.
        shared: The keys that several rows have.
    """
    own = projects_of(row.value, row.project)
    return comments_in(
        [
            event
            for key in row_keys(row.value, row.id, has_own_id=row.has_own_id)
            for projects, events in comments.get(key, {}).items()
            if not are_of_other(projects, own) and (key not in shared or are_of_same(projects, own))
            for event in events
        ]
    )


def _all(file: TextIO, where: str) -> Iterator[dict[str, Any]]:
    for _, value, is_inner in values(file, where, lambda key, _: True if key == "comments" else None):
        if isinstance(value, list):  # a page of several
            yield from objects(value)
        if not isinstance(value, dict):
            continue
        bugs = value.get("bugs")
        for id, bug in bugs.items() if isinstance(bugs, dict) else ():
            yield from ({**comment, "bug_id": id} for comment in objects(inside(bug, "comments")))
        inner = value.get("comments")
        yield from [value] if is_inner or not isinstance(inner, list) else objects(inner)
