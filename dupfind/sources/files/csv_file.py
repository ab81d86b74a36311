"""Read CSV and similar files: a tracker's export that is known by its header, or any header with likely names."""

import csv
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources import state_flags
from dupfind.sources.column_profile import addresses_are_ids, end_of_address, filled
from dupfind.sources.csv_formats import redmine, registry
from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.dates import Dates, zone_named
from dupfind.sources.entries import Entry, LeftOut
from dupfind.sources.files import csv_escapes, csv_header, pair_file, text_file
from dupfind.sources.files.csv_footer import Row, without_footer
from dupfind.sources.files.csv_header import Header
from dupfind.sources.generic_row import holds_html, record, with_state
from dupfind.sources.mapping import (
    FIELDS,
    OVERRIDES,
    Mapping,
    choose,
    describe,
    join_names,
    other_bodies,
)
from dupfind.sources.other_rows import left_out_rows
from dupfind.sources.project_lookup import ONE_SERIES, with_projects
from dupfind.sources.reading_counts import Expectations
from dupfind.sources.restricted import restricted_rows
from dupfind.sources.source import Source
from dupfind.sources.unread_columns import doubts

MAX_FIELD = 64 * 1024 * 1024
"""Characters of the longest cell; an unclosed quote would turn the rest of the file into one."""

COUNTED = 64 * 1024 * 1024
"""Bytes of the largest file whose rows are counted before they are read."""

_N_SQL = 20_000  # characters in which a dump in SQL has its first statement
_SQL_BEGINNING = re.compile(
    r"\s{0,100}(?:--|/\*|SET \w{1,60} ?=|BEGIN\b[ \w]{0,40};|PRAGMA \w|CREATE (?:TABLE|DATABASE|SCHEMA)\b|INSERT INTO "
    r"|DROP TABLE |USE [`\"\w]{1,60};|COPY \S{1,200} \()",
    re.IGNORECASE,
)
_SQL = re.compile(
    r"^(?:CREATE TABLE|INSERT INTO|PRAGMA foreign_keys|COPY \S{1,200} \()", re.IGNORECASE | re.MULTILINE
)
_N_UNREAD = 12  # names of columns that are shown
_SAMPLES = 1_000  # rows whose dates are sampled


class _Layout(NamedTuple):
    """The format of a file, from its header.

    Attributes:
        kind: A known export's kind, "csv" or "tsv".
        header: Its header, or the numbers of its columns.
        chosen: For a file of no known tracker, the column for each field.
        other_bodies: Columns that hold the body where its own is empty.
        id_of_url: Whether the ids stand at the ends of the addresses.
        encoding: The encoding that the user names.
        is_escaped: Whether a quote in a cell has a backslash before it.
        has_kinds: Whether answers and notices are left out, which is so unless the user names columns.
    """

    kind: str
    header: Header
    chosen: dict[str, str]
    other_bodies: tuple[str, ...]
    id_of_url: bool
    encoding: str | None
    is_escaped: bool = False
    has_kinds: bool = True


_MAX_WORDS = 6  # of the name of a column, where no column is known

