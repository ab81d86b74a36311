"""Drafts: issues that are not filed yet, as a file, standard input or a person's words hold them."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from io import BufferedReader, BytesIO, StringIO
from pathlib import PurePath
from typing import Any

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.coerce import text
from dupfind.sources.files import issue_file, json_file
from dupfind.sources.files.filenames import holds_many
from dupfind.sources.files.json_records import NumberedObject, keys_of, read_issues
from dupfind.sources.json_formats.registry import JSON_FORMATS, detect
from dupfind.sources.mapping import UNMAPPED

MAX_JSON = 256 * 1024 * 1024
"""Bytes of the largest file of several issues: `.beads/issues.jsonl` holds all."""

DENIED = "not_duplicate_of"
"""The field in which an issue names those that it is no duplicate of, though they look like it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue that is not filed yet.

    Attributes:
        record: What it says.
        place: What a person knows it by, such as the path of its file.
        denied: The issues that its own text says it is no duplicate of: ids, or ids behind a project or
            source and "#".
    """

    record: Record
    place: str
    denied: tuple[str, ...] = ()

    def denies(self, other: Record) -> bool:
        """Whether it says of another record that the two are not duplicates."""
        behind = {f"{home}#{other.id}" for home in (other.project, other.source) if home}
        return not behind.union((other.id,)).isdisjoint(self.denied)


def read(
    data: bytes, path: PurePath, *, source: str, shown: str, known: Collection[str] = frozenset()
) -> list[Draft]:
    """The issues in a file: one of Markdown or YAML, or those of a JSON text.

    Args:
        data: What the file holds.
        path: Its path in its folder; gives the id of an issue that names none.
        source: The name of the source that the file belongs to; "" where it is indexed nowhere.
        shown: What a person knows the file by.
        known: The ids of issues that are left out, in a file of several.

    Raises:
        SourceError: It cannot be read; the text begins with `shown`.
    """
    try:
        if holds_many(path):
            return list(_of_json(data, path, source, shown, known))
        record = issue_file.parse(data, path, source=source)
        denied = issue_file.fields(data, path).get(DENIED) if DENIED.encode() in data else None
    except SourceError as error:
        raise SourceError(str(error).replace(str(path), shown, 1)) from error
    return [Draft(record, shown, _names(denied))]


def ids(data: bytes, path: PurePath) -> set[str]:
    """The ids of the issues in a JSON text.

    Raises:
        SourceError: It cannot be read.
    """
    return {id for _, _, value in _objects(data, path) if (id := _id(value)) is not None}


def _of_json(data: bytes, path: PurePath, source: str, shown: str, known: Collection[str]) -> Iterator[Draft]:
    found = _objects(data, path)
    is_one = len(found) == 1
    for what, number, value in found:
        id = _id(value)
        if id is not None and id in known:
            continue
        place = str(path) if is_one else f"{path}, {what} {number}"
        one = BufferedReader(BytesIO(json.dumps(value).encode()))
        for record in json_file.stream_source(one, UNMAPPED, name=place):
            if id is None:
                own = issue_file.id_from_name(path) if is_one else f"{issue_file.id_from_name(path)}:{number}"
                record = replace(record, id=own)
            place = place.replace(str(path), shown, 1)
            yield Draft(replace(record, source=source), place, _names(value.get(DENIED)))


def _objects(data: bytes, path: PurePath) -> list[NumberedObject]:
    _, objects = read_issues(StringIO(issue_file.decode(data, path, MAX_JSON)), str(path), UNMAPPED)
    return list(objects)


def _id(value: dict[str, Any]) -> str | None:
    """The id that an issue gives itself."""
    if (shape := detect([value])) is not None:
        record = JSON_FORMATS[shape].record(value, source="")
        return None if record is None else record.id
    key = keys_of(tuple(value), UNMAPPED)[0]
    return None if key is None else text(value.get(key)).strip() or None


def _names(value: Any) -> tuple[str, ...]:
    """Ids of one cell: a list, or text with commas."""
    return tuple(filter(None, issue_file.plain_numbers(value or "")))
