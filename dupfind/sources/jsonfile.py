"""JSON and JSON Lines: objects with likely keys, from a file or from standard input."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources import textfile
from dupfind.sources.cells import record
from dupfind.sources.mapping import FIELDS, OVERRIDES, Mapping, choose, listed, named, told
from dupfind.sources.source import Source

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file whose records are counted before they are read."""

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
_DISTINCT_NAMES = ("nameWithOwner", "full_name", "name")

Placed = tuple[int, dict[str, Any]]
"""An object with the number of its line, or in a JSON array its own number."""


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Look into a file: JSON Lines, a JSON array, or an object with a list.

    Raises:
        SourceError: Its beginning is no JSON, or has no key like title or body.
    """
    keys: dict[str, None] = {}
    with textfile.opened(path) as file:
        kind, objects = _objects(file, str(path), mapping)
        for _, value in islice(objects, _LOOKED_AT):
            keys.update(dict.fromkeys(value))
    chosen = _chosen(keys, mapping, str(path))
    return Source(
        name=name,
        kind=kind,
        location=location,
        notes=_notes(chosen),
        total=_total(path, kind, mapping),
        read=partial(_read, path, mapping, name, "id" in chosen),
    )


def stream_source(stream: BinaryIO, mapping: Mapping, *, name: str) -> Source:
    """Look at the first lines of standard input, which can be read once.

    Raises:
        SourceError: It is empty, no JSON, or has no key like title or body.
    """
    kind, objects = _objects(map(textfile.decoded, stream), name, mapping)
    head = list(islice(objects, _LOOKED_AT))
    chosen = _chosen(dict.fromkeys(key for _, value in head for key in value), mapping, name)
    left = [_records(chain(head, objects), mapping, name, name, kind, "id" in chosen)]

    def read() -> Iterator[Record]:
        if not left:
            raise SourceError(f"{name} can be read once only: save it to a file to read it again")
        return left.pop()

    return Source(name=name, kind=kind, location="-", notes=_notes(chosen), read=read)


def _read(path: Path, mapping: Mapping, name: str, has_ids: bool) -> Iterator[Record]:
    with textfile.opened(path) as file:
        kind, objects = _objects(file, str(path), mapping)
        yield from _records(objects, mapping, name, str(path), kind, has_ids)


def _objects(lines: Iterable[str], where: str, mapping: Mapping) -> tuple[str, Iterator[Placed]]:
    """The kind, "json" or "jsonl", and the objects that are no pull requests; JSON Lines are streamed."""
    numbered = ((number, line) for number, line in enumerate(lines, 1) if not line.isspace())
    number, first = next(numbered, (0, ""))
    if not first:
        raise SourceError(f"{where} is empty: there is nothing to read")
    if _is_document(first, mapping):
        text = "\n" * (number - 1) + first + "".join(line for _, line in numbered)
        objects = enumerate(_elements(_values(text, where), where, mapping), 1)
        return "json", _issues(objects, where, "object")
    parsed = ((number, _parsed(line, where, number)) for number, line in chain([(number, first)], numbered))
    return "jsonl", _issues(parsed, where, "line")


def _is_document(first: str, mapping: Mapping) -> bool:
    """Whether the first line begins a JSON value of its own, rather than being one of many."""
    if first.lstrip().startswith("["):
        return True
    try:
        value = json.loads(first)
    except json.JSONDecodeError as error:
        return error.pos >= len(first.rstrip())  # it goes on in the next line
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    has_list = any(isinstance(inner, list) for inner in value.values())
    return mapping.table is not None or (has_list and not _is_record(value, mapping))


def _is_record(value: dict[str, Any], mapping: Mapping) -> bool:
    keys = _keys(tuple(value), mapping)
    return mapping.table is None and any(keys[FIELDS.index(field)] in value for field in ("title", "body"))


def _parsed(line: str, where: str, number: int) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise SourceError(f"{where}, line {number}: no JSON: {error.msg} (column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}, line {number}: no JSON that can be read: {error}") from error


_SPACE = re.compile(r"[ \t\r\n]*")


def _values(text: str, where: str) -> Iterator[Any]:
    """The JSON values of a text, of which paging tools write several after each other."""
    decoder = json.JSONDecoder()
    at = _after_space(text, 0)
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise SourceError(
                f"{where}, line {error.lineno}: no JSON: {error.msg} (column {error.colno})"
            ) from error
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{where}: no JSON that can be read: {error}") from error
        yield value
        at = _after_space(text, at)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _elements(values: Iterable[Any], where: str, mapping: Mapping) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        elif isinstance(value, dict) and not _is_record(value, mapping):
            yield from value[_list_key(value, where, mapping)]
        else:
            yield value


def _list_key(value: dict[str, Any], where: str, mapping: Mapping) -> str:
    """The key of the list in an object that is no record itself."""
    lists = [key for key, inner in value.items() if isinstance(inner, list)]
    if mapping.table is not None:
        return named(mapping.table, lists, what=f"list {mapping.table!r}", where=where, kind="lists")
    likely = [name for name in _LISTS if name in lists] or (lists if len(lists) == 1 else [])
    if not likely:
        raise SourceError(
            f"{where} holds an object with no key like title or body, and no list to be told by its name;"
            f" its keys: {listed(value)}; name the list with --table, or a key with --title-column"
        )
    return likely[0]


def _issues(objects: Iterable[tuple[int, Any]], where: str, what: str) -> Iterator[Placed]:
    for number, value in objects:
        if not isinstance(value, dict):
            raise SourceError(f"{where}, {what} {number} is no JSON object: write one object for each record")
        pull = value.get("pull_request")
        # GitHub once gave each issue this key, with nothing in it.
        if not (any(pull.values()) if isinstance(pull, dict) else pull):
            yield number, value


def _chosen(keys: Iterable[str], mapping: Mapping, where: str) -> dict[str, str]:
    """The keys for the fields, of all keys that the first objects have; none where there are no objects."""
    keys = tuple(keys)
    if not keys:
        return {}
    chosen = choose(keys, mapping, where=where, is_file=True)
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{where} has no key like title or body; its keys: {listed(keys)};"
            " name one with --title-column or --body-column"
        )
    return chosen


def _notes(chosen: dict[str, str]) -> tuple[str, ...]:
    if not chosen:
        return ()
    by_line = "" if "id" in chosen else "id=line number, "
    return (f"keys: {by_line}{told(chosen)} (change with {OVERRIDES})",)


def _keys(there: tuple[str, ...], mapping: Mapping) -> list[str | None]:
    """The key for each field in an object with such keys; one that a person named may be missing in it."""
    given = [key for key in map(mapping.column, FIELDS) if key is not None]
    chosen = choose(tuple(dict.fromkeys((*there, *given))), mapping, where="", is_file=True)
    return [chosen.get(field) for field in FIELDS]


def _records(
    objects: Iterable[Placed], mapping: Mapping, name: str, where: str, kind: str, has_ids: bool
) -> Iterator[Record]:
    layouts: dict[tuple[str, ...], list[str | None]] = {}
    what = "line" if kind == "jsonl" else "object"
    for number, value in objects:
        there = tuple(value)
        keys = layouts.get(there)
        if keys is None:
            if len(layouts) == _LAYOUTS:
                layouts.clear()
            keys = layouts[there] = _keys(there, mapping)
        cells = [None if key is None else _cell(value.get(key)) for key in keys]
        if not has_ids and keys[0] is None:
            cells[0] = number
        yield record(name, cells, partial(_place, where, what, number))


def _cell(value: Any) -> Any:
    """A value that one field can hold: of an object its name, and half a surrogate pair replaced."""
    if isinstance(value, dict):
        value = next((value[key] for key in _DISTINCT_NAMES if value.get(key)), None)
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def _place(where: str, what: str, number: int) -> str:
    return f"{where}, {what} {number}"


def _total(path: Path, kind: str, mapping: Mapping) -> int | None:
    """How many objects there are, where that takes no long reading; pull requests may be counted in lines."""
    if path.stat().st_size > COUNTED:
        return None
    if kind == "jsonl":
        with path.open("rb") as file:
            return sum(1 for line in file if not line.isspace())
    with textfile.opened(path) as file:
        return sum(1 for _ in _objects(file, str(path), mapping)[1])
