"""Bugs of Bugzilla's REST API, whose first comment is the text of the bug."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import counted, objects


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a bug."""
    return {"id", "summary", "status", "resolution"} <= issue.keys() and (
        "product" in issue or "dupe_of" in issue or "creation_time" in issue
    )


def record(
    issue: dict[str, Any],
    *,
    source: str,
    comments: Sequence[Comment] = (),
    base: str | None = None,
) -> Record | None:
    """Return the record of a bug, even of one that only the members of a group may see.

    Args:
        issue: As `GET /rest/bug` gives it; `description` or `comments` may be there.
        source: The name of the record's source.
        comments: Those of `GET /rest/bug/N/comment`; the first is the bug's text.
        base: Address of the site, for the bug's page.
    """
    ref = Ref(optional(issue.get("product")), text(issue["id"]))
    target = text(issue.get("dupe_of")).strip()
    resolution = word(issue["resolution"])
    return Record(
        id=ref.id,
        title=text(issue["summary"]),
        body=_body(issue, comments),
        source=source,
        project=ref.project,
        # Each site's statuses are its own, and a closed bug has a resolution.
        state="closed" if resolution or issue.get("is_open") is False else "open",
        resolution=resolution,
        created=moment(issue.get("creation_time")),
        updated=moment(issue.get("last_change_time")),
        url=f"{base.rstrip('/')}/show_bug.cgi?id={ref.id}" if base else None,
        duplicate_of=without_own([Ref(ref.project, target)] if target not in ("", "0") else [], ref),
        closed=moment(issue.get("cf_last_resolved")),
        # The first comment is the bug's text.
        n_responses=max(0, counted(issue.get("comment_count") or issue.get("comments")) - 1)
        + counted(issue.get("votes"))
        + counted(issue.get("blocks")),
        comments=first_comments(_comments(issue) or comments[1:]),
    )


def _comments(issue: dict[str, Any]) -> tuple[Comment, ...]:
    """Return the comments after the first, which is the text of the bug."""
    values = objects(issue.get("comments"))
    return comments_in([value for at, value in enumerate(values) if value.get("count", at) != 0])


def _body(issue: dict[str, Any], comments: Sequence[Comment]) -> str:
    for first in [one for one in objects(issue.get("comments"))[:1] if one.get("count", 0) == 0]:
        return "" if first.get("is_private") else text(first.get("text"))
    first_text = comments[0].text if comments and not comments[0].is_restricted else ""
    return text(issue.get("description")) or first_text
