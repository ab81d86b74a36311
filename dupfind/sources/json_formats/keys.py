"""Read nested JSON of which any part may be missing or have another type."""

from typing import Any
from urllib.parse import urlsplit

from dupfind.sources.coerce import quantity, text
from dupfind.sources.pull_requests import is_marked_object

_PULL_KEYS = frozenset(
    ("headRefName", "baseRefName", "headRefOid", "isDraft", "mergedAt", "source_branch", "merge_status")
)


def inside(value: Any, *keys: str) -> Any:
    """Return the value under nested keys; None if one of them is missing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def name(value: Any) -> Any:
    """Return the name of a thing that some versions write as an object, and others as its name."""
    return value.get("name") if isinstance(value, dict) else value


def path_of(address: Any) -> str:
    """Return the path of an address; "" if it is not a valid one."""
    try:
        return urlsplit(text(address)).path
    except ValueError:
        return ""


def counted(value: Any) -> int:
    """Return how many things a number, a list, or an object with a total or with GraphQL's `nodes` stands for."""
    if isinstance(value, dict):
        totals = (value.get(key) for key in ("totalCount", "total_count", "total"))
        total = next((total for total in totals if total is not None), None)
        return len(objects(value)) if total is None else quantity(total)
    return len(value) if isinstance(value, list) else quantity(value)


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or of GraphQL's list `nodes`."""
    value = inside(value, "nodes") if isinstance(value, dict) else value
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []


def is_pull_request(issue: dict[str, Any]) -> bool:
    """Return whether an object is a pull or merge request of GitHub, `gh`, Gitea or GitLab."""
    # GitHub once gave each issue the key pull_request, with an empty value.
    if is_marked_object(issue) or not _PULL_KEYS.isdisjoint(issue):
        return True
    address = text(issue.get("html_url") or issue.get("url") or issue.get("web_url"))
    return ("number" in issue and "/pull/" in address) or "/merge_requests/" in address
