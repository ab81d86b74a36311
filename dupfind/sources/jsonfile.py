"""JSON and JSON Lines: issues of a known shape, or objects with likely keys, from a file or standard input."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources import packed, remarks, textfile
from dupfind.sources.cells import record
from dupfind.sources.homes import with_homes
from dupfind.sources.jsontext import Members, Value, values
from dupfind.sources.mapping import FIELDS, OVERRIDES, Mapping, choose, listed, named, told
from dupfind.sources.remarks import Remarks
from dupfind.sources.shapes import SHAPES, detect
from dupfind.sources.shapes.keys import objects as objects_in
from dupfind.sources.source import Source

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file of lines that are counted before they are read."""
PARSED = 4 * 1024 * 1024
"""Bytes of the largest other file whose objects are counted before they are read."""

_LOOKED_AT = 100  # objects whose keys are looked at before reading
_LAYOUTS = 1_000  # combinations of keys whose choice is kept
_LISTS = (
    "issues",
    "tickets",
    "bugs",
    "items",
    "records",
    "results",
    "posts",
    "questions",
    "data",
    "nodes",
    "values",
)
_MISSING = object()
_COUNTED_THROUGH = ("redmine-rest", "bugzilla-rest", "mantisbt-rest")  # in which no id is in two projects
_DEPTH = 6  # objects inside of each other in which a list is looked for
_DISTINCT_NAMES = ("nameWithOwner", "full_name", "name")

Placed = tuple[str, int, dict[str, Any]]
"""An object with its place ("line 3", "object 3") and the number in it."""


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
    with textfile.opened(path) as file:
        is_lines, objects = _objects(file, str(path), mapping)
        head, _ = _looked_at(objects)
        found = _found([value for _, _, value in head], is_lines, mapping, str(path))
    beside = remarks.beside(path) if found.kind in remarks.KEYS else ()
    read = partial(_read, path, mapping, name, found, beside)
    return Source(
        name=name,
        kind=found.kind,
        location=location,
        notes=(*found.notes, *(f"with {other.name}, which lies beside it" for other in beside)),
        total=_total(path, mapping, found, is_lines),
        read=partial(with_homes, read) if found.kind in _COUNTED_THROUGH else read,
    )


def stream_source(stream: BinaryIO, mapping: Mapping, *, name: str) -> Source:
    """Look at the first objects of standard input, which can be read once.

    Raises:
        SourceError: It is empty, no JSON, has no key like title or body, or holds comments.
    """
    file = textfile.decoded(packed.unpacked(stream, name))
    is_lines, objects = _objects(file, name, mapping)
    head, rest = _looked_at(objects)
    found = _found([value for _, _, value in head], is_lines, mapping, name)
    left = [_records(chain(head, rest), mapping, name, name, found, {})]

    def read() -> Iterator[Record]:
        if not left:
            raise SourceError(f"{name} can be read once only: save it to a file to read it again")
        return left.pop()

    return Source(name=name, kind=found.kind, location="-", notes=found.notes, read=read)


def _read(
    path: Path, mapping: Mapping, name: str, found: _Found, beside: tuple[Path, ...]
) -> Iterator[Record]:
    said = remarks.read((path,) if found.kind == "bitbucket" else beside)
    with textfile.opened(path) as file:
        _, objects = _objects(file, str(path), mapping)
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
        if given not in keys and any(_under(value, given) is not None for value in first):
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
    if "title" not in chosen and not mapping.is_given and remarks.are(keys):
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


def _objects(file: TextIO, where: str, mapping: Mapping) -> tuple[bool, Iterator[Placed]]:
    """Whether each line is an issue, and the issues; pull requests are none."""
    all_values = values(file, where, partial(_is_list, mapping))
    first = next(all_values, None)
    if first is None:
        return False, iter(())
    is_lines = not first.is_inner and (not isinstance(first.value, dict) or _is_issue(first.value, mapping))
    if not is_lines and isinstance(first.value, dict) and not first.is_inner:
        _list_in(first.value, where, mapping)  # raises where there is none
    stream = chain([first], all_values)
    return is_lines, _issues(_lines(stream) if is_lines else _numbered(stream, where, mapping), where)


def _lines(stream: Iterable[Value]) -> Iterator[tuple[str, int, Any]]:
    return (("line", line, value) for line, value, _ in stream)


