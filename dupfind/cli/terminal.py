"""What every command shares at the edge to a person: options, safe text, notes, times."""

import logging
import math
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BufferedReader, RawIOBase
from pathlib import Path
from select import select
from typing import Any, BinaryIO, TextIO, TypeVar

import click

from dupfind.errors import DupfindError

LOOK_EVERY_S = 0.1
"""Seconds of waiting for more input after which Python looks whether a signal came."""

# C0 and C1 controls, line and paragraph separators, and what turns the direction of text round (Trojan Source).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

Function = TypeVar("Function", bound=Callable[..., Any])


def safe(text: str) -> str:
    """A text on one line that no terminal obeys: controls and direction marks are shown as escapes."""
    text = re.sub(r"[\t\r\n]+", " ", text)
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def width_of(text: str) -> int:
    """The columns that a safe text takes on the terminal, where East Asian characters are two columns wide."""
    return sum(_columns(character) for character in text)


def fit(text: str, columns: int) -> str:
    """Cut a safe text to a width on the terminal, where East Asian characters are two columns wide."""
    used = 0
    for place, character in enumerate(text):
        used += _columns(character)
        if used > columns:
            return text[: max(0, place - 1)] + "…"
    return text


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def note(text: str) -> None:
    """Say something to the person, on stderr."""
    click.echo(safe(text), err=True)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees the stream; None stands for one that was closed."""
    return stream is not None and stream.isatty()


def standard_input() -> BinaryIO:
    """The bytes of standard input.

    Raises:
        DupfindError: It is closed.
    """
    if sys.stdin is None:
        raise DupfindError("standard input is closed: there is nothing to read from `-`")
    return BufferedReader(_Attentive(sys.stdin.fileno()))


class _Attentive(RawIOBase):
    """Bytes of a file descriptor, waited for in short turns.

    A signal in the instant before read(2) is noted and wakes nothing: Python would hear it after the next
    line, which may never come.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not select([self._descriptor], [], [], LOOK_EVERY_S)[0]:
            pass
        return os.readv(self._descriptor, [buffer])


def index_option(function: Function) -> Function:
    """Add `--index`, which becomes the argument `folder`."""
    return click.option(
        "--index",
        "folder",
        metavar="DIR",
        envvar="DUPFIND_INDEX",
        type=click.Path(file_okay=False, path_type=Path),
        help="The index; without it .dupfind, here or in a folder above.",
    )(function)


def show_warnings() -> None:
    """Send the library's warnings to stderr, one line each."""

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note(f"dupfind: {record.getMessage()}")

    logger = logging.getLogger("dupfind")
    logger.handlers = [Notes()]
    logger.propagate = False


class Number(click.FloatRange):
    """A number in a range; nan and infinity are in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse and check."""
        found = float(super().convert(value, param, ctx))
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a number that one can compare with", param, ctx)
        return found


class Moment(click.ParamType[datetime]):
    """A date or a time; without a zone it is UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse ISO 8601."""
        if isinstance(value, datetime):
            return value
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a date such as {date(2024, 1, 31)} or 2024-01-31T09:30:00Z", param, ctx
            )
        return when if when.tzinfo else when.replace(tzinfo=UTC)
