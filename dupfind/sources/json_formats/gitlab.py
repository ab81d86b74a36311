"""Issues of GitLab's REST API, with the link to the original."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import flag, moment, optional, state, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import (
    is_duplicate_label,
    originals_from,
    originals_of_open,
    repository_resolver,
    without_own,
)
from dupfind.sources.json_formats.keys import counted, inside, name, objects, path_of

_RESPONSES = ("user_notes_count", "upvotes", "downvotes", "merge_requests_count")
_SYSTEM_NOTE = "marked this issue as a duplicate of"


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue."""
    return {"iid", "title", "state", "web_url"} <= issue.keys() and "source_branch" not in issue


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue, even of a confidential one.

    Args:
        issue: As `GET /projects/ID/issues` gives it; `notes` may hold a list.
        source: The name of the record's source.
        comments: Notes that came apart from it, oldest first; GitLab's own note names the original. On an open issue
            with a label for duplicates, a person's note may name it.
    """
    ref = Ref(_project(issue), text(issue["iid"]))
    is_closed = state(issue["state"]) == "closed"
    duplicate_of = _linked(issue, ref) if is_closed else ()
    notes = (*comments_in(issue.get("notes")), *comments)
    if not is_closed and any(map(is_duplicate_label, _labels(issue))):
        duplicate_of = originals_of_open(notes, ref, repository_resolver(ref.project))
    elif is_closed and not duplicate_of:
        system_notes = [note for note in notes if _SYSTEM_NOTE in note.text]
        duplicate_of = originals_from(system_notes, ref, repository_resolver(ref.project))
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body=text(issue.get("description")),
        source=source,
        project=ref.project,
        state=state(issue["state"]),
        resolution="duplicate" if duplicate_of and is_closed else None,
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        url=optional(issue["web_url"]),
        duplicate_of=duplicate_of,
        closed=moment(issue.get("closed_at")),
        n_responses=sum(counted(issue.get(key)) for key in _RESPONSES),
        comments=first_comments(
            (
                *comments_in([note for note in objects(issue.get("notes")) if not flag(note.get("system"))]),
                *comments,
            )
        ),
    )


def _labels(issue: dict[str, Any]) -> list[str]:
    """Return its labels, which are names, or with details objects."""
    labels = issue.get("labels")
    return [text(name(label)) for label in labels] if isinstance(labels, list) else []


def _project(issue: dict[str, Any]) -> str | None:
    """Return the path of its project, from its full reference or from its page."""
    path = text(inside(issue, "references", "full")).partition("#")[0]
    return path or project_of(issue["web_url"])


def project_of(page: object) -> str | None:
    """Return the path of the project in the address of an issue's page."""
    return path_of(page).partition("/-/")[0].partition("/issues/")[0].strip("/") or None


def _linked(issue: dict[str, Any], own_ref: Ref) -> tuple[Ref, ...]:
    """Return the original from an API address, which names its project by number or by path."""
    parts = path_of(inside(issue, "_links", "closed_as_duplicate_of")).split("/")
    if len(parts) < 5 or parts[-2] != "issues" or parts[-4] != "projects" or not parts[-1].isdecimal():
        return ()
    project = unquote(parts[-3])
    if project == text(issue.get("project_id")):
        project = own_ref.project or project
    return without_own([Ref(project, parts[-1])], own_ref)
