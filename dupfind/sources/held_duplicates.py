"""Give duplicates whose original is named only on the original itself: "#77 is a duplicate of this one"."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace

from dupfind.errors import SourceError
from dupfind.records import Record, Ref

MAX_HELD = 10_000
"""Duplicates without an original that wait for the end of the reading; those after them are given as they are."""


def with_named_originals(records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records of a source; duplicates without an original come last, with the one that names them.

    Args:
        records: All records of the source.

    Returns:
        The records; where two name one record as their duplicate, it gets none of them.

    Raises:
        SourceError: The source is broken at a place; the records before it were given, those that waited, too.
    """
    held: list[Record] = []
    originals: dict[Ref, set[Ref]] = {}
    try:
        for record in records:
            for ref in record.duplicates:
                originals.setdefault(ref, set()).add(record.ref)
            is_called = "duplicate" in (record.resolution or "").lower() and not record.is_guess
            waits = is_called and not record.duplicate_of
            if record.duplicates or record.is_guess:
                record = replace(record, duplicates=(), is_guess=False)
            if not waits or len(held) >= MAX_HELD:
                yield record
            else:
                held.append(record)
    except SourceError:
        yield from _resolved(held, originals)
        raise
    yield from _resolved(held, originals)


def _resolved(held: Iterable[Record], originals: Mapping[Ref, Set[Ref]]) -> Iterator[Record]:
    for record in held:
        named = originals.get(record.ref, set())
        yield replace(record, duplicate_of=tuple(named)) if len(named) == 1 else record
