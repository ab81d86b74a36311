"""The name in which two short bodies of one shape disagree: "I pay with Twint ...", "I pay with Swish ..." (pure)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict import platforms, values
from dupfind.verdict.alignment import stretches
from dupfind.verdict.appended import has_log
from dupfind.verdict.spelling import may_be_typo
from dupfind.verdict.synonyms import are_synonyms
from dupfind.verdict.words import STOP_WORDS, Words, dice, stem

_SAME_TITLE = 0.9  # Dice coefficient
_MAX_CHARACTERS = 1_000  # of a body; a longer one has more than one name
_LEAST_COMMON = 2  # content words of both bodies
_MOST_COMMON = 20  # with more the rest says what the fault is, and a name is one of an environment
_MAX_PLACES = 2
_MAX_TOKENS = 4  # of a place
_CAPITALS = 0.3  # share of words with a capital from which a capital makes no name, as in German

_TOKEN = re.compile(r"[`\"'“‘«]?[/.]?[^\W_](?:[^\W_]|[-_./+#&'’](?=[^\W_])){0,80}[+#]{0,2}[`\"'”’»]?")
_URL = re.compile(r"\b[a-z]{2,10}://\S{1,2000}", re.IGNORECASE)
_QUOTED = re.compile(r"[`\"'“‘«].*[`\"'”’»]", re.DOTALL)
_STOP = re.compile(r"[.!?]\s")
_QUOTES = "`\"'“”‘’«»"
_VARIABLE = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)+")
_SETTING = frozenset(("set", "setting", "unset", "export", "with", "variable"))
_TICKET = re.compile(r"[A-Z]{1,12}-\d{2,12}")
_IS_ID = re.compile(
    r"0x[0-9a-f]{1,32}|(?=[a-f-]{0,40}\d)[0-9a-f]{7,40}|[0-9a-f]{8}(?:-[0-9a-f]{2,12}){2,5}", re.IGNORECASE
)
"""An address, a commit, or the number of a session."""

_IS_AMOUNT = re.compile(r"v?\d{1,12}[.\w-]{0,40}", re.IGNORECASE)
"""A version, or a number with its unit."""

_OF_A_PERSON = re.compile(
    r"\b(?:(?:reported|filed|raised|opened|found|seen|noticed|tested|confirmed|submitted|written) by|my name is|i am"
    r"|i'm|mr|mrs|ms|dr|cc)\b[.:]?\s{1,3}\w{1,60}"
    r"|(?<![\w/])/(?:home|users)/[^/\s]{1,60}|(?<![\w/])/tmp/\S{1,200}",
    re.IGNORECASE,
)
"""The name of a person, a person's folder, or a name that a program made up."""

_CLOSING = re.compile(
    r"\n[ \t]{0,8}(?:--|(?:kind |best |warm |many )?(?:regards|wishes|thanks|cheers|best|sincerely)|thank you"
    r"|(?:viele |mit freundlichen )(?:grüße|grüßen)|mfg|saludos|cordialement)[ \t]{0,8}[,.!]?[ \t]{0,8}\n"
    r"(?:[^\n]{0,60}\n){0,3}[^\n]{0,60}\Z",
    re.IGNORECASE,
)
"""The end of a letter: a greeting in a line, and at most three lines with a name."""

_OF_A_REPORTER = """
version build firmware release commit revision device machine phone tablet laptop model gpu cpu card monitor printer
browser os system platform environment user reporter ticket order customer regards thanks cheers hi hello dear sincerely
edition distro best my our pc host hostname workstation colleague
"""
_NO_SUBJECT = frozenset(_OF_A_REPORTER.split())
"""Words before a name that changes from person to person."""


def name_in_bodies(left: Record, right: Record, ours: Words, theirs: Words) -> Difference | None:
    """Compare the names of two short bodies under one title, where all other words of the bodies are the same.

    A name has a capital inside of a sentence, a digit behind a letter or a hyphen, or it is a path or in quotes. Dates,
    amounts, versions, addresses, tickets, persons and their machines set nothing apart. Logs are left to `traces`.

    Args:
        left: The first issue.
        right: The second issue.
        ours: Of the first title.
        theirs: Of the second title.
    """
    bodies = left.body, right.body
    if dice(ours.content(), theirs.content()) < _SAME_TITLE or max(map(len, bodies)) > _MAX_CHARACTERS:
        return None
    if any(has_log(body.split("\n")) for body in bodies):
        return None
    one, other = (_tokens(_without_persons(body)) for body in bodies)
    places = _places(one, other)
    if not places:
        return None
    names = [tuple(_names(side) for side in place) for place in places]
    if not all(a and b and not _are_one(a, b) for a, b in names):
        return None
    first, second = names[0]
    return Difference("name", " ".join(first), " ".join(second))


