"""The one code or number in which two bodies disagree at one place: "alarm 4711" and "alarm 5120" (pure).

Orders, devices and ticket numbers differ from person to person, so the words around a code say whether it is one.
"""

import re

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict.near_copy import FEW, Overlap
from dupfind.verdict.words import Words, dice

_SAME_TITLE = 0.9  # Dice coefficient
_MAX_CHARACTERS = 8_000  # of a body
_URL = re.compile(r"\b[a-z]{2,10}://\S{1,2000}", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?<![\w./:#-])(?:[A-Z]{2,12}[-_]?\d{3,6}|[A-Z]{2,20}(?:_[A-Z0-9]{2,20}){1,6}|\d{3,6})(?![\w%-]|[.,:/]\d)"
    r"(?!\s?(?:times?|x|ms|s|sec(?:ond)?s?|min(?:ute)?s?|kb|mb|gb|px|mal|veces|fois|dpi|hz)\b)"
    r"(?! (?:-{2,3}|\[))"  # the id of a process in a log
)
_NEAR = 40  # characters before a token in which the word before it is looked for
_WORD_BEFORE = re.compile(r"([^\W\d_]{1,40})[ \t:：=\"'`(]{0,3}$")
_OF_AN_ENVIRONMENT = """
version build firmware release line lines pid commit revision rev port in of since on by from api sdk model with to see
also ticket issue bug order card monitor display printer device machine phone gpu cpu nvidia amd intel windows
"""
_IS_NAME = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)+")
_OF_FAULT = re.compile(
    r"ERR|FAIL|INVALID|DENIED|REFUSED|DECLINED|EXCEPTION|FAULT|NOT_|_EXCEEDED|UNKNOWN|MISSING|TIMEOUT"
)
_NAMING = """
error errors code alarm fault reason status exception exit warning fehler meldung erreur ошибка ошибки тревога
错误 エラー 오류 código
"""
_OF_A_FAULT = frozenset(_NAMING.split())
"""Words before the code of a fault."""

_NO_CODE = frozenset(_OF_AN_ENVIRONMENT.split())
"""Words before a code that changes from machine to machine."""


def token_in_bodies(
    left: Record, right: Record, ours: Words, theirs: Words, overlap: Overlap
) -> Difference | None:
    """Compare codes and numbers of two bodies under one title, where each has just one that the other lacks.

    Both stand behind the same word for a fault; else all other words of the texts must be the same. A number without
    letters needs both that word and texts that are nearly the same.

    Args:
        left: The first issue; the first 8,000 characters of its body count.
        right: The second issue.
        ours: Of the first title.
        theirs: Of the second title.
        overlap: Of both texts.
    """
    if dice(ours.content(), theirs.content()) < _SAME_TITLE:
        return None
    one, other = (_tokens(record.body) for record in (left, right))
    if not overlap.is_near_copy or overlap.n_common < FEW:
        one, other = (
            {token: before for token, before in found.items() if not token.isdigit()}
            for found in (one, other)
        )
    own, others = one.keys() - other.keys(), other.keys() - one.keys()
    if len(own) != 1 or len(others) != 1:
        return None
    [token], [other_token] = own, others
    before = one[token]
    is_code = before in _OF_A_FAULT or (
        not token.isdigit()
        and before not in _NO_CODE
        and left.body.replace(token, "").split() == right.body.replace(other_token, "").split()
    )
    return Difference("code", token, other_token) if is_code and before == other[other_token] else None


def _tokens(body: str) -> dict[str, str]:
    """Return the codes and numbers of a body, each with the word before it."""
    text = _URL.sub(" ", body[:_MAX_CHARACTERS])
    found: dict[str, str] = {}
    for match in _TOKEN.finditer(text):
        word = _WORD_BEFORE.search(text[max(match.start() - _NEAR, 0) : match.start()])
        before = word[1].casefold() if word else ""
        is_variable = _IS_NAME.fullmatch(match[0]) and not (
            _OF_FAULT.search(match[0]) or before in _OF_A_FAULT
        )
        if not is_variable:
            found.setdefault(match[0], before)
    return found
