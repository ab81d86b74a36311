"""Tickets of a SourceForge tracker's export, in which the names of the closed states stand at the end."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import number_resolver, originals_from
from dupfind.sources.json_formats.keys import inside, objects


def holds(document: dict[str, Any]) -> bool:
    """Return whether an object is the export of a tracker."""
    return isinstance(document.get("tickets"), list) and "closed_status_names" in document


def issues(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tickets, each with the names of the states that are open and closed."""
    names = {key: text(document.get(key)).split() for key in ("open_status_names", "closed_status_names")}
    for ticket in objects(document["tickets"]):
        yield {**ticket, **names}


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a ticket."""
    return {"ticket_num", "summary", "status"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a ticket. A post may name its original if its state says so."""
    ref = Ref(None, text(issue["ticket_num"]))
    status = word(issue["status"]) or ""
    is_closed = _is_closed(issue, status)
    reason = status.removeprefix("closed").strip("-_ ") if is_closed else ""
    posts = (*comments_in(inside(issue, "discussion_thread", "posts")), *comments)
    is_duplicate = "duplicate" in status
    return Record(
        id=ref.id,
        title=text(issue["summary"]),
        body=text(issue.get("description")),
        source=source,
        state=None if is_closed is None else "closed" if is_closed else "open",
        resolution=reason or None,
        created=moment(issue.get("created_date")),
        updated=moment(issue.get("mod_date")),
        duplicate_of=originals_from(posts, ref, number_resolver(None)) if is_duplicate else (),
        n_responses=len(posts),
        comments=first_comments(posts),
    )


def _is_closed(issue: dict[str, Any], status: str) -> bool | None:
    """Return whether a state is closed by the tracker's own list, else by its first word; None if it is unknown."""
    for key, is_closed in (("closed_status_names", True), ("open_status_names", False)):
        names = issue.get(key)
        if isinstance(names, list) and status in (word(name) for name in names):
            return is_closed
    known = state(status) or state(status.partition("-")[0])
    return None if known is None else known == "closed"
