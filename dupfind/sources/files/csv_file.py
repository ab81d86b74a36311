"""Read CSV and similar files: a tracker's export that is known by its header, or any header with likely names."""

import csv
import re
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.csv_formats import redmine, registry
from dupfind.sources.dates import Dates, zone_named
from dupfind.sources.files import pair_file, text_file
from dupfind.sources.generic_row import record
from dupfind.sources.mapping import (
    FIELDS,
    LIKELY,
    OVERRIDES,
    Mapping,
    choose,
    describe,
    join_names,
    normalize,
)
from dupfind.sources.project_lookup import with_projects
from dupfind.sources.source import Source

MAX_FIELD = 64 * 1024 * 1024
"""Characters of the longest cell; an unclosed quote would turn the rest of the file into one."""

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file whose rows are counted before they are read."""

_HEAD = 100_000  # the header ends within this number of characters
_SAMPLES = 1_000  # rows whose dates are sampled
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")  # a text with them and without a known column is not CSV
_DELIMITERS = ",\t;|"
_KNOWN = frozenset(name for names in LIKELY.values() for name in names)


class _Layout(NamedTuple):
    """The format of a file, from its header.

    Attributes:
        kind: A known export's kind, "csv" or "tsv".
        delimiter: One character.
        header: The names of its columns, which may repeat.
        chosen: For a file of no known tracker, the column for each field.
    """

    kind: str
    delimiter: str
    header: list[str]
    chosen: dict[str, str]


Rows = Iterator[tuple[int, list[str]]]
"""Cells, with the number of their first line."""


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Detect the format of a file, compressed or not.

    Raises:
        SourceError: Its header has no column like title or body.
    """
    # The limit holds for the whole process, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))
    layout = _layout(path, mapping)
    if layout.kind == pair_file.KIND and (columns := pair_file.columns(layout.header)):
        return _pairs(path, layout, columns, name=name, location=location)
    dates = Dates(_samples(path, layout), zone_named(mapping.time_zone))
    read = partial(_read, path, layout, dates, name)
    return Source(
        name=name,
        kind=layout.kind,
        location=location,
        notes=(*_notes(layout), *_notes_on(dates, mapping)),
        total=_total(path, layout),
        read=partial(with_projects, read, partial(_names, path, layout))
        if layout.kind == "redmine-csv"
        else read,
    )


def _layout(path: Path, mapping: Mapping) -> _Layout:
    delimiter, header = _header(path, mapping)
    kind = None if mapping.is_given else registry.detect(registry.Columns(header))
    if kind is None and not mapping.is_given and pair_file.columns(header) is not None:
        kind = pair_file.KIND
    if kind is not None:
        return _Layout(kind, delimiter, header, {})
    chosen = choose(header, mapping, where=str(path), is_file=True)
    if "title" not in chosen and "body" not in chosen:
        raise SourceError(
            f"{path} has no column like title or body; its columns: {join_names(header)};"
            " name one with --title-column or --body-column"
        )
    return _Layout("tsv" if delimiter == "\t" else "csv", delimiter, header, chosen)


def _pairs(
    path: Path, layout: _Layout, columns: pair_file.PairColumns, *, name: str, location: str
) -> Source:
    """Open a file of pairs, whose rows hold two records each."""
    return Source(
        name=name,
        kind=layout.kind,
        location=location,
        notes=("two questions a row: each becomes one record, and the second of a duplicate pair is marked",),
        read=partial(pair_file.records, partial(_rows, path, layout.delimiter), columns, source=name),
    )


def _notes(layout: _Layout) -> tuple[str, ...]:
    if not layout.chosen:
        return ()
    by_line = "" if "id" in layout.chosen else "id=line number, "
    return (f"columns: {by_line}{describe(layout.chosen)} (change with {OVERRIDES})",)


def _notes_on(dates: Dates, mapping: Mapping) -> Iterator[str]:
    if dates.is_guessed:
        order = "month/day/year" if dates.is_month_first else "day/month/year"
        yield f"dates are taken for {order}: the first {_SAMPLES:,} rows leave it open"
    if dates.is_local and mapping.time_zone is None:
        yield "dates name no time zone and are taken for UTC (change with --time-zone Europe/Berlin)"


