"""Jira's XML, which is RSS with elements of its own and texts as HTML."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from dupfind.records import Comment, Record
from dupfind.sources.dates import Dates
from dupfind.sources.files.xml_file import child_text, content
from dupfind.sources.json_formats import jira
from dupfind.sources.markup import hypertext

KIND = "jira-xml"
ELEMENT = "item"
ID = "key"
_DATES = Dates()


def is_restricted(issue: Element) -> bool:
    """Return whether an item has a security level."""
    return issue.find("security") is not None


def record(issue: Element, site: Mapping[str, str], *, source: str) -> Record | None:
    """Return the record of an item."""
    key = child_text(issue, "key").strip()
    resolved = issue.find("resolution")
    # In every language the id of "Unresolved" is -1.
    is_open = resolved is None or resolved.get("id") == "-1"
    resolution = "" if resolved is None or is_open else (resolved.text or "").strip()
    category = issue.find("statusCategory")
    fields: dict[str, Any] = {
        "summary": child_text(issue, "summary") or child_text(issue, "title").removeprefix(f"[{key}] "),
        "status": {
            "name": child_text(issue, "status"),
            "statusCategory": {"key": "" if category is None else category.get("key")},
        },
        "resolution": None if resolution.lower() in ("", "unresolved") else resolution,
        "issuelinks": list(_links(issue)),
        "subtasks": list(issue.iterfind("subtasks/subtask")),
        "votes": {"votes": child_text(issue, "votes")},
        **{name: _DATES(child_text(issue, name).strip()) for name in ("created", "updated")},
        "resolutiondate": _DATES(child_text(issue, "resolved").strip()),
    }
    comments = [
        Comment(
            hypertext.as_text(content(comment)),
            _DATES(comment.get("created", "")),
            is_restricted=bool(comment.get("grouplevel") or comment.get("rolelevel")),
        )
        for comment in issue.iterfind("comments/comment")
    ]
    made = jira.record({"key": key, "fields": fields}, source=source, comments=comments)
    if made is None:
        return None
    address = child_text(issue, "link").strip()
    description = issue.find("description")
    return replace(
        made,
        body="" if description is None else hypertext.as_text(content(description)).strip(),
        url=address if "/browse/" in address else None,
        n_responses=made.n_responses + len(comments),
    )


def _links(issue: Element) -> Iterator[dict[str, Any]]:
    """Yield the links in the form of Jira's REST API."""
    for kind in issue.iterfind("issuelinks/issuelinktype"):
        for side in ("outward", "inward"):
            for links in kind.iterfind(f"{side}links"):
                named = {"name": child_text(kind, "name"), side: links.get("description", "")}
                for link in links.iterfind("issuelink"):
                    yield {"type": named, f"{side}Issue": {"key": child_text(link, "issuekey").strip()}}
