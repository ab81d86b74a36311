"""Events of GH Archive, of which those of issues hold the issue as it was at that moment."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comment_thread import CommentThreads
from dupfind.sources.json_formats.keys import inside

_KINDS = ("IssuesEvent", "IssueCommentEvent")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an event, of any type."""
    has_keys = {"type", "payload", "repo", "created_at"} <= issue.keys()
    return has_keys and isinstance(issue["payload"], dict) and text(issue["type"]).endswith("Event")


def newest(
    events: Iterable[dict[str, Any]], *, no_comments: bool = False
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Read all events, and return a function that keeps the issue in the newest event of each issue.

    The function adds the first comments on each, and those that may name an original. It takes the issue out of all
    other events.

    Args:
        events: Of all types, in any order.
        no_comments: Whether only comments that may name an original are added.
    """
    latest: dict[str, tuple[str, str]] = {}
    threads = CommentThreads(no_comments=no_comments)
    for event in events:
        name, at = _name(event), (text(event.get("created_at")), text(event.get("id")))
        if not name:
            continue
        if at >= latest.get(name, ("", "")):
            latest[name] = at
        comment = inside(event, "payload", "comment")
        if isinstance(comment, dict) and event.get("type") == "IssueCommentEvent":
            _add(threads, name, comment, action=inside(event, "payload", "action"))

    def kept(event: dict[str, Any]) -> dict[str, Any]:
        name, at = _name(event), (text(event.get("created_at")), text(event.get("id")))
        if not name or latest.get(name) != at:
            return {**event, "payload": {}}
        del latest[name]  # of equal events the first is kept
        timeline = threads.events(name)
        issue = {**event["payload"]["issue"], "timeline": timeline}
        return {**event, "payload": {**event["payload"], "issue": issue}}

    return kept


def _add(threads: CommentThreads, issue: str, comment: dict[str, Any], *, action: Any) -> None:
    """Add a comment to the others on its issue, in place of an older version; remove a deleted one."""
    id = text(comment.get("id"))
    if action == "deleted":
        threads.remove(issue, id)
        return
    for read in comments_in([comment]):
        threads.add(issue, read, id=id)


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of the issue in an event; None for other events, and for a deleted or moved issue."""
    if not _name(issue) or inside(issue, "payload", "action") in ("deleted", "transferred"):
        return None
    inner = {"body": None, "html_url": None, **issue["payload"]["issue"]}
    inner["repository"] = {"full_name": inside(issue, "repo", "name")}
    return github.record(inner, source=source, comments=comments)


def _name(event: dict[str, Any]) -> str:
    """Return the name of the issue in an event; "" if it holds none that can be read."""
    issue = inside(event, "payload", "issue")
    if (
        event.get("type") not in _KINDS
        or not isinstance(issue, dict)
        or not {"number", "title"} <= issue.keys()
    ):
        return ""
    return f"{text(inside(event, 'repo', 'name'))}#{text(issue['number'])}"
