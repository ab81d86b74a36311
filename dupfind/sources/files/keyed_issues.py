"""Find the issues in a JSON object that has them under their ids, such as {"PROJ-1": {...}, "PROJ-2": {...}}."""

import re
from collections.abc import Callable
from typing import Any

from dupfind.sources.column_profile import are_keys, can_be_ids

# A UUID, a long hexadecimal number, the keys that Firebase and Firestore make, and owner/name#12.
_MADE = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{12,64}"
    r"|(?=[A-Za-z_-]{0,19}\d)[A-Za-z0-9_-]{20}|[\w.-]{1,100}/[\w.-]{1,100}#\d{1,18}",
    re.IGNORECASE,
)


def is_id(key: str) -> bool:
    """Return whether a key has the form of an id, as 12, #12, PROJ-12, ticket_12 and UUIDs have; names have not."""
    return are_keys([key]) or _MADE.fullmatch(key) is not None


class KeyedIssues:
    """Take the issues out of the members of one object after the other; the first decides whether it holds some."""

    def __init__(
        self, is_issue: Callable[[dict[str, Any]], bool], id_key: Callable[[dict[str, Any]], str | None]
    ) -> None:
        """Store the functions.

        Args:
            is_issue: Decides by the first value under an id whether the values are issues.
            id_key: Returns the key of an issue that holds its id, or None.
        """
        self._is_issue = is_issue
        self._id_key = id_key
        self._is_found = False

    def element(self, key: str, value: Any) -> Any:
        """Return the issue under a key, with the key as its id if it has none; None for what is no issue.

        Under an id, a value that is no object is returned as it is, once an issue was found.
        """
        if not isinstance(value, dict):
            return value if self._is_found and value is not None and is_id(key) else None
        with_id = self._with_id(key, value)
        if not self._is_found:
            self._is_found = is_id(key) and self._is_issue(with_id)
            return with_id if self._is_found else None
        return with_id if is_id(key) or self._is_issue(with_id) else None

    def elements(self, members: dict[str, Any]) -> list[Any]:
        """Return the issues of an object; empty if it holds none."""
        self._is_found = False
        found = (self.element(key, value) for key, value in members.items())
        return [element for element in found if element is not None]

    def _with_id(self, key: str, value: dict[str, Any]) -> dict[str, Any]:
        own = self._id_key(value)
        has_own = own is not None and can_be_ids([value.get(own)])
        return value if has_own else {**value, "id": key, "key": key}  # Jira's issues are known by "key"
