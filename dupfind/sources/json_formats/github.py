"""Issues of GitHub's REST API, of Gitea's and Forgejo's, and of `gh api`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, state, text, word
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import (
    duplicates_named,
    is_duplicate_label,
    lists_guesses,
    originals_from,
    originals_near_closing,
    originals_of_open,
    repository_resolver,
    without_own,
)
from dupfind.sources.json_formats.keys import counted, inside, is_pull_request, objects, path_of

KEYS = {"number", "title", "state", "body", "html_url", "created_at"}
"""Keys by which an issue or pull request is recognised."""
_LABEL = re.compile(
    r"(?:(?:resolution|status|state|closed|close|reason|type|kind|r|s)\s*[:/=-]+\s*)?\*?duplicate", re.I
)


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue or pull request."""
    return issue.keys() >= KEYS


def record(
    issue: dict[str, Any],
    *,
    source: str,
    comments: Sequence[Comment] = (),
    events: Sequence[dict[str, Any]] = (),
) -> Record | None:
    """Return the record of an issue; None for a pull request.

    If the issue is closed as a duplicate, by GitHub's reason, an event or a label, a comment names the original.
    Issues closed before GitHub had that reason are duplicates if a comment near the closing names an original.
    Open issues are duplicates if they have a label for it, and a person's comment says of what.

    Args:
        issue: As `GET /repos/O/R/issues` gives it; `comments`, `timeline` and `events` may hold lists.
        source: The name of the record's source.
        comments: Comments on it that are stored apart from it, oldest first.
        events: Timeline or issue events, or nodes of GraphQL's `timelineItems`, oldest first;
            `MarkedAsDuplicateEvent` names the original.
    """
    if is_pull_request(issue):
        return None
    ref = Ref(project(issue), text(issue["number"]))
    events = (*objects(issue.get("events")), *objects(issue.get("timeline")), *events)
    comment_events = [event for event in events if event.get("event") == "commented"]
    comments = (
        *comments_in(issue.get("comments")),
        *comments_in(comment_events),
        *comments,
    )
    closed = moment(issue.get("closed_at"))
    is_closed = state(issue.get("state")) == "closed"
    reason = word(issue.get("state_reason"))
    is_marked = event_marks(events)
    is_duplicate = is_closed and (reason == "duplicate" or is_marked or has_label(issue))
    resolve = repository_resolver(ref.project)
    duplicate_of = canonicals(events, ref)
    if is_duplicate and not duplicate_of:
        duplicate_of = originals_from(comments, ref, resolve, closed=closed, body=text(issue["body"]))
    elif is_closed and not duplicate_of and is_marked is None:
        duplicate_of = originals_near_closing(comments, closed, ref, resolve)
    elif is_open_duplicate(issue) and not duplicate_of and is_marked is not False:
        duplicate_of = originals_of_open(comments, ref, resolve)
    return Record(
        id=ref.id,
        title=text(issue["title"]),
        body=text(issue["body"]),
        source=source,
        project=ref.project,
        state=state(issue.get("state")),
        resolution="duplicate" if is_duplicate else reason,
        created=moment(issue.get("created_at")),
        updated=moment(issue.get("updated_at")),
        url=optional(issue.get("html_url")),
        duplicate_of=duplicate_of,
        closed=closed,
        n_children=counted(issue.get("sub_issues_summary")),
        n_responses=counted(issue.get("comments"))
        + counted(issue.get("reactions"))
        + sum(event.get("event") == "cross-referenced" for event in events),
        comments=first_comments(dict.fromkeys(comments), body=text(issue["body"])),
        duplicates=duplicates_named(comments, ref, resolve),
        is_guess=is_duplicate and lists_guesses(comments),
    )


def project(issue: dict[str, Any]) -> str | None:
    """Return the "owner/name" of an issue's repository."""
    address = text(issue.get("repository_url")).partition("/repos/")[2].strip("/")
    repository = issue.get("repository")
    names = (inside(repository, "full_name"), inside(repository, "nameWithOwner"))
    address = address or next((text(name) for name in names if name), "")
    return address or _of_page(issue.get("html_url") or issue.get("url"))


def has_label(issue: dict[str, Any]) -> bool:
    """Return whether a label marks an issue as a duplicate."""
    return any(is_mark(text(label.get("name"))) for label in objects(issue.get("labels")))


def is_mark(label: str) -> bool:
    """Return whether a label of this name marks an issue as a duplicate."""
    return _LABEL.fullmatch(label.strip()) is not None


def is_open_duplicate(issue: dict[str, Any]) -> bool:
    """Return whether an issue is open and has a label for duplicates, so that a comment may name its original."""
    labels = (text(label.get("name")) for label in objects(issue.get("labels")))
    return state(issue.get("state")) == "open" and any(map(is_duplicate_label, labels))


def event_marks(events: Iterable[dict[str, Any]]) -> bool | None:
    """Return whether the last event of its kind marks the issue as a duplicate; None if there is no such event."""
    is_marked = None
    for event in events:
        kind = text(event.get("event") or event.get("__typename"))
        if kind in ("marked_as_duplicate", "MarkedAsDuplicateEvent"):
            is_marked = True
        elif kind in ("unmarked_as_duplicate", "UnmarkedAsDuplicateEvent"):
            is_marked = False
    return is_marked


def canonicals(events: Iterable[dict[str, Any]], own_ref: Ref) -> tuple[Ref, ...]:
    """Return the originals that GraphQL's events name and no later event removes."""
    originals: dict[Ref, None] = {}
    for event in events:
        canonical = inside(event, "canonical")
        if inside(canonical, "number") is None:
            continue
        ref = Ref(project(canonical) or own_ref.project, text(canonical["number"]))
        if event.get("__typename") == "UnmarkedAsDuplicateEvent":
            originals.pop(ref, None)
        else:
            originals[ref] = None
    return without_own(originals, own_ref)


def _of_page(page: object) -> str | None:
    """Return the project in the address of an issue's page, or of the API's answer."""
    path = path_of(page).removeprefix("/api/v3").removeprefix("/repos")
    parts = path.strip("/").split("/")
    return "/".join(parts[:2]) if len(parts) >= 4 else None
