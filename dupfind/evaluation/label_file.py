"""Read a file of labelled pairs, and look up their records."""

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
"""Names of the two id columns. A file without such names has the ids in its first two columns."""

LABEL = "label"
"""Name of the label column; without it all pairs are duplicates."""

_YES = frozenset({"1", "true", "yes", "duplicate", "same"})
_NO = frozenset({"0", "false", "no", "different", "not_duplicate"})


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two ids of a tracker and their label.

    Attributes:
        ids: Of the two records, each as "id" or "project#id".
        is_duplicate: Whether they are duplicates of each other.
        line: Of the file, from 1.
    """

    ids: tuple[str, str]
    is_duplicate: bool
    line: int


def read(path: Path) -> list[LabelledPair]:
    """Read the pairs of a CSV, TSV or JSON Lines file.

    Raises:
        SourceError: A line is broken, or the file holds no pairs.
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
    """Return the row ids of the pairs labelled as duplicates.

    Args:
        pairs: Of `read`.
        store: Holds the records.
        path: The file of the pairs, for error messages.

    Raises:
        SourceError: An id is unknown or has several records, or no pair is a duplicate.
    """
    rows: dict[str, int | None] = {}
    unknown: list[tuple[str, int]] = []
    row_pairs = []
    for pair in pairs:
        for id in pair.ids:
            if id not in rows:
                rows[id] = _row(id, store, path, pair.line)
                if rows[id] is None:
                    unknown.append((id, pair.line))
        first, second = (rows[id] for id in pair.ids)
        if pair.is_duplicate and first is not None and second is not None:
            row_pairs.append((first, second))
    if unknown:
        id, line = unknown[0]
        raise SourceError(
            f"{path} names {len(unknown):,} ids that are not in {store.path.parent}, the first is {id!r} in line"
            f" {line}: index their tracker too, or leave those lines out"
        )
    if not row_pairs:
        raise SourceError(
            f"{path} contains no duplicate pairs ({LABEL} 1), so nothing can be measured: label some pairs with 1"
        )
    return row_pairs


def _row(id: str, store: Store, path: Path, line: int) -> int | None:
    """Return the record's row, or None for an unknown id."""
    project, mark, rest = id.rpartition("#")
    # The whole text first, because an id itself may contain "#".
    matches = store.find(id) or (store.find(rest, project=project) if mark else [])
    if len(matches) > 1:
        record = matches[1][1]
        raise SourceError(
            f"{path}, line {line}: {len(matches)} records have the id {id!r}: write it with its project,"
            f" such as {record.project or 'project'}#{record.id}"
        )
    return matches[0][0] if matches else None


Row = tuple[int, object, object, object]
"""Number of the line, two ids, and the label."""


def _cells(file: Iterable[str], path: Path, start: str) -> Iterator[Row]:
    """Yield the rows of a CSV or TSV file."""
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
            value = None if label is None or label >= len(cells) else cells[label]
            yield line, cells[first], cells[second], value
    except csv.Error as error:
        raise SourceError(f"{path}, line {line + 1}: the row that starts here is broken: {error}") from error


def _header(cells: list[str]) -> tuple[int, int, int | None] | None:
    """Return the columns of both ids and of the label; None where the row holds no column names."""
    names = [cell.lower() for cell in cells]
    label = names.index(LABEL) if LABEL in names else None
    for first, second in COLUMNS:
        if first in names and second in names:
            return names.index(first), names.index(second), label
    return None if label is None or label < 2 else (0, 1, label)


def _objects(file: Iterable[str], path: Path) -> Iterator[Row]:
    """Yield the rows of a JSON Lines file."""
    for line, raw in enumerate(file, start=1):
        if raw.isspace():
            continue
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:  # RecursionError: nested too deeply
            raise SourceError(f"{path}, line {line} is not JSON: {error}") from error
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
        raise SourceError(f"{path}, line {line} lacks an id: write two ids a line, such as 12,34")
    word = "1" if label is None else text(label).strip().lower()
    if word not in _YES | _NO:
        raise SourceError(f"{path}, line {line}: {label!r} is not a label: write 1 for duplicates, else 0")
    return LabelledPair(ids, word in _YES, line)
