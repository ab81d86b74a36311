"""Take issues out of the objects that backup tools and databases put around them."""

from collections.abc import Callable
from typing import Any

from dupfind.sources.json_formats.keys import objects
from dupfind.sources.restricted import columns_of

_INNER = (
    *("issue", "data", "node", "_source", "bug", "ticket", "task", "item", "attributes", "fields"),
    *(
        "defect",
        "story",
        "card",
        "incident",
        "work_item",
        "workItem",
        "properties",
        "Item",
        "record",
        "_airbyte_data",
    ),
)
_MARKS_OF_PERCEVAL = {"backend_name", "data", "category", "uuid"}
_OF_PROJECTS = ("Issue", "PullRequest", "DraftIssue")
_NOT_ISSUES = ("pull_request", "merge_request", "commit", "review", "event", "build", "repository")
"""Perceval's categories of what is left out like a pull request."""
_TIMES = (
    *("createdTime", "created_at", "createdAt", "updated_at", "updatedAt"),
    *("createdDateTime", "lastModifiedDateTime"),
)
"""Keys of times around an issue that has none of that name, as in the records of Airtable and Microsoft's lists."""
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
    content = value.get("content")
    if isinstance(content, dict) and "title" in content and content.get("type") in _OF_PROJECTS:
        # an item of a project of GitHub, whose state is that of the board
        return {"id": value.get("id"), "status": value.get("status"), **content}
    if not any(map(value.__contains__, _INNER)):
        return value
    is_of_perceval = value.keys() >= _MARKS_OF_PERCEVAL
    if is_of_perceval and value["category"] in _NOT_ISSUES:
        return {**value, "pull_request": True}
    inner = next((value[key] for key in _INNER if isinstance(value.get(key), dict)), None)
    if inner is None or "event" in value or not (is_of_perceval or not is_issue(value)):
        return value
    issue = dict(inner)
    for outer in (inner, value):
        for beside, key in _BESIDE.items():
            if objects(outer.get(beside)) and not objects(issue.get(key)):
                issue[key] = outer[beside]
    if not is_issue(issue):
        return value
    for key in ("id", "iid", "key", "_id"):  # the last one of Elasticsearch
        if key in value and "id" not in issue:
            issue[key.lstrip("_")] = value[key]
    marks = columns_of(tuple(value))  # those of the object around it, too
    return {**{key: value[key] for key in (*_TIMES, *marks) if key in value}, **issue}
