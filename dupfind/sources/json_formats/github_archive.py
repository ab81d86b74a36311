"""Issues of a GitHub migration archive (`issues_000001.json`), which name everything by its address."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.keys import path_of


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has the keys of an issue."""
    return issue.get("type") == "issue" and {"url", "repository", "title", "created_at"} <= issue.keys()


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue, whose number is the end of its address.

    Args:
        issue: Of the archive; `timeline` may hold its comments.
        source: The name of the record's source.
        comments: Those that came apart from it, oldest first.
    """
    labels = issue.get("labels")
    addresses = labels if isinstance(labels, list) else []
    as_rest = {
        **issue,
        "body": issue.get("body"),
        "number": text(issue["url"]).rstrip("/").rpartition("/")[2],
        "html_url": issue["url"],
        "repository": {"full_name": path_of(issue["repository"]).strip("/") or None},
        "state": "closed" if issue.get("closed_at") else "open",
        "labels": [{"name": text(address).rpartition("/")[2].replace("%20", " ")} for address in addresses],
    }
    return github.record(as_rest, source=source, comments=comments)
