"""Finds the chatter of a long log by its repetition, and the lines that come once between it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from dupfind.text.log_lines import is_loud
from dupfind.text.signs import DIGITS

FEWEST_LINES = 20
"""Lines of a body that may be a log."""

REPEATED = 3
"""Lines that have each word of chatter."""

SHARE = 0.5
"""Share of a body's lines that are chatter in a log."""

_REMEMBERED = 4  # bodies: the names of a record are taken from the log of its text
_LONGEST_START = 8  # words
_LONGEST_FORM = 40  # words
_HEX = re.compile(r"\b(?=[a-fA-F]*+\d)[0-9a-fA-F]++\b")  # a number or an address
_DIGITS = re.compile(r"\d++")
_LETTER = re.compile(r"[^\W\d_]")

_MESSAGE = re.compile(
    r"\"(?:msg|message|MESSAGE|error|err|event|@mt?|textPayload)\": ?\"([^\"\n]{1,400})\""  # JSON
    r"|(?<![\w.])(?:msg|message|error|err)=\"([^\"\n]{1,400})\""  # logfmt
)
_ELEMENT = re.compile(r">([^<>\n]{1,400})(?=</)|<!\[CDATA\[([^<>\n]{1,400})\]\]>")  # of XML
_LEVEL = re.compile(r"\W*(?i:err|eror|error|fail|fatal|crit|critical|severe|panic|alert|emerg|warning)\W*")
_MAY_BE_LEVEL = re.compile(r"(?![A-Z]?[a-z])")
_FEW = 6  # levels of a log
_NEARLY_ALL = 0.9  # lines that have one of them
_SIGNS = ".,:;!?()'\""
_FIELD = re.compile(r"[={}<>]|\":|\A\"")


@dataclass(frozen=True, slots=True)
class Log:
    """The lines of a body that is mostly a log, by their places.

    Attributes:
        chatter: Lines of which each word stands in other lines, too.
        again: Those of them that differ from an earlier one only in numbers and addresses.
        rest: Every other line, without the words at its start with which other lines start, too, and without those that
            most lines have at their places; of one in JSON, logfmt or XML its message. A number is left out only where
            most lines have one.
        messages: The same lines, also without their level, and without names of threads, places and loggers around
            them that other lines have at their places, too.
    """

    chatter: frozenset[int]
    again: frozenset[int]
    rest: dict[int, str]
    messages: dict[int, str]


def log_of(lines: Sequence[str]) -> Log | None:
    """Return what is chatter in a body and what is not; None for a body that is no log.

    A line with words that no other line has says more than its level: many logs have no levels, and many programs warn
    all the time. Numbers and addresses count as one, as they differ from line to line.

    Args:
        lines: Cleaned lines, in their order.
    """
    return _log_of(tuple(lines)) if len(lines) >= FEWEST_LINES else None


@lru_cache(_REMEMBERED)
def _log_of(lines: tuple[str, ...]) -> Log | None:
    said = [_message(line) for line in lines]
    words = [
        [word if word.isalpha() else _template(word) for word in (message or line).split(" ")]
        for message, line in zip(said, lines, strict=True)
    ]
    n_lines = Counter(chain.from_iterable(map(set, words)))
    repeated = {word for word, n in n_lines.items() if n >= REPEATED}
    chatter = frozenset(place for place, line in enumerate(words) if repeated.issuperset(line))
    # A message does not have its level in it.
    loud = {place for place in chatter if said[place] and is_loud(lines[place])}
    if len(loud) < REPEATED:
        chatter -= loud
    if len(chatter) < SHARE * len(lines):
        return None
    at_start, at_end = _counted(words), _counted([line[::-1] for line in words])
    forms = _forms(at_start, len(lines))
    n_starts = Counter(start for line in words for start in _starts(line))
    first = {tuple(words[place]): place for place in reversed(range(len(lines)))}
    again = frozenset(place for place in chatter if first[tuple(words[place])] != place)
    rest, messages = {}, {}
    for place in {*range(len(lines))} - chatter:
        if said[place]:
            rest[place] = messages[place] = said[place]
            continue
        n_shared = sum(n_starts[start] >= REPEATED for start in _starts(words[place]))
        while n_shared and not _form(words[place][n_shared - 1]) and forms[n_shared - 1] != "":
            n_shared -= 1  # a number of the message
        for word, form in zip(words[place][n_shared:], forms[n_shared:], strict=False):
            if _form(word) != form:
                break
            n_shared += 1
        own = lines[place].split(" ")
        rest[place] = " ".join(own[n_shared:])
        start = n_shared + _n_before(words[place][n_shared:], at_start[n_shared:], len(lines))
        messages[place] = " ".join(own[start : len(own) - _n_behind(words[place][start:], at_end)])
    return Log(chatter, again, rest, messages)


