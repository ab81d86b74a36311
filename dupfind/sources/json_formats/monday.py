"""Items of monday.com's GraphQL API, whose fields are the columns of their board."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, state, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import counted, inside, objects
from dupfind.sources.markup import hypertext


def holds(document: dict[str, Any]) -> bool:
    """Return whether an object is the answer to a query for boards with items."""
    boards = objects(inside(document, "data", "boards") or document.get("boards"))
    return any(_items(board) for board in boards)


def issues(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of all boards, each with the name of its board."""
    for board in objects(inside(document, "data", "boards") or document.get("boards")):
        for item in _items(board):
            yield {"board": {"name": board.get("name")}, **item}


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an item."""
    return {"id", "name", "column_values"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an item; None for a deleted one. The body is its long texts, else its first update."""
    if issue.get("state") == "deleted":
        return None
    columns = objects(issue["column_values"])
    status = next(
        (text(column.get("text")) for column in columns if _kind(column) in ("status", "color")), ""
    )
    bodies = [
        text(column.get("text")) for column in columns if _kind(column).replace("-", "_") == "long_text"
    ]
    updates = objects(issue.get("updates"))  # newest first
    replies = updates[::-1]
    if not any(bodies) and updates:
        bodies = [text(updates[-1].get("text_body") or updates[-1].get("body"))]
        replies = replies[1:]
    ref = Ref(optional(inside(issue, "board", "name")), text(issue["id"]))
    is_archived = issue.get("state") == "archived"
    return Record(
        id=ref.id,
        title=text(issue["name"]),
        body="\n\n".join(filter(str.strip, bodies)),
        source=source,
        project=ref.project,
        state="closed" if is_archived else state(status) or "open",
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        url=optional(issue.get("url")),
        n_responses=counted(updates),
        comments=first_comments((*comments_in([_plain(reply) for reply in replies]), *comments)),
    )


def _items(board: dict[str, Any]) -> list[dict[str, Any]]:
    return objects(inside(board, "items_page", "items") or board.get("items"))


def _plain(update: dict[str, Any]) -> dict[str, Any]:
    """Return an update whose text is plain; its body is HTML."""
    return {**update, "body": text(update.get("text_body")) or hypertext.as_text(text(update.get("body")))}


def _kind(column: dict[str, Any]) -> str:
    """Return the type of a column; without it the id, which begins with the type."""
    return text(column.get("type")) or text(column.get("id")).rstrip("0123456789_")
