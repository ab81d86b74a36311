"""Issues of Bitbucket: of its export db-1.0.json, with comments in a list of their own, and of Cloud's API."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import number_resolver, originals_from
from dupfind.sources.json_formats.keys import inside

_OPEN = ("new", "open", "on hold")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue."""
    return {"id", "title", "content", "kind", "created_on"} <= issue.keys() and bool(
        {"status", "state"} & issue.keys()
    )


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue; comments on one with the status duplicate may name its originals.

    Args:
        issue: Of the list `issues`, or of the API; `timeline` may hold its comments.
        source: The name of the record's source.
        comments: Those of the list `comments` on it, oldest first.
    """
    repository = optional(inside(issue, "repository", "full_name"))
    ref = Ref(repository, text(issue["id"]))
    comments = (*comments_in(issue.get("timeline")), *comments)
    status = word(issue.get("status") or issue.get("state"))
    content = issue["content"]
    is_open = status in _OPEN
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body=text(content.get("raw") if isinstance(content, dict) else content),
        source=source,
        project=ref.project,
        state="open" if is_open else state(status) or "closed",
        resolution=None if is_open else status,
        created=moment(issue["created_on"]),
        updated=moment(issue.get("updated_on")),
        url=optional(inside(issue, "links", "html", "href")),
        duplicate_of=originals_from(comments, ref, number_resolver(ref.project))
        if status == "duplicate"
        else (),
        comments=first_comments(comments),
    )
