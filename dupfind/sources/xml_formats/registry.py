"""The known XML exports of trackers by the name of their first element."""

from collections.abc import Mapping
from typing import Protocol
from xml.etree.ElementTree import Element

from dupfind.records import Record
from dupfind.sources.xml_formats import bugzilla, fogbugz, jira, redmine

__all__ = ["XML_FORMATS", "XmlFormat"]


class XmlFormat(Protocol):
    """The interface of a module in this package."""

    KIND: str
    """The kind of source."""

    ELEMENT: str
    """The name of the element that holds an issue."""

    ID: str
    """The name of the element in it that holds its id."""

    def record(self, issue: Element, site: Mapping[str, str], *, source: str) -> Record | None:
        """Return the record of an issue.

        Args:
            issue: An element of the name `ELEMENT`.
            site: The attributes of the first element.
            source: The name of the record's source.

        Returns:
            None for an issue that the exporter may not see. A record with the id "" has no id.
        """

    def is_restricted(self, issue: Element) -> bool:
        """Return whether an element is an issue that its tracker shows to some people only."""


XML_FORMATS: Mapping[str, XmlFormat] = {
    "rss": jira,
    "bugzilla": bugzilla,
    "issues": redmine,
    "cases": fogbugz,
}
"""The formats by the name of the first element."""
