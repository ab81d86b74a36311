"""The codes of errors, calls and parts of the product that two bodies name under titles that are alike (pure)."""

import re
from collections.abc import Iterator

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict.words import Words, dice

_ALIKE = 0.6  # Dice coefficient of two titles
_SAME = 0.9
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
    "named": re.compile(
        rf"\b(?:(?i:{_ERROR_WORDS}|code|fault|alarm)(?: |: ?)[\"'`(]?([A-Z]{{1,5}}[-_]?\d{{2,6}})"
        # Without a hyphen it may be a model: "on a tablet it shows S23".
        rf"|(?i:reports?|shows?|says|displays?|zeigt|meldet|affiche|muestra)(?: |: ?)[\"'`(]?"
        rf"([A-Z]{{1,5}}[-_]\d{{2,6}})){_END}"
    ),
}  # fmt: skip
"""For each kind of code its pattern; HTTP's answers below 400 are no errors."""

_OF_ONE_TITLE = (
    re.compile(rf"\b(?i:{_ERROR_WORDS})\[([A-Z]\d{{3,5}})\]"),  # of a compiler
    # In a sentence: those of a trace are compared with its frames.
    re.compile(r"(?<![\w.])([A-Z][a-z][A-Za-z]{1,40}(?:Exception|Error))(?![\w.:])(?=[ \t,;)])"),
)
"""Codes that one fault may have two of, where two people describe it in their own words."""

_PART = re.compile(
    r"^[\W_]{0,6}(?:component|module|subsystem|area|komponente|modul|composant|componente"
    r"|módulo|модуль|компонент|模块|组件|コンポーネント|モジュール)[*_]{0,3}"
    r"(?:[:：][ \t*_`]{0,4}|\n{1,2})([^\W_][^\n]{0,40})$",
    re.IGNORECASE | re.MULTILINE,
)
"""The part of the product in a field of a form."""

_NO_PART = re.compile(
    r"(?:unknown|n/?a|none|no response|not sure|other|general|various|several|all|any|i do ?n[o']t know|don'?t know"
    r"|see |unbekannt|keine?|inconnue?|desconocido|неизвестно|不明|未知)\b",
    re.IGNORECASE,
)

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
    likeness = dice(ours.content(), theirs.content())
    if likeness < _ALIKE:
        return None
    for pattern in (*_CODES.values(), *(_OF_ONE_TITLE if likeness >= _SAME else ())):
        one, other = (set(_codes(pattern, record.body)) for record in (left, right))
        if len(one) == len(other) == 1 and one != other:
            return Difference("code", *one, *other)
    if likeness >= _SAME:
        parts, other_parts = (_PART.findall(record.body[:_MAX_CHARACTERS]) for record in (left, right))
        is_named = len(parts) == len(other_parts) == 1 and not any(map(_is_no_part, (*parts, *other_parts)))
        if is_named and _words(parts[0]).isdisjoint(_words(other_parts[0])):
            return Difference("component", parts[0].strip(), other_parts[0].strip())
    calls, others = (_calls(record.body) for record in (left, right))
    if len(calls) == len(others) == 1:
        [call], [other_call] = calls, others
        if _are_two(call, other_call):
            return Difference("code", _spelled(call), _spelled(other_call))
    return None


def _codes(pattern: re.Pattern[str], body: str) -> Iterator[str]:
    for match in pattern.finditer(body[:_MAX_CHARACTERS]):
        yield next(group for group in match.groups() if group)


def _is_no_part(text: str) -> bool:
    """Return whether an answer in a form names no part: "unknown", "n/a", "1.2.3"."""
    return text[:1].isdigit() or _NO_PART.match(text) is not None


def _words(text: str) -> set[str]:
    return set(Words.of(text).stems)


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
