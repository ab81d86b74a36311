"""The order of time: sort records as their tracker created them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from dupfind.records import RecordHead

UNDATED = datetime.min.replace(tzinfo=UTC)
"""Stands for an unknown time of creation, before all known ones."""


def in_time_order(heads: Iterable[RecordHead]) -> list[RecordHead]:
    """Sort records by creation, undated ones first; equal times by the natural order of their ids, then by name."""
    return sorted(heads, key=lambda head: (head.created or UNDATED, _natural(head.name[2]), head.name))


def _natural(id: str) -> list[tuple[int, str]]:
    """Split an id into parts, so that 9 sorts before 10."""
    # Length first: of two numbers without leading zeros the longer one is larger.
    return [(len(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", id)]
