"""Issues of Linear's GraphQL API, with their state, team and relations."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, state, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import ref_from_key, without_own
from dupfind.sources.json_formats.keys import counted, inside, name, objects

_OWN = frozenset(
    ("createdAt", "updatedAt", "completedAt", "canceledAt", "relations", "branchName", "trashed", "team")
)
"""Keys that tell Linear's issues from those of others that have an identifier and a title, such as Vikunja and Huly."""
_CLOSED = ("completed", "canceled", "duplicate")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has an identifier, a title, and something by which Linear is known."""
    if not {"identifier", "title"} <= issue.keys():
        return False
    has_type = inside(issue, "state", "type") is not None
    return has_type or not _OWN.isdisjoint(issue) or any(inside(value, "nodes") for value in issue.values())


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue; None if it is in the trash.

    Args:
        issue: A node of `issues`.
        source: The name of the record's source.
        comments: Those that came apart from it; relations, not they, mark the duplicates.
    """
    if issue.get("trashed"):
        return None
    ref = ref_from_key(text(issue["identifier"]))
    duplicate_of = without_own(_related(issue), ref)
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body=text(issue.get("description")),
        source=source,
        project=ref.project,
        state=_state(issue),
        resolution="duplicate" if duplicate_of else None,
        created=moment(issue.get("createdAt")),
        updated=moment(issue.get("updatedAt")),
        url=optional(issue.get("url")),
        duplicate_of=duplicate_of,
        closed=moment(issue.get("completedAt") or issue.get("canceledAt")),
        n_children=counted(issue.get("children")),
        n_responses=counted(issue.get("comments")) + counted(issue.get("reactions")),
        comments=first_comments((*comments_in(issue.get("comments")), *comments)),
    )


def _related(issue: dict[str, Any]) -> Iterator[Ref]:
    for relation in objects(issue.get("relations")):
        key = text(inside(relation, "relatedIssue", "identifier"))
        if key and relation.get("type") == "duplicate":
            yield ref_from_key(key)


def _state(issue: dict[str, Any]) -> str | None:
    if issue.get("completedAt") or issue.get("canceledAt"):
        return "closed"
    kind = inside(issue, "state", "type")
    if kind is not None:
        return "closed" if kind in _CLOSED else "open"
    return state(name(issue.get("state")))
