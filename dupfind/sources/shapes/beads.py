"""beads: the lines of .beads/issues.jsonl."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Record, Ref
from dupfind.sources.shapes.comments import Comment, others
from dupfind.sources.shapes.keys import objects
from dupfind.sources.values import moment, state, text, word

_TEXTS = ("description", "design", "acceptance_criteria", "notes")


def recognises(issue: dict[str, Any]) -> bool:
    """Whether an object has the keys of an issue; a description may be missing."""
    return {"id", "title", "status", "issue_type", "priority"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """The record of an issue; None of a deleted one. The body is all that it says, a paragraph each.

    Args:
        issue: One line.
        source: The name that the record carries.
        comments: Not looked at: dependencies tell the duplicates.
    """
    if word(issue["status"]) == "tombstone":
        return None
    own = Ref(None, text(issue["id"]))
    links = objects(issue.get("dependencies"))
    return Record(
        id=own.id,
        title=text(issue["title"]),
        body="\n\n".join(said for said in (text(issue.get(key)) for key in _TEXTS) if said.strip()),
        source=source,
        state=state(issue["status"]) or "open",
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        duplicate_of=others(
            (
                Ref(None, text(link.get("depends_on_id")))
                for link in links
                if link.get("type") == "duplicates" and text(link.get("issue_id") or own.id) == own.id
            ),
            own,
        ),
    )
