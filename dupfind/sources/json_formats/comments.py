"""Comments on an issue, and the originals that they name where the tracker has no link."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from dupfind.records import Comment, Ref
from dupfind.sources.coerce import moment, text
from dupfind.sources.duplicate_phrases import Mention, Resolve, find_originals, original_at_closing
from dupfind.sources.json_formats.keys import inside, objects

AT_CLOSING = timedelta(days=3)
"""The longest time between a comment and the closing that it explains."""


_LABEL = re.compile(r"(?<![a-z])duplicate(?![a-z])", re.IGNORECASE)
_OTHER_LABEL = re.compile(r"(?<![a-z])(?:not?|non|has|have)(?![a-z])", re.IGNORECASE)
_MAX_LABEL = 255


def embedded_comments(value: Any, time_key: str) -> tuple[Comment, ...]:
    """Return the comments in an issue's own list; empty if there is no list, as where GitHub writes a count."""
    return tuple(
        Comment(text(comment.get("body")), moment(comment.get(time_key)), _is_by_program(comment))
        for comment in objects(value)
    )


def _is_by_program(comment: dict[str, Any]) -> bool:
    author = comment.get("user") or comment.get("author") or comment.get("actor")
    kind = inside(author, "type") or inside(author, "__typename")
    return kind == "Bot" or text(inside(author, "login")).endswith("[bot]")


def is_duplicate_label(label: str) -> bool:
    """Return whether a label has the word "duplicate": "duplicate", "status: duplicate", but not "not-duplicate"."""
    return (
        len(label) <= _MAX_LABEL and _LABEL.search(label) is not None and _OTHER_LABEL.search(label) is None
    )


def originals_of_open(comments: Iterable[Comment], own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the originals that people name in so many words on an open issue with a label for duplicates."""
    people = (comment.text for comment in comments if not comment.is_by_program)
    return find_originals(people, own_ref, resolve, are_implied=False)


def originals_from(comments: Iterable[Comment], own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the originals that the comments on an issue closed as a duplicate name, the last in other words, too."""
    comments = list(comments)
    named = find_originals((comment.text for comment in comments), own_ref, resolve)
    people = [comment.text for comment in comments if not comment.is_by_program]
    return named or (original_at_closing(people[-1], own_ref, resolve) if people else ())


def originals_near_closing(
    comments: Iterable[Comment], closed: datetime | None, own_ref: Ref, resolve: Resolve
) -> tuple[Ref, ...]:
    """Return the originals named near the time of closing, for issues closed without a reason."""
    if closed is None:
        return ()
    near = (
        comment for comment in comments if comment.at is not None and abs(comment.at - closed) <= AT_CLOSING
    )
    return find_originals((comment.text for comment in near), own_ref, resolve)


def repository_resolver(project: str | None) -> Resolve:
    """Return the resolver of "#12", "owner/name#12" and issue URLs in a project."""

    def resolve(mention: Mention) -> Ref | None:
        if mention.form not in ("number", "url") or not mention.id.isdecimal():
            return None
        if mention.project is None:
            return Ref(project, mention.id) if mention.form == "number" else None
        is_own = project is not None and is_named(mention.project, project)
        return Ref(project if is_own else mention.project, mention.id)

    return resolve


def is_named(path: str, project: str) -> bool:
    """Return whether the path before a number names a project: "owner/name", or "name" alone."""
    path, project = path.lower(), project.lower()
    return path == project or ("/" not in path and path == project.rpartition("/")[2])


def number_resolver(project: str | None) -> Resolve:
    """Return the resolver of "#12" and issue URLs in a tracker with one series of numbers."""

    def resolve(mention: Mention) -> Ref | None:
        is_number = mention.form in ("number", "url") and mention.id.isdecimal()
        return Ref(project, mention.id) if is_number else None

    return resolve


def resolve_key(mention: Mention) -> Ref | None:
    """Resolve "LAR-12" and issue URLs in trackers whose keys contain the project."""
    if mention.form not in ("key", "url") or "-" not in mention.id:
        return None
    return ref_from_key(mention.id)


def ref_from_key(key: str) -> Ref:
    """Return the name of the issue with a key such as "LAR-12"."""
    return Ref(key.rpartition("-")[0] or None, key)


def without_own(refs: Iterable[Ref], own_ref: Ref) -> tuple[Ref, ...]:
    """Return the names without repetitions and without the issue's own."""
    return tuple(dict.fromkeys(ref for ref in refs if ref != own_ref))
