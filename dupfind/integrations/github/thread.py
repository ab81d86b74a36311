"""An issue on GitHub with its comments, as far as a suggestion depends on them."""

import re
from dataclasses import dataclass

from dupfind.records import Record

COMMAND = "/not-a-duplicate"
"""The line of a comment by which a person objects to a suggestion."""

_OBJECTION = re.compile(rf"^[ \t]*{COMMAND}(?![\w-])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GitHubComment:
    """One comment on an issue.

    Attributes:
        id: Its number in the REST API.
        body: Its Markdown.
        author: The login; that of a program ends in "[bot]".
        is_member: Whether the author is an owner, member or collaborator of the repository.
        objectors: The logins of the people who gave it a thumbs-down.
        is_edited: Whether somebody other than its author edited it last.
    """

    id: int
    body: str
    author: str
    is_member: bool = False
    objectors: tuple[str, ...] = ()
    is_edited: bool = False

    @property
    def objects(self) -> bool:
        """Whether a line of it is the command `COMMAND`."""
        return _OBJECTION.search(self.body) is not None


@dataclass(frozen=True, slots=True)
class GitHubIssue:
    """One issue on GitHub.

    Attributes:
        record: The issue as a record of the index.
        number: Its number.
        author: The login of the person who filed it; "" for a deleted account.
        viewer: The login of the account that comments.
        labels: The names of its labels.
        is_marked: Whether somebody marked it as a duplicate, by an event or a label.
        is_locked: Whether only members may comment.
        comment_deleted: Whether somebody else deleted a comment of ours.
        comments: All comments, oldest first.
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
