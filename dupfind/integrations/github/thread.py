"""Thread: an issue on GitHub, and what was said below it as far as a suggestion depends on it."""

import re
from dataclasses import dataclass

from dupfind.records import Record

COMMAND = "/not-a-duplicate"
"""A line of a comment by which a person objects."""

_OBJECTION = re.compile(rf"^[ \t]*{COMMAND}(?![\w-])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GitHubComment:
    """One comment.

    Attributes:
        id: Its number in REST.
        body: Its Markdown.
        author: The login, which ends in "[bot]" where a program has written it.
        is_member: Whether the author belongs to the repository.
        objectors: The logins of people who put a thumbs-down on it.
        is_edited: Whether its last editor is somebody else than its author.
    """

    id: int
    body: str
    author: str
    is_member: bool = False
    objectors: tuple[str, ...] = ()
    is_edited: bool = False

    @property
    def objects(self) -> bool:
        """Whether a line of it says that the suggestion is wrong."""
        return _OBJECTION.search(self.body) is not None


@dataclass(frozen=True, slots=True)
class GitHubIssue:
    """One issue.

    Attributes:
        record: The issue as the index has it.
        number: Its number.
        author: The login of who filed it; "" of one who is gone.
        viewer: The login that we write as.
        labels: The names of its labels.
        is_marked: Whether somebody has said that it is a duplicate, by GitHub's own means.
        is_locked: Whether only members may comment on it.
        comment_deleted: Whether somebody else has deleted a comment of ours.
        comments: All of them, oldest first.
    """

    record: Record
    number: int
    author: str
    viewer: str
    labels: frozenset[str] = frozenset()
    is_marked: bool = False
    is_locked: bool = False
    comment_deleted: bool = False
    comments: tuple[GitHubComment, ...] = ()
