"""Read a plain text with a question on each line, as of a list of frequent questions."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dupfind.records import Record
from dupfind.sources.files import csv_header, text_file
from dupfind.sources.mapping import UNMAPPED, Mapping
from dupfind.sources.reading_counts import Expectations
from dupfind.sources.source import Source

KIND = "questions"
MAX_LINE = 100_000
"""Characters of a line that are read."""

_ENDS = ("?", "\uff1f", "\u061f", "\u037e")  # also the marks of Chinese, Arabic and Greek
_BULLET = re.compile(r"(?:[-*\u2022]|\(?\d{1,9}[.):])[ \t]{1,9}")


def begins(start: str) -> bool:
    """Return whether a text is such a list: its first two lines or more all end with a question mark.

    Rows of a table without a header may end so, too: they have ids, or as many tabs each.

    Args:
        start: The first characters of the text; its last line may be cut.
    """
    lines = [line.strip() for line in start.split("\n")]
    whole = [line for line in lines[:-1] if line]
    if len(whole) < 2 or not all(line.endswith(_ENDS) for line in whole):
        return False
    header = csv_header.find("\n".join(whole), UNMAPPED)
    is_table = header is not None and header.is_missing
    return not is_table and not all("\t" in line for line in whole)


def source(path: Path, mapping: Mapping, *, name: str, location: str) -> Source:
    """Open a list, compressed or not."""
    return Source(
        name=name,
        kind=KIND,
        location=location,
        notes=("a question on each line: id=line number", *text_file.notes(path, mapping.encoding)),
        expected=Expectations(text_file.doubts(path, mapping.encoding), reads_encoding=True),
        read=partial(_read, path, mapping.encoding, name),
    )


def _read(path: Path, encoding: str | None, name: str) -> Iterator[Record]:
    with text_file.open_text(path, encoding=encoding) as file:
        number, is_rest = 0, False
        while line := file.readline(MAX_LINE):
            number += not is_rest
            question = line.strip()
            if question and not is_rest:
                yield Record(id=str(number), title=_without_bullet(question), source=name)
            is_rest = not line.endswith("\n")


def _without_bullet(line: str) -> str:
    bullet = _BULLET.match(line)
    return line[bullet.end() :] if bullet else line
