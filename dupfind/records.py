"""The record: one issue or question as its tracker has it, and its names."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Ref(NamedTuple):
    """The name of a record inside its source."""

    project: str | None
    id: str


FIXED = frozenset(
    ("completed", "complete", "fixed", "done", "resolved", "implemented", "delivered", "released")
)
"""Values of `Record.resolution` of an issue that was closed because the work is done."""

DECLINED = frozenset(
    ("not_planned", "not planned", "wontfix", "won't fix", "wont fix", "won't do", "declined", "rejected")
)
"""Values of an issue that was closed because nobody will work on it."""

RecordName = tuple[str, str, str]
"""The unique name of a record, independent of its row id: source, project ("" for none) and id."""


class Comment(NamedTuple):
    """A comment on an issue.

    Attributes:
        text: As its author wrote it.
        at: Its time, UTC, or None where the source does not give it.
        is_by_program: Whether a bot wrote it.
        is_restricted: Whether the tracker shows it to some people only.
    """

    text: str
    at: datetime | None = None
    is_by_program: bool = False
    is_restricted: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One issue as its tracker has it; the texts are not cleaned.

    Attributes:
        id: The tracker's own id as text, unique within `source` and `project`.
        title: One line; may be empty.
        body: The first text of the issue in the tracker's markup; may be empty.
        source: Name of the source, such as the name of a file.
        project: Repository or project, or None where the source names none.
        state: "open", "closed", or None where the source does not give it.
        resolution: The tracker's word for how it was closed, in lower case, or None.
        created: Time of creation, UTC, or None.
        updated: Time of the last change, UTC, or None.
        url: Address of its page, or None.
        duplicate_of: The records of the same source that the tracker marks this one a duplicate of.
        closed: Time of its closing, UTC, or None where it is open or the source does not give the time.
        n_children: Number of records that the tracker keeps as parts of this one, such as the tasks of an epic.
        n_responses: Number of comments, votes and reactions on it and of references to it, as far as the source
            counts them.
        comments: What was said on it, oldest first; `text.comments` chooses what of it is kept.
        duplicates: The records of the same source that people call duplicates of this one; a source of records uses
            them for the `duplicate_of` of these, and the index does not store them.
        is_guess: Whether a list of guesses announced that it would be closed as a duplicate, so that its state
            confirms nobody's word; a source of records uses it with `duplicates`, and the index does not store it.
    """

    id: str
    title: str
    body: str = ""
    source: str = ""
    project: str | None = None
    state: str | None = None
    resolution: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    url: str | None = None
    duplicate_of: tuple[Ref, ...] = ()
    closed: datetime | None = None
    n_children: int = 0
    n_responses: int = 0
    comments: tuple[Comment, ...] = ()
    duplicates: tuple[Ref, ...] = ()
    is_guess: bool = False

    @property
    def ref(self) -> Ref:
        """The name by which other records of the source refer to this one."""
        return Ref(self.project, self.id)


def state_in_words(state: str | None, resolution: str | None) -> str:
    """Return the state of a record for people: "open", "closed", "closed as not planned"; "" if it is unknown."""
    reason = " ".join((resolution or "").replace("_", " ").split())
    return f"closed as {reason}" if state == "closed" and reason not in ("", "closed") else state or ""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 record", "1,234 records"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def storable(text: str) -> str:
    """Return a text as the database stores it: without NUL, and with "?" in place of a lone surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class RecordHead:
    """The fields of a record that decide which record of a cluster is the canonical one.

    Attributes:
        row_id: Of the live record.
        name: Source, project and id.
        state: "open", "closed" or None.
        created: Time of creation, or None.
        resolution: As `Record.resolution`.
        n_children: As `Record.n_children`.
        n_responses: As `Record.n_responses`.
    """

    row_id: int
    name: RecordName
    state: str | None = None
    created: datetime | None = None
    resolution: str | None = None
    n_children: int = 0
    n_responses: int = 0
