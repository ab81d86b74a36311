"""Read MantisBT's XML export, which has notes but no relationships."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, optional, text
from dupfind.sources.comment_bounds import first_comments
from dupfind.sources.databases.mantisbt import PUBLIC, RESOLUTIONS, RESOLVED
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import xml_file
from dupfind.sources.json_formats.comments import number_resolver, originals_from, without_own
from dupfind.sources.source import Source

_TEXTS = ("description", "steps_to_reproduce", "additional_information")


def source(path: Path, site: Mapping[str, str], *, name: str, location: str) -> Source:
    """Open a file exported_issues.xml, compressed or not.

    Args:
        path: The file.
        site: The attributes of its first element.
        name: The name of the records' source.
        location: The path, for the user.
    """
    return Source(
        name=name,
        kind="mantisbt-xml",
        location=location,
        read=partial(_read, path, site, name),
    )


def _read(path: Path, site: Mapping[str, str], name: str) -> Iterator[Entry]:
    for line, issue in xml_file.trees(path, "issue"):
        id = _child_text(issue, "id").strip()
        if not id:
            yield LeftOut("broken", f"{path}, line {line}: an issue without an id")
            continue
        ref = Ref(optional(_child_text(issue, "project")), id)
        record = _record(issue, ref, name, site.get("urlbase", ""))
        is_public = _number(issue, "view_state", PUBLIC) == PUBLIC
        yield record if is_public else LeftOut("restricted", record=record)


def _record(issue: Element, ref: Ref, source: str, base: str) -> Record:
    texts = (_child_text(issue, part) for part in _TEXTS)
    resolution = RESOLUTIONS.get(_number(issue, "resolution", 0))
    return Record(
        id=ref.id,
        title=_child_text(issue, "summary"),
        body="\n\n".join(part for part in texts if part.strip()),
        source=source,
        project=ref.project,
        state="closed" if _number(issue, "status", 0) >= RESOLVED else "open",
        resolution=resolution,
        created=moment(_child_text(issue, "date_submitted")),
        updated=moment(_child_text(issue, "last_updated")),
        url=f"{base.rstrip('/')}/view.php?id={ref.id}" if base else None,
        duplicate_of=_originals(issue, ref) if resolution == "duplicate" else (),
        n_responses=sum(1 for _ in issue.iter("bugnote")),
        comments=first_comments(_notes(issue)),
    )


def _originals(issue: Element, own_ref: Ref) -> tuple[Ref, ...]:
    """Return the original that old versions name, else those in public notes."""
    named = _child_text(issue, "duplicate_id").strip()
    if named.isdecimal() and len(named) < 19 and int(named):
        return without_own([Ref(own_ref.project, str(int(named)))], own_ref)
    return originals_from(_notes(issue), own_ref, number_resolver(own_ref.project))


def _notes(issue: Element) -> list[Comment]:
    return [
        Comment(
            _child_text(note, "note"),
            moment(_child_text(note, "date_submitted")),
            is_restricted=_number(note, "view_state", PUBLIC) != PUBLIC,
        )
        for note in issue.iter("bugnote")
    ]


def _child_text(element: Element, name: str) -> str:
    return text(element.findtext(name))


def _number(element: Element, name: str, missing: int) -> int:
    """Return the number of a choice; its words are in the language of the export."""
    choice = element.find(name)
    number = "" if choice is None else choice.get("id", "")
    return int(number) if number.isdecimal() and len(number) < 9 else missing
