"""Issues of Redmine's REST API, with the relations of `include=relations`."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import flag, moment, optional, state, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import counted, inside, name, objects
from dupfind.sources.markup import textile


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue."""
    return {"id", "subject", "tracker", "status"} <= issue.keys()


def record(
    issue: dict[str, Any],
    *,
    source: str,
    comments: Sequence[Comment] = (),
    base: str | None = None,
) -> Record | None:
    """Return the record of an issue, even of a private one.

    Args:
        issue: As `GET /issues.json?include=relations&status_id=*` gives it.
        source: The name of the record's source.
        comments: Those that came apart from it; relations, not they, mark the duplicates.
        base: Address of the site, for the issue's page.
    """
    ref = Ref(optional(name(issue.get("project"))), text(issue["id"]))
    return Record(
        id=ref.id,
        title=text(issue["subject"]),
        body=textile.as_text(text(issue.get("description"))),
        source=source,
        project=ref.project,
        state=_state(issue),
        created=moment(issue.get("created_on")),
        updated=moment(issue.get("updated_on")),
        url=f"{base.rstrip('/')}/issues/{ref.id}" if base else None,
        duplicate_of=without_own(_related(issue, ref), ref),
        closed=moment(issue.get("closed_on")),
        n_children=counted(issue.get("children")),
        n_responses=sum(
            bool(text(journal.get("notes")).strip()) for journal in objects(issue.get("journals"))
        ),
        comments=first_comments((*comments_in(issue.get("journals")), *comments), markup=textile.as_text),
    )


def _related(issue: dict[str, Any], own_ref: Ref) -> Iterator[Ref]:
    """Yield the originals; both issues of a relation list it, and its two ids give the direction."""
    for relation in objects(issue.get("relations")):
        ends = [text(relation.get("issue_id")), text(relation.get("issue_to_id"))]
        if relation.get("relation_type") == "duplicated":
            ends.reverse()
        elif relation.get("relation_type") != "duplicates":
            continue
        if ends[0] == own_ref.id:
            yield Ref(own_ref.project, ends[1])


def _state(issue: dict[str, Any]) -> str | None:
    status = issue["status"]
    is_closed = inside(status, "is_closed")
    if is_closed is not None:
        return "closed" if flag(is_closed) else "open"
    return "closed" if issue.get("closed_on") else state(name(status))
