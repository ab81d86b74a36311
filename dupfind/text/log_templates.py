"""Finds the chatter of a long log by its repetition, and the lines that come once between it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

FEWEST_LINES = 20
"""Lines of a body that may be a log."""

REPEATED = 3
"""Lines that have each word of chatter."""

SHARE = 0.5
"""Share of a body's lines that are chatter in a log."""

_LONGEST_START = 8  # words
_LONGEST_FORM = 40  # words
_HEX = re.compile(r"\b(?=[a-fA-F]*+\d)[0-9a-fA-F]++\b")  # a number or an address
_DIGITS = re.compile(r"\d++")
_LETTER = re.compile(r"[^\W\d_]")

_MESSAGE = re.compile(r"\"(?:msg|message|MESSAGE|error|err)\": ?\"([^\"\n]{1,400})\"")


@dataclass(frozen=True, slots=True)
class Log:
    """The lines of a body that is mostly a log, by their places.

    Attributes:
        chatter: Lines of which each word stands in other lines, too.
        again: Those of them that differ from an earlier one only in numbers and addresses.
        rest: Every other line, without the words at its start with which other lines start, too, and without those that
            most lines have at their places; of one in JSON its message. A number is left out only where most lines
            have one.
    """

    chatter: frozenset[int]
    again: frozenset[int]
    rest: dict[int, str]


def log_of(lines: Sequence[str]) -> Log | None:
    """Return what is chatter in a body and what is not; None for a body that is no log.

    A line with words that no other line has says more than its level: many logs have no levels, and many programs warn
    all the time. Numbers and addresses count as one, as they differ from line to line.

    Args:
        lines: Cleaned lines, in their order.
    """
    if len(lines) < FEWEST_LINES:
        return None
    templates = [_DIGITS.sub("0", _HEX.sub("0", line)) for line in lines]
    words = [template.split(" ") for template in templates]
    n_lines = Counter(word for line in words for word in {*line})
    chatter = frozenset(
        place for place, line in enumerate(words) if all(n_lines[word] >= REPEATED for word in line)
    )
    if len(chatter) < SHARE * len(lines):
        return None
    forms = _forms(words)
    n_starts = Counter(start for line in words for start in _starts(line))
    first = {template: place for place, template in reversed([*enumerate(templates)])}
    again = frozenset(place for place in chatter if first[templates[place]] != place)
    rest = {}
    for place in {*range(len(lines))} - chatter:
        if lines[place].startswith("{") and (message := _MESSAGE.search(lines[place])):
            rest[place] = message[1]
            continue
        n_shared = sum(n_starts[start] >= REPEATED for start in _starts(words[place]))
        while n_shared and not _form(words[place][n_shared - 1]) and forms[n_shared - 1] != "":
            n_shared -= 1  # a number of the message
        for word, form in zip(words[place][n_shared:], forms[n_shared:], strict=False):
            if _form(word) != form:
                break
            n_shared += 1
        rest[place] = " ".join(lines[place].split(" ")[n_shared:])
    return Log(chatter, again, rest)


def _forms(lines: Sequence[Sequence[str]]) -> list[str | None]:
    """Return the word that most lines have at each place: "" for any without a letter, None where there is none."""
    counted = [Counter[str]() for _ in range(_LONGEST_FORM)]
    for line in lines:
        for n_at, word in zip(counted, line[:_LONGEST_FORM], strict=False):
            n_at[_form(word)] += 1
    most = [*chain.from_iterable(n_at.most_common(1) for n_at in counted)]
    return [word if n > SHARE * len(lines) else None for word, n in most]


def _form(word: str) -> str:
    return word if _LETTER.search(word) else ""


def _starts(words: Sequence[str]) -> Iterator[int]:
    """Yield a number for each start of a line, from one word on."""
    start = 0
    for word in words[:_LONGEST_START]:
        start = hash((start, word))
        yield start
