"""Comments on an issue, and the originals that they name where the tracker has no link for it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dupfind.records import Ref
from dupfind.sources.coerce import moment, text
from dupfind.sources.duplicate_phrases import Mention, Resolve, marked
from dupfind.sources.json_formats.keys import objects

AT_CLOSING = timedelta(days=3)
"""How near to the closing a comment must be to be its reason."""


class Comment(NamedTuple):
    """What somebody said, and when."""

    text: str
    at: datetime | None = None


def embedded(value: Any, time_key: str) -> tuple[Comment, ...]:
    """The comments in a list of an issue's own; none where there is no such list, as GitHub writes a count."""
    return tuple(Comment(text(said.get("body")), moment(said.get(time_key))) for said in objects(value))


def originals(comments: Iterable[Comment], own: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """The originals that the comments on an issue that is closed as a duplicate name."""
    return marked((comment.text for comment in comments), own, resolve)


def originals_at_closing(
    comments: Iterable[Comment], closed: datetime | None, own: Ref, resolve: Resolve
) -> tuple[Ref, ...]:
    """The originals that comments name about the time of closing, where no reason of closing was given."""
    if closed is None:
        return ()
    near = (said for said in comments if said.at is not None and abs(said.at - closed) <= AT_CLOSING)
    return marked((comment.text for comment in near), own, resolve)


def in_repositories(project: str | None) -> Resolve:
    """How "#12", "owner/name#12" and the URL of an issue are read in a project of that path."""

    def resolve(mention: Mention) -> Ref | None:
        if mention.form not in ("number", "url") or not mention.id.isdecimal():
            return None
        if mention.project is None:
            return Ref(project, mention.id) if mention.form == "number" else None
        is_own = project is not None and is_named(mention.project, project)
        return Ref(project if is_own else mention.project, mention.id)

    return resolve


def is_named(path: str, project: str) -> bool:
    """Whether the path before an issue's number means a project: "owner/name", or "name" where nothing is before it."""
    path, project = path.lower(), project.lower()
    return path == project or ("/" not in path and path == project.rpartition("/")[2])


def in_one_tracker(project: str | None) -> Resolve:
    """How "#12" and the URL of an issue are read where numbers are one series, whatever the project."""

    def resolve(mention: Mention) -> Ref | None:
        is_number = mention.form in ("number", "url") and mention.id.isdecimal()
        return Ref(project, mention.id) if is_number else None

    return resolve


def by_key(mention: Mention) -> Ref | None:
    """How "LAR-12" and the URL of an issue are read where keys carry their project."""
    if mention.form not in ("key", "url") or "-" not in mention.id:
        return None
    return keyed(mention.id)


def keyed(key: str) -> Ref:
    """The name of the issue with a key such as "LAR-12"."""
    return Ref(key.rpartition("-")[0] or None, key)


def others(refs: Iterable[Ref], own: Ref) -> tuple[Ref, ...]:
    """The names without repetition and without the issue's own."""
    return tuple(dict.fromkeys(ref for ref in refs if ref != own))