Rows = Iterator[Row | LeftOut]
"""Cells, with the number of their first line; or a broken row."""


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Detect the format of a file, compressed or not.

    Raises:
        SourceError: Its header has no column like title or body.
    """
    # The limit holds for the whole process, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))
    layout = _layout(path, mapping)
    if layout.kind == pair_file.KIND and (columns := pair_file.columns(layout.header.names)):
        return _pairs(path, layout, columns, name=name, location=location)
    dates = Dates(_samples(path, layout), zone_named(mapping.time_zone), has_serials=True)
    read = partial(_read, path, layout, dates, name)
    unsure = text_file.doubts(path, mapping.encoding)
    chosen, others = (layout.chosen, layout.other_bodies) if layout.chosen else _of_sheet(layout)
    if chosen:
        sheet = registry.CSV_FORMATS.get(layout.kind)
        has_line_ids = isinstance(sheet, Sheet) and sheet.table.has_line_ids
        sample = layout.header.sample
        unsure += doubts(layout.header.names, chosen, sample, others, dates, has_line_ids=has_line_ids)
    return Source(
        name=name,
        kind=layout.kind,
        location=location,
        notes=(*_notes(layout), *_notes_on(dates, mapping), *text_file.notes(path, mapping.encoding)),
        total=_total(path, layout),
        read=partial(with_projects, read, partial(_names, path, layout))
        if layout.kind in ONE_SERIES
        else read,
        expected=Expectations(
            unsure,
            has_title=not layout.chosen or "title" in layout.chosen,
            n_bytes=path.stat().st_size,
            title_option="--title-column" if layout.chosen else "",
            reads_encoding=True,
            has_line_ids=bool(layout.chosen) and "id" not in layout.chosen and not layout.id_of_url,
        ),
    )


def _layout(path: Path, mapping: Mapping) -> _Layout:
    with text_file.open_text(path, newline="", encoding=mapping.encoding) as file:
        head = file.read(csv_header.HEAD)
    if _SQL_BEGINNING.match(head) is not None and _SQL.search(head[:_N_SQL]) is not None:
        raise SourceError(
            f"{path} is a dump in SQL: load it into a database, and name that, such as postgresql://me@localhost/tracker"
            " or a file of SQLite"
        )
    header = csv_header.find(head, mapping)
    if header is None:
        raise SourceError(
            f"{path} is not a SQLite database, CSV, TSV, JSON or JSON Lines, compressed or not, nor XML, Parquet"
            " or a folder of a known format"
        )
    is_cut = len(head) >= csv_header.HEAD
    is_escaped = csv_escapes.has_escapes(head, header.delimiter, len(header.names), is_cut=is_cut)
    if is_escaped:
        header = csv_header.find(csv_escapes.plain(head), mapping) or header
    kind = None if mapping.is_given else registry.detect(registry.Columns(header.names))
    if kind is None and not mapping.is_given and pair_file.columns(header.names) is not None:
        kind = pair_file.KIND
    if kind is not None:
        return _Layout(kind, header, {}, (), False, mapping.encoding, is_escaped)
    chosen = choose(header.names, mapping, where=str(path), is_file=True, sample=header.sample)
    chosen = {**header.fields, **chosen}
    if "title" not in chosen and "body" not in chosen:
        n_words = max(len(name.split()) for name in header.names)
        if n_words > _MAX_WORDS or (n_words > 1 and len(header.names) == 1):
            raise SourceError(
                f"{path} looks like a text and not like a table: name a tracker's export, database or folder, or the"
                " Markdown file of an issue; if its first line names columns, pass --title-column"
            )
        raise SourceError(
            f"{path} has no column like title or body; its columns: {join_names(header.names)};"
            " name one with --title-column or --body-column"
        )
    id_of_url = "id" not in chosen and "url" in chosen and addresses_are_ids(chosen, header.sample)
    kind = "tsv" if header.delimiter == "\t" else "csv"
    others = other_bodies(header.names, chosen, mapping)
    has_kinds = not mapping.is_given
    return _Layout(kind, header, chosen, others, id_of_url, mapping.encoding, is_escaped, has_kinds)


def _of_sheet(layout: _Layout) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the column for each field of an export that few names are known by, and the other columns it reads."""
    sheet = registry.CSV_FORMATS[layout.kind]
    if not isinstance(sheet, Sheet):
        return {}, ()
    by_lower = {name.lower(): name for name in reversed(layout.header.names)}
    header = registry.Columns(layout.header.names)
    columns = sheet.columns_of(header)
    chosen, others = {}, [by_lower[name] for name in sheet.further_columns(header)]
    for field, lowered in columns.items():
        names = [by_lower[name] for name in lowered]
        chosen[field] = next((name for name in names if filled(layout.header.sample.get(name, ()))), names[0])
        others += names
    return chosen, tuple(others)


