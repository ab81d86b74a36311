"""FogBugz's XML (`cmd=search`), whose cases have the columns that were asked for."""

from collections.abc import Mapping
from dataclasses import replace
from xml.etree.ElementTree import Element

from dupfind.records import Comment, Record
from dupfind.sources.dates import Dates
from dupfind.sources.files.xml_file import child_text
from dupfind.sources.markup import hypertext
from dupfind.sources.tracker_table import TrackerTable

KIND = "fogbugz-xml"
ELEMENT = "case"
ID = "ixBug"
_DATES = Dates()
_TABLE = TrackerTable(
    known_by=ID,
    fields={
        "id": ID,
        "title": "sTitle",
        "body": "sLatestTextSummary",
        "state": "fOpen | sStatus",
        "created": "dtOpened",
        "updated": "dtLastUpdated",
        "closed": "dtClosed",
        "project": "sProject",
        "duplicate_of": "ixBugOriginal",
    },
    open_words="true",  # of fOpen; a case that is resolved is open until it is closed
    closed_words="false",
)


def is_restricted(issue: Element) -> bool:
    """Return whether a case is for some people only, which the export does not say."""
    return False


def record(issue: Element, site: Mapping[str, str], *, source: str) -> Record | None:
    """Return the record of a case; its first text is its body, and the later ones are comments.

    The reason stands behind the state, as in "Closed (Duplicate)".
    """
    made = _TABLE.record(lambda name: child_text(issue, name).strip(), source=source, dates=_DATES)
    events = issue.findall("events/event")
    texts = [comment for event in events if (comment := _comment(event)).text]
    if texts:
        made = replace(made, body=texts[0].text, comments=tuple(texts[1:]), n_responses=len(texts) - 1)
    _, _, reason = child_text(issue, "sStatus").strip().rstrip(")").partition(" (")
    return replace(made, resolution=reason.lower() or None)


def _comment(event: Element) -> Comment:
    text = child_text(event, "s").strip()
    is_html = child_text(event, "fHTML") == "true"
    return Comment(hypertext.as_text(text) if is_html else text, _DATES(child_text(event, "dt").strip()))
