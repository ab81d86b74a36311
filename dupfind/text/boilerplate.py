"""Finds boilerplate: the lines, and the labels before a colon, that a template or a log puts into many bodies."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice

from dupfind.text.faults import is_fault, is_python_frame, names_a_fault
from dupfind.text.signs import DIGITS

FEWEST = 50
"""A source with fewer records has no boilerplate."""

LEAST, SHARE = 20, 0.005
"""A line is boilerplate if this many records, and this share of a source's records, contain it.

Chosen on the train parts of rust and titanium, out of .005, .01 and .02 (`python benchmarks/boilerplate.py`).
"""

MAX_LINES = 256
"""Lines of one record that are counted."""

ROOM = 1 << 17
"""Distinct lines of a run whose counts are held at a time."""

_CODE = r"\b[A-Z]{1,12}[-_]?\d{2,}\b|\b0[xX][0-9a-fA-F]{2,8}\b"
_NUMBER = re.compile(
    rf"({_CODE})|\b[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}\b"
    r"|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{7,}\b|\d+(?:[.,:/-]\d+)*"
)
_ENDS = " \t!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u2013\u2014\u2022\u2026"
_LETTER = re.compile(r"[^\W\d_]")
_LABEL = re.compile(r"([^\W\d_][^:\n]{0,39}\s[^:\n]{1,20}):(?=\s)")


def key(line: str) -> str:
    """Return the form that the lines of one template share; "" for a line without a letter.

    Case, numbers and the punctuation at both ends are ignored. Dates, versions, checksums and UUIDs count as
    numbers. Error codes ("E0308", "ORA-00942", "0xc0000005"), names, paths and options do not: a line with a rare
    one is itself rare, so it is not boilerplate.
    """
    if DIGITS.match(line):
        # Group 1, an error's code, stays; any other number becomes 0.
        line = " ".join(
            [
                word if word.isalpha() or not DIGITS.match(word) else _without_numbers(word)
                for word in line.split(" ")
            ]
        )
    folded = line.casefold().strip(_ENDS)
    return folded if _LETTER.search(folded) else ""


def _without_numbers(word: str) -> str:
    return "0" if word.isdecimal() else _NUMBER.sub(lambda number: number[1] or "0", word)


def label(line: str) -> str:
    """Return the label at the start of a line, with its colon: "SDK version: 3.1" gives "SDK version:".

    Return "" for a line without a label. A single word is no label, because code is full of them ("note:").
    Neither is a text that names a fault ("assertion failed:", "exited with SIGSEGV:").
    """
    match = _LABEL.match(line) if ": " in line else None
    return "" if match is None or names_a_fault(match[0].lower()) or is_fault(match[0]) else match[0]


KeyPair = tuple[str, str]
"""What is counted of a line: its key, and that of its label with a colon behind it, "" for a line without one."""


def key_pair(line: str) -> KeyPair:
    """Return the keys of a line and of its label."""
    name = label(line)
    return key(line), f"{key(name)}:" if name else ""


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """The boilerplate of a source.

    Attributes:
        n_records: Number of records that contain a line, by the line's key; the key of a label ends in a colon.
        asked: The keys that `rest` has looked up so far; None if they are not collected.
        keys: The keys of lines that are known already, and of those that `rest` has met; None to compute each one.
    """

    n_records: dict[str, int] = field(default_factory=dict)
    asked: set[str] | None = field(default=None, compare=False, repr=False)
    keys: dict[str, KeyPair] | None = field(default=None, compare=False, repr=False)

    def __len__(self) -> int:
        """Return the number of lines and labels."""
        return len(self.n_records)

    def __bool__(self) -> bool:
        """Return whether `rest` has any use."""
        return bool(self.n_records) or self.asked is not None

    def observed(self, keys: dict[str, KeyPair] | None = None) -> "Boilerplate":
        """Return the same boilerplate, which collects the keys that are looked up.

        Args:
            keys: The keys of lines that are known already; others are added.
        """
        return Boilerplate(self.n_records, set(), {} if keys is None else keys)

    def rest(self, line: str) -> str:
        """Return a line without its boilerplate: "", the text after its label, or the whole line.

        A line that names a fault stays whole, even where another line of the same key is boilerplate.
        """
        own, of_label = self._keys(line)
        if self._has(own):
            return line if is_fault(line) else ""
        return line[len(label(line)) :].strip() if of_label and self._has(of_label) else line

    def _keys(self, line: str) -> KeyPair:
        if self.keys is None:
            return key_pair(line)
        if (known := self.keys.get(line)) is None:
            known = self.keys[line] = key_pair(line)
        return known

    def _has(self, line_key: str) -> bool:
        if self.asked is not None and line_key:
            self.asked.add(line_key)
        return line_key in self.n_records


NOTHING = Boilerplate()


def counted_keys(lines: Iterable[str], known: dict[str, KeyPair] | None = None) -> set[str]:
    """Return the keys of the first `MAX_LINES` lines of one record and of their labels.

    Lines that name a fault are left out, and with a frame of Python the code below it.

    Args:
        lines: The cleaned lines of the record.
        known: The keys of these lines are added to it.
    """
    known = {} if known is None else known
    keys = set[str]()
    before = ""
    for line in islice(lines, MAX_LINES):
        is_code_of_frame, before = is_python_frame(before), line
        if is_code_of_frame or is_fault(line):
            continue
        known[line] = key_pair(line)
        keys.update(known[line])
    return keys - {"", ":"}  # lines and labels without a letter


def least_count(n_records: int) -> float:
    """Return the number of records that must contain a line of boilerplate, in a source of so many records."""
    return max(LEAST, SHARE * n_records) if n_records >= FEWEST else math.inf


class LineCounter:
    """Counts the records of a run that contain each line, in bounded memory.

    Above `ROOM` distinct lines, every count is decremented and lines with count 0 are dropped (Misra and Gries,
    "Finding repeated elements", 1982). Counts are then too low by at most (number of all lines) / `ROOM`, and never
    too high. Below that limit they are exact.
    """

    def __init__(self) -> None:
        """Start with no records."""
        self.n_records = 0
        self._counts: Counter[str] = Counter()
        self._frequent: set[str] = set()  # has every line whose count is `LEAST` or more

    def add(self, keys: Collection[str]) -> None:
        """Count one record, by its `counted_keys`."""
        self._counts.update(keys)
        self._frequent.update([line for line in keys if self._counts[line] >= LEAST])
        self.n_records += 1
        if len(self._counts) > ROOM:
            self._counts = Counter({line: count - 1 for line, count in self._counts.items() if count > 1})
            self._frequent.intersection_update(self._counts)

    def boilerplate(self) -> Boilerplate:
        """Return the boilerplate of the counted records."""
        enough = least_count(self.n_records)
        counts = ((line, self._counts[line]) for line in self._frequent)
        return Boilerplate(dict(sorted((line, n) for line, n in counts if n >= enough)))
