"""Read spreadsheets (.xlsx and .ods): a sheet becomes a CSV file in a temporary folder, and is read like any other."""

import csv
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain, islice, pairwise
from lzma import LZMAError
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from dupfind.errors import SourceError
from dupfind.sources.column_hints import KNOWN, names_text
from dupfind.sources.column_names import normalize
from dupfind.sources.column_profile import addresses_are_ids
from dupfind.sources.csv_formats import registry
from dupfind.sources.files import csv_file, sheet_size
from dupfind.sources.files.extract import MAX_MEMBERS, Copy
from dupfind.sources.mapping import (
    UNMAPPED,
    Mapping,
    choose,
    join_names,
    match_name,
)
from dupfind.sources.source import Source

_HEAD = 30  # rows above the header, such as the name of a board
_MAX_SHEETS = 100
_LIBRARY = ("python_calamine", "pyo3_runtime")  # modules of the errors that it raises


def is_spreadsheet(path: Path) -> bool:
    """Return whether a ZIP archive is a spreadsheet of Excel or OpenDocument."""
    try:
        with ZipFile(path) as archive:
            if "xl/workbook.xml" in archive.namelist():
                return True
            with archive.open("mimetype") as file:
                return file.read(100).startswith(b"application/vnd.oasis.opendocument.spreadsheet")
    except (
        BadZipFile,
        KeyError,
        OSError,
        NotImplementedError,
        ValueError,
        RuntimeError,
        zlib.error,
        LZMAError,
    ):
        return False


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Open the sheet that `mapping.table` names, else the first one with columns that are known.

    Raises:
        SourceError: python-calamine is not installed, the file is damaged, encrypted or too large, or no sheet has a
            column like title or body.
    """
    sheet_size.check(path)
    copy = Copy(f"{path}/")
    column_names = replace(mapping, table=None, encoding="utf-8")  # in which the sheet is written
    with _opened(path) as book:
        names = [sheet.name for sheet in book.sheets_metadata if _is_visible(sheet)][:_MAX_SHEETS]
        if mapping.table is not None:
            wanted = match_name(
                mapping.table, names, what=f"sheet {mapping.table!r}", where=str(path), kind="sheets"
            )
            names = [wanted]
        errors: list[SourceError] = []
        for number, sheet in enumerate(names, 1):
            file = copy.path / f"sheet-{number}.csv"
            if not _write(book.get_sheet_by_name(sheet).iter_rows(), file, column_names):
                continue
            try:
                opened = copy.source(file, _look(column_names, name), location=location)
            except SourceError as error:
                errors.append(error)
                continue
            others = [other for other in names if other != sheet]
            note = f"sheet {sheet!r}" + (
                f" (choose another with --table: {join_names(others)})" if others else ""
            )
            expected = replace(opened.expected, reads_encoding=False)
            return replace(opened, notes=(*opened.notes, note), expected=expected)
    raise errors[0] if errors else SourceError(f"{path} has no sheet with a header and rows")


def _look(mapping: Mapping, name: str) -> Callable[[Path], Source]:
    return lambda file: csv_file.source(file, mapping, name=name, location=os.fspath(file))


def _write(rows: Iterator[list[Any]], file: Path, mapping: Mapping) -> bool:
    """Write the header and the rows below it, without its repetitions; return whether there are any.

    Where no column is known to hold ids, the number of the row becomes one, since a cell may have several lines.
    """
    head = list(islice(rows, _HEAD))
    start = max(range(len(head)), key=lambda at: (_n_known(head[at], mapping), -at), default=None)
    if start is None:
        return False
    header = [_shown(cell).strip() for cell in head[start]]
    has_ids = (
        mapping.id_column is not None
        or registry.detect(registry.Columns(header)) is not None
        or _has_ids(header, head[start + 1 :])
    )
    n_rows = 0
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(header if has_ids else [*header, "no"])
        below = ([_shown(cell).strip(" ") for cell in row] for row in chain(head[start + 1 :], rows))
        for number, (cells, next_cells) in enumerate(pairwise(chain(below, [[]])), start + 2):
            is_title = next_cells == header and sum(map(bool, cells)) == 1  # of a group, above its own header
            if any(cells) and not is_title and cells != header:
                writer.writerow(cells if has_ids else [*cells, number])
                n_rows += 1
    return n_rows > 0


def _has_ids(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bool:
    """Return whether a column holds ids, or the addresses end in them."""
    sample: dict[str, list[str]] = {}
    # A header may stand again above each group of rows, below the name of the group.
    shown = (list(map(_shown, row)) for row in rows)
    cells = [row for row in shown if sum(map(bool, row)) > 1 and [cell.strip() for cell in row] != header]
    for at, column in enumerate(header):
        sample.setdefault(column, [row[at] for row in cells if at < len(row)])
    chosen = choose(header, UNMAPPED, where="", is_file=True, sample=sample)
    return "id" in chosen or ("url" in chosen and addresses_are_ids(chosen, sample))


def _n_known(row: Sequence[Any], mapping: Mapping) -> int:
    """Return how many cells of a row are names of columns that are known."""
    cells = [_shown(cell).strip() for cell in row]
    named = {mapping.title_column, mapping.body_column, mapping.id_column}
    is_export = registry.detect(registry.Columns(cells)) is not None
    n_known = sum(cell in named or normalize(cell) in KNOWN or names_text(cell) for cell in cells if cell)
    return 100 * is_export + n_known


def _shown(cell: Any) -> str:
    """Return a cell as text: a whole number without a point, a time as ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)


def _is_visible(sheet: Any) -> bool:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return bool(sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a spreadsheet, and turn the library's errors into one of ours."""
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise SourceError(
            f"{path} is a spreadsheet, which needs: pip install 'dupfind[spreadsheet]'; or save it as CSV"
        ) from error
    try:
        with ZipFile(path) as archive:
            if len(archive.infolist()) > MAX_MEMBERS:
                raise SourceError(f"{path} holds more than {MAX_MEMBERS:,} files: save it as CSV")
        with path.open("rb") as file:  # of a path the library looks at its suffix alone
            yield CalamineWorkbook.from_filelike(file)
    except BaseException as error:  # a panic in the library's Rust code is no Exception
        if type(error).__module__.partition(".")[0] not in _LIBRARY and not isinstance(error, OSError):
            raise
        reason = " ".join(str(error).split())[:200]
        raise SourceError(f"{path} is a spreadsheet that cannot be read: {reason}: save it as CSV") from error
