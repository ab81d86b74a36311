"""Tasks of Phabricator's Conduit, of `maniphest.search` and of the older `maniphest.query`."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import flag, moment, optional, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import inside, name, objects
from dupfind.sources.markup import remarkup


def holds(document: dict[str, Any]) -> bool:
    """Return whether an object is an answer of `maniphest.query`, whose tasks stand under their names."""
    result = document.get("result")
    tasks = list(result.values()) if isinstance(result, dict) else []
    return bool(tasks) and all(isinstance(task, dict) and "phid" in task for task in tasks)


def issues(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tasks of an answer, in the form of `maniphest.search`."""
    for task in document["result"].values():
        yield {
            "id": task.get("id"),
            "phid": task["phid"],
            "url": task.get("uri"),
            "fields": {
                **task,
                "name": task.get("title"),
                "status": {"value": task.get("status"), "isClosed": task.get("isClosed")},
            },
        }


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a task."""
    fields = issue.get("fields")
    return {"id", "phid"} <= issue.keys() and isinstance(fields, dict) and {"name", "status"} <= fields.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a task. Its answer does not name originals."""
    fields = issue["fields"]
    status = fields["status"]
    value = word(inside(status, "value") or name(status))
    description = fields.get("description")
    raw = text(inside(description, "raw") if isinstance(description, dict) else description)
    # Phabricator's own statuses have "Closed, Out of Spite".
    is_closed = value == "spite" or state(value) == "closed" or flag(inside(status, "isClosed"))
    is_closed = is_closed or bool(fields.get("dateClosed"))
    return Record(
        id=f"T{text(issue['id'])}" if issue["id"] is not None else "",
        title=text(fields["name"]),
        body=remarkup.as_text(raw),
        source=source,
        state="closed" if is_closed else "open",
        resolution=value if is_closed else None,
        created=moment(fields.get("dateCreated")),
        updated=moment(fields.get("dateModified")),
        url=optional(issue.get("url")),
        closed=moment(fields.get("dateClosed")),
        comments=first_comments((*comments_in(_written(issue)), *comments), markup=remarkup.as_text),
    )


def _written(issue: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the comments among a task's transactions, in the form of `transaction.search` or of Perceval."""
    written: list[dict[str, Any]] = []
    for transaction in objects(issue.get("transactions")):
        kind, own = transaction.get("type") or transaction.get("transactionType"), transaction.get("comments")
        if kind == "comment" and objects(own):
            written.append({**transaction, **objects(own)[0]})
        elif kind in ("comment", "core:comment") and isinstance(own, str):
            written.append({"text": own, "dateCreated": transaction.get("dateCreated")})
    return written
