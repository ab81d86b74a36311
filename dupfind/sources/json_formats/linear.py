"""Linear's GraphQL API: issues with their state, team and relations."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, optional, state, text
from dupfind.sources.json_formats.comments import Comment, keyed, others
from dupfind.sources.json_formats.keys import inside, name, objects

_CLOSED = ("completed", "canceled", "duplicate")


def recognises(issue: dict[str, Any]) -> bool:
    """Whether an object has an identifier, and a title."""
    return {"identifier", "title"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """The record of an issue; None of one in the trash.

    Args:
        issue: A node of `issues`.
        source: The name that the record carries.
        comments: Not looked at: relations tell the duplicates.
    """
    if issue.get("trashed"):
        return None
    own = keyed(text(issue["identifier"]))
    found = others(_related(issue), own)
    return Record(
        id=own.id,
        title=text(issue["title"]),
        body=text(issue.get("description")),
        source=source,
        project=own.project,
        state=_state(issue),
        resolution="duplicate" if found else None,
        created=moment(issue.get("createdAt")),
        updated=moment(issue.get("updatedAt")),
        url=optional(issue.get("url")),
        duplicate_of=found,
    )


def _related(issue: dict[str, Any]) -> Iterator[Ref]:
    for relation in objects(issue.get("relations")):
        other = text(inside(relation, "relatedIssue", "identifier"))
        if other and relation.get("type") == "duplicate":
            yield keyed(other)


def _state(issue: dict[str, Any]) -> str | None:
    if issue.get("completedAt") or issue.get("canceledAt"):
        return "closed"
    kind = inside(issue, "state", "type")
    if kind is not None:
        return "closed" if kind in _CLOSED else "open"
    return state(name(issue.get("state")))
