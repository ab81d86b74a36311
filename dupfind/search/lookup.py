"""Recognises a lookup: a query of a few words, of a code or of a quoted phrase, whose words a hit should hold.

Who types "stack overflow" or "E0308" wants the records that have it. The embedding of so short a text finds records of
its topic instead.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Literal

from dupfind.text.language import FUNCTION_WORDS
from dupfind.text.search_tokens import n_dense, normalised, whole_tokens

MAX_WORDS = 3
"""Words of a query that is looked up as a whole."""

MAX_DENSE = 8
"""Characters of a script without spaces between words that are looked up as a whole."""

MAX_NAMED = 5
"""Words of a query that is looked up by the codes in it, or by a quoted phrase."""

MAX_CHARACTERS = 200
"""A longer query describes something."""

MAX_PART = 12
"""Words of a query that may be a part of a title."""

_FEWEST_TELLING = 2  # words of a part of a title that are no function words
_MOST_READINGS = 64  # of a lookup with misspelt words

_QUOTED = re.compile(r"(?<!\S)[\"“«„]([^\"“”«»„\n]{2,100})[\"”»“](?!\w)")
_CODE = re.compile(
    r"[A-Z]{2,12}[-_]?\d{2,}+\w*+(?:-\w++)*+"  # DW-4471, ORA-00942, CVE-2024-1234
    r"|[A-Z]\d{3,}+"  # E0308
    r"|0[xX][0-9a-fA-F]{4,16}"
    r"|[A-Za-z0-9]++(?:(?:_|::)[A-Za-z0-9]++)++"  # ERR_CERT_DATE, std::io
)
_NO_CODE = re.compile(
    r"(?:UTF|ISO|RFC|SHA|MD|WIN|AMD|ARM|IA|API|IPV|HTTP|TLS|X)[-_]?\d.*|x86_64|amd64", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+")
_AROUND = ".,;:!?()[]{}<>'\"`"
_QUOTES = "'\"`"
_SIGN = re.compile(r"[^\w\s]")

NOTHING, COMMENTS, TEXT, TEXT_PHRASE, TITLE, PHRASE, SAME_PHRASE = range(7)
"""What a record holds of a lookup: not all its words; all in its comments; all in its text, in their order in its body;
all in its title, in their order in any form, and as they were typed."""

Holding = Literal["", "comments", "text", "title", "phrase"]
HOLDS: tuple[Holding, ...] = ("", "comments", "text", "text", "title", "phrase", "phrase")
"""The names of these."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is looked up.

    Attributes:
        text: The words or the phrase, as they were written.
        is_quoted: Whether only the phrase is meant, and not its words apart.
        is_part: Whether it is more than a few words, which are looked up only as a part of a title.
        beside: The words of the query around a quoted phrase or a code.
    """

    text: str
    is_quoted: bool = False
    is_part: bool = False
    beside: str = ""

    @property
    def tokens(self) -> tuple[str, ...]:
        """Its distinct tokens, as the word search has them; function words only where it has no others."""
        tokens = tuple(dict.fromkeys(whole_tokens(self.text)))
        return tuple(token for token in tokens if token not in FUNCTION_WORDS) or tokens

    @property
    def joined(self) -> "Lookup | None":
        """Return its words as one, "parse header" as `parseheader`, or None for one word, a phrase or a number."""
        words = _WORD.findall(self.text)
        if self.is_quoted or self.is_part or not 2 <= len(words) <= MAX_WORDS or not self.text.isascii():
            return None
        joined = "".join(words)
        return None if joined.isdecimal() else Lookup(joined)  # 4.12.0 is not 4120

    def readings(self, spellings: Mapping[str, Sequence[str]]) -> list["Lookup"]:
        """Return it with each right spelling of its misspelt words; itself where no word is misspelt.

        Args:
            spellings: The words that each misspelt one may stand for.
        """
        if not spellings:
            return [self]
        choices = [spellings.get(word, [word]) for word in _WORD.findall(normalised(self.text))]
        return [replace(self, text=" ".join(words)) for words in islice(product(*choices), _MOST_READINGS)]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds the words in their order in a text that is `normalised`."""
        words = [re.escape(word) for word in _WORD.findall(normalised(self.text))]
        phrase = r"[\W_]++".join(words)
        # Where words have no spaces between them, a phrase may begin inside of what looks like one word.
        return re.compile(rf"(?<![^\W_]){phrase}(?![^\W_])" if self.text.isascii() else phrase)

    def has_beside(self, title: str) -> bool:
        """Return whether a title has all telling words beside the phrase; False where there is none beside it.

        Args:
            title: As `normalised` returns it.
        """
        words = set(_WORD.findall(normalised(self.beside))) - FUNCTION_WORDS
        return bool(words) and words <= set(_WORD.findall(title))

    def is_as_typed_in(self, title: str) -> bool:
        """Return whether a title that has its words has its signs, too: the `!` of `print!`.

        Args:
            title: As `normalised` returns it.
        """
        text = normalised(self.text).strip(_QUOTES)
        return _SIGN.search(text) is None or text in title


def lookup(query: str) -> Lookup | None:
    """Return what a typed query looks up; None for a query that describes something.

    Args:
        query: As it was typed; one of several lines, or a long one, is never a lookup.
    """
    query = query.strip()
    if len(query) > MAX_CHARACTERS or "\n" in query or _WORD.search(query) is None:
        return None
    words = query.split()
    if len(words) > MAX_NAMED or n_dense(query) > MAX_DENSE:
        return None
    if quoted := _QUOTED.search(query):
        beside = f"{query[: quoted.start()]} {query[quoted.end() :]}".strip()
        return Lookup(quoted[1], is_quoted=True, beside=beside) if _WORD.search(quoted[1]) else None
    if len(words) <= MAX_WORDS:
        return Lookup(query)
    words = [word.strip(_AROUND) for word in words]
    codes = [word for word in words if _is_code(word)]
    beside = " ".join(word for word in words if word not in codes)
    return Lookup(" ".join(codes), beside=beside) if codes else None


def part_of_a_title(query: str) -> Lookup | None:
    """Return a typed query of one line that is too long for `lookup`, to be looked for in titles; None for others.

    Args:
        query: As it was typed.
    """
    query = query.strip()
    if len(query) > MAX_CHARACTERS or "\n" in query or len(query.split()) > MAX_PART:
        return None
    part = Lookup(query, is_part=True)
    telling = [token for token in part.tokens if token not in FUNCTION_WORDS]
    return part if len(telling) >= _FEWEST_TELLING else None


def _is_code(word: str) -> bool:
    return _CODE.fullmatch(word) is not None and _NO_CODE.fullmatch(word) is None
