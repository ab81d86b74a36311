"""Pages of a Notion database, as its API gives them: each property has a type, and a value under its type's name."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import flag, moment, optional, state, text
from dupfind.sources.json_formats.keys import inside, name, objects


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object is a page with properties."""
    return issue.get("object") == "page" and isinstance(issue.get("properties"), dict)


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a page; None if it is in the trash. All its properties of text are the body."""
    if flag(issue.get("archived")) or flag(issue.get("in_trash")):
        return None
    status = next(_of_type(issue, "status"), None)
    number = next(_of_type(issue, "unique_id"), None)
    prefix = text(inside(number, "prefix"))
    own = text(inside(number, "number"))
    bodies = [_plain(value) for value in _of_type(issue, "rich_text")]
    return Record(
        id=(f"{prefix}-{own}" if prefix else own) if own else text(issue.get("id")),
        title=" ".join(_plain(value) for value in _of_type(issue, "title")),
        body="\n\n".join(body for body in bodies if body.strip()),
        source=source,
        state=state(name(status)) or ("open" if status else None),
        created=moment(issue.get("created_time")),
        updated=moment(issue.get("last_edited_time")),
        url=optional(issue.get("url")),
    )


def _of_type(issue: dict[str, Any], kind: str) -> Iterator[Any]:
    for value in issue["properties"].values():
        if inside(value, "type") == kind:
            yield value.get(kind)


def _plain(parts: Any) -> str:
    return "".join(text(part.get("plain_text")) for part in objects(parts))
