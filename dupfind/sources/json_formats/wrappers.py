"""Take issues out of the objects that backup tools and databases put around them."""

from collections.abc import Callable
from typing import Any

from dupfind.sources.json_formats.keys import objects

_INNER = ("issue", "data", "node", "_source", "bug", "ticket", "task", "item", "attributes")
_MARKS_OF_PERCEVAL = {"backend_name", "data", "category", "uuid"}
_BESIDE = {
    "events": "timeline",
    "timeline": "timeline",
    "comments": "comments",
    "comments_data": "comments",
    "notes_data": "notes",
}
"""Lists beside an issue, or in Perceval's data, and the key that the issue's format reads them from."""


def unwrapped(value: dict[str, Any], is_issue: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the issue in an object like {"issue": {...}, "events": [...]}, else the object itself.

    Args:
        value: An object of a file.
        is_issue: Decides whether an object is an issue by itself.
    """
    inner = next((value[key] for key in _INNER if isinstance(value.get(key), dict)), None)
    if inner is None or "event" in value or not (value.keys() >= _MARKS_OF_PERCEVAL or not is_issue(value)):
        return value
    issue = dict(inner)
    for outer in (inner, value):
        for beside, key in _BESIDE.items():
            if objects(outer.get(beside)) and not objects(issue.get(key)):
                issue[key] = outer[beside]
    for key in ("id", "iid", "key"):
        if key in value and key not in issue:
            issue[key] = value[key]
    return issue if is_issue(issue) else value
