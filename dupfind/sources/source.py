"""The description of a source that can be read."""

from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from dupfind.records import Record, Ref
from dupfind.sources.entries import Entry, records_of
from dupfind.sources.reading_counts import Expectations, ReadingCounts


class SourceChanges(Protocol):
    """The changes of a source since a cursor; iterated once, then queried for the next cursor."""

    def __iter__(self) -> Iterator[Record]:
        """Yield the records that are new or changed."""

    def cursor(self, n_records: int) -> str | None:
        """Return the cursor to resume from once the first `n_records` are stored; called with growing numbers.

        There is none yet while `hidden` holds names.
        """

    def hidden(self) -> Collection[Ref]:
        """Return the names of changed records that only some people may see by now: they must go."""

    def present(self, n_here: int) -> Collection[Ref] | None:
        """Return the names of all present records if some of `n_here` must be gone; else None."""


@dataclass(frozen=True)
class Source:
    """A source whose format is known, ready to be read.

    Iteration reads the records lazily, each time anew and from one consistent snapshot. It raises SourceError if
    the source cannot be read to its end. Standard input can be iterated once.

    Attributes:
        name: The name that its records carry: a file's name, or a URL without its password.
        kind: The detected format: "trac", "table", "csv" and so on.
        location: The path or URL, without a password.
        notes: The choices that were made and how to override them, one line each, for the user.
        total: The number of records, if it is cheap to know; private ones may be included.
        read: Yields all records. A reader yields also what it leaves out, which `open_source` counts.
        changes: Yields the records that changed since a cursor, or all of them for None; None if unsupported.
        expected: What is known of the records, for the judgement on them.
        counts: The numbers of the last reading, complete once it has ended.
        includes_restricted: Whether issues that the tracker shows to some people only are among the records.
    """

    name: str
    kind: str
    location: str
    notes: tuple[str, ...] = ()
    total: int | None = None
    read: Callable[[], Iterator[Entry]] = field(repr=False, kw_only=True)
    changes: Callable[[str | None], SourceChanges] | None = field(default=None, repr=False, kw_only=True)
    expected: Expectations = field(default=Expectations(), repr=False, kw_only=True)
    counts: ReadingCounts = field(default_factory=ReadingCounts, repr=False, compare=False, kw_only=True)
    includes_restricted: bool = field(default=False, kw_only=True)

    def __iter__(self) -> Generator[Record]:
        """Yield the records."""
        return records_of(self.read())
