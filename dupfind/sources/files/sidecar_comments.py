"""Read files of comments and events next to a file of issues, grouped by issue."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from dupfind.sources.coerce import text
from dupfind.sources.files import text_file
from dupfind.sources.files.json_stream import values
from dupfind.sources.json_formats.keys import inside, objects

SidecarComments = Mapping[str, Sequence[dict[str, Any]]]
"""Comments and events by the end of their issue's address ("O/R/issues/N"), or by its number."""

KEYS = {
    "github-rest": "timeline",
    "github-archive": "timeline",
    "bitbucket": "timeline",
    "bugzilla-rest": "comments",
}
"""The key under which a format expects comments, for the kinds that store them apart from the issues."""

_SIDECAR_WORDS = {"issues": ("comments", "timeline", "events"), "bugs": ("comments",)}
_SHARD = re.compile(r"issues_\d{6}\.json")  # of a GitHub migration archive; its comments are numbered apart
_COMMENT_KEYS = {
    *("issue_url", "noteable_type", "noteable_iid", "updateAuthor", "bug_id", "authorAssociation"),
    *("in_reply_to", "commit_id", "issue", "parent_id", "issueId", "postId"),
}


def are_comments(keys: Collection[str]) -> bool:
    """Return whether objects with these keys, and without a title, are comments."""
    return not _COMMENT_KEYS.isdisjoint(keys)


def find_sidecars(path: Path) -> tuple[Path, ...]:
    """Return the files next to a file of issues whose names mark them as its comments or events."""
    names = (
        path.name.replace(word, sidecar_word)
        for word, sidecar_words in _SIDECAR_WORDS.items()
        if word in path.name
        for sidecar_word in sidecar_words
    )
    shards = sorted(path.parent.glob("issue_comments_*.json")) if _SHARD.match(path.name) else ()
    return (*(sidecar for name in names if (sidecar := path.with_name(name)).is_file()), *shards)


def read(paths: Sequence[Path]) -> SidecarComments:
    """Read the comments and events that may mark duplicates, and for Bugzilla the texts of the bugs.

    All others are dropped.

    Raises:
        SourceError: A file is not JSON.
    """
    events_by_issue: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in paths:
        with text_file.open_text(path) as file:
            for comment in _all(file, str(path)):
                event = _event(comment)
                issue = comment.get("issue_url") or comment.get("issue") or comment.get("bug_id")
                issue = inside(issue, "url") if isinstance(issue, dict) else issue
                if event is not None and issue:
                    events_by_issue[_key(text(issue))].append(event)
    for events in events_by_issue.values():
        events.sort(key=lambda event: event["created_at"])
    return events_by_issue


def _event(comment: dict[str, Any]) -> dict[str, Any] | None:
    """Return a comment or event with the keys of GitHub's timeline, or of Bugzilla; None if it is not needed."""
    if "bug_id" in comment:
        # Comment 0 is the text of the bug.
        return {**comment, "created_at": ""} if comment.get("count") == 0 else None
    body = text(comment.get("body") or comment.get("content"))
    kind = text(comment.get("event")) or "commented"
    if (kind == "commented" and "dup" not in body.lower()) or not (body or kind.endswith("as_duplicate")):
        return None
    return {
        "event": kind,
        "body": body,
        "user": comment.get("user"),
        "created_at": text(comment.get("created_at") or comment.get("created_on")),
    }


def comments_on(issue: dict[str, Any], comments: SidecarComments) -> Sequence[dict[str, Any]]:
    """Return the events on an issue, oldest first."""
    return comments.get(_key(text(issue.get("url") or issue.get("id"))), [])


def _key(address: str) -> str:
    """Return the end of an address, "O/R/issues/N", which is the same for pages (Gitea) and the API (GitHub)."""
    return "/".join(address.lower().split("/")[-4:])


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
