"""Issues of MantisBT's REST API, with their relationships."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import counted, inside, name, objects


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue."""
    return {"id", "summary", "status"} <= issue.keys() and bool(
        {"view_state", "reproducibility", "relationships"} & issue.keys()
    )


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue, even of a private one. The body joins the reporter's texts, a paragraph each.

    Args:
        issue: As `GET /api/rest/issues` gives it.
        source: The name of the record's source.
        comments: Those that came apart from it; relationships, not they, mark the duplicates.
    """
    ref = Ref(optional(name(issue.get("project"))), text(issue["id"]))
    relations = objects(issue.get("relationships"))
    texts = (text(issue.get(key)) for key in ("description", "steps_to_reproduce", "additional_information"))
    return Record(
        id=ref.id,
        title=text(issue["summary"]),
        body="\n\n".join(part for part in texts if part.strip()),
        source=source,
        project=ref.project,
        state="closed" if name(issue["status"]) == "resolved" else state(name(issue["status"])) or "open",
        resolution=word(name(issue.get("resolution"))),
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        duplicate_of=without_own(_related(issue, ref), ref),
        n_children=sum(name(relation.get("type")) == "parent-of" for relation in relations),
        n_responses=counted(issue.get("notes")),
        comments=first_comments((*comments_in(issue.get("notes")), *comments)),
    )


def _related(issue: dict[str, Any], own_ref: Ref) -> Iterator[Ref]:
    for relation in objects(issue.get("relationships")):
        kind, id = relation.get("type"), text(inside(relation, "issue", "id"))
        if id and (text(inside(kind, "id")) == "0" or name(kind) == "duplicate-of"):
            yield Ref(own_ref.project, id)
