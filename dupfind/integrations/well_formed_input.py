"""Standard input as the MCP SDK can read it: lone surrogates, at which its JSON parser stops, are replaced."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

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
        self._rest = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with the next line, or what fits of it; return 0 at the end."""
        self._rest = self._rest or without_lone_surrogates(self._source.readline())
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


@contextmanager
def well_formed_input() -> Iterator[None]:
    """Let `sys.stdin` give JSON without lone surrogates while the block runs."""
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_Lines(before.buffer)), encoding="utf-8", errors="replace")
    try:
        yield
    finally:
        sys.stdin = before
