"""Which rows and objects of no known tracker are pull or merge requests, by their columns or keys."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dupfind.sources.coerce import flag, text
from dupfind.sources.column_names import normalize
from dupfind.sources.likely_names import LIKELY

_OBJECT = "pull_request"
"""GitHub's key for what makes an issue a pull request; others write a flag or an address under it."""
_FLAGS = frozenset(("is_pull_request", "is_pr", "is_pull", "is_merge_request"))
_ADDRESSES = frozenset(("html_url", "web_url", "permalink", "url"))
_TYPES = frozenset(("type", "typename", "kind", "issue_type", "item_type", "record_type"))
_TYPE_WORDS = frozenset(("pull", "pull_request", "merge_request"))
_NUMBERS = frozenset(LIKELY["id"])
_PARTS = frozenset(("pull", "pulls", "pull-requests", "merge_requests"))
"""What comes before the number in an address of GitHub, Gitea, Bitbucket and GitLab."""
_LONGEST = 2_000  # characters of an address that is looked at


class _Marks(NamedTuple):
    """The positions of the columns or keys by which a pull request is known."""

    objects: Sequence[int]
    flags: Sequence[int]
    addresses: Sequence[int]
    types: Sequence[int]
    numbers: Sequence[int]

    def are_on(self, cells: Sequence[Any]) -> bool:
        """Return whether one of these cells marks its row."""
        return (
            any(_is_true(cells[at]) for at in self.flags)
            or any(_number_at(cells[at]) for at in self.addresses)
            or any(normalize(text(cells[at])[:_LONGEST]) in _TYPE_WORDS for at in self.types)
            or any(self._is_own(cells[at], cells) for at in self.objects)
        )

    def _is_own(self, value: Any, cells: Sequence[Any]) -> bool:
        """Return whether a value says that the row is a pull request; the address of another one does not."""
        if isinstance(value, dict):
            return any(value.values())
        if isinstance(value, list):
            return bool(value)
        plain = text(value).strip()
        if plain.startswith("{"):  # the object as text, in any form that programs write
            return "://" in plain
        number = _number_at(plain)
        return _is_true(value) or (
            number != "" and any(number == text(cells[at]).strip() for at in self.numbers)
        )


def _marks(columns: Sequence[str]) -> _Marks:
    names = [normalize(column) for column in columns]
    known = ((_OBJECT,), _FLAGS, _ADDRESSES, _TYPES, _NUMBERS)
    return _Marks(*([at for at, name in enumerate(names) if name in group] for group in known))


_marks_of_keys = lru_cache(maxsize=64)(_marks)
"""The objects of a file have few sets of keys."""


def pull_request_rows(columns: Sequence[str]) -> Callable[[Sequence[Any]], bool]:
    """Return the check for rows with these columns: whether a row is a pull or merge request."""
    marks = _marks(columns)
    return (
        marks.are_on if any((marks.objects, marks.flags, marks.addresses, marks.types)) else lambda _: False
    )


def columns_of(columns: Sequence[str]) -> list[str]:
    """Return the columns that `pull_request_rows` looks at."""
    used = {at for positions in _marks(columns) for at in positions}
    return [columns[at] for at in sorted(used)]


def is_marked_object(value: dict[str, Any]) -> bool:
    """Return whether the keys of an object mark it as a pull or merge request, as columns do a row."""
    return _marks_of_keys(tuple(value)).are_on(tuple(value.values()))


def _is_true(value: Any) -> bool:
    return flag(value if isinstance(value, bytes) else text(value))


def _number_at(address: Any) -> str:
    """Return the number of the pull request that an address leads to; "" if it leads to none."""
    if not isinstance(address, str) or len(address) > _LONGEST:
        return ""
    try:
        names = urlsplit(address.strip()).path.rstrip("/").split("/")
    except ValueError:
        return ""
    is_one = len(names) > 2 and names[-2] in _PARTS and names[-1].isascii() and names[-1].isdecimal()
    return names[-1] if is_one else ""
