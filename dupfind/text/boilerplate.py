"""Finds boilerplate: the lines, and the labels before a colon, that a template or a log puts into many bodies."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from dupfind.text.faults import is_fault, is_python_frame

FEWEST = 50
"""A source with fewer records has no boilerplate."""

LEAST, SHARE = 20, 0.005
"""A line is boilerplate if this many records, and this share of the counted records, contain it.

Chosen on the train parts of rust and titanium, out of .005, .01 and .02 (`python benchmarks/boilerplate.py`).
"""

STAYS = 0.5
"""Boilerplate stays boilerplate until its count falls below this share of the count that a new line needs."""

WORTH = 0.02
"""A change must touch this share of the records, because each of them is encoded again."""

MAX_LINES = 256
"""Lines of one record that are counted."""

ROOM = 1 << 17
"""Distinct lines whose counts are held at a time."""

_CODE = r"\b[A-Z]{1,12}[-_]?\d{2,}\b|\b0[xX][0-9a-fA-F]{2,8}\b"
_NUMBER = re.compile(
    rf"({_CODE})|\b[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}\b"
    r"|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{7,}\b|\d+(?:[.,:/-]\d+)*"
)
_ENDS = " \t!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u2013\u2014\u2022\u2026"
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_LABEL = re.compile(r"([^\W\d_][^:\n]{0,39}\s[^:\n]{1,20}):(?=\s)")

_FAULTS = """
error, exception, caused by, panic, fail, fatal, assert, abort, crash, segfault, segmentation, undefined,
not found, denied, timeout, timed out, overflow, traceback
"""
_FAULT_WORDS = tuple(" ".join(_FAULTS.split()).split(", "))


def names_a_fault(line: str) -> bool:
    """Return whether a line, in lower case, has a word for a fault ("error", "denied")."""
    return any(word in line for word in _FAULT_WORDS)


def key(line: str) -> str:
    """Return the form that the lines of one template share; "" for a line without a letter.

    Case, numbers and the punctuation at both ends are ignored. Dates, versions, checksums and UUIDs count as
    numbers. Error codes ("E0308", "ORA-00942", "0xc0000005"), names, paths and options do not: a line with a rare
    one is itself rare, so it is not boilerplate.
    """
    if _DIGIT.search(line):
        # Group 1, an error's code, stays; any other number becomes 0.
        line = _NUMBER.sub(lambda number: number[1] or "0", line)
    folded = line.casefold().strip(_ENDS)
    return folded if _LETTER.search(folded) else ""


def label(line: str) -> str:
    """Return the label at the start of a line, with its colon: "SDK version: 3.1" gives "SDK version:".

    Return "" for a line without a label. A single word is no label, because code is full of them ("note:").
    Neither is a text that names a fault ("assertion failed:", "exited with SIGSEGV:").
    """
    match = _LABEL.match(line) if ": " in line else None
    return "" if match is None or names_a_fault(match[0].lower()) or is_fault(match[0]) else match[0]


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """The boilerplate of a source.

    Attributes:
        n_records: Number of counted records that contain a line, by the line's key; the key of a label ends in a
            colon.
    """

    n_records: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of lines and labels."""
        return len(self.n_records)

    def rest(self, line: str) -> str:
        """Return a line without its boilerplate: "", the text after its label, or the whole line.

        A line that names a fault stays whole, even where another line of the same key is boilerplate.
        """
        if key(line) in self.n_records:
            return line if is_fault(line) else ""
        name = label(line)
        return line[len(name) :].strip() if name and f"{key(name)}:" in self.n_records else line


NOTHING = Boilerplate()


class LineCounter:
    """Counts the records that contain each line, in bounded memory.

    Above `ROOM` distinct lines, every count is decremented and lines with count 0 are dropped (Misra and Gries,
    "Finding repeated elements", 1982). Counts are then too low by at most (number of all lines) / `ROOM`, and never
    too high. Below that limit they are exact, in any order of the records.
    """

    def __init__(self) -> None:
        """Start with no records."""
        self._n_records = 0
        self._counts: Counter[str] = Counter()

    def add(self, lines: Iterable[str]) -> None:
        """Count the first `MAX_LINES` lines of one record, each once, but not those that name a fault."""
        keys = set()
        before = ""
        for line in islice(lines, MAX_LINES):
            is_code_of_frame, before = is_python_frame(before), line
            if is_code_of_frame or is_fault(line):
                continue
            keys.add(key(line))
            if name := label(line):
                keys.add(f"{key(name)}:")
        self._counts.update(keys - {"", ":"})  # lines and labels without a letter
        self._n_records += 1
        if len(self._counts) > ROOM:
            self._counts = Counter({line: count - 1 for line, count in self._counts.items() if count > 1})

    def boilerplate(self, before: Boilerplate = NOTHING) -> Boilerplate:
        """Return the boilerplate of the counted records.

        Args:
            before: The source's present boilerplate. It is returned itself if a change would touch few records.
        """
        if self._n_records < FEWEST:
            return before
        enough = max(LEAST, SHARE * self._n_records)
        frequent = {
            line: count
            for line, count in sorted(self._counts.items())
            if count >= (STAYS * enough if line in before.n_records else enough)
        }
        n_touched = sum(self._counts[line] for line in frequent.keys() ^ before.n_records.keys())
        return Boilerplate(frequent) if n_touched >= max(LEAST, WORTH * self._n_records) else before
