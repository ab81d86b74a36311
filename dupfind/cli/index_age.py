"""A note on stderr where an answer comes from an index whose sources were not read for long."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dupfind.cli.terminal import is_terminal, note

OLD = timedelta(days=30)


def note_age(index: Mapping[str, Any] | None, now: datetime | None = None) -> None:
    """Print at a terminal that an index is old; JSON has the time itself.

    Args:
        index: From `Collection.summary`, or None.
        now: The present time; None for the clock's.
    """
    read_at = None if index is None else index.get("read_at")
    if read_at is None or not is_terminal(sys.stderr):
        return
    age = (now or datetime.now(UTC)) - datetime.fromisoformat(read_at)
    if age >= OLD:
        note(f"the index was last read {age.days} days ago: `dupfind sync` brings it up to date")