def _without_persons(body: str) -> str:
    """Return a body without dates, addresses and what changes from person to person."""
    return values.without_dates(_OF_A_PERSON.sub(" ", _CLOSING.sub(" ", _URL.sub(" ", body))))


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a body.

    Attributes:
        text: As it is written, without quotes.
        key: Its stem, by which tokens are compared.
        is_name: Whether it is written as names are.
        before: The word before it in its line, in lower case.
    """

    text: str
    key: str
    is_name: bool
    before: str


def _tokens(body: str) -> list[_Token]:
    found = [(text, not at, before) for line in body.split("\n") for text, at, before in _of_line(line)]
    later = [text for text, is_first, _ in found if not is_first]
    n_capitals = sum(text[0].isupper() for text in later)
    has_names = n_capitals <= _CAPITALS * len(later) or n_capitals <= _MAX_PLACES
    return [
        _Token(
            plain,
            stem(plain.casefold()),
            _is_name(text, before, may_have_capital=has_names and not is_first),
            before,
        )
        for text, is_first, before in found
        for plain in (text.strip(_QUOTES),)
    ]


def _of_line(line: str) -> Iterator[tuple[str, int, str]]:
    """Yield the words of a line, each with its place in its sentence and the word before it."""
    at, before, end = 0, "", 0
    for match in _TOKEN.finditer(line):
        if _STOP.search(line[end : match.start()]):
            at, before = 0, ""
        yield match[0], at, before
        at, before, end = at + 1, match[0].casefold(), match.end()


def _is_name(text: str, before: str, *, may_have_capital: bool) -> bool:
    """Return whether a word is written as names are; a variable that is set and a ticket say nothing of a fault."""
    if _QUOTED.fullmatch(text):
        return True
    if _TICKET.fullmatch(text) or _IS_ID.fullmatch(text) or _IS_AMOUNT.fullmatch(text):
        return False
    if before in _SETTING and _VARIABLE.fullmatch(text):
        return False
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return False
    is_marked = text[0] in "/." or any(map(str.isdigit, text)) or any(map(str.isupper, text[1:]))
    return is_marked or (may_have_capital and text[0].isupper()) or "-" in text


def _places(ours: Sequence[_Token], theirs: Sequence[_Token]) -> list[tuple[list[_Token], list[_Token]]]:
    """Return the places at which two bodies differ; none where they differ in more than a few of them."""
    places, common = [], set[str]()
    for is_equal, left, right in stretches([word.key for word in ours], [word.key for word in theirs]):
        if is_equal:
            common.update(word.key for word in ours[left] if word.key not in STOP_WORDS and len(word.key) > 1)
        elif _have_content(ours[left]) or _have_content(theirs[right]):
            places.append((list(ours[left]), list(theirs[right])))
    is_short = all(len(side) <= _MAX_TOKENS for place in places for side in place)
    least = _LEAST_COMMON * len(places)
    return places if len(places) <= _MAX_PLACES and is_short and least <= len(common) < _MOST_COMMON else []


def _have_content(words: Sequence[_Token]) -> bool:
    return any(word.key not in STOP_WORDS for word in words)


def _names(words: Sequence[_Token]) -> list[str]:
    """Return the names of one side of a place; none where the word before is of a person's machine."""
    if any(word.before in _NO_SUBJECT for word in words):
        return []
    return [word.text for word in words if word.is_name]


def _are_one(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Return whether two places may name one thing, in another spelling or by another name of a platform."""
    one, other = " ".join(ours).casefold(), " ".join(theirs).casefold()
    if one in other or other in one or (one.isalpha() and other.isalpha() and may_be_typo(one, other)):
        return True
    stems = [{stem(text.casefold()) for text in side} for side in (ours, theirs)]
    if are_synonyms(*stems):
        return True
    named = [platforms.platforms(f"in {' '.join(side)}") for side in (ours, theirs)]
    return any(named[0].get(group) == found for group, found in named[1].items())
