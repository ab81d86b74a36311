"""Filled forms of two languages: one report has other headings where the form was translated (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

from dupfind.text.language import is_english

_FEWEST = 2  # headings of a form
_MAX_WORDS = 8  # of a heading: "Is there an existing issue for this?"
_MAX_TRANSLATED = 3  # words of a heading such as "Steps to reproduce" that is compared by its answer alone
_FENCES = ("```", "~~~")
_INDENTED = ("    ", "\t")


@dataclass(frozen=True, slots=True)
class _Field:
    """A heading and what stands below it.

    Attributes:
        at: Line of the heading.
        answer: Lines below it that are not empty.
    """

    at: int
    answer: list[int]


def without_headings(left: str, right: str) -> tuple[str, str]:
    """Return two texts without their headings where one is an English form and the other one a translated form.

    So are two forms with the same answers under other headings, as two languages have them. Both need equally many
    headings, each with an answer. A field that is empty in both, such as "_No response_", goes, too. All other texts
    stay whole: their headings may be all that they differ in.

    Args:
        left: Title and body of an issue, one after the other.
        right: The same of the other issue.
    """
    texts = [text.split("\n") for text in (left, right)]
    ours, theirs = (_fields(lines) for lines in texts)
    if len(ours) != len(theirs) or len(ours) < _FEWEST or not all(field.answer for field in (*ours, *theirs)):
        return left, right
    english = [
        is_english("\n".join(lines[field.at] for field in fields))
        for lines, fields in zip(texts, (ours, theirs), strict=True)
    ]
    if english[0] == english[1] and not _have_same_answers(texts, ours, theirs):
        return left, right
    dropped: tuple[set[int], set[int]] = set(), set()
    for pair in zip(ours, theirs, strict=True):
        is_empty = all(_is_empty(lines, field) for lines, field in zip(texts, pair, strict=True))
        for lines, field in zip(dropped, pair, strict=True):
            lines.add(field.at)
            if is_empty:
                lines.update(field.answer)
    one, other = (
        "\n".join(line for at, line in enumerate(lines) if at not in gone)
        for lines, gone in zip(texts, dropped, strict=True)
    )
    return one, other


def _have_same_answers(
    texts: Sequence[Sequence[str]], ours: Sequence[_Field], theirs: Sequence[_Field]
) -> bool:
    """Return whether two forms have the same answers in one order, under short headings of which no two are equal."""
    sides = [
        ([_words(lines, [field.at]) for field in fields], [_words(lines, field.answer) for field in fields])
        for lines, fields in zip(texts, (ours, theirs), strict=True)
    ]
    (headings, answers), (other_headings, other_answers) = sides
    is_other = not any(heading in other_headings for heading in headings)
    # Longer ones may be all that two reports say: "Grey panel while scanning stamps".
    is_short = all(
        len(heading.strip("#*: ").split()) <= _MAX_TRANSLATED for heading in (*headings, *other_headings)
    )
    return is_other and is_short and answers == other_answers


def _words(lines: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(" ".join(lines[at] for at in places).casefold().split())


def _fields(lines: Sequence[str]) -> list[_Field]:
    """Return the fields of a text behind its title; a line of code is no heading."""
    fields: list[_Field] = []
    is_code = False
    for at, line in enumerate(lines[1:], 1):
        if line.lstrip().startswith(_FENCES):
            is_code = not is_code
        if not is_code and _is_heading(line):
            fields.append(_Field(at, []))
        elif fields and line.strip():
            fields[-1].answer.append(at)
    return fields


def _is_heading(line: str) -> bool:
    """Return whether a line is a short heading of Markdown, or one in bold letters from its start to its end."""
    if line.startswith(_INDENTED) or len(line.split()) > _MAX_WORDS + 1:
        return False
    text = line.strip().rstrip(":")
    if text.startswith("#"):
        return text.lstrip("#").startswith(" ")
    inner = text[2:-2].rstrip(":")
    return text == f"**{text[2:-2]}**" and bool(inner) and "**" not in inner


def _is_empty(lines: Sequence[str], field: _Field) -> bool:
    """Return whether the answer is one line in italics, by which forms say that there is none."""
    if len(field.answer) != 1:
        return False
    text = lines[field.answer[0]].strip()
    inner = text[1:-1]
    is_italic = text == f"_{inner}_" and bool(inner) and "_" not in inner
    return is_italic and (" " in inner or not inner.isascii())
