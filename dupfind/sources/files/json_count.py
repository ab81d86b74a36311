"""Count the objects of a large JSON array without parsing them, so that its reading has a total."""

import mmap
import re
from pathlib import Path

MAX_TOKENS = 20_000_000
"""Strings and brackets that are read, at most: some seconds."""

# A string without its end reaches to the end of the file, so that every byte is read once.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)
_MOST_BEFORE = 1_000
_BEFORE = b" \t\r\n\xef\xbb\xbf"  # white space, and the mark of UTF-8
_OPENING, _CLOSING = frozenset(b"{["), frozenset(b"}]")


def count_objects(path: Path) -> int | None:
    """Return the number of objects in the outermost array of a file.

    Returns:
        None where the file is no array of objects in UTF-8 or a code page, where the count takes too long, and for an
        empty file.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:  # such a file cannot be mapped
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _count(data)


def _count(data: mmap.mmap) -> int | None:
    depth = n_objects = 0
    for n_tokens, token in enumerate(_TOKEN.finditer(data)):
        sign = data[token.start()]
        if (not n_tokens and not _begins(data, token.start())) or n_tokens == MAX_TOKENS:
            return None
        if sign in _OPENING:
            n_objects += depth == 1 and sign == ord("{")
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
            if not depth:
                break
    return n_objects or None


def _begins(data: mmap.mmap, start: int) -> bool:
    """Return whether an array begins there: nothing stands before it, and no byte of UTF-16 after its bracket."""
    is_first = start < _MOST_BEFORE and not data[:start].strip(_BEFORE)
    return is_first and data[start] == ord("[") and data[start + 1 : start + 2] != b"\0"
