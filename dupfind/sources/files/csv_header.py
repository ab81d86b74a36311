"""Find the delimiter and the header of a CSV file, which may stand below other lines, or be missing."""

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice
from typing import NamedTuple

from dupfind.sources.column_hints import KNOWN, names_text
from dupfind.sources.column_names import normalize
from dupfind.sources.column_profile import (
    N_SAMPLED,
    Sample,
    are_dates,
    are_keys,
    are_sentences,
    are_states,
)
from dupfind.sources.csv_formats import registry
from dupfind.sources.files import pair_file
from dupfind.sources.mapping import FIELDS, Mapping

HEAD = 100_000
"""Characters of a file in which its header ends."""

_DELIMITERS = ",\t;|"
_N_ABOVE = 20  # rows above a header that are looked at
_WIDTH = 0.9  # the share of rows with the width of the most that a file without a header has
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")  # a text with them and without a known column is not CSV


class Header(NamedTuple):
    """The header of a file.

    Attributes:
        delimiter: One character.
        names: The names of its columns, which may repeat; "1", "2" and so on without a header.
        n_above: Rows above it, without empty ones.
        is_missing: Whether the first row is a record.
        fields: Without a header, the column for each field.
        sample: The first values, by column.
    """

    delimiter: str
    names: list[str]
    n_above: int
    is_missing: bool
    fields: dict[str, str]
    sample: Sample


def find(head: str, mapping: Mapping) -> Header | None:
    """Find the header that has the most known names, in the first row or else below; or none.

    Args:
        head: The beginning of the file.
        mapping: The user's choices; the names of columns in it are known names.

    Returns:
        None if this is no CSV.
    """
    named = {column for field in FIELDS if (column := mapping.column(field)) is not None}
    tables = {delimiter: list(islice(_filled(head, delimiter), N_SAMPLED)) for delimiter in _DELIMITERS}
    tables = {delimiter: rows for delimiter, rows in tables.items() if rows}
    if not tables:
        return None
    delimiter = max(tables, key=lambda each: _weight(tables[each][0], named))
    names = _stripped(tables[delimiter][0])
    if not _is_header(names, named):
        below = _below(tables, named)
        if below is not None:
            delimiter, at = below
            rows = tables[delimiter]
            names = _stripped(rows[at])
            return Header(delimiter, names, at, False, {}, _sample(names, rows[at + 1 :]))
        for delimiter_of_data, rows in tables.items():
            numbered = [str(number) for number in range(1, len(rows[0]) + 1)]
            sample = _sample(numbered, rows)
            fields = _by_values(sample, rows)
            if fields is not None and (not named or named <= set(numbered)):
                return Header(delimiter_of_data, numbered, 0, True, fields, sample)
    if _weight(names, named)[:2] == (False, 0) and _CONTROLS.search(head):
        return None
    return Header(delimiter, names, 0, False, {}, _sample(names, tables[delimiter][1:]))


def is_separator(row: Sequence[str]) -> bool:
    """Return whether a row is the line in which Excel names a delimiter."""
    return row[0].startswith("sep=") and len(row) <= 2 and not any(row[1:])


def _filled(head: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the whole rows that are not empty."""
    reader = csv.reader(StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=True)
    is_cut = len(head) >= HEAD
    before: list[str] | None = None
    for row in reader:
        if any(row) and not is_separator(row):
            if before is not None:
                yield before
            before = row
    if before is not None and not is_cut:
        yield before


def _stripped(row: Sequence[str]) -> list[str]:
    return [name.strip() for name in row]


def _weight(row: Sequence[str], named: set[str]) -> tuple[bool, int, int]:
    names = _stripped(row)
    n_known = sum(name in named or normalize(name) in KNOWN or names_text(name) for name in names)
    is_known = registry.detect(registry.Columns(names)) is not None or pair_file.columns(names) is not None
    return is_known, n_known, len(names)


def _is_header(names: Sequence[str], named: set[str]) -> bool:
    is_export, _, _ = _weight(names, named)
    return is_export or any(name in named or names_text(name) for name in names)


def _below(tables: dict[str, list[list[str]]], named: set[str]) -> tuple[str, int] | None:
    """Return the delimiter and the place of a header below other lines, as wide as the row after it."""
    for delimiter, rows in tables.items():
        for at in range(1, min(_N_ABOVE, len(rows) - 1) + 1):
            row = rows[at] if at < len(rows) else []
            is_wide = len(row) > 1 and at + 1 < len(rows) and len(rows[at + 1]) == len(row)
            if is_wide and _weight(row, named)[1] > 1 and _is_header(_stripped(row), named):
                return delimiter, at
    return None


def _sample(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Sample:
    """Return the values of each column; of columns with one name, those of the first."""
    rows = [row for row in rows if any(row[1:])] or rows  # without the lines of a report
    values: dict[str, list[str]] = {}
    for at, name in enumerate(names):
        values.setdefault(name, [row[at] for row in rows if at < len(row)])
    return values


def _by_values(sample: Sample, rows: Sequence[Sequence[str]]) -> dict[str, str] | None:
    """Choose the columns of rows without a header by their values; None if there are no ids and titles."""
    width = len(rows[0])
    if width < 2 or sum(len(row) == width for row in rows) < _WIDTH * len(rows):
        return None
    checks = (("id", are_keys), ("state", are_states), ("updated", are_dates), ("title", are_sentences))
    fields: dict[str, str] = {}
    for field, has_form in checks:
        for column, values in sample.items():
            if field not in fields and column not in fields.values() and has_form(values):
                fields[field] = column
    return fields if {"id", "title"} <= fields.keys() else None