def _pairs(
    path: Path, layout: _Layout, columns: pair_file.PairColumns, *, name: str, location: str
) -> Source:
    """Open a file of pairs, whose rows hold two records each."""
    note = "two questions a row: each becomes one record, and the second of a duplicate pair is marked"
    return Source(
        name=name,
        kind=layout.kind,
        location=location,
        notes=(note, *text_file.notes(path, layout.encoding)),
        read=partial(pair_file.records, partial(_rows, path, layout), columns, source=name),
        expected=Expectations(
            text_file.doubts(path, layout.encoding), n_bytes=path.stat().st_size, reads_encoding=True
        ),
    )


def _notes(layout: _Layout) -> Iterator[str]:
    header = layout.header
    if header.n_above:
        yield f"{header.n_above:,} lines above the header are left out"
    if layout.chosen:
        by_line = "end of the address" if layout.id_of_url else "line number"
        ids = "" if "id" in layout.chosen else f"id={by_line}, "
        yield f"columns: {ids}{describe(layout.chosen)} (change with {OVERRIDES})"
        read = {*layout.chosen.values(), *layout.other_bodies}
        if layout.kind in ("csv", "tsv") and (unread := [each for each in header.names if each not in read]):
            yield f"columns that are not read: {join_names(unread, _N_UNREAD)}"
        if header.is_missing:
            yield "the file has no header: its columns are called 1, 2 and so on, and were chosen by their values"


def _notes_on(dates: Dates, mapping: Mapping) -> Iterator[str]:
    if dates.is_guessed:
        order = "month/day/year" if dates.is_month_first else "day/month/year"
        yield f"dates are taken for {order}: the first {_SAMPLES:,} rows leave it open"
    if dates.is_local and mapping.time_zone is None:
        yield "dates name no time zone and are taken for UTC (change with --time-zone Europe/Berlin)"


def _samples(path: Path, layout: _Layout) -> Iterator[str]:
    """Yield the dates of the first rows, up to the first broken row."""
    columns = registry.Columns(layout.header.names)
    if layout.chosen:
        names = [layout.chosen[field].lower() for field in ("created", "updated") if field in layout.chosen]
    else:
        names = list(registry.CSV_FORMATS[layout.kind].date_columns(columns))
    positions = [position for name in names for position in columns.positions(name.strip())]
    if positions:
        for _, cells in islice(_unbroken(path, layout), _SAMPLES):
            yield from (cells[position] for position in positions if cells[position])


def _total(path: Path, layout: _Layout) -> int | None:
    """Count the rows unless the file is large; private issues are included."""
    if path.stat().st_size > COUNTED:
        return None
    return sum(1 for _ in _unbroken(path, layout))


