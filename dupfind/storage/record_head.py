"""The head of a record, from the cells of its row."""

from dupfind.records import RecordHead, RecordName
from dupfind.storage.stored_times import moment

HEAD_COLUMNS = "state, created, resolution, n_children, n_responses"
"""Columns of a record that `record_head` takes after its row id and name, in this order."""


def record_head(
    row_id: int,
    name: RecordName,
    state: str | None,
    created: str | None,
    resolution: str | None,
    n_children: int,
    n_responses: int,
) -> RecordHead:
    """Return the head of a record from its cells."""
    return RecordHead(row_id, name, state, moment(created), resolution, n_children, n_responses)
