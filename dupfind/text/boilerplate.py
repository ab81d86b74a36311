"""Boilerplate: the lines, and the labels before a colon, that a template or a log puts into many bodies."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

FEWEST = 50
"""Records below which a source is too small to learn from."""

LEAST, SHARE = 20, 0.005
"""So many records, and such a share of those looked at, make a line boilerplate.

Chosen on the train parts of rust and titanium, of .005, .01 and .02 (`python benchmarks/boilerplate.py`).
"""

STAYS = 0.5
"""What is boilerplate stays so until it falls below this share of what makes a line so."""

WORTH = 0.02
"""Share of the records that a change must touch: each of them would have to be encoded anew."""

MAX_LINES = 256
"""Distinct lines of a record that are counted."""

ROOM = 1 << 17
"""Lines whose counts are held at a time."""

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
    """Whether a line in lower case has a word for what went wrong."""
    return any(word in line for word in _FAULT_WORDS)


def key(line: str) -> str:
    """What the lines of one template have in common; "" for a line without a letter.

    Case, numbers and the punctuation at the ends are of no account; dates, versions, checksums and UUIDs are
    numbers. The code of an error is none ("E0308", "ORA-00942", "0xc0000005"), and neither are names, paths and
    options: a line that holds a rare one is itself rare, and so it stays.
    """
    if _DIGIT.search(line):
        line = _NUMBER.sub(lambda number: number[1] or "0", line)
    folded = line.casefold().strip(_ENDS)
    return folded if _LETTER.search(folded) else ""


def label(line: str) -> str:
    """The label at the beginning of a line, with its colon: "SDK version: 3.1" gives "SDK version:".

    One word is none, since code is full of them, and neither is what names a fault ("assertion failed:").
    """
    found = _LABEL.match(line) if ": " in line else None
    return "" if found is None or names_a_fault(found[0].lower()) else found[0]


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """What was learned from a source.

    Attributes:
        n_records: In how many of the records looked at each line was, by its key; that of a label ends in a colon.
    """

    n_records: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many lines and labels there are."""
        return len(self.n_records)

    def rest(self, line: str) -> str:
        """What is left of a line without boilerplate: nothing, what follows its label, or all of it."""
        if key(line) in self.n_records:
            return ""
        name = label(line)
        return line[len(name) :].strip() if name and f"{key(name)}:" in self.n_records else line


NOTHING = Boilerplate()


class LineCounter:
    """Counts in how many records each line is, in bounded memory.

    Where more than `ROOM` lines are met, every count goes down by one, and what comes to nothing leaves (Misra and
    Gries, "Finding repeated elements", 1982): counts are then too low by at most all lines / `ROOM`, never too high.
    Up to there they are exact, whatever the order of the records.
    """

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._n_looked_at = 0
        self._counts: Counter[str] = Counter()

    def add(self, lines: Iterable[str]) -> None:
        """Count the lines of one record, each once."""
        keys = set()
        for line in islice(lines, MAX_LINES):
            keys.add(key(line))
            if name := label(line):
                keys.add(f"{key(name)}:")
        self._counts.update(keys - {"", ":"})
        self._n_looked_at += 1
        if len(self._counts) > ROOM:
            self._counts = Counter({line: count - 1 for line, count in self._counts.items() if count > 1})

    def learned(self, before: Boilerplate = NOTHING) -> Boilerplate:
        """What is boilerplate in the records looked at; `before` itself where no more than a few of them change."""
        if self._n_looked_at < FEWEST:
            return before
        enough = max(LEAST, SHARE * self._n_looked_at)
        found = {
            line: count
            for line, count in sorted(self._counts.items())
            if count >= (STAYS * enough if line in before.n_records else enough)
        }
        n_touched = sum(self._counts[line] for line in found.keys() ^ before.n_records.keys())
        return Boilerplate(found) if n_touched >= max(LEAST, WORTH * self._n_looked_at) else before
