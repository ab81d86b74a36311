"""Stories of Shortcut's API, with the links between them."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import flag, moment, optional, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import counted, objects


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a story."""
    return {"id", "name", "story_type", "workflow_state_id"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a story, with the originals that its links name."""
    ref = Ref(None, text(issue["id"]))
    is_closed = flag(issue.get("completed")) or flag(issue.get("archived"))
    return Record(
        id=ref.id,
        title=text(issue["name"]),
        body=text(issue.get("description")),
        source=source,
        state="closed" if is_closed else "open",
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        url=optional(issue.get("app_url")),
        duplicate_of=without_own(_linked(issue, ref), ref),
        closed=moment(issue.get("completed_at")),
        n_responses=counted(issue.get("comments")),
        comments=first_comments((*comments_in(issue.get("comments")), *comments)),
    )


def _linked(issue: dict[str, Any], own_ref: Ref) -> Iterator[Ref]:
    """Yield the originals; both stories of a link list it, and its two ids give the direction."""
    for link in objects(issue.get("story_links")):
        ends = (text(link.get("subject_id")), text(link.get("object_id")))
        if link.get("verb") == "duplicates" and ends[0] == own_ref.id and ends[1]:
            yield Ref(None, ends[1])
