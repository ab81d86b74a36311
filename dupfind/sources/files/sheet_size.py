"""Refuse a spreadsheet that would take too much memory: one cell far away makes a sheet of a billion cells."""

import zlib
from collections.abc import Iterator
from lzma import LZMAError
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from dupfind.errors import SourceError
from dupfind.sources.files.compression import FREE, MAX_RATIO

MAX_CELLS = 10_000_000
"""Cells of the largest sheet, empty ones included."""

_PIECE = 256 * 1024
_VALUES = ("office:value-type", "calcext:value-type")


class _Extent:
    """The number of rows and columns of a sheet up to the last cell with a value."""

    def __init__(self) -> None:
        self._row = self._column = self._n_rows = self._n_columns = self._step = 0

    @property
    def n_cells(self) -> int:
        return self._n_rows * self._n_columns

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count an element of either format."""
        name = tag.rpartition(":")[2]
        if name in ("table", "sheetData"):
            self._row = self._step = 0
        elif name == "row":
            self._row, self._column = _number(attributes.get("r"), self._row + 1), 0
        elif name == "c":
            letters = attributes.get("r", "").rstrip("0123456789")
            self._column = _column(letters) or self._column + 1
            self._row = _number(attributes.get("r", "")[len(letters) :], self._row)
            self._seen()
        elif name == "table-row":
            self._row, self._column = self._row + self._step, 0
            self._step = _number(attributes.get("table:number-rows-repeated"), 1)
        elif name in ("table-cell", "covered-table-cell"):
            self._column += _number(attributes.get("table:number-columns-repeated"), 1)
            if any(key in attributes for key in _VALUES):
                self._seen()

    def _seen(self) -> None:
        self._n_rows = max(self._n_rows, self._row + self._step)
        self._n_columns = max(self._n_columns, self._column)


def check(path: Path) -> None:
    """Read the sheets of a spreadsheet once for their extent.

    Raises:
        SourceError: The file is damaged or encrypted, grows too much when it is unpacked, or has too many cells.
    """
    limit = max(FREE, MAX_RATIO * path.stat().st_size)
    try:
        with ZipFile(path) as archive:
            for member in archive.infolist():
                if member.flag_bits & 1:
                    raise SourceError(f"{path} is encrypted: save it without a password")
                with archive.open(member) as file:
                    limit -= _read(file, limit, path)
    # zipfile raises NotImplementedError for an unknown compression method.
    except (BadZipFile, zlib.error, LZMAError, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise SourceError(f"{path} is a damaged spreadsheet: {error}") from error


def _read(file: IO[bytes], limit: int, path: Path) -> int:
    """Read a file of the archive, which is a sheet if it has cells, and return its size."""
    extent = _Extent()
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.start
    is_xml = None
    size = 0
    for piece in _pieces(file):
        size += len(piece)
        if size > limit:
            raise SourceError(f"{path} grows to more than {MAX_RATIO} times its size: save it as CSV")
        if is_xml is None:
            is_xml = piece.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")
        if is_xml:
            try:
                parser.Parse(piece, False)
            except (
                expat.ExpatError,
                LookupError,
                ValueError,
            ) as error:  # the latter from the declared encoding
                raise SourceError(f"{path} is a damaged spreadsheet: {error}") from error
        if extent.n_cells > MAX_CELLS:
            raise SourceError(f"{path} has a sheet of more than {MAX_CELLS:,} cells: save it as CSV")
    return size


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _number(digits: str | None, missing: int) -> int:
    """Return a number of at most nine digits, else `missing`; a longer one is too large for any sheet."""
    if not digits or not digits.isdecimal():
        return missing
    return int(digits) if len(digits) < 10 else 10**9


def _column(letters: str) -> int:
    """Return the number of a column: 1 for A, 27 for AA; 0 for none."""
    number = 0
    for letter in letters[:7].upper():
        number = 26 * number + max(0, ord(letter) - 64)
    return number
