"""The codes of errors, and the calls of an interface, that two bodies name under titles that are alike (pure)."""

import re
from collections.abc import Iterator

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict.words import Words, dice

_ALIKE = 0.6  # Dice coefficient of two titles
_MAX_CHARACTERS = 8_000  # of a body
# Behind a code: no part of a word or a larger number, no count, and no id of a process in a log.
_END = r"(?![\w%]|[.,:/-]\d)(?!\s{1,2}(?:times?|x|ms|s|sec(?:ond)?s?|min(?:ute)?s?|kb|mb|gb|px|mal|veces|fois)\b)"
_NO_LOG = r"(?! (?:-{2,3}|\[))"
_ERROR_WORDS = "error|fehler|foutmelding|fout|erreur|errore|erro|błąd|hata|ошибка|ошибки|エラー|错误|오류"
_CODES = {
    "http": re.compile(
        rf"\b(?:http(?:/\d(?:\.\d)?)?(?: (?:status|error|response))?(?: code)?|(?:http )?status code)"
        rf"(?: |: ?| ?= ?)([45]\d\d){_END}",
        re.IGNORECASE,
    ),
    "exit": re.compile(
        rf"\b(?:exit(?:ed|s)?(?: with)?|return(?:ed|s)?(?: with)?) (?:status|code)(?: |: ?| ?= ?)"
        rf"(-?[1-9]\d{{0,9}}){_END}",
        re.IGNORECASE,
    ),
    "errno": re.compile(rf"\berrno(?: |: ?| ?= ?)(-?\d{{1,5}}){_END}", re.IGNORECASE),
    "error": re.compile(
        rf"\b(?:{_ERROR_WORDS})(?:[ -]?code(?: |: ?| ?= ?)(-?\d{{1,10}})| ?#?([4-9]\d\d|\d{{4,5}})){_END}{_NO_LOG}",
        re.IGNORECASE,
    ),
}  # fmt: skip
"""For each kind of code its pattern; HTTP's answers below 400 are no errors."""

_CALL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD) (/[\w./{}:-]{1,120})")
_COMMON = ("api", "rest", "0")
"""Parts of a path before the name of what is called."""


def code_in_bodies(left: Record, right: Record, ours: Words, theirs: Words) -> Difference | None:
    """Compare the codes of one kind, or the calls, of which each of two bodies names one, under titles that are alike.

    Args:
        left: The first issue; the first 8,000 characters of its body count.
        right: The second issue.
        ours: Of the first title.
        theirs: Of the second title.
    """
    if dice(ours.content(), theirs.content()) < _ALIKE:
        return None
    for pattern in _CODES.values():
        one, other = (set(_codes(pattern, record.body)) for record in (left, right))
        if len(one) == len(other) == 1 and one != other:
            return Difference("code", *one, *other)
    calls, others = (_calls(record.body) for record in (left, right))
    if len(calls) == len(others) == 1:
        [call], [other_call] = calls, others
        if _are_two(call, other_call):
            return Difference("code", _spelled(call), _spelled(other_call))
    return None


def _codes(pattern: re.Pattern[str], body: str) -> Iterator[str]:
    for match in pattern.finditer(body[:_MAX_CHARACTERS]):
        yield next(group for group in match.groups() if group)


_Call = tuple[str, ...]  # the method, and the parts of the path


def _calls(body: str) -> set[_Call]:
    """Return the calls that a text names; a part of a path with a digit or a variable is 0."""
    return {
        (method, *("0" if _is_variable(part) else part for part in path.rstrip(".:/").split("/")[1:]))
        for method, path in _CALL.findall(body[:_MAX_CHARACTERS])
    }


def _is_variable(part: str) -> bool:
    return part.startswith((":", "{")) or any(map(str.isdigit, part))


def _are_two(call: _Call, other: _Call) -> bool:
    """Return whether two calls have another method for one path, or another name of what is called.

    "/users/anna" and "/users/carl" may be one call: only the first name of a path, and one behind a 0, names a thing.
    """
    if call[1:] == other[1:]:
        return call[0] != other[0]
    at = next((at for at, (a, b) in enumerate(zip(call, other, strict=False)) if at and a != b), 0)
    if not at or "0" in (call[at], other[at]):
        return False
    return call[at - 1] == "0" or all(part in _COMMON for part in call[1:at])


def _spelled(call: _Call) -> str:
    return f"{call[0]} /{'/'.join(call[1:])}"
