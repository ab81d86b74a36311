"""The values that a title names: dates, versions, codes and other numbers (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dupfind.verdict.words import Words, are_swapped, spaced

_MAX_CHARACTERS = 600

MAX_NAMES = 12
"""Names of a title that are compared with those of another one."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)(?:[a-z]{0,7})?\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_PARTS = """
phase part step stage level chapter volume episode act season round tier mission book appendix section lesson option
variant batch wave milestone teil kapitel fase parte
"""
_AFTER_PART = "|".join(rf"(?<=\b{word} )" for word in _PARTS.split())  # "phase II", "option B"
_THIS = ("this", "that", "each", "every", "last", "first", "next", "any", "some", "same")
# "After this step I": a pronoun; "in this section A ...": an article of a title in capitals.
_NOT_AFTER_THIS = "".join(rf"(?<!\b{this} {word} )" for word in _PARTS.split() for this in _THIS)
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_ROMAN = {numeral: str(number) for number, numeral in enumerate(_NUMERALS, 1)}
_LATIN = "semanal|mensual|mensal|anual|settimanale|mensile|annuale|hebdomadaire|mensuel(?:le)?|annuel(?:le)?"
_INTERVAL = (
    r"\b(?:every|each|per|once an?) (?:second|minute|hour|day|night|week|month|quarter|year)\b"
    rf"|\b(?:hourly|daily|nightly|weekly|monthly|quarterly|yearly|{_LATIN}|(?:stünd|täg|wöchent|monat|jähr)lich)\b"
)
_EVERY = re.compile(r"(?:every|each|per|once an?) (\w+)")
_KEY = r"(?:[a-z]\w{0,9}|\d|[,./;])(?!\w)"
_SHORTCUT = (
    rf"(?:ctrl|control|strg|alt|option|shift|cmd|command|meta|super|win)(?:\s?\+\s?{_KEY}){{1,3}}"
    r"|(?:ctrl|strg|cmd|alt)-(?:[a-z]|f\d{1,2})"
)
_MODIFIERS = {"control": "ctrl", "strg": "ctrl", "cmd": "ctrl", "command": "ctrl", "option": "alt"}
_METHOD = (
    r"(?-i:GET|POST|PUT|PATCH|DELETE|HEAD)(?=\s[`\"'/{<h]|\s(?:request|call|endpoint|method|route|handler))"
)
_PATTERNS = {
    "date": re.compile(
        rf"{_INTERVAL}|\b(?:{_YEAR}[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:[0-2]?\d|3[01]))?(?![\d.]))"
        rf"|(?<![\d.])(?:[0-2]?\d|3[01])[./](?:0?\d|1[0-2])[./]{_YEAR}\b(?!\.\d)"
        r"|\b(?:[0-2]?\d|3[01])/(?:0?\d|1[0-2])/\d\d\b"
        r"|(?<![\d.])(?:[0-2]\d|3[01])\.(?:0\d|1[0-2])\.\d\d\b(?!\.\d)"  # 1.10.11 is a version
        rf"|\b{_DAY}\.? (?:of )?{_MONTH}(?: {_YEAR})?\b|\b{_MONTH} {_DAY}(?:,? {_YEAR})?\b|\b{_MONTH} {_YEAR}\b"
        rf"|\b(?:{_YEAR}[ -]?)?[qh][1-4](?:[ -/]?{_YEAR})?\b"
        rf"|\b(?:week|sprint|iteration|milestone|kw|cw|w)[ -]?#?\d{{1,4}}\b"
        r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: the \d{1,2})?\b"
        rf"|\b(?:january|february|march|april|june|july|august|september|october|november|december)\b|\b{_YEAR}\b",
        re.IGNORECASE,
    ),
    "code": re.compile(
        rf"\b(?:{_SHORTCUT}|{_METHOD}|"
        r"0x[0-9a-f]{2,16}|[a-z]{1,10}[-_]?\d{3,8}|sig[a-z]{3,6}"
        r"|(?:http|status|code|errno|error|exit code|ora|rfc|cve)[ :=#-]{1,3}-?\d{1,6}(?:-\d{3,6})?)\b",
        re.IGNORECASE,
    ),
    "version": re.compile(
        r"(?<![\w.])v?\d{1,5}(?:\.(?:\d{1,6}|x)){1,4}(?:[-.]?(?:rc|beta|alpha|pre|dev|m|snapshot)[-.]?\d*)?(?![\w%])"
        r"|\bv\d{1,4}\b"
        r"|(?<![\w.])\d{1,4}(?:_(?:\d{1,4}|x)){2,4}(?![\w.])",  # a branch 3_2_x
        re.IGNORECASE,
    ),
    "number": re.compile(
        r"(?<![\w.])#?\d{1,12}(?:st|nd|rd|th)?(?![\w.]*\w)|(?<=[a-z])\d{1,3}\b|\b\d{1,6}(?=[a-z%]{1,3}\b)"
        rf"|(?=(?-i:[VXB-H]|I[IVX]))(?:{_AFTER_PART})(?-i:[IVX]{{2,5}}|[VXB-H])(?![\w.])"
        rf"|(?=[IA])(?:{_AFTER_PART}){_NOT_AFTER_THIS}(?-i:I(?=\s?(?:$|[:,)\]–-]))|A)(?![\w.])",
        re.IGNORECASE,
    ),
    "name": re.compile(
        r"`[^`]{1,80}`|(?<![\w.-])[\w-]{1,60}\.[a-z]{1,4}(?![\w.])"
        r"|(?<![\w.])[^\W\d]\w{1,60}(?:\.[^\W\d]\w{1,60}){1,6}(?![\w])"  # Net.Socket
        r"|(?<![\w.])[^\W_]{1,60}(?:_[^\W_]{1,60}){1,8}(?![\w.])"  # read_header
        r"|(?<![\w.])[^\W\d_]{0,20}[a-z][A-Z][^\W_]{1,60}(?![\w.])"  # ScrollPane
        r"|(?<![\w.])[A-Z]{2,20}[a-z]{2,60}(?![\w.])"  # XMLReader
    ),
}  # fmt: skip
"""In order: what an earlier pattern takes is no match of a later one."""

# Lengths, indexes and lines change from run to run of one fault: "the len is 12", "typeck.rs:2678".
_OF_A_RUN = re.compile(
    r"\b(?:len|length|index|line|size|offset|column|pid|thread)(?: is| was|:| =|=) ?\d{1,12}\b"
    r"|(?<=\.[a-z]{1})(?:[a-z]{0,3}):\d{1,6}(?::\d{1,6})?\b",
    re.IGNORECASE,
)

KINDS = tuple(_PATTERNS)
"""Kinds of values, from the most telling to the least."""


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a title, and the rest of it.

    Attributes:
        of_kind: For each kind the values, normalised, in order of the text.
        skeleton: The title without them, but with its names.
        nameless: The title without any of them.
    """

    of_kind: Mapping[str, tuple[str, ...]]
    skeleton: str
    nameless: str

    @classmethod
    def of(cls, title: str) -> "Values":
        """Take the values out of a title; time grows linearly with it, and its first 600 characters count."""
        skeleton = rest = _OF_A_RUN.sub(" ", spaced(title[:_MAX_CHARACTERS]))
        of_kind = {}
        for kind, pattern in _PATTERNS.items():
            of_kind[kind] = tuple(_normal(match[0]) for match in pattern.finditer(rest))
            skeleton, rest = rest, pattern.sub(" ", rest)  # names are the last kind
        return cls(of_kind, " ".join(skeleton.split()), " ".join(rest.split()))