def _unbroken(path: Path, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows without the broken ones, which are reported when the rows are read."""
    try:
        for row in _rows(path, layout):
            if not isinstance(row, LeftOut):
                yield row
    except SourceError:
        return


def _read(path: Path, layout: _Layout, dates: Dates, name: str) -> Iterator[Entry]:
    as_record = (
        _plain_reader(path, layout, dates, name)
        if layout.chosen
        else _export_reader(path, layout, dates, name)
    )
    is_restricted = restricted_rows(layout.header.names)
    # A column of a known export that names a pull request names the one that belongs to the issue.
    names = layout.header.names if layout.chosen else ()
    left_out = left_out_rows(names, layout.header.sample, has_kinds=layout.has_kinds)
    for row in _rows(path, layout):
        if isinstance(row, LeftOut):
            yield row
            continue
        line, cells = row
        if (other := left_out(cells)) is not None:
            yield other
            continue
        try:
            issue = as_record(line, cells)
        except SourceError as error:
            yield LeftOut("broken", str(error))
            continue
        if issue is not None:
            yield LeftOut("restricted", record=issue) if is_restricted(cells) else issue


def _names(path: Path, layout: _Layout) -> Iterator[Ref]:
    """Return the names of the records in Redmine's export, including private ones."""
    columns = registry.Columns(layout.header.names)
    return redmine.names(columns, (cells for _, cells in _unbroken(path, layout)))


def _export_reader(
    path: Path, layout: _Layout, dates: Dates, name: str
) -> Callable[[int, list[str]], Record | None]:
    csv_format = registry.CSV_FORMATS[layout.kind]
    columns = registry.Columns(layout.header.names)

    def as_record(line: int, cells: list[str]) -> Record | None:
        issue = csv_format.record(registry.CsvRow(columns, cells, line), dates, source=name)
        if issue is not None and not issue.id:
            raise SourceError(f"{_row_label(path, line)} has no id")
        return issue

    return as_record


def _plain_reader(path: Path, layout: _Layout, dates: Dates, name: str) -> Callable[[int, list[str]], Record]:
    chosen, names = layout.chosen, layout.header.names
    columns = [names.index(chosen[field]) if field in chosen else -1 for field in FIELDS]
    bodies = [names.index(column) for column in layout.other_bodies]
    body, url = FIELDS.index("body"), FIELDS.index("url")
    has_ids, has_closed = "id" in chosen, "closed" in chosen
    is_html = holds_html(chosen.get("body"), layout.header.sample)
    state_of = state_flags.reader(chosen.get("state"), layout.header.sample)

    def as_record(line: int, cells: list[str]) -> Record:
        row = [*cells, ""]  # the value of column -1, which stands for missing columns
        fields = [row[column] for column in columns]
        if not has_ids:  # FIELDS begins with the id
            fields[0] = (end_of_address(fields[url]) or "") if layout.id_of_url else str(line)
        if not fields[body].strip():
            fields[body] = next((row[at] for at in bodies if row[at].strip()), fields[body])
        own = with_state(fields, state_of, has_closed=has_closed)
        return record(name, own, partial(_row_label, path, line), dates, is_html=is_html)

    return as_record


def _rows(path: Path, layout: _Layout) -> Rows:
    """Yield the rows after the header that are not empty, as wide as the header; broken ones are left out.

    Raises:
        SourceError: A quote that opens is not closed before the end: the file is cut short.
    """
    chosen = layout.chosen or (_of_sheet(layout)[0] if layout.kind in registry.CSV_FORMATS else {})
    column, width = layout.header.names[0], len(layout.header.names)
    is_title = chosen.get("title", chosen.get("body")) == column
    first = "title" if is_title else "id" if chosen.get("id") == column else None
    return without_footer(_parsed(path, layout), width, partial(_row_label, path), first=first)


def _parsed(path: Path, layout: _Layout) -> Rows:
    """Yield the rows after the header that are not empty; those with too many cells are left out.

    Raises:
        SourceError: A quote that opens is not closed before the end: the file is cut short.
    """
    header = layout.header
    width, n_before = len(header.names), header.n_above + (not header.is_missing)
    # csv keeps line ends in cells only with newline=""
    with text_file.open_text(path, newline="", encoding=layout.encoding) as file:
        # Without strict, csv accepts a quote that is never closed.
        lines = map(csv_escapes.plain, file) if layout.is_escaped else file
        reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
        end = 0
        while True:
            start = end + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                message = f"{_row_label(path, start)}: the row that begins here is broken: {error}"
                if "unexpected end" in str(error) or n_before:
                    raise SourceError(message) from error
                end = reader.line_num
                yield LeftOut("broken", message)
                continue
            if row is None:
                return
            end = reader.line_num
            if not any(row) or (n_before and csv_header.is_separator(row)):
                continue
            if n_before:
                n_before -= 1
            elif any(row[width:]):
                yield LeftOut(
                    "broken",
                    f"{_row_label(path, start)} has {len(row)} cells, and the header has {width}:"
                    " put quotes around cells with the delimiter in them",
                )
            else:
                yield start, row


def _row_label(path: Path, line: int) -> str:
    return f"{path}, line {line}"