def _numbered(stream: Iterable[Value], where: str, mapping: Mapping) -> Iterator[tuple[str, int, Any]]:
    """The elements of all lists, numbered through: paging tools write one list, or object, after the other."""
    number = 0
    for _, value, is_inner in stream:
        is_one = is_inner or not isinstance(value, dict) or _is_issue(value, mapping)
        for element in [value] if is_one else _list_in(value, where, mapping):
            number += 1
            yield "object", number, element


def _issues(placed: Iterable[tuple[str, int, Any]], where: str) -> Iterator[Placed]:
    for what, number, value in placed:
        if not isinstance(value, dict):
            raise SourceError(f"{where}, {what} {number} is no JSON object: write one object for each record")
        pull = value.get("pull_request")
        # GitHub once gave each issue this key, with nothing in it.
        if not (any(pull.values()) if isinstance(pull, dict) else pull):
            yield what, number, value


def _is_issue(value: dict[str, Any], mapping: Mapping) -> bool:
    """Whether an object that stands by itself is an issue: it has a key like title or body, or a known shape."""
    if mapping.table is not None:
        return False
    keys = _keys(tuple(value), mapping)
    texts = (keys[FIELDS.index(field)] for field in ("title", "body"))
    has_text = any(key is not None and _under(value, key, _MISSING) is not _MISSING for key in texts)
    return has_text or (not mapping.is_given and detect([value]) is not None)


def _is_list(mapping: Mapping, key: str, before: Members) -> bool:
    """Whether the list under a key of a large object holds the issues."""
    if mapping.table is not None:
        return key == mapping.table
    return key in _LISTS and not _is_issue(before, mapping)


def _list_in(value: dict[str, Any], where: str, mapping: Mapping) -> list[Any]:
    """The list in an object that is no record itself, or in the objects inside of it.

    Raises:
        SourceError: There is none that can be told by its name, or not the one that a person named.
    """
    if mapping.table is not None:
        inner = _under(value, mapping.table)
        if isinstance(inner, list):
            return inner
        lists = [key for key, inner in value.items() if isinstance(inner, list)]
        key = named(mapping.table, lists, what=f"list {mapping.table!r}", where=where, kind="lists")
        return list(value[key])
    level = [value]
    for _ in range(_DEPTH):
        for one in level:
            lists = [key for key, inner in one.items() if isinstance(inner, list)]
            for key in [name for name in _LISTS if name in lists] or (lists if len(lists) == 1 else []):
                return list(one[key])
        level = [inner for one in level for inner in one.values() if isinstance(inner, dict)]
    raise SourceError(
        f"{where} holds an object with no key like title or body, and no list to be told by its name;"
        f" its keys: {listed(value)}; name the list with --table, or a key with --title-column"
    )


def _under(value: Any, path: str, missing: Any = None) -> Any:
    """What stands under a key, or under the keys of a path such as "fields.summary" or "posts.0.text"."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for key in path.split("."):
        if isinstance(value, list) and key.isdecimal() and len(key) < 9 and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return missing
    return value


def _keys(there: tuple[str, ...], mapping: Mapping) -> list[str | None]:
    """The key for each field in an object with such keys; one that a person named may be missing in it."""
    given = [key for key in map(mapping.column, FIELDS) if key is not None]
    chosen = choose(tuple(dict.fromkeys((*there, *given))), mapping, where="", is_file=True)
    return [chosen.get(field) for field in FIELDS]


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
            key = remarks.KEYS[kind]
            value[key] = [*objects_in(value.get(key)), *remarks.on(value, said)]
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
            keys = layouts[there] = _keys(there, mapping)
        cells = [None if key is None else _cell(value.get(key), value, key) for key in keys]
        if not has_ids and keys[0] is None:
            cells[0] = number
        yield record(name, cells, partial(_place, where, what, number))


def _cell(inner: Any, value: dict[str, Any], key: str) -> Any:
    """A value that one field can hold: of an object its name."""
    if inner is None and "." in key:
        inner = _under(value, key)
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
            with textfile.opened(path) as file:
                return sum(1 for line in file if not line.isspace())
        if path.stat().st_size <= PARSED:
            return sum(1 for _ in _read(path, mapping, path.name, found, ()))
    except SourceError:  # which is one when the issues before it have been read
        return None
    return None
