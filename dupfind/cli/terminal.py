"""The terminal side of every command: safe text, notes, standard input, and shared option types."""

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
from queue import Empty, SimpleQueue
from select import select
from threading import Thread
from typing import Any, BinaryIO, TextIO, TypeVar
from urllib.parse import quote

import click

from dupfind.errors import DupfindError
from dupfind.reports.web_address import UNSAFE, web_address
from dupfind.storage.database_url import DatabaseUrl, index_place
from dupfind.verdict.bands import BALANCED, MODES

POLL_S = 0.1
"""Longest wait for input, in seconds, before Python handles pending signals."""

_PIECE = 1 << 16  # bytes of input that are read at once, at most
_IS_POLLABLE = hasattr(os, "readv")  # not on Windows, whose select takes no files

_LINK_END = "\x1b]8;;\x1b\\"
_LINK_MARK = re.compile("(\x1b\\]8;;[\x21-\x7e]*\x1b\\\\)")
_IN_ADDRESS = "".join(map(chr, range(0x21, 0x7F)))  # other characters are written as %XX
_MAX_ADDRESS = 2_083  # some terminals forget a longer one

Function = TypeVar("Function", bound=Callable[..., Any])


def safe(text: str) -> str:
    """Return a text on one line, with escapes for invisible characters, as the reports have them."""
    text = re.sub(r"[\t\r\n]+", " ", text)
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


def width_of(text: str) -> int:
    """Return the width of a safe text on the terminal, in columns; a wide East Asian character takes two."""
    return sum(_columns(character) for character in text)


def fit(text: str, columns: int) -> str:
    """Cut a safe text to a width in columns, with "…" at the end of a cut text. Marks of `linked` have no width."""
    used = 0
    shown = ""
    for piece in _LINK_MARK.split(text):
        if _LINK_MARK.fullmatch(piece):
            shown += piece
            continue
        for character in piece:
            used += _columns(character)
            if used > columns:
                is_inside = len(_LINK_MARK.findall(shown)) % 2 == 1
                return shown[:-1] * bool(shown) + "…" + _LINK_END * is_inside
            shown += character
    return shown


