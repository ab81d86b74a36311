"""Issues of GitLab's GraphQL API, which have REST's keys in another spelling."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.json_formats import gitlab
from dupfind.sources.json_formats.keys import objects

_NAMES = {
    "web_url": "webUrl",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "closed_at": "closedAt",
    "user_notes_count": "userNotesCount",
}


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue."""
    return {"iid", "title", "state", "webUrl"} <= issue.keys() and "sourceBranch" not in issue


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue. GitLab's own note names the original."""
    notes = [
        {
            **note,
            "created_at": note.get("createdAt"),
            "author": {"type": "Bot"} if note.get("system") else None,
        }
        for note in objects(issue.get("notes"))
    ]
    labels = [label.get("title") for label in objects(issue.get("labels"))]
    for widget in objects(issue.get("widgets")):  # of work items
        if isinstance(widget.get("description"), str):
            issue = {**issue, "description": widget["description"]}
    renamed = {new: issue.get(old) for new, old in _NAMES.items()}
    return gitlab.record(
        {**issue, **renamed, "notes": notes, "labels": labels}, source=source, comments=comments
    )
