"""Read the rows of a file of pairs as dicts: CSV, TSV, JSON Lines or Parquet, compressed or not."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dupfind.errors import SourceError
from dupfind.sources.files import parquet_file
from dupfind.sources.files.text_file import open_text

Rows = Iterator[tuple[int, dict[str, Any]]]
"""The line number of a row, and its values by column."""


def read(path: Path) -> Rows:
    """Read a file; its format is detected from its first bytes.

    Raises:
        SourceError: The file cannot be read, or a line is broken; the message names the line.
    """
    if not path.is_file():
        raise SourceError(
            f"{path} is not a file: give a CSV, TSV, JSON Lines or Parquet file with one pair a line"
        )
    with path.open("rb") as file:
        is_parquet = file.read(len(parquet_file.MAGIC)) == parquet_file.MAGIC
    if is_parquet:
        yield from parquet_file.rows(path)
        return
    with open_text(path, newline="") as file:
        start = file.read(10_000).lstrip()
    with open_text(path, newline="") as file:
        if start.startswith("["):
            raise SourceError(f"{path} is one JSON array: write JSON Lines, one object a line")
        yield from _objects(file, path) if start.startswith("{") else _cells(file, path, start)


def _objects(lines: Iterable[str], path: Path) -> Rows:
    for line, raw in enumerate(lines, start=1):
        if raw.isspace():
            continue
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}, line {line} is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise SourceError(f"{path}, line {line} is not a JSON object")
        yield line, value


def _cells(lines: Iterable[str], path: Path, start: str) -> Rows:
    reader = csv.reader(lines, delimiter="\t" if "\t" in start.partition("\n")[0] else ",", strict=True)
    end = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        end = reader.line_num
        for cells in reader:
            line, end = end + 1, reader.line_num  # line_num is a row's last line; quoted cells span several
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise SourceError(
                    f"{path}, line {line} has {len(cells)} cells, and the header has {len(header)}:"
                    " put quotes around cells that contain the delimiter"
                )
            yield line, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise SourceError(f"{path}, line {end + 1}: the row that starts here is broken: {error}") from error
