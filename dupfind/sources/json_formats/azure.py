"""Work items of Azure DevOps' REST API, with their relations; texts are HTML."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.csv_formats import azure
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import counted, inside, objects
from dupfind.sources.markup import hypertext

_TEXTS = (
    "System.Description",
    "Microsoft.VSTS.TCM.ReproSteps",
    "Microsoft.VSTS.TCM.SystemInfo",
    "Microsoft.VSTS.Common.AcceptanceCriteria",
)
_DUPLICATE_OF = "System.LinkTypes.Duplicate-Reverse"


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has an id, and fields with a title."""
    return "id" in issue and isinstance(inside(issue, "fields", "System.Title"), str)


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a work item.

    Args:
        issue: As `GET _apis/wit/workitems?ids=...&$expand=relations` gives it.
        source: The name of the record's source.
        comments: Those that came apart from it; relations, not they, mark the duplicates.
    """
    fields = issue["fields"]
    ref = Ref(optional(fields.get("System.TeamProject")), text(issue["id"]))
    closed = fields.get("Microsoft.VSTS.Common.ClosedDate")
    bodies = [hypertext.as_text(text(fields.get(key))) for key in _TEXTS]
    duplicate_of = without_own(_related(issue, ref), ref)
    state = azure.SHEET.table.state(fields.get("System.State"), closed)
    reason = fields.get("Microsoft.VSTS.Common.ResolvedReason") or fields.get("System.Reason")
    return Record(
        id=ref.id,
        title=text(fields["System.Title"]),
        body="\n\n".join(body for body in bodies if body.strip()),
        source=source,
        project=ref.project,
        state=state,
        resolution=word(reason) if state == "closed" else None,
        created=moment(fields.get("System.CreatedDate")),
        updated=moment(fields.get("System.ChangedDate")),
        url=optional(inside(issue, "_links", "html", "href")),
        duplicate_of=duplicate_of,
        closed=moment(closed),
        n_children=sum(
            link.get("rel") == "System.LinkTypes.Hierarchy-Forward"
            for link in objects(issue.get("relations"))
        ),
        n_responses=counted(fields.get("System.CommentCount")),
        comments=first_comments((*comments_in(issue.get("comments")), *comments), markup=hypertext.as_text),
    )


def _related(issue: dict[str, Any], own_ref: Ref) -> Iterator[Ref]:
    for relation in objects(issue.get("relations")):
        id = text(relation.get("url")).rpartition("/")[2]
        if relation.get("rel") == _DUPLICATE_OF and id.isdecimal():
            yield Ref(own_ref.project, id)
