"""Record: one issue or question, as a source gives it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Ref(NamedTuple):
    """The name of a record inside its source."""

    project: str | None
    id: str


RecordName = tuple[str, str, str]
"""What tells a record apart whatever its row id is: source, project ("" for none) and id."""


@dataclass(frozen=True, slots=True)
class Record:
    """One issue, as its tracker tells it; nothing here is cleaned for a model.

    Attributes:
        id: The tracker's own id as text, unique within `source` and `project`.
        title: One line; may be empty.
        body: The first text of the issue in the tracker's own markup; may be empty.
        source: Name of the source it was read from (a file's name, say).
        project: Repository or project, where a source holds several or names its one; else None.
        state: "open" or "closed", or None where the source does not say.
        resolution: The tracker's own word for how it was closed, in lower case, or None.
        created: Time of creation, UTC, or None.
        updated: Time of the last change, UTC, or None.
        url: Where a person can read it, or None.
        duplicate_of: The records of the same source that the tracker marks this one a duplicate of.
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

    @property
    def ref(self) -> Ref:
        """The name under which other records of the source point to this one."""
        return Ref(self.project, self.id)


def storable(text: str) -> str:
    """A text as a database keeps it: without NUL, and with "?" for what is no character (a lone surrogate)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class RecordHead:
    """What decides whether a record is its cluster's canonical.

    Attributes:
        row_id: Of the live record.
        name: Source, project and id.
        state: "open", "closed" or None.
        created: Time of creation, or None.
    """

    row_id: int
    name: RecordName
    state: str | None = None
    created: datetime | None = None
