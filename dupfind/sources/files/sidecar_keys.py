"""Which issue a comment in a file of its own is on: by its address, number, key or id, and by its project."""

from typing import Any, NamedTuple

from dupfind.sources.coerce import text

Projects = tuple[tuple[str, str], ...]
"""The projects that an object names, each with the key that names it."""

_BY_NAME = ("issue_url", "issue", "issue_key", "issueKey", "ticket", "post", "task", "bug")
"""Keys of a comment that name its issue by its address, number or key."""
_BY_NUMBER = ("issue_number", "issueNumber", "issue_iid", "noteable_iid", "ticket_number")
"""Keys that name it by its number."""
_BY_ID = (
    *("issue_id", "issueId", "ticket_id", "ticketId", "post_id", "postId", "PostId", "task_id", "taskId"),
    *("bug_id", "question_id", "questionId", "story_id", "storyId", "card_id", "cardId", "item_id"),
    *("record_id", "parent_id"),
)
"""Keys that name it by its id, which may be an internal one."""
_ID, _NUMBER = "id ", "number "  # before an id or a number in a key

_NUMBERS = ("number", "no", "num", "nr", "iid", *_BY_NUMBER)
"""Keys of a row that hold its number, next to an id."""
_ADDRESSES = ("url", "html_url", "web_url")
_PROJECTS = (
    *("project", "project_name", "project_key", "projectKey", "project_id", "projectId"),
    *("repo", "repo_name", "repo_id", "repository", "repository_name", "repository_url", "repository_id"),
)


class Row(NamedTuple):
    """An issue in a table of no known tracker.

    Attributes:
        value: The object.
        id: Of its record.
        project: Of its record.
        has_own_id: Whether comments that give an id mean the one of the record, and not the value of `id`.
    """

    value: dict[str, Any]
    id: str
    project: str | None
    has_own_id: bool


def issue_of(comment: dict[str, Any]) -> str | None:
    """Return the key of the issue that a comment is on; None if it names none."""
    for before, names in (("", _BY_NAME), (_NUMBER, _BY_NUMBER), (_ID, _BY_ID)):
        for name in names:
            value = comment.get(name)
            if isinstance(value, dict):
                key = next((key for key in ("url", "number", "key", "id") if value.get(key)), "id")
                before, value = {"number": _NUMBER, "id": _ID}.get(key, ""), value.get(key)
            if value not in (None, "") and not isinstance(value, list | bool | dict):
                return before + address_key(text(value))
    return None


def row_keys(row: dict[str, Any], id: str, *, has_own_id: bool) -> tuple[str, ...]:
    """Return the keys under which the comments on a row may lie; its number is its id where it has no other one."""
    inner = id if has_own_id else text(row.get("id")) or id
    numbers = [text(row[key]) for key in _NUMBERS if row.get(key) not in (None, "")] or [id]
    addresses = filter(None, (text(row.get(key)) for key in _ADDRESSES))
    keys = (
        _ID + address_key(inner),
        address_key(id),
        *(_NUMBER + address_key(number) for number in numbers),
        *map(address_key, addresses),
    )
    return tuple(dict.fromkeys(keys))


def address_key(address: str) -> str:
    """Return the end of an address, "O/R/issues/N", which is the same for pages (Gitea) and the API (GitHub)."""
    return "/".join(address.strip().lower().split("/")[-4:])


def projects_of(value: dict[str, Any], project: str | None = None) -> Projects:
    """Return the projects that a comment or a row names, in lower case; of an address, "owner/name".

    Args:
        value: The object.
        project: That of the record of a row.
    """
    named: list[tuple[str, str]] = [] if not project else [("", _name(project))]
    for key in _PROJECTS:
        inner = value.get(key)
        if isinstance(inner, dict):
            inner = next(
                (inner[part] for part in ("full_name", "key", "name", "id") if inner.get(part)), None
            )
        if isinstance(inner, str | int) and not isinstance(inner, bool) and text(inner).strip():
            named.append((key, _name(text(inner))))
    return tuple(named)


def _name(project: str) -> str:
    return "/".join(project.strip().strip("/").lower().split("/")[-2:])


def are_of_same(some: Projects, others: Projects) -> bool:
    """Return whether two objects name one project: by a name, or by an id under the same key."""
    return any(
        _is_same(name, other) and (key == other_key or not name.isdecimal())
        for key, name in some
        for other_key, other in others
    )


def are_of_other(some: Projects, others: Projects) -> bool:
    """Return whether two objects name different projects, so that a comment is not on a row."""
    if are_of_same(some, others):
        return False
    comparable = {(key, "") if name.isdecimal() else ("", "name") for key, name in some}
    return any(((key, "") if name.isdecimal() else ("", "name")) in comparable for key, name in others)


def _is_same(name: str, other: str) -> bool:
    """Return whether two names are one project's, of which one may lack the owner."""
    if ("/" in name) == ("/" in other):
        return name == other
    return name.rpartition("/")[2] == other.rpartition("/")[2]
