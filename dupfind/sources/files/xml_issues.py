"""Read the XML of trackers whose elements become issues of a JSON format."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import xml_file
from dupfind.sources.project_lookup import ONE_SERIES, with_projects
from dupfind.sources.source import Source
from dupfind.sources.xml_formats.registry import XML_FORMATS, XmlFormat


def source(path: Path, root: str, site: Mapping[str, str], *, name: str, location: str) -> Source:
    """Open a file, compressed or not, whose first element is in `XML_FORMATS`.

    Args:
        path: The file.
        root: The name of that element.
        site: Its attributes.
        name: The name of the records' source.
        location: The path, for the user.
    """
    xml_format = XML_FORMATS[root]
    read = partial(_read, path, xml_format, site, name)
    return Source(
        name=name,
        kind=xml_format.KIND,
        location=location,
        read=partial(with_projects, read) if xml_format.KIND in ONE_SERIES else read,
    )


def is_export(path: Path, root: str) -> bool:
    """Return whether the first element that may be an issue has an id, so that news in RSS are none."""
    xml_format = XML_FORMATS[root]
    _, first = next(xml_file.trees(path, xml_format.ELEMENT), (0, None))
    return first is None or first.find(xml_format.ID) is not None


def _read(path: Path, xml_format: XmlFormat, site: Mapping[str, str], name: str) -> Iterator[Entry]:
    for line, element in xml_file.trees(path, xml_format.ELEMENT):
        issue = xml_format.record(element, site, source=name)
        if issue is None:
            continue
        if not issue.id.strip():
            yield LeftOut("broken", f"{path}, line {line}: <{xml_format.ELEMENT}> has no <{xml_format.ID}>")
            continue
        yield LeftOut("restricted", record=issue) if xml_format.is_restricted(element) else issue
