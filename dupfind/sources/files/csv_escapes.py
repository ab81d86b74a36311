r"""Quotes in cells that a program writes as \" and not as "", as many do that know CSV from other languages."""

import csv
import re
from collections.abc import Iterable
from io import StringIO

_ESCAPED = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
_N_ROWS = 1_000  # rows of the beginning that are compared


def plain(line: str) -> str:
    r"""Return a line in which \" is written as "".

    A quote after two or four backslashes ends its cell, because these are escaped ones.
    """
    return _ESCAPED.sub(r'\1""', line) if '\\"' in line else line


def has_escapes(head: str, delimiter: str, width: int, *, is_cut: bool) -> bool:
    r"""Return whether more rows of a file are whole if \" is a quote in a cell.

    Else the backslash is the last character of a cell, such as that of the folder in "C:\logs\".

    Args:
        head: The beginning of the file.
        delimiter: One character.
        width: The number of columns.
        is_cut: Whether the file goes on after it.
    """
    if '\\"' not in head:
        return False
    lines = StringIO(head, newline="").readlines()
    escaped, end = _broken(map(plain, lines), delimiter, width)
    unescaped, other_end = _broken(lines, delimiter, width)
    if not is_cut and (end is None) != (other_end is None):
        return end is None
    # A cell that goes on to the end may hide broken rows.
    last = min((at for at in (end, other_end) if at is not None), default=len(lines))
    return sum(line <= last for line in escaped) < sum(line <= last for line in unescaped)


def _broken(lines: Iterable[str], delimiter: str, width: int) -> tuple[list[int], int | None]:
    """Return the last lines of the rows that are broken or too wide, and the line before a row without an end."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    found: list[int] = []
    for _ in range(_N_ROWS):
        before = reader.line_num
        try:
            row = next(reader, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                return found, before
            found.append(reader.line_num)
            continue
        if row is None:
            break
        if any(row[width:]):
            found.append(reader.line_num)
    return found, None
