"""Read JSON and JSON Lines: issues of a known format, or objects with likely keys."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.coerce import text
from dupfind.sources.column_profile import Sample, cut
from dupfind.sources.comment_bounds import first_comments, with_comments
from dupfind.sources.entries import PULL_REQUEST, Entry, LeftOut, records_of
from dupfind.sources.files import sidecar_comments, text_file
from dupfind.sources.files.json_count import count_objects
from dupfind.sources.files.json_records import Numbered, NumberedObject, keys_of, read_issues, value_at
from dupfind.sources.files.sidecar_comments import SidecarComments
from dupfind.sources.files.sidecar_keys import Row
from dupfind.sources.generic_row import record
from dupfind.sources.json_formats import beads, gh_archive, keys
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.registry import JSON_FORMATS, detect
from dupfind.sources.mapping import (
    FIELDS,
    OVERRIDES,
    UNMAPPED,
    Mapping,
    choose,
    describe,
    join_names,
    other_bodies,
)
from dupfind.sources.project_lookup import ONE_SERIES, with_projects
from dupfind.sources.reading_counts import Expectations
from dupfind.sources.restricted import is_restricted
from dupfind.sources.source import Source
from dupfind.sources.unread_columns import doubts

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file of lines that are counted before they are read."""
PARSED = 4 * 1024 * 1024
"""Bytes of the largest other file that is read twice, to count its issues; of a larger one the objects count."""

_BEADS = "beads-jsonl"
_GH_ARCHIVE = "gh-archive"
_READ_TWICE = (_BEADS, _GH_ARCHIVE)
"""Kinds of which an object needs the others."""
_N_HEAD = 100  # objects whose keys are read before the rest
_LAYOUTS = 1_000  # combinations of keys whose mapping is cached
_BODY = FIELDS.index("body")
_DISTINCT_NAMES = ("nameWithOwner", "full_name", "name")

Complete = Callable[[dict[str, Any]], dict[str, Any]]
"""Adds to an object what others say of it."""


