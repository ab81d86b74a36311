"""Bugzilla's XML (`show_bug.cgi?ctype=xml`), whose first comment is the text of the bug."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from dupfind.records import Record
from dupfind.sources.coerce import flag
from dupfind.sources.dates import Dates
from dupfind.sources.files.xml_file import child_text
from dupfind.sources.json_formats import bugzilla

KIND = "bugzilla-xml"
ELEMENT = "bug"
ID = "bug_id"
_DATES = Dates()


def record(issue: Element, site: Mapping[str, str], *, source: str) -> Record | None:
    """Return the record of a bug; None for a bug of a group, or one that the exporter was not allowed to see."""
    if issue.get("error") or issue.find("group") is not None:
        return None
    comments: list[dict[str, Any]] = [
        {"text": child_text(comment, "thetext"), "is_private": flag(comment.get("isprivate"))}
        for comment in issue.iterfind("long_desc")
    ]
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
    return bugzilla.record(as_rest, source=source, base=site.get("urlbase"))
