"""Read JSON and JSON Lines: issues of a known format, or objects with likely keys."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.comment_bounds import with_comments
from dupfind.sources.entries import Entry, LeftOut, records_of
from dupfind.sources.files import sidecar_comments, text_file
from dupfind.sources.files.json_count import count_objects
from dupfind.sources.files.json_layout import (
    N_HEAD,
    Layout,
    detect_layout,
    format_reader,
    issues_of,
    plain_reader,
    records_in,
    row_label,
    split_head,
    with_order,
)
from dupfind.sources.files.json_records import Numbered, NumberedObject, read_issues
from dupfind.sources.files.sidecar_comments import SidecarComments
from dupfind.sources.files.sidecar_keys import Row
from dupfind.sources.json_formats import beads, gh_archive
from dupfind.sources.mapping import (
    UNMAPPED,
    Mapping,
)
from dupfind.sources.project_lookup import ONE_SERIES, with_projects
from dupfind.sources.source import Source

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file of lines that are counted before they are read."""
PARSED = 4 * 1024 * 1024
"""Bytes of the largest other file that is read twice, to count its issues; of a larger one the objects count."""

_BEADS = "beads-jsonl"
_GH_ARCHIVE = "gh-archive"
_READ_TWICE = (_BEADS, _GH_ARCHIVE)
"""Kinds of which an object needs the others."""
Complete = Callable[[dict[str, Any]], dict[str, Any]]
"""Adds to an object what others say of it."""


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Detect the format of a file: JSON Lines, a JSON array, or an object with a list; compressed or not.

    Raises:
        SourceError: Its beginning is not JSON, has no key like title or body, or holds comments.
    """
    layout, is_lines = layout_of(path, mapping)
    sidecars = sidecars_of(path, layout.kind, mapping)
    read = partial(_read, path, mapping, name, layout, sidecars)
    return Source(
        name=name,
        kind=layout.kind,
        location=location,
        notes=(
            *layout.notes,
            *(
                f"with {'' if _has_own_comments(layout.kind) else 'the comments in '}{sidecar.name}, found next to it"
                for sidecar in sidecars
            ),
            *text_file.notes(path, mapping.encoding),
        ),
        total=_total(path, mapping, layout, is_lines),
        read=partial(with_projects, read) if layout.kind in ONE_SERIES else read,
        expected=replace(
            layout.expected,
            doubts=(*layout.expected.doubts, *text_file.doubts(path, mapping.encoding)),
            n_bytes=path.stat().st_size,
            reads_encoding=True,
        ),
    )


def layout_of(path: Path, mapping: Mapping) -> tuple[Layout, bool]:
    """Return the format of a file, and whether each of its lines is an issue.

    Raises:
        SourceError: Its beginning is not JSON, has no key like title or body, or holds comments.
    """
    with text_file.open_text(path, encoding=mapping.encoding) as file:
        is_lines, objects = read_issues(file, str(path), mapping)
        head, rest = split_head(objects)
        layout = detect_layout(issues_of(head), is_lines, mapping, str(path))
        return with_order(layout, rest), is_lines


def sidecars_of(path: Path, kind: str, mapping: Mapping | None = None) -> tuple[Path, ...]:
    """Return the files of comments next to a file.

    Args:
        path: The file.
        kind: Its format. Only of one that keeps comments apart they may mark duplicates.
        mapping: The user's choices; without them no comments are looked for that mark nothing.
    """
    if not _has_own_comments(kind) and (mapping is None or mapping.no_comments):
        return ()
    return sidecar_comments.find_sidecars(path, kind, None if mapping is None else mapping.encoding)


def _has_own_comments(kind: str) -> bool:
    """Return whether a tracker gives its comments apart from its issues, in a form of its own."""
    return kind in sidecar_comments.KEYS


def begins(stream: BinaryIO) -> bool:
    """Return whether the next bytes of a stream look like JSON, or the stream is empty; needs `peek`."""
    # UTF-16 has a null byte in each ASCII character; before it are byte order marks.
    head = stream.peek(100).lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").lstrip()  # type: ignore[attr-defined]
    return head[:1] in (b"", b"{", b"[")


def stream_source(stream: BinaryIO, mapping: Mapping, *, name: str) -> Source:
    """Detect the format of a stream from its first objects; it can be read once.

    Raises:
        SourceError: It is empty or not JSON, has no key like title or body, or holds comments.
    """
    file = text_file.decode(stream, encoding=mapping.encoding)
    is_lines, objects = read_issues(file, name, mapping)
    head, rest = split_head(objects)
    layout = detect_layout(issues_of(head), is_lines, mapping, name)
    objects = chain(head, rest)
    if layout.kind == _GH_ARCHIVE:
        objects = _newest(objects)
    unread = [records_in(objects, mapping, name, name, layout, {})]

    def read() -> Iterator[Entry]:
        if not unread:
            raise SourceError(f"{name} can be read once only: save it to a file to read it again")
        return unread.pop()

    # A child may come after its parent, and a stream cannot be read twice.
    notes = (*layout.notes, *(("children are counted in files only",) if layout.kind == _BEADS else ()))
    expected = replace(layout.expected, reads_encoding=True)
    return Source(name=name, kind=layout.kind, location="-", notes=notes, read=read, expected=expected)


def object_record(numbered: NumberedObject, *, source: str, where: str, fallback_id: str) -> Record | None:
    """Make the record of one parsed object by itself: its format and keys may differ from those of its neighbours.

    Args:
        numbered: The object and its place in the text, as `read_issues` yields it.
        source: The name of the record's source.
        where: Names the text, for the error.
        fallback_id: The id of an object that has no key for ids.

    Returns:
        None for a pull request, and for a deleted or a private issue.

    Raises:
        SourceError: The object has no key like title or body, has an empty id, or is a comment.
    """
    unit, number, value = numbered
    label = row_label(where, unit, number)
    if not value:
        raise SourceError(f"{label} is an empty object: give it a title or a body")
    layout = detect_layout([value], True, UNMAPPED, label)
    if not layout.has_ids:
        numbered = (unit, number, {"id": fallback_id, **value})
    for entry in records_in([numbered], UNMAPPED, source, where, layout, {}):
        if isinstance(entry, Record):
            return with_comments(entry, no_comments=False, include_restricted=False)
        if entry.reason == "broken":
            raise SourceError(entry.message)
    return None


def _read(
    path: Path, mapping: Mapping, name: str, layout: Layout, sidecars: tuple[Path, ...]
) -> Iterator[Entry]:
    faults: list[str] = []
    comments: SidecarComments = {}
    if _has_own_comments(layout.kind):
        comments = sidecar_comments.read(
            (path,) if layout.kind == "bitbucket" else sidecars,
            encoding=mapping.encoding,
            no_comments=mapping.no_comments,
        )
    else:
        comments = sidecar_comments.read(sidecars, encoding=mapping.encoding, faults=faults)
    yield from entries(path, mapping, name, layout, comments, completion([path], mapping, layout.kind))
    yield from (LeftOut("broken", fault) for fault in faults)


def entries(
    path: Path,
    mapping: Mapping,
    name: str,
    layout: Layout,
    comments: SidecarComments,
    complete: Complete | None = None,
) -> Iterator[Entry]:
    """Yield the records of a file, and what is left out.

    Args:
        path: The file.
        mapping: The user's choices.
        name: The name of the records' source.
        layout: As `layout_of` returns it.
        comments: Those that lie apart from the issues.
        complete: Adds to each object what others say of it; see `completion`.

    Raises:
        SourceError: The file is damaged; the records before are yielded.
    """
    with text_file.open_text(path, encoding=mapping.encoding) as file:
        _, objects = read_issues(file, str(path), mapping)
        if complete is not None:
            objects = _completed(objects, complete)
        shared = _shared_keys(path, mapping, layout, comments)
        yield from records_in(objects, mapping, name, str(path), layout, comments, shared)


def _shared_keys(path: Path, mapping: Mapping, layout: Layout, comments: SidecarComments) -> Collection[str]:
    """Read a file with comments next to it once for the keys that several of its issues have."""
    if _has_own_comments(layout.kind) or not comments:
        return ()
    as_record = (
        format_reader("", str(path), layout.kind, {})
        if layout.is_known
        else plain_reader(mapping, "", str(path), layout, {})
    )

    def rows() -> Iterator[Row]:
        for number, value in enumerate(_values(path, mapping), 1):
            with suppress(SourceError):  # reported when the file is read again
                made = as_record(("object", number, value))
                if made is not None:
                    has_own_id = mapping.id_column is not None and not layout.is_known
                    yield Row(value, made.id, made.project, has_own_id)

    return sidecar_comments.shared_keys(rows(), comments)


def _newest(objects: Iterator[Numbered]) -> Iterator[Numbered]:
    """Hold all events of a stream in memory, since the newest of an issue may be the last."""
    events = list(objects)
    complete = gh_archive.newest(entry[2] for entry in events if not isinstance(entry, LeftOut))
    yield from _completed(events, complete)


def _completed(objects: Iterable[Numbered], complete: Complete) -> Iterator[Numbered]:
    return (entry if isinstance(entry, LeftOut) else (*entry[:2], complete(entry[2])) for entry in objects)


def completion(paths: Sequence[Path], mapping: Mapping, kind: str) -> Complete | None:
    """Read files once for what their objects say of others; an error is raised when they are read again."""
    if kind not in _READ_TWICE:
        return None
    values = (value for path in paths for value in _values(path, mapping))
    if kind == _GH_ARCHIVE:
        return gh_archive.newest(values, no_comments=mapping.no_comments)
    return beads.count_links(values)


def _values(path: Path, mapping: Mapping) -> Iterator[dict[str, Any]]:
    with suppress(SourceError), text_file.open_text(path, encoding=mapping.encoding) as file:
        _, objects = read_issues(file, str(path), mapping)
        yield from (entry[2] for entry in objects if not isinstance(entry, LeftOut))


def _total(path: Path, mapping: Mapping, layout: Layout, is_lines: bool) -> int | None:
    """Count the issues unless that takes long; in JSON Lines and in a large file pull requests may be included."""
    if layout.n_first < N_HEAD and not layout.is_known:
        return layout.n_first
    if layout.kind == _GH_ARCHIVE:
        return None  # most events are older ones of the same issues
    try:
        if is_lines and path.stat().st_size <= COUNTED:
            with text_file.open_text(path, encoding=mapping.encoding) as file:
                return sum(1 for line in file if not line.isspace())
        if path.stat().st_size <= PARSED:
            return sum(1 for _ in records_of(_read(path, mapping, path.name, layout, ())))
        return None if is_lines else count_objects(path)
    except (SourceError, OSError):  # reported when the issues before it have been read
        return None
