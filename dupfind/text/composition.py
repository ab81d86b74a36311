"""Composes the text that the model and the word search read of a record, and its fingerprint."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from dupfind.records import Record
from dupfind.text.boilerplate import NOTHING, Boilerplate, KeyPair, counted_keys
from dupfind.text.faults import ERRNO, names_a_fault
from dupfind.text.line_keys import LineKeys
from dupfind.text.log_lines import is_loud, is_quiet, is_routine
from dupfind.text.log_templates import FEWEST_LINES, log_of
from dupfind.text.plain_text import MAX_WORD, characters, cut, plain_lines, without_marks

TEXT_VERSION = "2"
"""Version of the composition. A collection stores it, and a different version requires encoding again."""

MAX_RAW = 65_536
"""Characters of a body that are read: three quarters from its start, the rest from its end."""

MAX_TITLE = 300
"""Characters of a title that are kept."""

BODY_BUDGET = 800
"""Characters of a body that are kept, sentences and faults first; the model reads 256 tokens.

Chosen on the train parts of rust and titanium (`python benchmarks/quality.py --part train`). Longer bodies, and
bodies with more code, lower the recall of both the vectors and the word search.
"""

CODE_BUDGET = 100
"""Characters kept of a body's other lines: code, logs, settings."""

LOUD_BUDGET = 400
"""Characters of a long log that go to its errors first, before sentences above and below it."""

_UNKNOWN_VERSION = 2  # of the vectors of texts that the model does not know; those are never in ASCII
_NAMED_BY = 80  # characters of a body that stand in for a missing title
_PASSES = 6


@dataclass(frozen=True, slots=True)
class ComposedText:
    """The cleaned text of one record; title and body are both empty if the record has no words.

    Attributes:
        title: One line.
        body: The body's most informative lines, for the model and the word search.
        names: Names of things in the whole record, lower-case, in order: `to_string`, `std::io`, `E0308`,
            `TableViewRow`, `--frozen`, `3.1.4`. The ranking compares them; equality of texts ignores them.
        chatter: Further names, which stand only in the chatter of a log. Hosts and threads of one log are those of
            many, so that the ranking leaves them out.
    """

    title: str
    body: str
    names: tuple[str, ...] = field(default=(), compare=False)
    chatter: tuple[str, ...] = field(default=(), compare=False)

    @property
    def whole(self) -> str:
        """Title and body, one per line, as the model reads them."""
        return f"{self.title}\n{self.body}" if self.body else self.title


NO_TEXT = ComposedText("", "")
"""The text of a record without words."""


@dataclass(frozen=True, slots=True)
class ReadLines:
    """What is read of a record before its text is composed.

    Attributes:
        lines: The cleaned lines of its body, from which `clean_body` chooses.
        keys: The keys of those lines that are counted, by line.
        counted: The keys of its lines that are counted to learn boilerplate, as `record_keys`.
    """

    lines: list[str]
    keys: dict[str, KeyPair]
    counted: set[str]

    @classmethod
    def of(cls, record: Record) -> "ReadLines":
        """Read the lines of a record's body."""
        found, keys = list(lines(record.body)), dict[str, KeyPair]()
        return cls(found, keys, counted_keys(found, keys))


def compose(
    record: Record, boilerplate: Boilerplate = NOTHING, read: ReadLines | None = None
) -> ComposedText:
    """Compose the text that stands for a record.

    If a record has no title, or its title is boilerplate, the first words of the body become the title and leave
    the body. A record that is all boilerplate keeps it. Composing a composed title and body again changes nothing.
    The text is in NFC, without control characters.

    Args:
        record: Only its title and body are read.
        boilerplate: Frequent lines and labels of the record's source; they are left out of the body.
        read: The record's lines, if they are known already.
    """
    title = clean_title(record.title)
    body = clean_body(record.body, boilerplate, None if read is None else read.lines)
    if boilerplate and not boilerplate.rest(title):
        title = ""
    if not title and body:
        name, _ = cut(body.partition("\n")[0], _NAMED_BY)
        title, body = clean_title(name), clean_body(body[len(name) :], boilerplate)
    if not title and boilerplate:
        return compose(record, NOTHING, read)
    return ComposedText(title, body, *_names(record, read))


def compose_query(record: Record, boilerplate: Boilerplate = NOTHING) -> ComposedText:
    """Compose the text of a query: as `compose`, but a body that is a template's heading alone is kept.

    A person who types "error" or "logs" searches for that word.

    Args:
        record: Only its title and body are read.
        boilerplate: Frequent lines and labels of the index.
    """
    text = compose(record, boilerplate)
    if text.title or record.title.strip():
        return text
    read = without_marks(record.body[:TITLE_READ]).splitlines()
    heading = next((line.strip("#>*_ ") for line in read if any(map(str.isalnum, line))), "")
    return compose(replace(record, title=heading))


