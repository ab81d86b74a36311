"""Bitbucket's export db-1.0.json, with issues and comments in separate lists."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import number_resolver, originals_from

_OPEN = ("new", "open", "on hold")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue."""
    return {"id", "title", "content", "status", "kind", "created_on"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue; comments on one with the status duplicate may name its originals.

    Args:
        issue: Of the list `issues`; `timeline` may hold its comments.
        source: The name of the record's source.
        comments: Those of the list `comments` on it, oldest first.
    """
    ref = Ref(None, text(issue["id"]))
    comments = (*comments_in(issue.get("timeline")), *comments)
    status = word(issue["status"])
    is_open = status in _OPEN
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body=text(issue["content"]),
        source=source,
        state="open" if is_open else state(status) or "closed",
        resolution=None if is_open else status,
        created=moment(issue["created_on"]),
        updated=moment(issue.get("updated_on")),
        duplicate_of=originals_from(comments, ref, number_resolver(None)) if status == "duplicate" else (),
        comments=first_comments(comments),
    )
