"""The lines of beads' issues.jsonl."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, state, text, word
from dupfind.sources.json_formats.comments import Comment, without_own
from dupfind.sources.json_formats.keys import objects

_TEXTS = ("description", "design", "acceptance_criteria", "notes")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue (defaults may be missing), or is another line of beads."""
    if _is_other(issue):
        return True
    return {"id", "title", "priority", "created_at"} <= issue.keys() and (
        "issue_type" in issue or "dependencies" in issue or "close_reason" in issue
    )


def _is_other(issue: dict[str, Any]) -> bool:
    """Return whether this line is no issue but a note for agents."""
    return issue.get("_type") in ("memory", "event", "wisp")


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue; None if it is deleted. The body joins all text fields, a paragraph each.

    Args:
        issue: One line.
        source: The name of the record's source.
        comments: Ignored: dependencies mark the duplicates.
    """
    if _is_other(issue) or word(issue.get("status")) == "tombstone":
        return None
    ref = Ref(None, text(issue["id"]))
    links = objects(issue.get("dependencies"))
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body="\n\n".join(part for part in (text(issue.get(key)) for key in _TEXTS) if part.strip()),
        source=source,
        state=state(issue.get("status")) or "open",
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        duplicate_of=without_own(
            (
                Ref(None, text(link.get("depends_on_id")))
                for link in links
                if link.get("type") == "duplicates" and text(link.get("issue_id") or ref.id) == ref.id
            ),
            ref,
        ),
    )
