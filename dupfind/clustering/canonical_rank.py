"""The order in which records stand for a cluster: its canonical is the one with the smallest rank (pure)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from dupfind.records import FIXED, RecordHead, RecordName

OPEN, UNKNOWN, CLOSED = range(3)
"""Values of `Rank.state`: open sorts first."""

_STATES = {"open": OPEN, "closed": CLOSED}
_UNDATED = datetime.max.replace(tzinfo=UTC)  # sorts after every known time


class Rank(NamedTuple):
    """The order of records as canonicals; the smallest is the best.

    Attributes:
        is_duplicate: Whether the tracker marks the record as a duplicate of another.
        state: Open before unknown before closed.
        is_empty: Whether the record has no child, no response, no duplicate and no fix: an empty shell.
        n_children: Minus its number of children.
        n_duplicates: Minus the number of duplicate links of other records that point to it.
        created: Time of creation; unknown ones come last.
        name: Settles ties.
    """

    is_duplicate: bool
    state: int
    is_empty: bool
    n_children: int
    n_duplicates: int
    created: datetime
    name: RecordName


def rank_records(
    heads: Iterable[RecordHead], targets: Mapping[int, Sequence[int | RecordName]]
) -> dict[int, Rank]:
    """Rank records as canonicals.

    A record that is no duplicate itself comes first. Then an open record comes before a closed one, one that people
    have worked on before an empty shell, then the one with the most children, the one with the most duplicates, the
    oldest, and the first by name.

    Args:
        heads: The records.
        targets: For each row with duplicate links, the records that it is marked a duplicate of: a row id, or the
            name of a record that is not in the index. A link to itself does not count.

    Returns:
        The rank of each row id; no two are equal.
    """
    n_duplicates = Counter(target for row, others in targets.items() for target in others if target != row)
    return {
        head.row_id: _rank(head, targets.get(head.row_id, ()), n_duplicates[head.row_id]) for head in heads
    }


def _rank(head: RecordHead, targets: Sequence[int | RecordName], n_duplicates: int) -> Rank:
    has_fix = head.state == "closed" and head.resolution in FIXED
    return Rank(
        is_duplicate=any(target != head.row_id for target in targets),
        state=_STATES.get(head.state or "", UNKNOWN),
        is_empty=not (head.n_children or head.n_responses or n_duplicates or has_fix),
        n_children=-head.n_children,
        n_duplicates=-n_duplicates,
        created=head.created or _UNDATED,
        name=head.name,
    )


def by_age(head: RecordHead) -> tuple[datetime, RecordName]:
    """Return the key that sorts records oldest first, unknown times last, equal times by name."""
    return head.created or _UNDATED, head.name