def wrapped(text: str, columns: int, *, hanging: str = "", cuts: bool = False) -> list[str]:
    """Wrap a safe text into lines; all keep its indentation, up to half of the columns: code is read by it.

    Args:
        text: In one line; an empty one gives no line.
        columns: Of a line; a wide East Asian character takes two.
        hanging: Stands before each line but the first.
        cuts: Whether a longer word is cut into pieces; otherwise it stays whole, so that a command can be copied.
    """
    indent = " " * max(0, min(len(text) - len(text.lstrip(" ")), columns // 2, columns - 2))
    lines: list[str] = []
    start, line = indent, ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width_of(start + longer) <= columns:
            line = longer
            continue
        if line:
            lines.append(start + line)
            start = indent + hanging
        line = word
        while cuts and width_of(start + line) > columns:
            head = _head(line, columns - width_of(start))
            lines.append(start + head)
            start, line = indent + hanging, line[len(head) :]
    return [*lines, start + line] if line else lines


def _head(word: str, columns: int) -> str:
    """Return the longest beginning of a word that fits; at least one character."""
    n_fitting = next(n for n in range(len(word), 0, -1) if n == 1 or width_of(word[:n]) <= columns)
    return word[:n_fitting]


def linked(text: str, url: str | None) -> str:
    """Return a safe text as a link to an address, where standard output is a terminal that shows links (OSC 8).

    https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda has the form. FORCE_HYPERLINK=0 turns links off,
    and 1 on.
    """
    if url is None or not text or not _shows_links():
        return text
    address = web_address(url)
    if address is None:
        return text
    address = quote(address, safe=_IN_ADDRESS)
    return text if len(address) > _MAX_ADDRESS else f"\x1b]8;;{address}\x1b\\{text}{_LINK_END}"


def styled(text: str, **style: Any) -> str:
    """Return a safe text in a style of `click.style`, where standard output is a terminal and NO_COLOR is not set."""
    if not style or not text or os.environ.get("NO_COLOR") or not is_terminal(sys.stdout):
        return text
    return click.style(text, **style)


def _shows_links() -> bool:
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced not in ("", "0")
    return is_terminal(sys.stdout) and os.environ.get("TERM", "dumb") not in ("dumb", "linux")


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1  # W: wide, F: fullwidth


def note(text: str) -> None:
    """Print a safe line on stderr."""
    click.echo(safe(text), err=True)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream goes to a terminal; False for None, a closed stream."""
    return stream is not None and stream.isatty()


def standard_input() -> BinaryIO:
    """Return standard input as a stream of bytes.

    Raises:
        DupfindError: Standard input is closed.
    """
    if sys.stdin is None:
        raise DupfindError("standard input is closed: there is nothing to read from `-`")
    descriptor = sys.stdin.fileno()
    return BufferedReader(_PolledInput(descriptor) if _IS_POLLABLE else _ThreadedInput(descriptor))


class _PolledInput(RawIOBase):
    """The bytes of a file descriptor, polled so that Ctrl-C always works.

    A signal that arrives just before read(2) does not interrupt the read. Python would handle it after the next
    line of input, and that line may never come.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not select([self._descriptor], [], [], POLL_S)[0]:
            pass
        return _fill(buffer, os.read(self._descriptor, len(buffer)))


class _ThreadedInput(RawIOBase):
    """The same on Windows, which polls sockets alone: another thread reads, and Ctrl-C interrupts the wait for it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pieces: SimpleQueue[bytes | OSError] = SimpleQueue()
        self._rest = b""
        self._is_reading = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._next()
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        return _fill(buffer, piece)

    def _next(self) -> bytes:
        if not self._is_reading:  # after an interrupted wait, the thread of that wait still reads
            self._is_reading = True
            Thread(target=self._read, daemon=True).start()
        while True:
            try:
                piece = self._pieces.get(timeout=POLL_S)
            except Empty:
                continue
            self._is_reading = False
            if isinstance(piece, OSError):
                raise piece
            return piece

    def _read(self) -> None:
        try:
            self._pieces.put(os.read(self._descriptor, _PIECE))
        except OSError as error:  # raised in the thread that waits
            self._pieces.put(error)


def _fill(buffer: Any, piece: bytes) -> int:
    buffer[: len(piece)] = piece
    return len(piece)


def index_option(function: Function) -> Function:
    """Add the option `--index`, with the parameter name `folder`."""
    return click.option(
        "--index",
        "folder",
        metavar="DIR|URL",
        envvar="DUPFIND_INDEX",
        type=IndexType(file_okay=False, path_type=Path),
        help="Folder of the index, or a database: postgresql://USER@HOST/NAME. [default: .dupfind, here or in a"
        " folder above]",
    )(function)


def verdicts_option(default: str = BALANCED) -> Callable[[Function], Function]:
    """Return what adds the option `--verdicts`; its value is None where nobody chose.

    Args:
        default: The default in words, for the help.
    """
    return click.option(
        "--verdicts",
        type=click.Choice(MODES),
        envvar="DUPFIND_VERDICTS",
        help='How readily "possible" is said: of about 5, 9 or 15 of 100 new issues (docs/evaluation.md).'
        f" [default: {default}]",
    )


def show_warnings() -> None:
    """Print the library's warnings on stderr, one line each."""

    class NoteLog(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note(f"dupfind: {record.getMessage()}")

    logger = logging.getLogger("dupfind")
    logger.handlers = [NoteLog()]
    logger.propagate = False


class IndexType(click.Path):
    """The folder of an index, or the URL of its database."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse a URL; check a folder."""
        place = index_place(value)
        return place if isinstance(place, DatabaseUrl) else super().convert(value, param, ctx)


class Number(click.FloatRange):
    """A finite number in a range; nan and infinity are refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse and check a value."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class Moment(click.ParamType[datetime]):
    """A date or a time in ISO 8601; UTC if it has no zone."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse a date or a time."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a date such as {date(2024, 1, 31)} or 2024-01-31T09:30:00Z", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
