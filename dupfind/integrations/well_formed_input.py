"""Standard input as the MCP SDK can read it: without endless lines, and lone surrogates, at which its parser stops."""

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

MAX_LINE = 8 << 20
"""Bytes of a message, several times those of the longest title and body; a longer one is not kept in memory."""

TOO_LONG = b"a message that is too long\n"
"""Stands for a line of more bytes, and is no JSON."""

_MAX_DIGITS = 18  # of an id; any number of up to 18 digits fits 64 bits

_PAIR = rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:" + _PAIR + rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)


def without_lone_surrogates(line: bytes) -> bytes:
    r"""Replace the escapes in JSON that are half of a character, as "\ud800", by U+FFFD."""
    if b"\\ud" not in line and b"\\uD" not in line:
        return line
    return _ESCAPE.sub(lambda escape: rb"\ufffd" if escape["lone"] else escape[0], line)


class _Lines(io.RawIOBase):
    """The lines of a stream, each passed on as soon as it is complete."""

    def __init__(self, source: IO[bytes]) -> None:
        """Take a stream; it stays open."""
        self._source = source
        self._line = memoryview(b"")  # what is left of a line; to cut bytes off a view copies none

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with the next line, or what fits of it; return 0 at the end."""
        self._line = self._line or memoryview(without_lone_surrogates(self._next()))
        part, self._line = self._line[: len(buffer)], self._line[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def _next(self) -> bytes:
        """Return the next line, or `TOO_LONG` in its place."""
        line = self._source.readline(MAX_LINE + 1)
        if len(line) <= MAX_LINE:
            return line
        while line and not line.endswith(b"\n"):
            line = self._source.readline(MAX_LINE)
        return TOO_LONG


def id_of(line: str) -> int | str | None:
    """Return the id of a JSON-RPC message that cannot be read as a whole; None where it has none or cannot be found."""
    try:
        message = json.loads(
            line, parse_int=lambda digits: int(digits) if len(digits) <= _MAX_DIGITS else None
        )
    except (ValueError, RecursionError):
        return None
    return valid_id(message.get("id")) if isinstance(message, dict) else None


def valid_id(id: object) -> int | str | None:
    """Return a value if it may be the id of a JSON-RPC request, else None."""
    return id if isinstance(id, int | str) and not isinstance(id, bool) else None


@contextmanager
def well_formed_input() -> Iterator[None]:
    """Let `sys.stdin` give JSON without lone surrogates, and no endless line, while the block runs."""
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_Lines(before.buffer)), encoding="utf-8", errors="replace")
    try:
        yield
    finally:
        sys.stdin = before
