"""Comments on an issue, and the originals that they name where the tracker has no link."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from dupfind.records import Comment, Ref
from dupfind.sources.closing_phrases import original_at_closing, original_mentioned, original_of_closing
from dupfind.sources.closing_words import CLOSING
from dupfind.sources.confirmed_guesses import confirmed_original, objects_to
from dupfind.sources.duplicate_phrases import GUESSES, find_originals
from dupfind.sources.issue_mentions import MAX_COMMENT, Mention, Resolve, resolved
from dupfind.sources.named_duplicates import named_duplicates

AT_CLOSING = timedelta(days=3)
"""The longest time between a comment and the closing that it explains."""


_SHORT = 400
"""Characters of a text in which "see #12" names an original, and not the background."""
_MAX_AFTER = 4
"""The comments from the last one back of which one may close the issue for another."""
_LABEL = re.compile(r"(?<![a-z])duplicate(?![a-z])", re.IGNORECASE)
_OTHER_LABEL = re.compile(r"(?<![a-z])(?:not?|non|has|have)(?![a-z])", re.IGNORECASE)
_MAX_LABEL = 255


def is_duplicate_label(label: str) -> bool:
    """Return whether a label has the word "duplicate": "duplicate", "status: duplicate", but not "not-duplicate"."""
    return (
        len(label) <= _MAX_LABEL and _LABEL.search(label) is not None and _OTHER_LABEL.search(label) is None
    )


def originals_of_open(comments: Iterable[Comment], own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the originals that people name in so many words on an open issue with a label for duplicates."""
    people = (comment.text for comment in _in_order(comments) if not comment.is_by_program)
    return find_originals(people, own_ref, resolve, are_implied=False)


def duplicates_named(comments: Iterable[Comment], own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the issues that people call duplicates of the one that they comment: "#77 is a duplicate of this one"."""
    named = (
        mention
        for comment in comments
        if not (comment.is_by_program or comment.is_restricted)
        for mention in named_duplicates(comment.text)
    )
    return tuple(ref for ref in resolved(named, own_ref, resolve) if ref.project == own_ref.project)


def lists_guesses(comments: Iterable[Comment]) -> bool:
    """Return whether a comment gives a list of guesses: "Found 3 possible duplicate issues"."""
    return any(GUESSES.search(comment.text[:MAX_COMMENT]) for comment in comments)


def originals_from(
    comments: Iterable[Comment],
    own_ref: Ref,
    resolve: Resolve,
    *,
    closed: datetime | None = None,
    body: str = "",
) -> tuple[Ref, ...]:
    """Return the originals that the comments on an issue closed as a duplicate name.

    The comment with which a person closed it may name one in other words, too: the last one within `AT_CLOSING` of
    the closing, or the last of all where times are missing. Else its author may have named one in its text.
    """
    ordered = _in_order(comments)
    named = find_originals((comment.text for comment in ordered), own_ref, resolve)
    people = [comment.text for comment in ordered if not comment.is_by_program and _is_at(comment, closed)]
    named = named or (original_at_closing(people[-1], own_ref, resolve) if people else ())
    named = named or confirmed_original(people, own_ref, resolve, is_duplicate=True)
    named = named or (original_mentioned(people[-1], own_ref, resolve) if people else ())
    named = named or find_originals([body], own_ref, resolve, are_implied=False)
    return named or (original_at_closing(body, own_ref, resolve) if len(body) <= _SHORT else ())


def originals_named(comments: Iterable[Comment], own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the originals that the comments on a closed issue name, where nothing else says that it is a duplicate."""
    texts = (comment.text for comment in _in_order(comments))
    return find_originals(texts, own_ref, resolve, is_duplicate=False)


def _in_order(comments: Iterable[Comment]) -> list[Comment]:
    """Return the comments that everybody may see, in order of time if all have times."""
    seen = [comment for comment in comments if not comment.is_restricted]
    if all(comment.at is not None for comment in seen):
        seen.sort(key=lambda comment: comment.at.timestamp() if comment.at else 0.0)
    return seen


def _is_at(comment: Comment, closed: datetime | None) -> bool:
    """Return whether a comment is near a time of closing; also if one of the times is unknown."""
    return closed is None or comment.at is None or abs(comment.at - closed) <= AT_CLOSING


def originals_near_closing(
    comments: Iterable[Comment], closed: datetime | None, own_ref: Ref, resolve: Resolve
) -> tuple[Ref, ...]:
    """Return the originals named near the time of closing, for issues closed without a reason."""
    if closed is None:
        return ()
    near = [comment for comment in comments if comment.at is not None and _is_at(comment, closed)]
    named = originals_named(near, own_ref, resolve)
    people = [comment.text for comment in _in_order(near) if not comment.is_by_program]
    named = named or _named_at_closing(people, own_ref, resolve)
    confirmed = confirmed_original(people, own_ref, resolve)
    return named or tuple(ref for ref in confirmed if ref.project == own_ref.project)


def _named_at_closing(comments: list[str], own_ref: Ref, resolve: Resolve) -> tuple[Ref, ...]:
    """Return the original that the last comment names, or a closing one before it to which nobody objects."""
    for place, comment in enumerate(comments[: -_MAX_AFTER - 1 : -1]):
        named = original_of_closing(comment, own_ref, resolve)
        if named or objects_to(comment):
            return named if place == 0 or CLOSING.search(comment) else ()
    return ()


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
