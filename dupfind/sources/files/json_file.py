"""JSON and JSON Lines: issues of a known shape, or objects with likely keys, from a file or standard input."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.files import sidecar_comments, text_file
from dupfind.sources.files.json_records import Placed, issues, keys_of, under
from dupfind.sources.files.sidecar_comments import Remarks
from dupfind.sources.generic_row import record
from dupfind.sources.json_formats import keys
from dupfind.sources.json_formats.registry import SHAPES, detect
from dupfind.sources.mapping import FIELDS, OVERRIDES, UNMAPPED, Mapping, choose, listed, told
from dupfind.sources.project_lookup import with_homes
from dupfind.sources.source import Source

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file of lines that are counted before they are read."""
PARSED = 4 * 1024 * 1024
"""Bytes of the largest other file whose objects are counted before they are read."""

_LOOKED_AT = 100  # objects whose keys are looked at before reading
_LAYOUTS = 1_000  # combinations of keys whose choice is kept
_COUNTED_THROUGH = ("redmine-rest", "bugzilla-rest", "mantisbt-rest")  # in which no id is in two projects
_DISTINCT_NAMES = ("nameWithOwner", "full_name", "name")


class _Found(NamedTuple):
    """What the first objects of a text say about all of it.

    Attributes:
        kind: That of their shape, or "json" or "jsonl".
        is_shape: Whether they have one.
        has_ids: Whether some of them have a key for ids.
        notes: For a person.
        n_first: How many they are; `_LOOKED_AT` where there may be more.
    """

    kind: str
    is_shape: bool
    has_ids: bool
    notes: tuple[str, ...]
    n_first: int


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Look into a file: JSON Lines, a JSON array, or an object with a list, packed or not.

    Raises:
        SourceError: Its beginning is no JSON, has no key like title or body, or holds comments.
    """
    with text_file.opened(path) as file:
        is_lines, objects = issues(file, str(path), mapping)
        head, _ = _looked_at(objects)
        found = _found([value for _, _, value in head], is_lines, mapping, str(path))
    beside = sidecar_comments.beside(path) if found.kind in sidecar_comments.KEYS else ()
    read = partial(_read, path, mapping, name, found, beside)
    return Source(
        name=name,
        kind=found.kind,
        location=location,
        notes=(*found.notes, *(f"with {other.name}, which lies beside it" for other in beside)),
        total=_total(path, mapping, found, is_lines),
        read=partial(with_homes, read) if found.kind in _COUNTED_THROUGH else read,
    )


def begins(stream: BinaryIO) -> bool:
    """Whether what comes next on a stream that can show it looks like JSON, or is nothing at all."""
    head = stream.peek(100).lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").lstrip()  # type: ignore[attr-defined]
    return head[:1] in (b"", b"{", b"[")


def stream_source(stream: BinaryIO, mapping: Mapping, *, name: str) -> Source:
    """Look at the first objects of a stream that is not packed, and can be read once.

    Raises:
        SourceError: It is empty, no JSON, has no key like title or body, or holds comments.
    """
    file = text_file.decoded(stream)
    is_lines, objects = issues(file, name, mapping)
    head, rest = _looked_at(objects)
    found = _found([value for _, _, value in head], is_lines, mapping, name)
    left = [_records(chain(head, rest), mapping, name, name, found, {})]

    def read() -> Iterator[Record]:
        if not left:
            raise SourceError(f"{name} can be read once only: save it to a file to read it again")
        return left.pop()

    return Source(name=name, kind=found.kind, location="-", notes=found.notes, read=read)


def object_record(placed: Placed, *, source: str, where: str, fallback_id: str) -> Record | None:
    """Make the record of one parsed object, read by itself: its shape and keys need not be those of its neighbours.

    Args:
        placed: The object and its place in the text, as `issues` yields it.
        source: The name that the record carries.
        where: Names the text, for the error.
        fallback_id: The id of an object that has no key for ids.

    Returns:
        None for a pull request, and for a deleted or a private issue.

    Raises:
        SourceError: The object has no key like title or body, has an empty id, or is a comment.
    """
    what, number, value = placed
    place = _place(where, what, number)
    if not value:
        raise SourceError(f"{place} is an empty object: give it a title or a body")
    looked = _found([value], True, UNMAPPED, place)
    if not looked.has_ids:
        placed = (what, number, {"id": fallback_id, **value})
    return next(_records([placed], UNMAPPED, source, where, looked, {}), None)


def _read(
    path: Path, mapping: Mapping, name: str, found: _Found, beside: tuple[Path, ...]
) -> Iterator[Record]:
    said = sidecar_comments.read((path,) if found.kind == "bitbucket" else beside)
    with text_file.opened(path) as file:
        _, objects = issues(file, str(path), mapping)
        yield from _records(objects, mapping, name, str(path), found, said)


def _looked_at(objects: Iterator[Placed]) -> tuple[list[Placed], Iterator[Placed]]:
    """The first objects and the others; what is broken after the first one is an error of the others."""
    head: list[Placed] = []
    try:
        head.extend(islice(objects, _LOOKED_AT))
    except SourceError as error:
        if not head:
            raise
        return head, map(_raise, [error])
    return head, objects


def _raise(error: SourceError) -> Placed:
    raise error


def _found(first: list[dict[str, Any]], is_lines: bool, mapping: Mapping, where: str) -> _Found:
    shape = None if mapping.is_given else detect(first)
    if shape is not None:
        return _Found(shape, True, True, (), len(first))
    keys: dict[str, None] = {}
    for value in first:
        keys.update(dict.fromkeys(value))
    for given in filter(None, map(mapping.column, FIELDS)):
        if given not in keys and any(under(value, given) is not None for value in first):
            keys[given] = None
    chosen = _chosen(keys, mapping, where)
    by_line = "" if "id" in chosen else "id=line number, "
    notes = (f"keys: {by_line}{told(chosen)} (change with {OVERRIDES})",) if chosen else ()
    return _Found("jsonl" if is_lines else "json", False, "id" in chosen, notes, len(first))


def _chosen(keys: Collection[str], mapping: Mapping, where: str) -> dict[str, str]:
    """The keys for the fields, of all keys that the first objects have; none where there are no objects."""
    if not keys:
        return {}
    chosen = choose(tuple(keys), mapping, where=where, is_file=True)
    if "title" not in chosen and not mapping.is_given and sidecar_comments.are(keys):
        raise SourceError(
            f"{where} holds comments, not issues: name the file of the issues; comments of GitHub are read with"
            " them from a file beside it whose name differs in `comments` for `issues`"
        )
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{where} has no key like title or body; its keys: {listed(keys)};"
            " name one with --title-column or --body-column"
        )
    return chosen


def _records(
    objects: Iterable[Placed], mapping: Mapping, name: str, where: str, found: _Found, said: Remarks
) -> Iterator[Record]:
    if found.is_shape:
        return _shaped(objects, name, where, found.kind, said)
    return _plain(objects, mapping, name, where, found.has_ids)


def _shaped(objects: Iterable[Placed], name: str, where: str, kind: str, said: Remarks) -> Iterator[Record]:
    shape = SHAPES[kind]
    for what, number, value in objects:
        if not shape.recognises(value):
            raise SourceError(
                f"{where}, {what} {number} is no issue as those before it ({kind}); its keys: {listed(value)}"
            )
        if said:
            key = sidecar_comments.KEYS[kind]
            value[key] = [*keys.objects(value.get(key)), *sidecar_comments.on(value, said)]
        issue = shape.record(value, source=name)
        if issue is not None:
            if not issue.id.strip():
                raise SourceError(f"{where}, {what} {number} has no id")
            yield issue


def _plain(
    objects: Iterable[Placed], mapping: Mapping, name: str, where: str, has_ids: bool
) -> Iterator[Record]:
    layouts: dict[tuple[str, ...], list[str | None]] = {}
    for what, number, value in objects:
        there = tuple(value)
        keys = layouts.get(there)
        if keys is None:
            if len(layouts) == _LAYOUTS:
                layouts.clear()
            keys = layouts[there] = keys_of(there, mapping)
        cells = [None if key is None else _cell(value.get(key), value, key) for key in keys]
        if not has_ids and keys[0] is None:
            cells[0] = number
        yield record(name, cells, partial(_place, where, what, number))


def _cell(inner: Any, value: dict[str, Any], key: str) -> Any:
    """A value that one field can hold: of an object its name."""
    if inner is None and "." in key:
        inner = under(value, key)
    if isinstance(inner, dict):
        return next((inner[name] for name in _DISTINCT_NAMES if inner.get(name)), None)
    return inner


def _place(where: str, what: str, number: int) -> str:
    return f"{where}, {what} {number}"


def _total(path: Path, mapping: Mapping, found: _Found, is_lines: bool) -> int | None:
    """How many issues there are, where that takes no long reading; pull requests may be counted in lines."""
    if found.n_first < _LOOKED_AT and not found.is_shape:
        return found.n_first
    try:
        if is_lines and path.stat().st_size <= COUNTED:
            with text_file.opened(path) as file:
                return sum(1 for line in file if not line.isspace())
        if path.stat().st_size <= PARSED:
            return sum(1 for _ in _read(path, mapping, path.name, found, ()))
    except SourceError:  # which is one when the issues before it have been read
        return None
    return None