def without_dates(text: str) -> str:
    """Return a text without the dates that it names, but for "nightly-docs"; time grows linearly with it."""
    return _PATTERNS["date"].sub(lambda date: date[0] if text[date.end() :][:1] == "-" else " ", text)


def differing(left: Values, right: Values) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    """Return the first kind of which both name values and each has one that the other lacks, with those values.

    None where no kind differs so: a value that only one of two titles names is no contradiction.
    """
    for kind in KINDS:
        ours, theirs = left.of_kind[kind], right.of_kind[kind]
        if kind == "name":
            ours, theirs = ours[:MAX_NAMES], theirs[:MAX_NAMES]
        is_same = is_same_name if kind == "name" else str.__eq__
        only_ours = tuple(value for value in ours if not any(is_same(value, other) for other in theirs))
        only_theirs = tuple(value for value in theirs if not any(is_same(value, other) for other in ours))
        # "Appendix A" may be appendix 1: letters are compared with letters.
        is_comparable = kind != "number" or any(
            one.isalpha() == other.isalpha() for one in only_ours for other in only_theirs
        )
        if only_ours and only_theirs and is_comparable:
            return kind, only_ours, only_theirs
    return None


def are_equal(left: Values, right: Values) -> bool:
    """Return whether two titles say the same but for the spelling of their values: "every day" and "daily"."""
    ours, theirs = (
        [sorted(values.of_kind[kind]) for kind in KINDS if kind != "name"] for values in (left, right)
    )
    is_same = any(ours) and ours == theirs
    return is_same and Words.of(left.skeleton).lower == Words.of(right.skeleton).lower


_JOINT = re.compile(r"(?<=\d)_(?=[\dx])")  # 3_2_1 is 3.2.1


_UNIT_OF_ADVERB = {
    "hourly": "hour", "stündlich": "hour", "daily": "day", "nightly": "night", "täglich": "day",
    "weekly": "week", "wöchentlich": "week", "semanal": "week", "settimanale": "week", "hebdomadaire": "week",
    "monthly": "month", "monatlich": "month", "mensual": "month", "mensal": "month", "mensile": "month",
    "mensuel": "month", "mensuelle": "month", "quarterly": "quarter", "yearly": "year", "jährlich": "year",
    "anual": "year", "annuale": "year", "annuel": "year", "annuelle": "year",
}  # fmt: skip
_IS_SHORTCUT = re.compile(_SHORTCUT)
_IS_INTERVAL = re.compile(_INTERVAL)


def _normal(value: str) -> str:
    text = " ".join(value.casefold().split())
    if _IS_SHORTCUT.fullmatch(text):
        keys = re.split(r"\s?[+-]\s?", text)
        return "+".join(sorted(_MODIFIERS.get(key, key) for key in keys))
    if _IS_INTERVAL.fullmatch(text):
        unit = _EVERY.sub(r"\1", text)
        return f"every {_UNIT_OF_ADVERB.get(unit, unit)}"
    text = _JOINT.sub(".", text.strip("#.,"))
    text = _ROMAN.get(text, text)
    return text[1:] if re.fullmatch(r"v\d.*", text) else text


def is_same_name(one: str, other: str) -> bool:
    """Return whether two names of code are one in another spelling: with its owner, in the plural, mistyped."""
    short, long = sorted((_key(one), _key(other)), key=len)
    if long == short or long.endswith((f".{short}", f":{short}")):
        return True
    return are_swapped(short, long) or (short.isalpha() and long == f"{short}s")


def _key(name: str) -> str:
    """Return a name without quotes, parentheses and the signs between its words."""
    return re.sub(r"[`()]|(?<=[^\W\d])[_-](?=[^\W\d])", "", name)
