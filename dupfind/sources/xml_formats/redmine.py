"""Redmine's XML (`GET /issues.xml`), which has the same fields as its JSON."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from dupfind.records import Record
from dupfind.sources.coerce import flag
from dupfind.sources.files.xml_file import child_text
from dupfind.sources.json_formats import redmine

KIND = "redmine-xml"
ELEMENT = "issue"
ID = "id"


def is_restricted(issue: Element) -> bool:
    """Return whether an issue is private."""
    return flag(child_text(issue, "is_private"))


def record(issue: Element, site: Mapping[str, str], *, source: str) -> Record | None:
    """Return the record of an issue."""
    as_rest: dict[str, Any] = {child.tag: _value(child) for child in issue}
    as_rest = {"id": "", "subject": "", "status": None, **as_rest}
    as_rest["journals"] = [
        {name: child_text(one, name) for name in ("notes", "created_on", "private_notes")}
        for one in issue.iterfind("journals/journal")
    ]
    return redmine.record(as_rest, source=source)


def _value(element: Element) -> Any:
    """Return the text of an element, the objects of a list, or its attributes where it has some."""
    if len(element):
        return [dict(child.attrib) for child in element]
    if element.get("type") == "array":
        return []
    return dict(element.attrib) if element.attrib else (element.text or "").strip("\n")
