"""Source: a place whose records can be read, and what was found out about it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from dupfind.records import Record, Ref


class SourceChanges(Protocol):
    """What a place has changed since a cursor; it is iterated once, and then asked where to go on."""

    def __iter__(self) -> Iterator[Record]:
        """Read the records that are new or changed."""

    def cursor(self, n_records: int) -> str | None:
        """Where to go on when the first `n_records` are kept; asked for numbers that only grow."""

    def present(self, n_here: int) -> Collection[Ref] | None:
        """The names of all that the place has now, where some of `n_here` must be gone; else None."""


@dataclass(frozen=True)
class Source:
    """A place that was looked into, and can be read.

    Iterating reads the records lazily, each time anew and from one consistent snapshot; it raises SourceError
    where the place cannot be read to its end. Standard input can be iterated once.

    Attributes:
        name: What records of this place are told apart by: a file's name, or a URL without its password.
        kind: What was found: "trac", "table", "csv" and so on.
        location: Where it is, without a password.
        notes: What was chosen and how to override it, a line each, for a person.
        total: How many records there are, where that is cheap to know; private ones may be counted.
        changes: Reads what changed since a cursor, or everything since None, where the place can tell.
    """

    name: str
    kind: str
    location: str
    notes: tuple[str, ...] = ()
    total: int | None = None
    read: Callable[[], Iterator[Record]] = field(repr=False, kw_only=True)
    changes: Callable[[str | None], SourceChanges] | None = field(default=None, repr=False, kw_only=True)

    def __iter__(self) -> Iterator[Record]:
        """Read the records."""
        return self.read()
