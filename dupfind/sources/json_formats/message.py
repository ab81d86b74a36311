"""Messages of a mailing list, as Perceval stores them and as the reader of mbox files makes them."""

import re
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import plausible, text
from dupfind.sources.json_formats.keys import inside
from dupfind.sources.markup import hypertext

_MAX_SUBJECT = 2_000
_SPACE = re.compile(r"\s+")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the headers of a message, and its parts."""
    return {"Message-ID", "Subject", "body"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a message that begins a thread; None for an answer."""
    if issue.get("In-Reply-To") or issue.get("References"):
        return None
    body = issue["body"]
    date = text(issue.get("Date"))[:100]
    try:
        created = plausible(parsedate_to_datetime(date))
    except (ValueError, TypeError, OverflowError, IndexError):
        created = None
    return Record(
        id=text(issue["Message-ID"]).strip().strip("<>"),
        title=_SPACE.sub(" ", text(issue["Subject"])[:_MAX_SUBJECT]).strip(),
        body=text(inside(body, "plain") if isinstance(body, dict) else body)
        or hypertext.as_text(text(inside(body, "html"))),
        source=source,
        created=created,
    )
