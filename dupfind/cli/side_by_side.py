"""Two issues side by side on a terminal, or one above the other if it is narrow."""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from dupfind.cli.terminal import fit, safe, width_of
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
        left, right = (wrapped(safe(text), columns) for text in texts)
        yield from _in_two_columns(left, right, columns, unstyled) if is_wide else (*left, *right)
    if question.reasons.words:
        yield faint(fit(safe(f"both: {', '.join(question.reasons.words)}"), width))
    for fact in question.reasons.facts:
        parts = [("both", fact.both), ("one", fact.left), ("other", fact.right)]
        text = "; ".join(f"{side}: {', '.join(values)}" for side, values in parts if values)
        yield faint(fit(safe(f"{fact.kind}  {text}"), width))


def wrapped(text: str, columns: int) -> list[str]:
    """Wrap a safe text into lines of at most `columns` columns; a longer word is cut into pieces.

    All lines keep the indentation of the text, up to half of the columns: code is read by it.
    """
    indent = max(0, min(len(text) - len(text.lstrip(" ")), columns // 2, columns - 2))
    room = columns - indent  # a wide character takes two
    finished: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= room:
            line = longer
            continue
        if line:
            finished.append(line)
        line = word
        while width_of(line) > room:
            head = _head(line, room)
            finished.append(head)
            line = line[len(head) :]
    return [" " * indent + each for each in ([*finished, line] if line else finished)]


def _head(word: str, columns: int) -> str:
    """Return the longest beginning of a word that fits; at least one character."""
    n_fitting = next(n for n in range(len(word), 0, -1) if n == 1 or width_of(word[:n]) <= columns)
    return word[:n_fitting]


def _side(record: Record, columns: int) -> tuple[list[str], list[str], list[str]]:
    """Return the lines of name and state, of the title, and of the body."""
    facts = "  ".join(filter(None, (name(record), state(record), day(record.created))))
    body = [
        line
        for part in record.body[:20_000].expandtabs(4).splitlines()
        for line in wrapped(safe(part), columns)
    ]
    if len(body) > MAX_LINES:
        body = [*body[: MAX_LINES - 1], "…"]
    return wrapped(facts, columns), wrapped(plain(record.title) or "(no title)", columns), body


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