def compose_observed(
    record: Record, boilerplate: Boilerplate, read: ReadLines | None = None
) -> tuple[ComposedText, LineKeys]:
    """Compose the text that stands for a record, and return it with the keys on which it depends.

    Args:
        record: Only its title and body are read.
        boilerplate: As in `compose`.
        read: The record's lines, if they are known already.
    """
    if read is None:
        read = ReadLines.of(record)
    observed = boilerplate.observed(read.keys)
    text = compose(record, observed, read)
    return text, LineKeys.of(read.counted, observed.asked or (), boilerplate.n_records)


def record_keys(record: Record) -> set[str]:
    """Return the keys of a record's lines that are counted to learn boilerplate."""
    return ReadLines.of(record).counted


# "$$$$" begins a name at each "$", so that the length of its first part has a bound.
_NAME = re.compile(
    r"(?<![\w.])(?:"
    r"[A-Za-z_$][\w$]{0,119}+(?:(?:\.|::|->|#)[A-Za-z_$][\w$]*+)++"  # Ti.UI.TableView, std::io
    r"|[A-Za-z]*[a-z][A-Z]\w*"  # TableViewRow
    r"|\w+_\w+|_\w{2,}"  # to_string
    r"|[A-Za-z]{1,12}-\d+(?:-?\w+)*+"  # DW-4471
    # E0308, 0x80004005; not 15T21 in 2026-05-15T21:11:57
    r"|[A-Za-z]+\d\w*|(?!(?<=\d-)\d\dT\d\d(?!\w))\d+[A-Za-z]\w*"
    r"|\d+(?:\.\d+)+"  # 3.1.4
    rf"|{ERRNO}(?!\w)"  # ECONNABORTED
    # Not an issue: rails#1234, PR#1234. Not a day or a part of a number: 2024-05-01-Report.pdf, 978-3-16-148410-X.
    r"|(?<!/)(?!(?:PR|GH|MR|BUG|ISSUE|TASK|TICKET)#)[A-Z]{2,12}#\d{3,12}(?!\w)"  # ERR#7723
    r"|(?<!\d-)(?!\d{4}-\d\d-\d\d-|\d\d-\d\d-\d{4}-)"
    r"\d{2,12}(?:-\d{2,12}){1,4}-[A-Z]\w*+(?!\.\w)"  # 502-8841-K
    r"|-\d{9,10}(?!\w)"  # -1073741819, a status of Windows
    r"|--?[a-z][\w-]{2,}"  # --frozen
    r")"
)
TITLE_READ = 4 * MAX_TITLE
"""Characters of a title that are read."""

NAMES_READ = MAX_RAW
"""Characters of a body whose names are read."""

MAX_NAMES = 1_000
"""Names of a record that are kept, the first in order of the alphabet."""


