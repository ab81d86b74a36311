"""CSV and its kin: a header with likely names, then a record a row."""

import csv
import re
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources import textfile
from dupfind.sources.cells import record
from dupfind.sources.mapping import FIELDS, LIKELY, OVERRIDES, Mapping, choose, listed, plain, told
from dupfind.sources.source import Source

MAX_FIELD = 64 * 1024 * 1024
"""Characters of the longest cell; a quote that is never closed would make one of the rest of the file."""

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file whose rows are counted before they are read."""

_HEAD = 100_000  # characters in which the header ends
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")  # texts without a known column that have such are none
_DELIMITERS = ",\t;|"
_KNOWN = frozenset(name for names in LIKELY.values() for name in names)


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Look into a file.

    Raises:
        SourceError: It has no header with a column like title or body.
    """
    # The limit is one for the whole process: it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))
    delimiter, header = _header(path, mapping)
    chosen = choose(header, mapping, where=str(path), is_file=True)
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{path} has no column like title or body; its columns: {listed(header)};"
            " name one with --title-column or --body-column"
        )
    columns = [header.index(chosen[field]) if field in chosen else -1 for field in FIELDS]
    by_line = "" if "id" in chosen else "id=line number, "
    return Source(
        name=name,
        kind="tsv" if delimiter == "\t" else "csv",
        location=location,
        notes=(f"columns: {by_line}{told(chosen)} (change with {OVERRIDES})",),
        total=sum(1 for _ in _rows(path, delimiter)) if path.stat().st_size <= COUNTED else None,
        read=partial(_read, path, delimiter, columns, name, "id" in chosen),
    )


def _header(path: Path, mapping: Mapping) -> tuple[str, list[str]]:
    """The delimiter under which the first row has the most names that mean something, and that row."""
    wanted = {given for field in FIELDS if (given := mapping.column(field)) is not None}
    best: tuple[tuple[int, int], str, list[str]] | None = None
    with textfile.opened(path, newline="") as file:
        head = file.read(_HEAD)
    for delimiter in _DELIMITERS:
        reader = csv.reader(StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=True)
        row = [name.strip() for name in next(filter(any, reader), [])]
        known = sum(name in wanted or plain(name) in _KNOWN for name in row)
        if best is None or (known, len(row)) > best[0]:
            best = ((known, len(row)), delimiter, row)
    if best is None or not best[2] or (not best[0][0] and _CONTROLS.search(head)):
        raise SourceError(f"{path} is not a SQLite database, CSV, TSV, JSON or JSON Lines")
    return best[1], best[2]


def _read(path: Path, delimiter: str, columns: list[int], name: str, has_ids: bool) -> Iterator[Record]:
    for line, row in _rows(path, delimiter):
        row.append("")  # what column -1 is, which stands for those that are not there
        cells = [row[column] for column in columns]
        if not has_ids:
            cells[0] = str(line)
        yield record(name, cells, partial(_place, path, line))


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows after the header that are not empty, as wide as it, with the numbers of their first lines."""
    with textfile.opened(path, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        end = 0
        try:
            width = len(next(filter(any, reader)))
            end = reader.line_num
            for row in reader:
                start, end = end + 1, reader.line_num
                if len(row) == width:
                    if any(row):
                        yield start, row
                elif any(row[width:]):
                    raise SourceError(
                        f"{path}, line {start} has {len(row)} cells, and the header has {width}:"
                        " put quotes around cells with the delimiter in them"
                    )
                elif any(row):
                    yield start, (row + [""] * width)[:width]
        except csv.Error as error:
            raise SourceError(
                f"{path}, line {end + 1}: the row that begins here is broken: {error}"
            ) from error


def _place(path: Path, line: int) -> str:
    return f"{path}, line {line}"
