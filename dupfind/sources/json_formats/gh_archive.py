"""Events of GH Archive, of which those of issues hold the issue as it was at that moment."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.keys import inside

_KINDS = ("IssuesEvent", "IssueCommentEvent")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an event, of any type."""
    return {"type", "payload", "repo", "actor", "created_at"} <= issue.keys()


def newest(events: Iterable[dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Read all events, and return a function that keeps the issue in the newest event of each issue.

    The function adds the comments that may name an original, and takes the issue out of all other events.
    """
    latest: dict[str, tuple[str, str]] = {}
    comments: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        name, at = _name(event), (text(event.get("created_at")), text(event.get("id")))
        if not name:
            continue
        if at >= latest.get(name, ("", "")):
            latest[name] = at
        comment = inside(event, "payload", "comment")
        if isinstance(comment, dict) and "dup" in text(comment.get("body")).lower():
            comments.setdefault(name, []).append({**comment, "event": "commented"})

    def kept(event: dict[str, Any]) -> dict[str, Any]:
        name, at = _name(event), (text(event.get("created_at")), text(event.get("id")))
        if not name or latest.get(name) != at:
            return {**event, "payload": {}}
        del latest[name]  # of equal events the first is kept
        timeline = sorted(comments.get(name, ()), key=lambda comment: text(comment.get("created_at")))
        issue = {**event["payload"]["issue"], "timeline": timeline}
        return {**event, "payload": {**event["payload"], "issue": issue}}

    return kept


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
