"""What of the comments on an issue a reader gives on: the first ones, each cut, and which of them are for the index."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from dupfind.records import Comment, Record

N_READ_COMMENTS = 30
"""Comments on an issue that are read, the oldest ones."""

N_READ_CHARACTERS = 4_096
"""Characters of a comment that are read."""


def _as_it_is(text: str) -> str:
    return text


def first_comments(
    comments: Iterable[Comment], *, body: str = "", markup: Callable[[str], str] = _as_it_is
) -> tuple[Comment, ...]:
    """Return the first comments on an issue, oldest first, each cut; empty ones are left out.

    Restricted comments count apart, so that they hide no other one.

    Args:
        comments: On one issue, in any order if all have times, else oldest first.
        body: The first text of the issue; a first comment that repeats it is none.
        markup: Converts the text of a comment to Markdown, once it is cut.
    """
    ordered = list(comments)
    if all(comment.at is not None for comment in ordered):
        ordered.sort(key=lambda comment: comment.at.timestamp() if comment.at else 0.0)
    kept: list[Comment] = []
    n_left = {False: N_READ_COMMENTS, True: N_READ_COMMENTS}
    own = body.strip()
    for comment in ordered:
        if not n_left[False]:
            break
        text = comment.text[:N_READ_CHARACTERS]
        if not text.strip() or not n_left[comment.is_restricted]:
            continue
        if own and not kept and own.startswith(text.strip()) and comment.text.strip() == own:
            own = ""
            continue
        text = markup(text)[:N_READ_CHARACTERS]
        if text.strip():
            n_left[comment.is_restricted] -= 1
            kept.append(comment._replace(text=text))
    return tuple(kept)


def with_comments(record: Record, *, no_comments: bool, include_restricted: bool) -> Record:
    """Return a record with the comments that are for the index.

    Args:
        record: As a reader yields it.
        no_comments: Whether none of them is.
        include_restricted: Whether those are, too, that the tracker shows to some people only.
    """
    if not record.comments:
        return record
    if no_comments:
        return replace(record, comments=())
    if include_restricted or not any(comment.is_restricted for comment in record.comments):
        return record
    return replace(record, comments=tuple(one for one in record.comments if not one.is_restricted))
