"""Find the issues in a JSON object that has them under their ids, such as {"PROJ-1": {...}, "PROJ-2": {...}}."""

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from dupfind.sources.column_profile import are_keys, can_be_ids

# A UUID, a long hexadecimal number, the keys that Firebase and Firestore make, and owner/name#12.
_MADE = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{12,64}"
    r"|(?=[A-Za-z_-]{0,19}\d)[A-Za-z0-9_-]{20}|[\w.-]{1,100}/[\w.-]{1,100}#\d{1,18}",
    re.IGNORECASE,
)


N_DECIDING = 200
"""The first objects in an object, which decide whether it holds issues under their ids."""


def is_id(key: str) -> bool:
    """Return whether a key has the form of an id, as 12, #12, PROJ-12, ticket_12 and UUIDs have; names have not."""
    return are_keys([key]) or _MADE.fullmatch(key) is not None


class KeyedIssues:
    """Take the issues out of an object; its first objects decide whether it holds some under their ids."""

    def __init__(
        self,
        is_issue: Callable[[dict[str, Any]], bool],
        is_whole: Callable[[dict[str, Any]], bool],
        id_key: Callable[[dict[str, Any]], str | None],
    ) -> None:
        """Store the functions.

        Args:
            is_issue: Decides whether a value under an id is an issue.
            is_whole: Decides whether the members of a large object are no more than one issue.
            id_key: Returns the key of an issue that holds its id, or None.
        """
        self.is_issue = is_issue
        self._is_whole = is_whole
        self._id_key = id_key

    def elements(self, members: dict[str, Any]) -> list[Any]:
        """Return the issues of an object; empty if it holds none.

        At least half of the first `N_DECIDING` objects in it are under ids, and one of those is an issue.
        """
        objects = ((key, value) for key, value in members.items() if isinstance(value, dict))
        first = list(islice(objects, N_DECIDING))
        under_ids = [(key, value) for key, value in first if is_id(key)]
        is_found = any(self.is_issue(self._with_id(key, value)) for key, value in under_ids)
        if not is_found or 2 * len(under_ids) < len(first):
            return []
        found = (self.element(key, value) for key, value in members.items())
        return [element for element in found if element is not None]

    def elements_of_large(self, members: dict[str, Any]) -> list[Any]:
        """Return the issues among the first members of a large object; empty if they make one issue themselves."""
        return [] if self._is_whole(members) else self.elements(members)

    def element(self, key: str, value: Any) -> Any:
        """Return the issue under a key of an object that holds issues, with the key as its id if it has none.

        A value that is no object is returned as it is; what is under no id, and null, is None.
        """
        if value is None or not is_id(key):
            return None
        return self._with_id(key, value) if isinstance(value, dict) else value

    def _with_id(self, key: str, value: dict[str, Any]) -> dict[str, Any]:
        own = self._id_key(value)
        has_own = own is not None and can_be_ids([value.get(own)])
        return value if has_own else {**value, "id": key, "key": key}  # Jira's issues are known by "key"


def first_members(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an object up to the one that decides whether it holds issues under their ids."""
    first: dict[str, Any] = {}
    n_objects = 0
    for key, value in members.items():
        first[key] = value
        n_objects += isinstance(value, dict)
        if n_objects == N_DECIDING:
            break
    return first


class HeldMembers:
    """The members of a large object, held until it is known whether they are issues under their ids.

    Attributes:
        members: Those that are held; none once they were issues.
        n_kept: The characters of them.
        is_keyed: Whether they were.
    """

    def __init__(self, keyed: KeyedIssues | None, most: int, *, is_inner: bool) -> None:
        """Begin without members.

        Args:
            keyed: Finds the issues; without it there are none.
            most: Characters after which it is decided.
            is_inner: Whether the object stands in the place of a list of issues, and is no issue itself.
        """
        self.members: dict[str, Any] = {}
        self.n_kept = 0
        self.is_keyed = False
        self._keyed = keyed
        self._most = most
        self._is_inner = is_inner
        self._n_objects = 0
        self._is_due = False

    def add(self, key: str, value: Any, n: int, *, is_open: bool = True) -> list[Any]:
        """Return the issues that are known by the next member, of n characters; `is_open` allows for a decision."""
        if self._keyed is not None and self.is_keyed:
            element = self._keyed.element(key, value)
            return [] if element is None else [element]
        self.members[key] = value
        self.n_kept += n
        self._n_objects += isinstance(value, dict)
        was_due = self._is_due
        self._is_due = self._n_objects >= N_DECIDING or self.n_kept > self._most
        return self.decide() if is_open and self._is_due and not was_due else []

    def decide(self) -> list[Any]:
        """Return the issues among the members, if they hold some and were not returned before."""
        if self._keyed is None or self.is_keyed:
            return []
        elements = self._keyed.elements if self._is_inner else self._keyed.elements_of_large
        found = elements(self.members)
        if found:
            self.is_keyed = True
            self.members, self.n_kept = {}, 0
        return found
