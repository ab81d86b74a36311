"""Read Stack Exchange's data dumps: questions in Posts.xml, duplicates in PostLinks.xml."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.coerce import moment, quantity, text
from dupfind.sources.files import xml_file
from dupfind.sources.markup import hypertext
from dupfind.sources.source import Source

_QUESTION = "1"
_DUPLICATE = "3"  # 1 is merely linked


def source(path: Path, *, name: str, location: str) -> Source:
    """Open a file Posts.xml, compressed or not, with the PostLinks.xml next to it."""
    links = path.with_name(path.name.replace("Posts", "PostLinks"))
    is_there = links != path and links.is_file()
    note = f"with {links.name}, found next to it" if is_there else "without PostLinks.xml: no duplicates"
    return Source(
        name=name,
        kind="stack-exchange",
        location=location,
        notes=(note,),
        read=partial(_read, path, links if is_there else None, name),
    )


def _read(path: Path, links: Path | None, name: str) -> Iterator[Record]:
    originals = {} if links is None else _originals(links)
    for line, row in xml_file.elements(path, "row"):
        if row.get("PostTypeId") != _QUESTION:
            continue
        id = row.get("Id", "").strip()
        if not id:
            raise SourceError(f"{path}, line {line}: a question without an Id")
        yield Record(
            id=id,
            title=text(row.get("Title")),
            body=hypertext.as_text(row.get("Body", "")),
            source=name,
            state="closed" if row.get("ClosedDate") else "open",
            resolution="duplicate" if id in originals else None,
            created=moment(row.get("CreationDate")),
            updated=moment(row.get("LastActivityDate") or row.get("LastEditDate")),
            duplicate_of=tuple(Ref(None, original) for original in originals.get(id, ())),
            closed=moment(row.get("ClosedDate")),
            n_responses=quantity(row.get("AnswerCount")) + quantity(row.get("CommentCount")),
        )


def _originals(links: Path) -> Mapping[str, list[str]]:
    """Return the originals of each marked duplicate; they are few among all links."""
    originals: dict[str, list[str]] = defaultdict(list)
    for _, row in xml_file.elements(links, "row"):
        duplicate, original = row.get("PostId", ""), row.get("RelatedPostId", "")
        if row.get("LinkTypeId") == _DUPLICATE and duplicate and original and duplicate != original:
            originals[duplicate].append(original)
    return {duplicate: list(dict.fromkeys(ids)) for duplicate, ids in originals.items()}
