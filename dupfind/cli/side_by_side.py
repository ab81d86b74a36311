"""Two issues side by side on a terminal, or one above the other if it is narrow."""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from dupfind.cli.terminal import fit, safe, width_of, wrapped
from dupfind.records import Record
from dupfind.reports.display import day, name, plain, state
from dupfind.review.session import ReviewQuestion

NARROW = 80
"""Columns below which two texts do not fit side by side."""

MAX_LINES = 14
"""Lines of a body that are shown."""

_SEPARATOR = " │ "

Style = Callable[[str], str]


def unstyled(text: str) -> str:
    """Return a text as it is: the style for streams without styles."""
    return text


def lines(
    question: ReviewQuestion, width: int, *, strong: Style = unstyled, faint: Style = unstyled
) -> Iterator[str]:
    """Format a question as lines of at most `width` columns.

    Args:
        question: The two issues, with the arguments for and against a duplicate.
        width: Columns of the terminal.
        strong: Styles a title.
        faint: Styles a note.
    """
    is_wide = width >= NARROW
    columns = (width - len(_SEPARATOR)) // 2 if is_wide else width
    first, second = (_side(record, columns) for record in (question.first, question.second))
    styles = (faint, strong, unstyled)  # of the name, the title and the body
    if is_wide:
        for left, right, style in zip(first, second, styles, strict=True):
            yield from _in_two_columns(left, right, columns, style)
    else:
        for side in (first, second):
            for part, style in zip(side, styles, strict=True):
                yield from (style(line) for line in part)
            yield ""
    yield from (faint(line) for line in _numbers(question, width))
    for aligned in question.reasons.sentences:
        texts = ["".join(piece for piece, _ in segments) for segments in (aligned.left, aligned.right)]
        left, right = (wrapped(safe(text), columns, cuts=True) for text in texts)
        yield from _in_two_columns(left, right, columns, unstyled) if is_wide else (*left, *right)
    if question.reasons.words:
        yield faint(fit(safe(f"both: {', '.join(question.reasons.words)}"), width))
    for fact in question.reasons.facts:
        parts = [("both", fact.both), ("one", fact.left), ("other", fact.right)]
        text = "; ".join(f"{side}: {', '.join(values)}" for side, values in parts if values)
        yield faint(fit(safe(f"{fact.kind}  {text}"), width))


def _side(record: Record, columns: int) -> tuple[list[str], list[str], list[str]]:
    """Return the lines of name and state, of the title, and of the body."""
    facts = "  ".join(filter(None, (name(record), state(record), day(record.created))))
    body = [
        line
        for part in record.body[:20_000].expandtabs(4).splitlines()
        for line in wrapped(safe(part), columns, cuts=True)
    ]
    if len(body) > MAX_LINES:
        body = [*body[: MAX_LINES - 1], "…"]
    title = plain(record.title) or "(no title)"
    return wrapped(facts, columns, cuts=True), wrapped(title, columns, cuts=True), body


def _in_two_columns(left: list[str], right: list[str], columns: int, style: Style) -> Iterator[str]:
    for one, other in zip_longest(left, right, fillvalue=""):
        # Padding counts columns on the terminal: East Asian characters take two.
        yield f"{style(one + ' ' * (columns - width_of(one)))}{_SEPARATOR}{style(other)}"


def _numbers(question: ReviewQuestion, width: int) -> Iterator[str]:
    candidate = question.candidate
    text = f"score {candidate.score:.3f}, margin {candidate.margin:.3f}"
    if candidate.probability is not None:
        text += f", probability {candidate.probability:.2f}"
    if question.answer is not None:
        text += f"; your answer: {question.answer}"
    yield "─" * width
    yield fit(text, width)