def _template(word: str) -> str:
    """Return a word with one number in place of any other, and of an address."""
    return _DIGITS.sub("0", _HEX.sub("0", word)) if DIGITS.match(word) else word


def _message(line: str) -> str:
    """Return the messages of a line of JSON, logfmt or XML; "" for any other line."""
    found = dict.fromkeys(one or other for one, other in _MESSAGE.findall(line)) if '"' in line else None
    if found:
        return " ".join(found)
    return (
        max((one or other for one, other in _ELEMENT.findall(line)), key=len, default="")
        if "</" in line
        else ""
    )


def _n_before(words: Sequence[str], columns: Sequence[Counter[str]], n_lines: int) -> int:
    """Return the number of words before a message: its level, and what other lines have at that place, too.

    A word in small letters belongs to the message, and so does a number, unless most lines have one there.
    """
    has_level = False
    for place, (word, n_with) in enumerate(zip(words, columns, strict=False)):
        form = _form(word)
        few = sum(n for each, n in n_with.most_common(_FEW) if each)
        is_level = not _is_plain(word) and (is_loud(word) or _LEVEL.fullmatch(word))
        is_level = is_level or (few >= _NEARLY_ALL * n_lines and _MAY_BE_LEVEL.match(word))
        if is_level and not has_level:
            has_level = True
        elif n_with[form] < (REPEATED if form else SHARE * n_lines) or _is_plain(word):
            return place
    return 0  # nothing is left


def _is_plain(word: str) -> bool:
    word = word.strip(_SIGNS)
    return word.isalpha() and word.islower()


def _n_behind(words: Sequence[str], columns: Sequence[Counter[str]]) -> int:
    """Return the number of words behind a message: fields that other lines have at their end, too."""
    n_behind = 0
    for word, n_with in zip(words[:0:-1], columns, strict=False):
        if n_with[_form(word)] < REPEATED or not _FIELD.search(word):
            break
        n_behind += 1
    return n_behind


def _counted(lines: Sequence[Sequence[str]]) -> list[Counter[str]]:
    """Return the number of lines that have each word at each place; words without a letter count as one."""
    counted = [Counter[str]() for _ in range(_LONGEST_FORM)]
    for line in lines:
        for n_with, word in zip(counted, line[:_LONGEST_FORM], strict=False):
            n_with[_form(word)] += 1
    return counted


def _forms(columns: Sequence[Counter[str]], n_lines: int) -> list[str | None]:
    """Return the word that most lines have at each place: "" for any without a letter, None where there is none."""
    most = [*chain.from_iterable(n_at.most_common(1) for n_at in columns)]
    return [word if n > SHARE * n_lines else None for word, n in most]


def _form(word: str) -> str:
    return word if _LETTER.search(word) else ""


def _starts(words: Sequence[str]) -> Iterator[int]:
    """Yield a number for each start of a line, from one word on."""
    start = 0
    for word in words[:_LONGEST_START]:
        start = hash((start, word))
        yield start
