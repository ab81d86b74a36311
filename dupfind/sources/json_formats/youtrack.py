"""Issues of YouTrack's REST API, with the links between them."""

from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import moment, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats import jira
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import ref_from_key, without_own
from dupfind.sources.json_formats.keys import counted, inside, name, objects


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has a readable id, and a summary."""
    return {"idReadable", "summary"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue.

    Args:
        issue: As `GET /api/issues?fields=idReadable,summary,...` gives it.
        source: The name of the record's source.
        comments: Those that came apart from it; links, not they, mark the duplicates.
    """
    ref = ref_from_key(text(issue["idReadable"]))
    status = _status(issue)
    is_resolved = bool(issue.get("resolved") or inside(status, "isResolved"))
    return Record(
        id=ref.id,
        title=text(issue["summary"]),
        body=text(issue.get("description")),
        source=source,
        project=ref.project,
        state="closed" if is_resolved else "open" if "resolved" in issue or status else None,
        resolution=word(name(status)) if is_resolved else None,
        created=moment(issue.get("created")),
        updated=moment(issue.get("updated")),
        duplicate_of=without_own(map(ref_from_key, _linked(issue)), ref),
        closed=moment(issue.get("resolved")),
        n_responses=counted(issue.get("commentsCount") or issue.get("comments"))
        + counted(issue.get("votes")),
        comments=first_comments((*comments_in(issue.get("comments")), *comments)),
    )


def _status(issue: dict[str, Any]) -> Any:
    fields = objects(issue.get("customFields"))
    return next((field.get("value") for field in fields if field.get("name") in ("State", "Status")), None)


def _linked(issue: dict[str, Any]) -> Iterator[str]:
    """Yield the originals; without the phrases of a link, YouTrack's own type of link points inward to them."""
    for link in objects(issue.get("links")):
        kind, is_outward = link.get("linkType"), link.get("direction") == "OUTWARD"
        phrases = {"outward": inside(kind, "sourceToTarget"), "inward": inside(kind, "targetToSource")}
        if not any(phrases.values()):
            is_outward = not is_outward
        if jira.linked({**phrases, "name": name(kind)}, is_outward=is_outward):
            yield from filter(None, (text(other.get("idReadable")) for other in objects(link.get("issues"))))
