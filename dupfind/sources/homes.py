"""Homes: the project of an original, where a tracker counts its issues through and a link gives a number alone."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from dupfind.errors import SourceError
from dupfind.records import Record, Ref


def with_homes(read: Callable[[], Iterator[Record]]) -> Iterator[Record]:
    """Read records twice: first for the projects that they are in, then for good.

    Only what is not in the project of the first record is kept in mind.

    Args:
        read: Gives the records of a tracker in which an id occurs once, whatever its project.

    Returns:
        The records, with each original in the project that it is in; of one that is not there nobody knows.
    """
    first, elsewhere = _homes(read())
    for record in read():
        if elsewhere and record.duplicate_of:
            refs = (Ref(elsewhere.get(ref.id, first), ref.id) for ref in record.duplicate_of)
            record = replace(record, duplicate_of=tuple(refs))
        yield record


def _homes(records: Iterator[Record]) -> tuple[str | None, dict[str, str | None]]:
    """The project of the first record, and those of the records that are in another."""
    elsewhere: dict[str, str | None] = {}
    first = None
    with suppress(SourceError):  # which is raised again where the records are read for good
        for number, record in enumerate(records):
            if number == 0:
                first = record.project
            elif record.project != first:
                elsewhere[record.id] = record.project
    return first, elsewhere
