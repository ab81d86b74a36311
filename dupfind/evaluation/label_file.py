"""Labels: a file of pairs that people call duplicates, and the records that it means."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dupfind.errors import SourceError
from dupfind.sources.coerce import text
from dupfind.sources.files.text_file import open_text
from dupfind.storage.store import Store

COLUMNS = (
    ("id1", "id2"),
    ("a", "b"),
    ("id", "duplicate_of"),
    ("duplicate", "original"),
    ("duplicate", "canonical"),
    ("first", "second"),
    ("first_id", "second_id"),
    ("left", "right"),
)
"""Pairs of names under which a file may keep its two ids; one without such names keeps them in its first columns."""

LABEL = "label"
"""The column that says whether a pair are duplicates; without it all are."""

_YES = frozenset({"1", "true", "yes", "duplicate", "same"})
_NO = frozenset({"0", "false", "no", "different", "not_duplicate"})


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two ids of a tracker, and what a person says of them.

    Attributes:
        ids: Of the two records, each alone or as "project#id".
        is_duplicate: Whether they are duplicates of each other.
        line: Where in the file they stand.
    """

    ids: tuple[str, str]
    is_duplicate: bool
    line: int


def read(path: Path) -> list[LabelledPair]:
    """Read the pairs of a CSV, TSV or JSON Lines file.

    Raises:
        SourceError: A line is broken, or there is none.
    """
    with open_text(path, newline="") as file:
        start = file.read(1_000).lstrip()
    with open_text(path, newline="") as file:
        rows = _objects(file, path) if start.startswith(("{", "[")) else _cells(file, path, start)
        pairs = [_pair(first, second, label, path, line) for line, first, second, label in rows]
    if not pairs:
        raise SourceError(f"{path} holds no pairs: write two ids a line, such as 12,34")
    return pairs


def duplicates(pairs: Iterable[LabelledPair], store: Store, path: Path) -> list[tuple[int, int]]:
    """The row ids of the pairs that are called duplicates.

    Args:
        pairs: Of `read`.
        store: Where their records are.
        path: Their file, for the error.

    Raises:
        SourceError: An id is unknown or stands for several records, or no pair is called a duplicate.
    """
    known: dict[str, int | None] = {}
    unknown: list[tuple[str, int]] = []
    found = []
    for pair in pairs:
        for id in pair.ids:
            if id not in known:
                known[id] = _row(id, store, path, pair.line)
                if known[id] is None:
                    unknown.append((id, pair.line))
        first, second = (known[id] for id in pair.ids)
        if pair.is_duplicate and first is not None and second is not None:
            found.append((first, second))
    if unknown:
        id, line = unknown[0]
        raise SourceError(
            f"{path} names {len(unknown):,} ids that are not in {store.path.parent}, the first is {id!r} in line"
            f" {line}: index their tracker too, or leave those lines out"
        )
    if not found:
        raise SourceError(
            f"{path} calls no pair a duplicate: one class alone says nothing; mark duplicates with {LABEL} 1"
        )
    return found


def _row(id: str, store: Store, path: Path, line: int) -> int | None:
    """The record's row, or None where there is no such record."""
    project, mark, rest = id.rpartition("#")
    found = store.find(id) or (store.find(rest, project=project) if mark else [])
    if len(found) > 1:
        record = found[1][1]
        raise SourceError(
            f"{path}, line {line}: {len(found)} records have the id {id!r}: write it with its project,"
            f" such as {record.project or 'project'}#{record.id}"
        )
    return found[0][0] if found else None


Row = tuple[int, object, object, object]
"""Number of the line, two ids, and the label."""


def _cells(file: Iterable[str], path: Path, start: str) -> Iterator[Row]:
    """The rows of a CSV or TSV file."""
    reader = csv.reader(file, delimiter="\t" if "\t" in start.partition("\n")[0] else ",", strict=True)
    header: tuple[int, int, int | None] | None = None
    line = 0
    try:
        for row in reader:
            line = reader.line_num
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header is None:
                header = _header(cells)
                if header is not None:
                    continue
                header = (0, 1, None)
            first, second, label = header
            if len(cells) <= max(first, second):
                raise SourceError(f"{path}, line {line} has one cell: write two ids a line, such as 12,34")
            yield line, cells[first], cells[second], cells[label] if label and label < len(cells) else None
    except csv.Error as error:
        raise SourceError(f"{path}, line {line + 1}: the row that begins here is broken: {error}") from error


def _header(cells: list[str]) -> tuple[int, int, int | None] | None:
    """The places of both ids and of the label; None where the row is none of names."""
    names = [cell.lower() for cell in cells]
    label = names.index(LABEL) if LABEL in names else None
    for first, second in COLUMNS:
        if first in names and second in names:
            return names.index(first), names.index(second), label
    return None if label is None or label < 2 else (0, 1, label)


def _objects(file: Iterable[str], path: Path) -> Iterator[Row]:
    """The objects of a JSON Lines file."""
    for line, written in enumerate(file, start=1):
        if written.isspace():
            continue
        try:
            value = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}, line {line}: no JSON: {error}") from error
        if isinstance(value, list) and len(value) == 2:
            yield line, value[0], value[1], None
            continue
        keys = next((keys for keys in COLUMNS if isinstance(value, dict) and value.keys() >= {*keys}), None)
        if keys is None:
            raise SourceError(f'{path}, line {line} has no two ids: write {{"id1": "12", "id2": "34"}}')
        yield line, value[keys[0]], value[keys[1]], value.get(LABEL)


def _pair(first: object, second: object, label: object, path: Path, line: int) -> LabelledPair:
    ids = text(first).strip(), text(second).strip()
    if not all(ids):
        raise SourceError(f"{path}, line {line} lacks an id: write two a line, such as 12,34")
    word = "1" if label is None else text(label).strip().lower()
    if word not in _YES | _NO:
        raise SourceError(f"{path}, line {line}: {label!r} is no label: write 1 for duplicates, else 0")
    return LabelledPair(ids, word in _YES, line)