def _names(record: Record, read: ReadLines | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a record, and those that stand only in the chatter of a log."""
    found = names(f"{record.title[:TITLE_READ]}\n{record.body[:NAMES_READ]}")
    in_chatter = found & _only_in_chatter(record, read) if record.body.count("\n") >= FEWEST_LINES else set()
    return tuple(sorted(found - in_chatter)[:MAX_NAMES]), tuple(sorted(in_chatter)[:MAX_NAMES])


def _only_in_chatter(record: Record, read: ReadLines | None) -> set[str]:
    of_body = list(lines(record.body)) if read is None else read.lines
    if (log := log_of(of_body)) is None:
        return set()
    parts: dict[bool, list[str]] = {True: [], False: [record.title[:TITLE_READ]]}
    for place, line in enumerate(of_body):
        parts[place in log.chatter].append(line)
    return names("\n".join(parts[True])) - names("\n".join(parts[False]))


def names(text: str) -> set[str]:
    """Return the names of things in a text, in lower case: `to_string`, `std::io`, `E0308`, `DW-4471`, `3.1.4`."""
    # A name has no space in it, and no letters of one case alone.
    parts = {part for part in text.split() if not (part.islower() and part.isalpha())}
    return {name.lower() for name in _NAME.findall("\n".join(parts)) if 3 <= len(name) <= MAX_WORD}


def fingerprint(text: str) -> str:
    """Return the BLAKE2b-128 of a composed text, as 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def embedding_key(text: str) -> str:
    """Return the key under which the embedding of a text is stored: another one when such texts are encoded anew."""
    return fingerprint(text if text.isascii() else f"{_UNKNOWN_VERSION}\n{text}")


def clean_title(title: str) -> str:
    """Return a title on one line, without prefixes for the kind of issue.

    "[Bug]:" and "Feature request:" are removed; "[ios]" and "[ABFS]" name a part of the product and stay.
    """
    return _until_stable(title[:TITLE_READ], _title_pass)


def clean_body(body: str, boilerplate: Boilerplate = NOTHING, read: Iterable[str] | None = None) -> str:
    """Return a body's most informative lines, without markup, template headings, checkboxes and log noise.

    Args:
        body: In the tracker's markup.
        boilerplate: As in `compose`.
        read: Its `lines`, if they are known already.
    """
    first = None
    if read is not None:
        left = (boilerplate.rest(line) for line in read) if boilerplate else read
        first = _most_informative([line for line in left if line])
    return _until_stable(
        _clipped(body),
        lambda text: _most_informative(list(plain_lines(without_marks(text), boilerplate))),
        first,
    )


def lines(body: str) -> Iterator[str]:
    """Return the cleaned lines of a body, from which `clean_body` chooses; boilerplate is counted over them."""
    return plain_lines(without_marks(_clipped(body)), NOTHING)


def _clipped(body: str) -> str:
    if len(body) <= MAX_RAW:
        return body
    tail = MAX_RAW // 4
    return f"{body[: MAX_RAW - tail - 1]}\n{body[-tail:]}"  # MAX_RAW again, so a second pass cuts nothing


def _until_stable(text: str, one_pass: Callable[[str], str], first: str | None = None) -> str:
    """Apply a pass until it changes nothing; the result of the first one may be known."""
    # Removing one mark can complete another, so passes repeat until nothing changes. A text that still changes
    # after `_PASSES` is nested on purpose; it loses every character that a mark can contain.
    for pattern in ("", _ANY_MARK):
        text = re.sub(pattern, " ", text) if pattern else text
        for _ in range(_PASSES):
            before, text = text, one_pass(text) if first is None else first
            first = None
            if text == before:
                return text
    return text


_ANY_MARK = r"[][<>&*_`{}|#!\"'~^+=\\/:()@-]"
# Titles.
_KIND = (
    r"(?:bug(?:[ -]?reports?)?|feature(?:[ -]?requests?)?|enhancements?|requests?|questions?|help(?: wanted)?"
    r"|support|issues?|problem|proposal|suggestion|idea|task|rfe|urgent)"
)
_KIND_PREFIX = re.compile(
    rf"\W{{0,4}}[\[({{【]\W{{0,3}}{_KIND}\W{{0,3}}[\])}}】][\s:–—-]*|{_KIND} ?: ", re.IGNORECASE
)


def _title_pass(title: str) -> str:
    title = " ".join(characters(title).replace("`", "").split())
    prefix = _KIND_PREFIX.match(title)
    if prefix and prefix.end() < len(title):  # a title that is only a prefix stays
        title = title[prefix.end() :]
    return cut(title, MAX_TITLE)[0]


def _most_informative(lines: list[str]) -> str:
    """Return the lines that fit the budgets, in their order; sentences and faults are chosen before the others."""
    if (log := log_of(lines)) is None:
        return _within_budgets(lines, [_SAYS if _is_informative(line) else _OTHER for line in lines])
    kinds = [_OTHER] * len(lines)
    shown = list(lines)
    for place, line in enumerate(lines):
        if place in log.chatter:
            # A fault that is logged again and again is one fault.
            if place not in log.again and names_a_fault(line.lower()) and not is_quiet(line):
                kinds[place] = _SAYS
            continue
        if is_quiet(line):
            kinds[place] = _SAYS if _is_informative(line) else _OTHER
            continue
        # The next pass reads what this one leaves without the log around it.
        parts = (log.messages[place], line, log.rest[place])
        shown[place] = next(filter(_is_informative, parts), log.messages[place] if is_loud(line) else line)
        if not _is_informative(shown[place]):
            kinds[place] = _IS_RARE
        else:
            kinds[place] = _IS_LOUD if is_loud(line) and not _IN_FRAME.search(line) else _SAYS
    if _IS_LOUD in kinds:  # the chatter around an error says nothing about it
        kinds = [
            _LEFT_OUT if place in log.chatter and kind == _OTHER else kind for place, kind in enumerate(kinds)
        ]
    return _within_budgets(shown, kinds)


_IS_LOUD, _SAYS, _IS_RARE, _OTHER, _LEFT_OUT = range(5)
_BUDGETS = {(_IS_LOUD,): LOUD_BUDGET, (_SAYS,): BODY_BUDGET, (_IS_RARE, _OTHER): CODE_BUDGET}
_IN_FRAME = re.compile(r"\bat [\w.$<>/]{1,300} ?\(")


def _within_budgets(lines: list[str], kinds: list[int]) -> str:
    """Return the lines that fit the budgets, those of the first kinds first."""
    chosen: set[int] = set()
    total = BODY_BUDGET
    for same_budget, budget in _BUDGETS.items():
        left = start = min(total, budget)
        for kind in same_budget:
            for number, line in enumerate(lines):
                if kinds[number] == kind and len(line) < left:
                    chosen.add(number)
                    left -= len(line) + 1  # and its newline
        total -= start - left
    return "\n".join(lines[number] for number in sorted(chosen)) or cut(" ".join(lines), 2 * CODE_BUDGET)[0]


@lru_cache(maxsize=1024)
def _is_informative(line: str) -> bool:
    """Return whether a line is a sentence or names a fault; the lines of a text come again in its next pass."""
    return names_a_fault(line.lower()) or (_is_sentence(line) and not is_routine(line))


def _is_sentence(line: str) -> bool:
    if not line.isascii():
        return True
    words = line.split()
    enough = max(4, 0.6 * len(words))
    plain = sum(map(str.isalpha, words))
    return plain >= enough or plain + sum(map(_is_plain_inside, words)) >= enough


def _is_plain_inside(word: str) -> bool:
    """Return whether a word has letters alone between its punctuation."""
    return not word.isalpha() and word.strip(".,;:!?()'\"").isalpha()
