"""Issues of Jira's REST API, versions 2 (wiki markup) and 3 (documents in ADF)."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import originals_from, ref_from_key, resolve_key, without_own
from dupfind.sources.json_formats.keys import counted, inside, name, objects
from dupfind.sources.markup import adf, jira

_DUPLICATES = re.compile(r"\s*(?:duplicates|duplicate of|is (?:an? |the )?duplicate of)\b", re.I)
_IS_DUPLICATED = re.compile(r"\s*(?:is duplicated by|has (?:an? )?duplicates?\b|duplicated by)", re.I)


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has a key, and fields with a summary."""
    fields = issue.get("fields")
    return "key" in issue and isinstance(fields, dict) and "summary" in fields


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue.

    Links name its originals. Without links, the comments may, if the resolution is Duplicate.

    Args:
        issue: As `GET /rest/api/2/search` gives it, with all fields or some.
        source: The name of the record's source.
        comments: Those that came apart from it, oldest first.
    """
    fields = issue["fields"]
    ref = ref_from_key(text(issue["key"]))
    resolution = word(name(fields.get("resolution")))
    duplicate_of = without_own(_linked(fields), ref)
    inner = inside(fields, "comment", "comments") or issue.get("comments")
    own_comments = comments_in(inner)
    is_wiki = not any(isinstance(comment.get("body"), dict) for comment in objects(inner))
    closed = moment(fields.get("resolutiondate"))
    if not duplicate_of and resolution == "duplicate":
        duplicate_of = originals_from((*own_comments, *comments), ref, resolve_key, closed=closed)
    site = text(issue.get("self")).partition("/rest/")
    return Record(
        id=ref.id,
        title=text(fields["summary"]),
        body=_as_text(fields.get("description")),
        source=source,
        project=ref.project,
        state=_state(fields.get("status"), resolution),
        resolution=resolution,
        created=moment(fields.get("created")),
        updated=moment(fields.get("updated")),
        url=f"{site[0]}/browse/{ref.id}" if site[1] else None,
        duplicate_of=duplicate_of,
        closed=closed,
        n_children=counted(fields.get("subtasks")),
        n_responses=counted(inside(fields, "comment", "total") or inside(fields, "comment", "comments"))
        + counted(inside(fields, "votes", "votes")),
        comments=first_comments(
            (*first_comments(own_comments, markup=jira.as_text if is_wiki else text), *comments)
        ),
    )


def _as_text(description: Any) -> str:
    """Return a document of version 3, or the wiki markup of version 2, as Markdown."""
    return adf.as_text(description) if isinstance(description, dict) else jira.as_text(text(description))


def linked(kind: Any, *, is_outward: bool) -> bool:
    """Return whether a link of a type makes its issue a duplicate of the other.

    Administrators rename link types and reverse them, so the phrase of the direction decides. If the phrase is
    unknown, for example translated, the name of the type decides.
    """
    words = text(inside(kind, "outward" if is_outward else "inward"))
    if _IS_DUPLICATED.match(words):
        return False
    if _DUPLICATES.match(words):
        return True
    return is_outward and text(inside(kind, "name")).strip().lower().startswith("duplicate")


def _linked(fields: dict[str, Any]) -> Iterator[Ref]:
    for link in objects(fields.get("issuelinks")):
        for side, is_outward in (("outwardIssue", True), ("inwardIssue", False)):
            key = text(inside(link, side, "key"))
            if key and linked(link.get("type"), is_outward=is_outward):
                yield ref_from_key(key)


def _state(status: Any, resolution: str | None) -> str | None:
    category = inside(status, "statusCategory", "key")
    if category:
        return "closed" if category == "done" else "open"
    return "closed" if resolution else state(name(status))
