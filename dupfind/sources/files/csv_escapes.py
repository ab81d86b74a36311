r"""Quotes in cells that a program writes as \" and not as "", as many do that know CSV from other languages."""

import csv
import re
from collections.abc import Iterable
from io import StringIO

_ESCAPED = re.compile(r'(?<!\\)\\"')
_N_ROWS = 1_000  # rows of the beginning that are compared


def plain(line: str) -> str:
    r"""Return a line in which \" is written as "".

    A quote after two backslashes ends its cell, because there the backslash is the escaped one.
    """
    return _ESCAPED.sub('""', line) if '\\"' in line else line


def has_escapes(head: str, delimiter: str, width: int) -> bool:
    r"""Return whether more rows of a file are whole if \" is a quote in a cell.

    Else the backslash is the last character of a cell, such as that of the folder in "C:\logs\".

    Args:
        head: The beginning of the file.
        delimiter: One character.
        width: The number of columns.
    """
    if '\\"' not in head:
        return False
    lines = StringIO(head, newline="").readlines()
    return _n_broken(map(plain, lines), delimiter, width) < _n_broken(lines, delimiter, width)


def _n_broken(lines: Iterable[str], delimiter: str, width: int) -> int:
    """Count the rows that are broken or too wide; a row that the end of the lines cuts is none of them."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    n_broken = 0
    for _ in range(_N_ROWS):
        try:
            row = next(reader, None)
        except csv.Error as error:
            n_broken += "unexpected end" not in str(error)
            continue
        if row is None:
            break
        n_broken += any(row[width:])
    return n_broken
