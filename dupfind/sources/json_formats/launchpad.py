"""Bugs of Launchpad's API, alone or as part of a task, which has the state."""

import re
from collections.abc import Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, state, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import without_own
from dupfind.sources.json_formats.keys import counted

_TASK_TITLE = re.compile(r'Bug #\d{1,18} in [^"]{0,300}: "(.{0,2000})"', re.DOTALL)
_OPEN = ("fix committed", "incomplete")
_CLOSED = ("opinion", "does not exist")


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of a bug or of a task."""
    return {"title", "self_link", "date_created"} <= issue.keys() and bool(
        {"bug_link", "duplicate_of_link", "bug_tasks_collection_link"} & issue.keys()
    )


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of a bug.

    Args:
        issue: A bug or a task; `bug_data` may hold the bug of a task.
        source: The name of the record's source.
        comments: Those that came apart from it; the bug itself names its original.
    """
    bug = issue.get("bug_data")
    bug = bug if isinstance(bug, dict) else {}
    values = {**issue, **bug}
    link = issue.get("bug_link")
    own = Ref(None, text(values.get("id") or text(link).rstrip("/").rpartition("/")[2]))
    quoted = _TASK_TITLE.fullmatch(text(values["title"]))
    original = text(values.get("duplicate_of_link")).rstrip("/").rpartition("/")[2]
    status = text(issue.get("status")).strip().lower()
    known = "open" if status in _OPEN else "closed" if status in _CLOSED else state(status)
    return Record(
        id=own.id,
        title=quoted[1] if quoted else text(values["title"]),
        body=text(values.get("description")),
        source=source,
        state=known,
        resolution=status if known == "closed" else None,
        created=moment(values.get("date_created")),
        updated=moment(values.get("date_last_updated")),
        url=optional(values.get("web_link")),
        duplicate_of=without_own([Ref(None, original)] if original.isdecimal() else [], own),
        closed=moment(issue.get("date_closed")),
        n_responses=max(0, counted(values.get("message_count")) - 1),
        comments=first_comments(
            (*comments_in(values.get("messages") or values.get("messages_data")), *comments),
            body=text(values.get("description")),
        ),
    )
