"""Bugzilla's XML (`show_bug.cgi?ctype=xml`), whose first comment is the text of the bug."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from dupfind.records import Record
from dupfind.sources.coerce import flag, quantity
from dupfind.sources.dates import Dates
from dupfind.sources.files.xml_file import child_text
from dupfind.sources.json_formats import bugzilla
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.comments import number_resolver, originals_from

KIND = "bugzilla-xml"
ELEMENT = "bug"
ID = "bug_id"
_DATES = Dates()


def is_restricted(issue: Element) -> bool:
    """Return whether a bug is one of a group."""
    return issue.find("group") is not None


def record(issue: Element, site: Mapping[str, str], *, source: str) -> Record | None:
    """Return the record of a bug; None for one that the exporter was not allowed to see.

    Old versions name the original in a comment alone.
    """
    if issue.get("error"):
        return None
    comments: list[dict[str, Any]] = [
        {
            "text": child_text(comment, "thetext"),
            "is_private": flag(comment.get("isprivate")),
            "count": quantity(child_text(comment, "comment_count")),
            "creation_time": _DATES(child_text(comment, "bug_when").strip()),
        }
        for comment in issue.iterfind("long_desc")
    ]
    comments.sort(key=lambda comment: comment["count"])  # users may have the newest first
    as_rest = {
        "id": child_text(issue, "bug_id").strip(),
        "summary": child_text(issue, "short_desc"),
        "product": child_text(issue, "product"),
        "resolution": child_text(issue, "resolution").strip(),
        "dupe_of": child_text(issue, "dup_id").strip(),
        "creation_time": _DATES(child_text(issue, "creation_ts").strip()),
        "last_change_time": _DATES(child_text(issue, "delta_ts").strip()),
        "cf_last_resolved": _DATES(child_text(issue, "cf_last_resolved").strip()),
        "votes": child_text(issue, "votes"),
        "blocks": list(issue.iterfind("blocked")),
        "comments": comments,
    }
    made = bugzilla.record(as_rest, source=source, base=site.get("urlbase"))
    if made is None or made.duplicate_of or made.resolution != "duplicate":
        return made
    originals = originals_from(
        comments_in(comments), made.ref, number_resolver(made.project), closed=made.closed
    )
    return replace(made, duplicate_of=originals)
