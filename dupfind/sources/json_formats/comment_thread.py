"""The comments on one issue that come apart from it: the first ones, cut, and all that may name an original."""

from typing import Any

from dupfind.records import Comment
from dupfind.sources.comment_bounds import MAX_CHARACTERS, MAX_COMMENTS
from dupfind.sources.duplicate_phrases import may_claim
from dupfind.sources.issue_mentions import MAX_COMMENT

Event = dict[str, Any]
"""A comment or event with the keys of GitHub's timeline; its time is a datetime."""


class CommentThread:
    """The comments and events on one issue, as far as they are needed; a later version of a comment replaces it."""

    __slots__ = ("_first", "_marks", "_n_added")

    def __init__(self) -> None:
        """Begin without comments."""
        self._first: dict[str, Event] = {}
        self._marks: dict[str, Event] = {}
        self._n_added = 0

    def add(self, comment: Comment, *, kind: str = "commented", id: str = "") -> None:
        """Add a comment, or an event of another kind.

        Args:
            comment: In any order of time.
            kind: The name of the event.
            id: Its unique id; "" if it has none.
        """
        self._n_added += 1
        key = id or f"#{self._n_added}"
        self.remove(key)
        is_mark = kind != "commented" or may_claim(comment.text)
        kept, length = (self._marks, MAX_COMMENT) if is_mark else (self._first, MAX_CHARACTERS)
        kept[key] = {
            "event": kind,
            "body": comment.text[:length],
            "created_at": comment.at,
            **({"user": {"type": "Bot"}} if comment.is_by_program else {}),
            **({"private": True} if comment.is_restricted else {}),
        }
        if len(self._first) >= 2 * MAX_COMMENTS:
            self._cut()

    def remove(self, id: str) -> None:
        """Remove a comment; nothing happens if it is not there."""
        self._first.pop(id, None)
        self._marks.pop(id, None)

    def events(self) -> list[Event]:
        """Return what is kept, oldest first; events without a time come first."""
        self._cut()
        return sorted((*self._first.values(), *self._marks.values()), key=_time)

    def _cut(self) -> None:
        if len(self._first) > MAX_COMMENTS:
            oldest = sorted(self._first.items(), key=lambda item: _time(item[1]))
            self._first = dict(oldest[:MAX_COMMENTS])


def _time(event: Event) -> float:
    at = event["created_at"]
    return 0.0 if at is None else float(at.timestamp())
