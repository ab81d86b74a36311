"""Two issues side by side on a terminal, or one above the other where it is narrow."""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from dupfind.cli.terminal import fit, safe, width_of
from dupfind.records import Record
from dupfind.reports.display import day, name, plain
from dupfind.review.session import ReviewQuestion

NARROW = 80
"""Columns below which two texts have no room beside each other."""

MAX_LINES = 14
"""Of a body."""

_BETWEEN = " │ "

Style = Callable[[str], str]


def as_it_is(text: str) -> str:
    """The style of a stream that shows none."""
    return text


def lines(
    question: ReviewQuestion, width: int, *, strong: Style = as_it_is, faint: Style = as_it_is
) -> Iterator[str]:
    """A question as lines of at most `width` columns.

    Args:
        question: What is shown.
        width: Of the terminal.
        strong: What makes a title stand out.
        faint: What makes a note stand back.
    """
    is_wide = width >= NARROW
    columns = (width - len(_BETWEEN)) // 2 if is_wide else width
    first, second = (_side(record, columns) for record in (question.first, question.second))
    styles = (faint, strong, as_it_is)
    if is_wide:
        for one, other, style in zip(first, second, styles, strict=True):
            yield from _beside(one, other, columns, style)
    else:
        for side in (first, second):
            for part, style in zip(side, styles, strict=True):
                yield from (style(line) for line in part)
            yield ""
    yield from (faint(line) for line in _numbers(question, width))
    for aligned in question.reasons.sentences:
        texts = ["".join(piece for piece, _ in segments) for segments in (aligned.left, aligned.right)]
        left, right = (wrapped(safe(text), columns) for text in texts)
        yield from _beside(left, right, columns, as_it_is) if is_wide else (*left, *right)
    if question.reasons.words:
        yield faint(fit(safe(f"both: {', '.join(question.reasons.words)}"), width))
    for fact in question.reasons.facts:
        parts = [("both", fact.both), ("one", fact.left), ("other", fact.right)]
        told = "; ".join(f"{where}: {', '.join(names)}" for where, names in parts if names)
        yield faint(fit(safe(f"{fact.kind}  {told}"), width))


def wrapped(text: str, columns: int) -> list[str]:
    """A safe text in lines of at most so many columns; a word that is longer is cut into pieces."""
    found: list[str] = []
    line = ""
    for word in text.split():
        grown = f"{line} {word}" if line else word
        if width_of(grown) <= columns:
            line = grown
            continue
        if line:
            found.append(line)
        line = word
        while width_of(line) > columns:
            head = _head(line, columns)
            found.append(head)
            line = line[len(head) :]
    return [*found, line] if line else found


def _head(word: str, columns: int) -> str:
    n_fitting = next(n for n in range(len(word), 0, -1) if n == 1 or width_of(word[:n]) <= columns)
    return word[:n_fitting]


def _side(record: Record, columns: int) -> tuple[list[str], list[str], list[str]]:
    """Name and state; the title; the body."""
    about = "  ".join(filter(None, (name(record), plain(record.state or "", 20), day(record.created))))
    body = [line for part in record.body[:20_000].splitlines() for line in wrapped(safe(part), columns)]
    if len(body) > MAX_LINES:
        body = [*body[: MAX_LINES - 1], "…"]
    return wrapped(about, columns), wrapped(plain(record.title) or "(no title)", columns), body


def _beside(left: list[str], right: list[str], columns: int, style: Style) -> Iterator[str]:
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{style(one + ' ' * (columns - width_of(one)))}{_BETWEEN}{style(other)}"


def _numbers(question: ReviewQuestion, width: int) -> Iterator[str]:
    candidate = question.candidate
    told = f"score {candidate.score:.3f}, margin {candidate.margin:.3f}"
    if candidate.probability is not None:
        told += f", probability {candidate.probability:.2f}"
    if question.answer is not None:
        told += f"; you said: {question.answer}"
    yield "─" * width
    yield fit(told, width)
