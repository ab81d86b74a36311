"""Read JSON objects that a table of keys describes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.generic_row import TIME
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import inside
from dupfind.sources.tracker_table import TrackerTable


@dataclass(frozen=True)
class Keyed:
    """A JSON format; see `json_formats.registry.JsonFormat`."""

    table: TrackerTable

    def recognises(self, issue: dict[str, Any]) -> bool:
        """Return whether an object has all keys that the table is known by, whatever their values."""
        return self.table.is_known(lambda name: _has(issue, name))

    def record(self, issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record:
        """Return the record of an object, with the comments that stand in it."""
        made = self.table.record(lambda name: _shown(inside(issue, *name.split("."))), source=source)
        written = comments_in(issue.get("comments") or issue.get("conversations"))
        own = first_comments((*written, *comments), body=made.body, markup=self.table.markup)
        return replace(made, comments=own) if own else made


def _has(issue: dict[str, Any], name: str) -> bool:
    if "." not in name:
        return name in issue
    *outer, last = name.split(".")
    parent = inside(issue, *outer)
    return isinstance(parent, dict) and last in parent


def _shown(value: Any) -> Any:
    """Return a value; of an object what it shows, as ServiceNow writes choices and references.

    It shows a time in the zone of a person, and holds it in UTC.
    """
    if not isinstance(value, dict):
        return value
    inner = value.get("value")
    is_time = isinstance(inner, str) and TIME.fullmatch(inner) is not None
    return inner if is_time else value.get("display_value")
