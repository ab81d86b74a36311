"""Read issues that are not filed yet from a file or standard input, as records that a check can compare."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import PurePath
from typing import Any

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.coerce import text
from dupfind.sources.entries import LeftOut
from dupfind.sources.files import issue_file, json_file
from dupfind.sources.files.filenames import holds_many
from dupfind.sources.files.json_records import NumberedObject, keys_of, read_issues
from dupfind.sources.json_formats.keys import is_pull_request
from dupfind.sources.json_formats.registry import JSON_FORMATS, detect
from dupfind.sources.mapping import UNMAPPED

MAX_JSON = 256 * 1024 * 1024
"""Largest file of several issues, in bytes: `.beads/issues.jsonl` holds every issue of a repository."""

DENIED = "not_duplicate_of"
"""The field of an issue that lists the issues it is not a duplicate of."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue that is not filed yet.

    Attributes:
        record: The issue.
        place: Names the issue to a person, such as the path of its file.
        denied: The issues that it is not a duplicate of, by its own `not_duplicate_of`. Each is an id, or a
            project or source, "#" and an id.
        file: Path of its file; None for an issue that stands in no file.
        line: Its line in the file, 1 for the first; 1 where it is not known.
    """

    record: Record
    place: str
    denied: tuple[str, ...] = ()
    file: str | None = None
    line: int = 1

    def denies(self, other: Record) -> bool:
        """Return whether `not_duplicate_of` of this issue names another record."""
        names = {f"{home}#{other.id}" for home in (other.project, other.source) if home}
        return not names.union((other.id,)).isdisjoint(self.denied)


def read(
    data: bytes, path: PurePath, *, source: str, shown: str, old_ids: Collection[str] = frozenset()
) -> list[Draft]:
    """Read the issues of a file: one of Markdown or YAML, or those of a JSON text.

    Args:
        data: The content of the file.
        path: Its path in its source. An issue without an id takes its id from it.
        source: The name of the source that the file belongs to; "" for a file of no indexed source.
        shown: The name of the file in messages.
        old_ids: The ids of issues to leave out, in a JSON text.

    Raises:
        SourceError: The content is broken; the message begins with `shown`.
    """
    if holds_many(path):
        return list(_json_drafts(data, path, source, shown, old_ids))
    record, fields = issue_file.parse(data, PurePath(shown), source=source, inner=path)
    return [Draft(record, shown, _denied_names(fields), shown)]


def ids(data: bytes, shown: str) -> set[str]:
    """Return the ids of the issues in a JSON text.

    Args:
        data: The text.
        shown: The name of its file in messages.

    Raises:
        SourceError: The text is broken.
    """
    return {id for _, _, value in _objects(data, shown) if (id := _object_id(value)) is not None}


def _json_drafts(
    data: bytes, path: PurePath, source: str, shown: str, old_ids: Collection[str]
) -> Iterator[Draft]:
    objects = _objects(data, shown)
    is_one = len(objects) == 1
    name = issue_file.id_from_name(path)
    for numbered in objects:
        what, number, value = numbered
        has_shape = detect([value]) is not None
        # Without a known shape one key holds the id, so that an old issue is left out unread, broken or not.
        if not has_shape and _key_id(value) in old_ids:
            continue
        record = json_file.object_record(
            numbered, source=source, where=shown, fallback_id=name if is_one else f"{name}:{number}"
        )
        if record is None or (has_shape and record.id in old_ids):
            continue
        place = shown if is_one else f"{shown}, {what} {number}"
        yield Draft(record, place, _denied_names(value), shown, number if what == "line" else 1)


def _objects(data: bytes, shown: str) -> list[NumberedObject]:
    _, entries = read_issues(StringIO(issue_file.decode(data, shown, MAX_JSON)), shown, UNMAPPED)
    objects = []
    for entry in entries:
        if isinstance(entry, LeftOut):
            raise SourceError(entry.message)
        if not is_pull_request(entry[2]):
            objects.append(entry)
    return objects


def _object_id(value: dict[str, Any]) -> str | None:
    """Return the id that an object has as an issue, or None."""
    shape = detect([value])
    if shape is None:
        return _key_id(value)
    record = JSON_FORMATS[shape].record(value, source="")
    return None if record is None else record.id


def _key_id(value: dict[str, Any]) -> str | None:
    """Return the id under the likely key of an object of no known shape, or None."""
    key = keys_of(tuple(value), UNMAPPED)[0]
    return None if key is None else text(value.get(key)).strip() or None


def _denied_names(fields: dict[str, Any]) -> tuple[str, ...]:
    """Split `not_duplicate_of`, which is a list, or a text with commas."""
    value = fields.get(DENIED)
    return tuple(filter(None, issue_file.plain_numbers(value))) if value else ()
