"""Find the project of an original whose link is a number alone, in trackers with one series of numbers."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.entries import Entry, LeftOut

ONE_SERIES = frozenset(
    (
        "redmine-rest",
        "bugzilla-rest",
        "mantisbt-rest",
        "azure-rest",
        "bugzilla-xml",
        "redmine-xml",
        "fogbugz-xml",
        "redmine-csv",
    )
)
"""Kinds of files whose ids are unique across projects."""


def with_projects(
    read: Callable[[], Iterator[Entry]], names: Callable[[], Iterator[Ref]] | None = None
) -> Iterator[Entry]:
    """Read records twice: once for their projects, then to yield them.

    Only ids outside of the first record's project are held in memory.

    Args:
        read: Yields the records of a tracker whose ids are unique across projects.
        names: Yields their names alone, if that is quicker.

    Returns:
        The entries, each original with its own project; unknown originals get that of the first record.
    """
    first, elsewhere = _projects(_names(read()) if names is None else names())
    for entry in read():
        record = entry.record if isinstance(entry, LeftOut) else entry
        if elsewhere and record is not None and record.duplicate_of:
            refs = (Ref(elsewhere.get(ref.id, first), ref.id) for ref in record.duplicate_of)
            record = replace(record, duplicate_of=tuple(refs))
            entry = replace(entry, record=record) if isinstance(entry, LeftOut) else record
        yield entry


def _names(entries: Iterator[Entry]) -> Iterator[Ref]:
    """Yield the names of all records, those of restricted issues among them."""
    for entry in entries:
        record = entry.record if isinstance(entry, LeftOut) else entry
        if record is not None:
            yield record.ref


def _projects(names: Iterator[Ref]) -> tuple[str | None, dict[str, str | None]]:
    """Return the project of the first record, and the project of each record that is in another."""
    elsewhere: dict[str, str | None] = {}
    first = None
    with suppress(SourceError):  # raised again when the records are yielded
        for number, name in enumerate(names):
            if number == 0:
                first = name.project
            elif name.project != first:
                elsewhere[name.id] = name.project
    return first, elsewhere
