"""Which rows and objects of no known tracker are no issues: pull requests, deleted ones, answers and notices."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from dupfind.sources import pull_requests, state_flags
from dupfind.sources.coerce import flag, quantity, text
from dupfind.sources.column_names import normalize
from dupfind.sources.column_profile import N_SAMPLED, Sample
from dupfind.sources.entries import PULL_REQUEST, LeftOut

OTHER = LeftOut("other")
"""A row that was deleted in its tracker, or that is an answer or a notice and no issue."""

_DELETED = frozenset(
    ("deleted", "is_deleted", "isdeleted", "is_removed", "is_trashed", "trashed", "in_trash", "is_spam")
)
_DELETED_AT = frozenset(
    ("deleted", "deleted_at", "deleted_on", "deleted_time", "date_deleted", "deleted_date", "trashed_at")
)
_NOTICES_OF_SLACK = """
channel_join channel_leave channel_topic channel_purpose channel_name channel_archive channel_unarchive
channel_posting_permissions channel_convert_to_private group_join group_leave group_topic group_purpose group_name
group_archive group_unarchive pinned_item unpinned_item bot_add bot_remove bot_enable bot_disable reminder_add
tombstone sh_room_created sh_room_shared huddle_thread reply_broadcast thread_broadcast
"""
_NOTICES_OF_DISCORD = """
guild_member_join recipient_add recipient_remove call channel_name_change channel_icon_change
channel_pinned_message thread_created thread_starter_message user_premium_guild_subscription
"""


class _Kind(NamedTuple):
    """Rows that a program writes between its issues.

    Attributes:
        columns: By which the program is known.
        column: That says what a row is.
        words: Its words for what is no issue; empty if any value says so.
    """

    columns: frozenset[str]
    column: str
    words: frozenset[str]


_KINDS = tuple(
    _Kind(frozenset(columns.split()), column, frozenset(words.split()))
    for columns, column, words in (
        ("ts subtype", "subtype", _NOTICES_OF_SLACK),  # Slack
        ("ts thread_ts parent_user_id", "parent_user_id", ""),
        ("type timestamp timestamp_edited is_pinned content author", "type", _NOTICES_OF_DISCORD),  # Discord
        ("type date actor action text", "type", "service"),  # Telegram
        ("id type by time parent", "type", "comment pollopt"),  # Hacker News
        ("type content priority indent author responsible date_lang", "type", "section note"),  # Todoist
        # Stack Exchange: answers, wikis and such
        ("post_type_id creation_date", "post_type_id", "2 3 4 5 6 7 8"),
    )
)


class _Positions(NamedTuple):
    """The positions of the columns that say that a row is no issue, and the kinds that its columns know."""

    flags: Sequence[int]
    times: Sequence[int]
    kinds: Sequence[tuple[int, frozenset[str]]]

    def are_on(self, cells: Sequence[Any]) -> bool:
        """Return whether one of these cells says so of its row."""
        return (
            any(flag(text(cells[at])) for at in self.flags)
            or any(_is_time(cells[at]) for at in self.times)
            or any(_is_of(cells[at], words) for at, words in self.kinds)
        )


def _is_time(cell: Any) -> bool:
    return not isinstance(cell, bool) and state_flags.of_time(cell) == "closed"


def _is_of(cell: Any, words: frozenset[str]) -> bool:
    plain = text(cell).strip()
    return normalize(plain[:100]) in words if words else bool(plain)


@lru_cache(maxsize=256)
def _positions(columns: tuple[str, ...], counts: frozenset[str], has_kinds: bool) -> _Positions:
    """Return the positions among columns; the objects of a file have few sets of keys."""
    names = [normalize(column) for column in columns]
    known = [kind for kind in _KINDS if has_kinds and kind.columns.issubset(names)]
    return _Positions(
        [at for at, name in enumerate(names) if name in _DELETED and columns[at] not in counts],
        [at for at, name in enumerate(names) if name in _DELETED_AT],
        [(names.index(kind.column), kind.words) for kind in known],
    )


def counts_in(sample: Sample) -> frozenset[str]:
    """Return the columns that count what was deleted, such as lines, and so say nothing of their rows.

    Args:
        sample: The first values, by column.
    """
    named = [column for column in sample if normalize(column) in _DELETED]
    return frozenset(
        column for column in named if any(quantity(value) > 1 for value in sample[column][:N_SAMPLED])
    )


def left_out_rows(
    columns: Sequence[str], sample: Sample, *, has_kinds: bool
) -> Callable[[Sequence[Any]], LeftOut | None]:
    """Return the function that says why a row with these columns is no issue; None for an issue.

    Args:
        columns: Of the rows.
        sample: The first values, by column.
        has_kinds: Whether answers and notices are known; not where the user names columns.
    """
    is_pull_request = pull_requests.pull_request_rows(columns)
    positions = _positions(tuple(columns), counts_in(sample), has_kinds)
    is_other = positions.are_on if any(positions) else lambda _: False

    def left_out(cells: Sequence[Any]) -> LeftOut | None:
        if is_pull_request(cells):
            return PULL_REQUEST
        return OTHER if is_other(cells) else None

    return left_out


def columns_of(columns: Sequence[str]) -> list[str]:
    """Return the columns that `left_out_rows` looks at."""
    names = [normalize(column) for column in columns]
    of_kinds = {name for kind in _KINDS if kind.columns.issubset(names) for name in kind.columns}
    own = [
        column
        for column, name in zip(columns, names, strict=True)
        if name in _DELETED or name in _DELETED_AT or name in of_kinds
    ]
    return list(dict.fromkeys((*pull_requests.columns_of(columns), *own)))


def is_other(value: dict[str, Any], counts: frozenset[str], *, has_kinds: bool) -> bool:
    """Return whether the keys of an object say that it is deleted, an answer or a notice, as columns do of a row.

    Args:
        value: The object.
        counts: Keys as `counts_in` returns them.
        has_kinds: Whether answers and notices are known.
    """
    positions = _positions(tuple(value), counts, has_kinds)
    return any(positions) and positions.are_on(tuple(value.values()))
