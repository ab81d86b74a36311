"""Read files of comments and events next to a file of issues, grouped by issue."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from dupfind.errors import SourceError
from dupfind.records import Comment
from dupfind.sources.coerce import quantity, text
from dupfind.sources.comment_bounds import MAX_CHARACTERS, MAX_COMMENTS
from dupfind.sources.files import text_file
from dupfind.sources.files.json_stream import values
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comment_thread import CommentThread
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
_TABLE_WORDS = ("issues", "tickets", "bugs", "tasks", "posts", "questions", "stories", "items", "records")
_SHARD = re.compile(r"issues_\d{6}\.json")  # of a GitHub migration archive; its comments are numbered apart
_COMMENT_KEYS = {
    *("issue_url", "noteable_type", "noteable_iid", "updateAuthor", "bug_id", "authorAssociation"),
    *("in_reply_to", "commit_id", "issue", "parent_id", "issueId", "postId"),
}
_BY_NAME = (
    *(
        "issue_url",
        "issue",
        "issue_number",
        "issueNumber",
        "issue_key",
        "issueKey",
        "issue_iid",
        "noteable_iid",
    ),
    *("ticket", "ticket_number", "post", "task", "bug"),
)
"""Keys of a comment that name its issue by its address, number or key."""
_BY_ID = (
    *(
        "issue_id",
        "issueId",
        "ticket_id",
        "ticketId",
        "post_id",
        "postId",
        "PostId",
        "task_id",
        "taskId",
        "bug_id",
    ),
    *(
        "question_id",
        "questionId",
        "story_id",
        "storyId",
        "card_id",
        "cardId",
        "item_id",
        "record_id",
        "parent_id",
    ),
)
"""Keys that name it by its id, which may be an internal one."""
_ID = "id "  # before an id in the keys of `SidecarComments`


def are_comments(keys: Collection[str]) -> bool:
    """Return whether objects with these keys, and without a title, are comments."""
    return not _COMMENT_KEYS.isdisjoint(keys)


def find_sidecars(path: Path, kind: str) -> tuple[Path, ...]:
    """Return the files next to a file of issues whose names mark them as its comments or events.

    Args:
        path: The file of issues.
        kind: Its format. Next to a table of no known tracker a file counts only if it begins with a comment.
    """
    if kind not in KEYS:
        names = (path.name.replace(word, "comments") for word in _TABLE_WORDS if word in path.name)
        tables = (path.with_name(name) for name in names)
        return tuple(table for table in tables if table.is_file() and _begins_with_comment(table))
    names = (
        path.name.replace(word, sidecar_word)
        for word, sidecar_words in _SIDECAR_WORDS.items()
        if word in path.name
        for sidecar_word in sidecar_words
    )
    shards = sorted(path.parent.glob("issue_comments_*.json")) if _SHARD.match(path.name) else ()
    return (*(sidecar for name in names if (sidecar := path.with_name(name)).is_file()), *shards)


def _begins_with_comment(path: Path) -> bool:
    try:
        with text_file.open_text(path) as file:
            first = next(_all(file, str(path)), None)
    except SourceError:
        return False
    return (
        first is not None and _issue_of(first) is not None and any(one.text for one in comments_in([first]))
    )


def read(paths: Sequence[Path]) -> SidecarComments:
    """Read the first comments on each issue and those that may mark duplicates, and the events that do.

    All others are dropped.

    Raises:
        SourceError: A file is not JSON.
    """
    threads: dict[str, CommentThread] = defaultdict(CommentThread)
    bugs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in paths:
        with text_file.open_text(path) as file:
            for value in _all(file, str(path)):
                if "bug_id" in value and "count" in value:
                    _add_to_bug(bugs[_key(text(value["bug_id"]))], value)
                    continue
                issue, kind = _issue_of(value), text(value.get("event")) or "commented"
                comments = comments_in([value])
                if issue is None or not comments:
                    continue
                if kind.endswith("as_duplicate") or (kind == "commented" and comments[0].text):
                    threads[issue].add(comments[0], kind=kind)
    for comments_of_bug in bugs.values():
        comments_of_bug.sort(key=lambda comment: comment["count"])
    return {**bugs, **{issue: thread.events() for issue, thread in threads.items()}}


def _add_to_bug(comments: list[dict[str, Any]], comment: dict[str, Any]) -> None:
    """Keep a comment of Bugzilla, of which number 0 is the text of the bug and the next ones are the first."""
    number = quantity(comment["count"])
    if number <= MAX_COMMENTS:
        body = text(comment.get("text"))
        comments.append(
            {
                "count": number,
                "text": body[:MAX_CHARACTERS] if number else body,
                "is_private": comment.get("is_private"),
                "creation_time": comment.get("creation_time") or comment.get("time"),
            }
        )


def _issue_of(comment: dict[str, Any]) -> str | None:
    """Return the key of the issue that a comment is on; None if it names none."""
    for before, names in (("", _BY_NAME), (_ID, _BY_ID)):
        for name in names:
            value = comment.get(name)
            if isinstance(value, dict):
                value = next((value[key] for key in ("url", "number", "key", "id") if value.get(key)), None)
            if value not in (None, "") and not isinstance(value, list | bool):
                return before + _key(text(value))
    return None


def comments_on(issue: dict[str, Any], comments: SidecarComments) -> Sequence[dict[str, Any]]:
    """Return the events on an issue, oldest first."""
    return comments.get(_key(text(issue.get("url") or issue.get("id"))), [])


def comments_on_row(
    row: dict[str, Any], id: str, comments: SidecarComments, *, has_own_id: bool
) -> tuple[Comment, ...]:
    """Return the comments on an issue in a table of no known tracker, oldest first.

    Args:
        row: The object.
        id: Of its record.
        comments: By issue.
        has_own_id: Whether comments that give an id mean the one of the record, and not the value of `id`.
    """
    inner = id if has_own_id else text(row.get("id")) or id
    addresses = (text(row.get(key)) for key in ("url", "html_url", "web_url"))
    names = (_ID + _key(inner), _key(id), *map(_key, filter(None, addresses)))
    return comments_in([event for name in dict.fromkeys(names) for event in comments.get(name, ())])


def _key(address: str) -> str:
    """Return the end of an address, "O/R/issues/N", which is the same for pages (Gitea) and the API (GitHub)."""
    return "/".join(address.strip().lower().split("/")[-4:])


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
