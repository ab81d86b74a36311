"""Source: a place whose records can be read, and what was found out about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dupfind.records import Record


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
    """

    name: str
    kind: str
    location: str
    notes: tuple[str, ...] = ()
    total: int | None = None
    read: Callable[[], Iterator[Record]] = field(repr=False, kw_only=True)

    def __iter__(self) -> Iterator[Record]:
        """Read the records."""
        return self.read()
