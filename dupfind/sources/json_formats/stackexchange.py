"""Questions of Stack Exchange's API; texts are HTML, and the details of a closing name the originals."""

from collections.abc import Sequence
from html import unescape
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, quantity, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import inside, objects
from dupfind.sources.markup import hypertext


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a question."""
    return {"question_id", "title", "link", "creation_date"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a question.

    Args:
        issue: As `GET /2.3/questions` gives it, with a filter for the body and for `closed_details`.
        source: The name of the record's source.
        comments: Those that came apart from it; closings, not they, mark the duplicates.
    """
    own = Ref(None, text(issue["question_id"]))
    closed = moment(issue.get("closed_date"))
    originals = (
        text(original.get("question_id"))
        for original in objects(inside(issue, "closed_details", "original_questions"))
    )
    return Record(
        id=own.id,
        title=unescape(text(issue["title"])),
        body=hypertext.as_text(text(issue.get("body"))),
        source=source,
        state="closed" if closed else "open",
        resolution=word(issue.get("closed_reason")) if closed else None,
        created=moment(issue["creation_date"]),
        updated=moment(issue.get("last_activity_date")),
        url=optional(issue["link"]),
        duplicate_of=without_own((Ref(None, original) for original in originals if original), own),
        closed=closed,
        n_responses=quantity(issue.get("answer_count")) + quantity(issue.get("comment_count")),
        comments=first_comments((*comments_in(issue.get("comments")), *comments), markup=hypertext.as_text),
    )