class Layout(NamedTuple):
    """The format of a file, from its first objects.

    Attributes:
        kind: The known format, else "json" or "jsonl".
        is_known: Whether the format is a known one.
        has_ids: Whether some of the objects have a key for ids.
        notes: The choices, for the user.
        n_first: The number of objects; at `_N_HEAD` there may be more.
        sample: The values of the first objects, by key; empty for a known format.
        expected: What is known of the records, for the judgement on them.
    """

    kind: str
    is_known: bool
    has_ids: bool
    notes: tuple[str, ...]
    n_first: int
    sample: Sample
    expected: Expectations


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Detect the format of a file: JSON Lines, a JSON array, or an object with a list; compressed or not.

    Raises:
        SourceError: Its beginning is not JSON, has no key like title or body, or holds comments.
    """
    layout, is_lines = layout_of(path, mapping)
    sidecars = sidecars_of(path, layout.kind, None if layout.is_known else mapping)
    read = partial(_read, path, mapping, name, layout, sidecars)
    return Source(
        name=name,
        kind=layout.kind,
        location=location,
        notes=(
            *layout.notes,
            *(
                f"with {'' if layout.is_known else 'the comments in '}{sidecar.name}, found next to it"
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
        head, _ = _split_head(objects)
        return _detect_layout(_issues_of(head), is_lines, mapping, str(path)), is_lines


def sidecars_of(path: Path, kind: str, mapping: Mapping | None = None) -> tuple[Path, ...]:
    """Return the files of comments next to a file, where its format keeps them apart.

    Args:
        path: The file.
        kind: Its format.
        mapping: The user's choices, for a file of no known format: there comments mark nothing.
    """
    if mapping is None and kind not in sidecar_comments.KEYS:
        return ()
    if mapping is not None and mapping.no_comments:
        return ()
    return sidecar_comments.find_sidecars(path, kind, None if mapping is None else mapping.encoding)


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
    head, rest = _split_head(objects)
    layout = _detect_layout(_issues_of(head), is_lines, mapping, name)
    objects = chain(head, rest)
    if layout.kind == _GH_ARCHIVE:
        objects = _newest(objects)
    unread = [_records(objects, mapping, name, name, layout, {})]

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
    label = _row_label(where, unit, number)
    if not value:
        raise SourceError(f"{label} is an empty object: give it a title or a body")
    layout = _detect_layout([value], True, UNMAPPED, label)
    if not layout.has_ids:
        numbered = (unit, number, {"id": fallback_id, **value})
    for entry in _records([numbered], UNMAPPED, source, where, layout, {}):
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
    if layout.is_known:
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
        yield from _records(objects, mapping, name, str(path), layout, comments, shared)


def _shared_keys(path: Path, mapping: Mapping, layout: Layout, comments: SidecarComments) -> Collection[str]:
    """Read a table with comments next to it once for the keys that several of its issues have."""
    if layout.is_known or not comments:
        return ()
    as_record = _plain_reader(mapping, "", str(path), layout, {})

    def rows() -> Iterator[Row]:
        for number, value in enumerate(_values(path, mapping), 1):
            with suppress(SourceError):  # reported when the file is read again
                made = as_record(("object", number, value))
                yield Row(value, made.id, made.project, mapping.id_column is not None)

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


def _split_head(objects: Iterator[Numbered]) -> tuple[list[Numbered], Iterator[Numbered]]:
    """Return the first objects and the rest; an error after the first object belongs to the rest."""
    head: list[Numbered] = []
    try:
        head.extend(islice(objects, _N_HEAD))
    except SourceError as error:
        if not head:
            raise
        return head, map(_raise, [error])  # raises once the rest is read
    return head, objects


def _issues_of(head: Iterable[Numbered]) -> list[dict[str, Any]]:
    """Return the objects that are no pull requests; all, if all of them are."""
    values = [entry[2] for entry in head if not isinstance(entry, LeftOut)]
    return [value for value in values if not keys.is_pull_request(value)] or values


def _raise(error: SourceError) -> NumberedObject:
    raise error


def _detect_layout(first: list[dict[str, Any]], is_lines: bool, mapping: Mapping, where: str) -> Layout:
    kind = None if mapping.is_given else detect(first)
    if kind is not None:
        return Layout(kind, True, True, (), len(first), {}, Expectations())
    keys: dict[str, None] = {}
    for value in first:
        keys.update(dict.fromkeys(value))
    sample = {key: [cut(_cell(value.get(key), value, key)) for value in first] for key in keys}
    for column in filter(None, map(mapping.column, FIELDS)):
        if column not in keys and any(value_at(value, column) is not None for value in first):
            keys[column] = None
    chosen = _chosen(keys, mapping, where, sample)
    by_line = "" if "id" in chosen else "id=line number, "
    notes = (f"keys: {by_line}{describe(chosen)} (change with {OVERRIDES})",) if chosen else ()
    expected = Expectations(
        doubts(tuple(keys), chosen, sample),
        has_title="title" in chosen,
        title_option="--title-column",
    )
    return Layout("jsonl" if is_lines else "json", False, "id" in chosen, notes, len(first), sample, expected)


def _chosen(keys: Collection[str], mapping: Mapping, where: str, sample: Sample) -> dict[str, str]:
    """Choose keys for the fields among all keys of the first objects; empty if there are no objects."""
    if not keys:
        return {}
    chosen = choose(tuple(keys), mapping, where=where, is_file=True, sample=sample)
    if "title" not in chosen and not mapping.is_given and sidecar_comments.are_comments(keys):
        raise SourceError(
            f"{where} holds comments, not issues: name the file of the issues; comments of GitHub are read with"
            " them, from a file next to it with `comments` in its name in place of `issues`"
        )
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{where} has no key like title or body; its keys: {join_names(keys)};"
            " name one with --title-column or --body-column"
        )
    return chosen


def _records(
    objects: Iterable[Numbered],
    mapping: Mapping,
    name: str,
    where: str,
    layout: Layout,
    comments: SidecarComments,
    shared: Collection[str] = (),
) -> Iterator[Entry]:
    """Yield a record for each object, and what is left out: pull requests, restricted issues, broken objects."""
    as_record = (
        _format_reader(name, where, layout.kind, comments)
        if layout.is_known
        else _plain_reader(mapping, name, where, layout, comments, shared)
    )
    paths = _outer_paths(mapping)
    for numbered in objects:
        if isinstance(numbered, LeftOut):
            yield numbered
            continue
        if keys.is_pull_request(numbered[2]):
            yield PULL_REQUEST
            continue
        around_fields = (value_at(numbered[2], path) for path in paths)
        is_hidden = any(is_restricted(it) for it in (numbered[2], *around_fields) if isinstance(it, dict))
        try:
            issue = as_record(numbered)
        except SourceError as error:
            yield LeftOut("broken", str(error))
            continue
        if issue is not None:
            yield LeftOut("restricted", record=issue) if is_hidden else issue


def _outer_paths(mapping: Mapping) -> set[str]:
    """Return the paths of the objects that hold the keys that the user names, such as "data" for "data.title"."""
    named = [column.split(".") for column in map(mapping.column, FIELDS) if column is not None]
    return {".".join(keys[:n]) for keys in named for n in range(1, len(keys))}


def _format_reader(
    name: str, where: str, kind: str, comments: SidecarComments
) -> Callable[[NumberedObject], Record | None]:
    json_format = JSON_FORMATS[kind]

    def as_record(numbered: NumberedObject) -> Record | None:
        unit, number, value = numbered
        if not json_format.recognises(value):
            raise SourceError(
                f"{where}, {unit} {number} is not an issue like those before it ({kind}); its keys: {join_names(value)}"
            )
        if comments:
            key = sidecar_comments.KEYS[kind]
            value[key] = [*keys.objects(value.get(key)), *sidecar_comments.comments_on(value, comments)]
        issue = json_format.record(value, source=name)
        if issue is not None and not issue.id.strip():
            raise SourceError(f"{where}, {unit} {number} has no id")
        return issue

    return as_record


def _plain_reader(
    mapping: Mapping,
    name: str,
    where: str,
    layout: Layout,
    comments: SidecarComments,
    shared: Collection[str] = (),
) -> Callable[[NumberedObject], Record]:
    layouts: dict[tuple[str, ...], tuple[list[str | None], tuple[str, ...]]] = {}

    def as_record(numbered: NumberedObject) -> Record:
        unit, number, value = numbered
        object_keys = tuple(value)
        if object_keys not in layouts:
            if len(layouts) == _LAYOUTS:
                layouts.clear()
            field_keys = keys_of(object_keys, mapping, layout.sample)
            chosen = {field: key for field, key in zip(FIELDS, field_keys, strict=True) if key is not None}
            layouts[object_keys] = field_keys, other_bodies(object_keys, chosen, mapping)
        field_keys, bodies = layouts[object_keys]
        cells = [None if key is None else _cell(value.get(key), value, key) for key in field_keys]
        if not layout.has_ids and field_keys[0] is None:
            cells[0] = number
        if not text(cells[_BODY]).strip():
            cells[_BODY] = next(
                (value[key] for key in bodies if isinstance(value[key], str) and value[key]), None
            )
        made = record(name, cells, partial(_row_label, where, unit, number))
        written = comments_in(value.get("comments"))
        if comments:
            has_own_id = mapping.id_column is not None
            row = Row(value, made.id, made.project, has_own_id)
            written += sidecar_comments.comments_on_row(row, comments, shared)
        written = first_comments(dict.fromkeys(written), body=made.body)
        return replace(made, comments=written) if written else made

    return as_record


def _cell(inner: Any, value: dict[str, Any], key: str) -> Any:
    """Return a value that one field can hold; of an object, its name."""
    if inner is None and "." in key:
        inner = value_at(value, key)
    if isinstance(inner, dict):
        return next((inner[name] for name in _DISTINCT_NAMES if inner.get(name)), None)
    return inner


def _row_label(where: str, unit: str, number: int) -> str:
    return f"{where}, {unit} {number}"


def _total(path: Path, mapping: Mapping, layout: Layout, is_lines: bool) -> int | None:
    """Count the issues unless that takes long; in JSON Lines and in a large file pull requests may be included."""
    if layout.n_first < _N_HEAD and not layout.is_known:
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
