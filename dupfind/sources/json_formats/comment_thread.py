"""The comments on one issue that come apart from it: the first ones, cut, and the last that may name an original."""

import logging
from collections import defaultdict
from typing import Any

from dupfind.records import Comment
from dupfind.sources.comment_bounds import N_READ_CHARACTERS, N_READ_COMMENTS
from dupfind.sources.duplicate_phrases import may_claim
from dupfind.sources.issue_mentions import MAX_COMMENT

MAX_MARKS = 100
"""Comments and events on an issue that are kept because they may name its original, the newest ones."""

MAX_SIZE = 256 * 1024 * 1024
"""Characters of all comments that are held in memory; those that may name an original have as many again."""

_AROUND = 400  # bytes of an event without its text

Event = dict[str, Any]
"""A comment or event with the keys of GitHub's timeline; its time is a datetime."""

_log = logging.getLogger("dupfind.sources")


class CommentThread:
    """The comments and events on one issue, as far as they are needed; a later version of a comment replaces it."""

    __slots__ = ("_first", "_marks", "_n_added", "_no_comments", "size")

    def __init__(self, *, no_comments: bool = False) -> None:
        """Begin without comments.

        Args:
            no_comments: Whether only those are kept that may name an original.
        """
        self._no_comments = no_comments
        self._first: dict[str, Event] = {}
        self._marks: dict[str, Event] = {}
        self._n_added = 0
        self.size = 0
        """Characters of what is kept, and of what surrounds them in memory."""

    def add(
        self, comment: Comment, *, kind: str = "commented", id: str = "", only_marks: bool = False
    ) -> None:
        """Add a comment, or an event of another kind.

        Args:
            comment: In any order of time.
            kind: The name of the event.
            id: Its unique id; "" if it has none.
            only_marks: Whether it is left out unless it may name an original.
        """
        self._n_added += 1
        key = id or f"#{self._n_added}"
        self.remove(key)
        if kind != "commented" or may_claim(comment.text):
            self._keep(self._marks, key, _event(comment, kind, MAX_COMMENT))
            if len(self._marks) >= 2 * MAX_MARKS:
                self._cut()
        if kind == "commented" and not self._no_comments and not only_marks:
            self._keep(self._first, key, _event(comment, kind, N_READ_CHARACTERS))
            if len(self._first) >= 2 * N_READ_COMMENTS:
                self._cut()

    def remove(self, id: str) -> None:
        """Remove a comment; nothing happens if it is not there."""
        for kept in (self._first, self._marks):
            event = kept.pop(id, None)
            self.size -= 0 if event is None else _size(event)

    def events(self) -> list[Event]:
        """Return what is kept, oldest first; events without a time come first."""
        self._cut()
        return sorted({**self._first, **self._marks}.values(), key=_time)

    def _keep(self, kept: dict[str, Event], key: str, event: Event) -> None:
        kept[key] = event
        self.size += _size(event)

    def _cut(self) -> None:
        if len(self._first) > N_READ_COMMENTS:
            oldest = sorted(self._first.items(), key=lambda item: _time(item[1]))
            self._first = dict(oldest[:N_READ_COMMENTS])
        if len(self._marks) > MAX_MARKS:
            self._marks = dict(sorted(self._marks.items(), key=lambda item: _time(item[1]))[-MAX_MARKS:])
        self.size = sum(_size(event) for kept in (self._first, self._marks) for event in kept.values())


class CommentThreads:
    """The comments on all issues of a source, of bounded size together."""

    def __init__(self, *, no_comments: bool = False) -> None:
        """Begin without comments; see `CommentThread`."""
        self._threads: dict[Any, CommentThread] = defaultdict(lambda: CommentThread(no_comments=no_comments))
        self.size = 0
        """As of `CommentThread`, of all issues together."""
        self._is_full = False

    def add(self, issue: Any, comment: Comment, *, kind: str = "commented", id: str = "") -> None:
        """Add a comment on an issue; once `MAX_SIZE` is reached, only one that may name an original.

        Args:
            issue: The key of the issue.
            comment: See `CommentThread.add`.
            kind: The name of the event.
            id: Its unique id; "" if it has none.
        """
        if self.size >= MAX_SIZE and not self._is_full:
            self._is_full = True
            _log.warning(
                "the comments have more than %d MiB: those after them are left out (--no-comments reads none)",
                MAX_SIZE // 1024**2,
            )
        if self.size >= 2 * MAX_SIZE:
            return
        thread = self._threads[issue]
        before = thread.size
        thread.add(comment, kind=kind, id=id, only_marks=self._is_full)
        self.size += thread.size - before

    def remove(self, issue: Any, id: str) -> None:
        """Remove a comment on an issue; nothing happens if it is not there."""
        if issue in self._threads:
            thread = self._threads[issue]
            before = thread.size
            thread.remove(id)
            self.size += thread.size - before

    def events(self, issue: Any) -> list[Event]:
        """Return what is kept of an issue, oldest first; events without a time come first."""
        return self._threads[issue].events() if issue in self._threads else []

    def issues(self) -> list[Any]:
        """Return the keys of the issues with comments."""
        return list(self._threads)


def _event(comment: Comment, kind: str, length: int) -> Event:
    return {
        "event": kind,
        "body": comment.text[:length],
        "created_at": comment.at,
        **({"user": {"type": "Bot"}} if comment.is_by_program else {}),
        **({"private": True} if comment.is_restricted else {}),
    }


def _size(event: Event) -> int:
    return len(event["body"]) + _AROUND


def _time(event: Event) -> float:
    at = event["created_at"]
    return 0.0 if at is None else float(at.timestamp())
