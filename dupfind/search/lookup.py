"""Recognises a lookup: a query of a few words, of a code or of a quoted phrase, whose words a hit should hold.

Who types "stack overflow" or "E0308" wants the records that have it. The embedding of so short a text finds records of
its topic instead.
"""

import re
from dataclasses import dataclass
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

NOTHING, COMMENTS, TEXT, TITLE, PHRASE = range(5)
"""What a record holds of a lookup: not all its words; all in its comments; all in its text; all in its title; there in
their order."""

Holding = Literal["", "comments", "text", "title", "phrase"]
HOLDS: tuple[Holding, ...] = ("", "comments", "text", "title", "phrase")
"""The names of these."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is looked up.

    Attributes:
        text: The words or the phrase, as they were written.
    """

    text: str

    @property
    def tokens(self) -> tuple[str, ...]:
        """Its distinct tokens, as the word search has them; function words only where it has no others."""
        tokens = tuple(dict.fromkeys(whole_tokens(self.text)))
        return tuple(token for token in tokens if token not in FUNCTION_WORDS) or tokens

    def is_phrase_of(self, title: str) -> bool:
        """Return whether a title has the words in their order."""
        if _spaced(self.text) in _spaced(title):
            return True
        # Where words have no spaces between them, a phrase may begin inside of what looks like one word.
        return not self.text.isascii() and normalised(self.text) in normalised(title)


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
        return Lookup(quoted[1]) if _WORD.search(quoted[1]) else None
    if len(words) <= MAX_WORDS:
        return Lookup(query)
    codes = [word for word in (each.strip(_AROUND) for each in words) if _is_code(word)]
    return Lookup(" ".join(codes)) if codes else None


def _is_code(word: str) -> bool:
    return _CODE.fullmatch(word) is not None and _NO_CODE.fullmatch(word) is None


def _spaced(text: str) -> str:
    return f" {' '.join(_WORD.findall(normalised(text)))} "
