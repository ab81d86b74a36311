"""Give duplicates whose original is named only on the original itself: "#77 is a duplicate of this one"."""

from collections.abc import Iterator
from dataclasses import replace

from dupfind.records import Record, Ref

MAX_HELD = 10_000
"""Duplicates without an original that wait for the end of the reading; those after them are given as they are."""


def with_named_originals(records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records of a source; duplicates without an original come last, with the one that names them.

    Args:
        records: All records of the source.

    Returns:
        The records; where two name one record as their duplicate, it gets none of them.
    """
    held: list[Record] = []
    originals: dict[Ref, set[Ref]] = {}
    for record in records:
        for ref in record.duplicates:
            originals.setdefault(ref, set()).add(record.ref)
        if record.duplicates:
            record = replace(record, duplicates=())
        is_open = "duplicate" not in (record.resolution or "").lower() or record.duplicate_of
        if is_open or len(held) >= MAX_HELD:
            yield record
        else:
            held.append(record)
    for record in held:
        named = originals.get(record.ref, set())
        yield replace(record, duplicate_of=tuple(named)) if len(named) == 1 else record