def _header(path: Path, mapping: Mapping) -> tuple[str, list[str]]:
    """Return the delimiter that gives the first row the most known names, and that row."""
    mapped_names = {column for field in FIELDS if (column := mapping.column(field)) is not None}
    best: tuple[tuple[bool, int, int], str, list[str]] | None = None
    with text_file.open_text(path, newline="") as file:
        head = file.read(_HEAD)
    for delimiter in _DELIMITERS:
        row = [name.strip() for name in next(_filled(StringIO(head, newline=""), delimiter), [])]
        n_known = sum(name in mapped_names or normalize(name) in _KNOWN for name in row)
        is_export = registry.detect(registry.Columns(row)) is not None or pair_file.columns(row) is not None
        if best is None or (is_export, n_known, len(row)) > best[0]:
            best = ((is_export, n_known, len(row)), delimiter, row)
    if best is None or not best[2] or (best[0][:2] == (False, 0) and _CONTROLS.search(head)):
        raise SourceError(
            f"{path} is not a SQLite database, CSV, TSV, JSON or JSON Lines, compressed or not, nor XML, Parquet"
            " or a folder of a known format"
        )
    return best[1], best[2]


def _filled(lines: StringIO, delimiter: str) -> Iterator[list[str]]:
    """Return the rows that are not empty, without the line in which Excel names a delimiter."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    return (row for row in reader if any(row) and not _is_separator(row))


def _is_separator(row: list[str]) -> bool:
    return row[0].startswith("sep=") and len(row) <= 2 and not any(row[1:])


def _samples(path: Path, layout: _Layout) -> Iterator[str]:
    """Yield the dates of the first rows, up to the first broken row."""
    columns = registry.Columns(layout.header)
    if layout.chosen:
        names = [layout.chosen[field].lower() for field in ("created", "updated") if field in layout.chosen]
    else:
        names = list(registry.CSV_FORMATS[layout.kind].date_columns(columns))
    positions = [position for name in names for position in columns.positions(name.strip())]
    if positions:
        for _, cells in islice(_unbroken(path, layout.delimiter), _SAMPLES):
            yield from (cells[position] for position in positions if cells[position])


def _total(path: Path, layout: _Layout) -> int | None:
    """Count the rows unless the file is large; private issues are included."""
    if path.stat().st_size > COUNTED:
        return None
    return sum(1 for _ in _unbroken(path, layout.delimiter))


def _unbroken(path: Path, delimiter: str) -> Rows:
    """Yield the rows up to the first broken one, which is reported when the rows are read."""
    try:
        yield from _rows(path, delimiter)
    except SourceError:
        return


def _read(path: Path, layout: _Layout, dates: Dates, name: str) -> Iterator[Record]:
    as_record = (
        _plain_reader(path, layout, dates, name)
        if layout.chosen
        else _export_reader(path, layout, dates, name)
    )
    for line, cells in _rows(path, layout.delimiter):
        issue = as_record(line, cells)
        if issue is not None:
            yield issue


def _names(path: Path, layout: _Layout) -> Iterator[Ref]:
    """Return the names of the records in Redmine's export, including private ones."""
    columns = registry.Columns(layout.header)
    return (redmine.name(registry.CsvRow(columns, cells)) for _, cells in _rows(path, layout.delimiter))


def _export_reader(
    path: Path, layout: _Layout, dates: Dates, name: str
) -> Callable[[int, list[str]], Record | None]:
    csv_format = registry.CSV_FORMATS[layout.kind]
    columns = registry.Columns(layout.header)

    def as_record(line: int, cells: list[str]) -> Record | None:
        issue = csv_format.record(registry.CsvRow(columns, cells, line), dates, source=name)
        if issue is not None and not issue.id:
            raise SourceError(f"{_row_label(path, line)} has no id")
        return issue

    return as_record


def _plain_reader(path: Path, layout: _Layout, dates: Dates, name: str) -> Callable[[int, list[str]], Record]:
    chosen = layout.chosen
    columns = [layout.header.index(chosen[field]) if field in chosen else -1 for field in FIELDS]
    has_ids = "id" in chosen

    def as_record(line: int, cells: list[str]) -> Record:
        cells.append("")  # the value of column -1, which stands for missing columns
        fields = [cells[column] for column in columns]
        if not has_ids:
            fields[0] = str(line)  # FIELDS begins with the id
        return record(name, fields, partial(_row_label, path, line), dates)

    return as_record


def _rows(path: Path, delimiter: str) -> Rows:
    """Yield the rows after the header that are not empty, as wide as the header."""
    # csv keeps line ends in cells only with newline=""
    with text_file.open_text(path, newline="") as file:
        # Without strict, csv accepts a quote that is never closed.
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        end = 0
        try:
            width = len(next(row for row in reader if any(row) and not _is_separator(row)))
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


def _row_label(path: Path, line: int) -> str:
    return f"{path}, line {line}"
