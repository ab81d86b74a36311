"""The dialogue of `dupfind review`: questions on a terminal, and answers from keys or from lines of a pipe."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import click

from dupfind.cli.keyboard import single_keys
from dupfind.cli.side_by_side import lines, unstyled
from dupfind.cli.terminal import is_terminal, note, standard_input
from dupfind.decisions import ANSWERS
from dupfind.errors import DupfindError, StoreLocked
from dupfind.review.question_queue import RowPair
from dupfind.review.session import Review, ReviewQuestion
from dupfind.review.split_cluster import Split

_KEYS = {"y": "same", "n": "different", "u": "unsure", "p": "previous", "z": "undo", "f": "finish"}
_UNNAMED_KEYS = {"q": "finish"}  # by habit
_WORDS = {
    "yes": "same",
    "no": "different",
    **{meaning: meaning for meaning in _KEYS.values()},
    **_KEYS,
    **_UNNAMED_KEYS,
}
_ENDS = ("\x04", "\x1a")  # Ctrl-D, and Ctrl-Z on Windows
_PROMPT = "same? y yes, n no, u unsure, p previous, z undo, f finish"

Answer = tuple[str, str]
"""One of the meanings of `_KEYS`, and a reason, which may be empty."""


def run_dialogue(
    review: Review | Split,
    stream: Iterator[Answer],
    limit: int | None,
    why: str,
    notify: Callable[[str], None],
) -> None:
    """Show questions until none is left, the person finishes, or the input ends.

    Args:
        review: The questions.
        stream: The answers.
        limit: The largest number of new questions; None for all.
        why: The reason of answers that have none.
        notify: Prints a note.

    Raises:
        StoreLocked: Another process is writing to the index, and no person is there to try again.
        DupfindError: A line of the input is not an answer.
    """
    answer_of: dict[RowPair, str] = {}
    history: list[RowPair] = []  # the answered pairs, in the order of their questions
    position = 0  # the current question in the history; at its end, the next question is new
    reopened: RowPair | None = None  # the pair of an answer that was taken back
    while True:
        rows = history[position] if position < len(history) else reopened
        question = None if rows is None else review.question(rows)
        if question is None and (limit is None or len(history) < limit):
            question = review.next()
        if question is None and not history and not review.can_take_back:
            notify(
                "nothing to review: no pair is left to decide; a lower --min-score shows less similar ones"
            )
            return
        _show(question, review.n_open, bool(history))
        meaning, reason = next(stream, ("finish", ""))
        if meaning == "finish":
            break
        if meaning == "previous":
            position = max(0, position - 1)
            continue
        try:
            if meaning == "undo":
                undone = review.take_back()
                notify("nothing to undo" if undone is None else f"undone: {undone[0]}")
                reopened = None if undone is None else undone[1]
                history = [rows for rows in history if rows != reopened]
                answer_of = {rows: answer_of[rows] for rows in history}
                position = len(history)
                continue
            if question is None:
                continue
            review.decide(question, meaning, reason or why)
        except StoreLocked as error:
            if not is_terminal(sys.stdin):
                raise
            note(f"this answer was not saved: {error}")
            continue
        rows = question.candidate.rows
        if rows not in answer_of:
            history.append(rows)
        answer_of[rows], reopened = meaning, None
        position += 1
    counts = [f"{list(answer_of.values()).count(answer)} {answer}" for answer in ANSWERS]
    notify(f"decided: {', '.join(counts)}; open: {review.n_open:,}")


def _show(question: ReviewQuestion | None, n_open: int, has_history: bool) -> None:
    """Show two issues and the prompt; without a question, the keys that still do something."""
    if question is None:
        prompt = (
            "that was the last one: p previous, " if has_history else "nothing to review: no pair is open; "
        )
        click.echo(f"\n{prompt}z undo, f finish ", err=True, nl=False)
        return
    is_styled = is_terminal(sys.stderr)
    strong = partial(click.style, bold=True) if is_styled else unstyled
    faint = partial(click.style, dim=True) if is_styled else unstyled
    click.echo("", err=True)
    for line in lines(question, shutil.get_terminal_size().columns, strong=strong, faint=faint):
        click.echo(line, err=True)
    click.echo(f"{_PROMPT}  [{n_open:,} open] ", err=True, nl=False)


@contextmanager
def answers() -> Iterator[Iterator[Answer]]:
    """Open standard input: single keys from a terminal, lines from anything else."""
    if not is_terminal(sys.stdin):
        yield _lines()
        return
    with single_keys() as keys:
        yield _answers(keys)


def _answers(keys: Iterator[str]) -> Iterator[Answer]:
    """Yield the answer of each key; other keys do nothing."""
    for key in keys:
        meaning = _KEYS.get(key) or _UNNAMED_KEYS.get(key)
        if meaning is not None:
            click.echo(meaning, err=True)
            yield meaning, ""
        elif key in _ENDS:
            return


def _lines() -> Iterator[Answer]:
    """Yield the answer of each line, with the text after the first word as its reason."""
    for number, line in enumerate(standard_input(), start=1):
        word, _, reason = line.decode("utf-8", "replace").strip().partition(" ")
        if word:
            click.echo(err=True)
            if word.lower() not in _WORDS:
                raise DupfindError(
                    f"line {number} of the input is {word[:60]!r}: write one of {', '.join(_KEYS)}"
                )
            yield _WORDS[word.lower()], reason.strip()
