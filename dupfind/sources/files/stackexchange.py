"""Read Stack Exchange's data dumps: questions in Posts.xml, duplicates in PostLinks.xml, comments in Comments.xml."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from dupfind.errors import SourceError
from dupfind.records import Comment, Record, Ref
from dupfind.sources.coerce import moment, quantity, text
from dupfind.sources.comment_bounds import N_READ_CHARACTERS, N_READ_COMMENTS, first_comments
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import xml_file
from dupfind.sources.markup import hypertext
from dupfind.sources.source import Source

_QUESTION = "1"
_DUPLICATE = "3"  # 1 is merely linked

MAX_SIZE = 256 * 1024 * 1024
"""Bytes of the largest Comments.xml that is read, unpacked: the comments on all questions are held in memory."""

_log = logging.getLogger("dupfind.sources")


def source(path: Path, *, name: str, location: str, no_comments: bool = False) -> Source:
    """Open a file Posts.xml, compressed or not, with the PostLinks.xml and Comments.xml next to it.

    Args:
        path: The file.
        name: The name of the records' source.
        location: The path as the user gives it.
        no_comments: Whether Comments.xml, which marks nothing, is left alone.
    """
    links = path.with_name(path.name.replace("Posts", "PostLinks"))
    is_there = links != path and links.is_file()
    note = f"with {links.name}, found next to it" if is_there else "without PostLinks.xml: no duplicates"
    comments = path.with_name(path.name.replace("Posts", "Comments"))
    notes = [note]
    has_comments = not no_comments and comments != path and comments.is_file()
    if has_comments:
        has_comments = comments.stat().st_size <= MAX_SIZE
        notes.append(
            f"with the comments in {comments.name}, found next to it"
            if has_comments
            else f"without comments: {comments.name} is larger than {MAX_SIZE // 1024**2} MiB"
        )
    return Source(
        name=name,
        kind="stack-exchange",
        location=location,
        notes=tuple(notes),
        read=partial(_read, path, links if is_there else None, comments if has_comments else None, name),
    )


def _read(path: Path, links: Path | None, comments: Path | None, name: str) -> Iterator[Entry]:
    originals = {} if links is None else _originals(links)
    faults: list[str] = []
    on_questions = {} if comments is None else _comments(path, comments, faults)
    yield from (LeftOut("broken", fault) for fault in faults)
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
            comments=first_comments(on_questions.get(id, ())),
        )


def _originals(links: Path) -> Mapping[str, list[str]]:
    """Return the originals of each marked duplicate; they are few among all links."""
    originals: dict[str, list[str]] = defaultdict(list)
    for _, row in xml_file.elements(links, "row"):
        duplicate, original = row.get("PostId", ""), row.get("RelatedPostId", "")
        if row.get("LinkTypeId") == _DUPLICATE and duplicate and original and duplicate != original:
            originals[duplicate].append(original)
    return {duplicate: list(dict.fromkeys(ids)) for duplicate, ids in originals.items()}


def _comments(path: Path, comments: Path, faults: list[str]) -> Mapping[str, list[Comment]]:
    """Return the first comments on each question; the others are on answers.

    Those before a fault of the file are kept, and the fault is added to `faults`.
    """
    questions = {row.get("Id", "") for _, row in _until_error(path) if row.get("PostTypeId") == _QUESTION}
    by_question: dict[str, list[Comment]] = defaultdict(list)
    size = 0
    try:
        for _, row in xml_file.elements(comments, "row"):
            question = row.get("PostId", "")
            words = row.get("Text", "")
            size += len(words)
            if size > MAX_SIZE:
                _log.warning(
                    "%s unpacks to more than %d MiB: the comments after them are left out",
                    comments.name,
                    MAX_SIZE // 1024**2,
                )
                break
            if question in questions and len(by_question[question]) < N_READ_COMMENTS:
                by_question[question].append(
                    Comment(words[:N_READ_CHARACTERS], moment(row.get("CreationDate")))
                )
    except SourceError as error:
        faults.append(f"{error}: the comments after it are left out")
    return by_question


def _until_error(path: Path) -> Iterator[xml_file.LineAttributes]:
    """Yield the rows before an error, which is raised when the file is read again."""
    with suppress(SourceError):
        yield from xml_file.elements(path, "row")
