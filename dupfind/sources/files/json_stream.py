"""Parse JSON text value by value in bounded memory: lines, arrays of any length, and objects around a list."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TextIO

from dupfind.errors import SourceError

MAX_VALUE = 64 * 1024 * 1024
"""Characters of the longest value in memory: an issue, or another member of an object with issues."""

_WHOLE = 1024 * 1024  # characters up to which an object is read as one value
_PIECE = 64 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_CUT = 12  # characters at the end of a text in which a number, word or escape may be cut

Members = dict[str, Any]


class Value(NamedTuple):
    """One value of the text.

    Attributes:
        line: The line in which it begins.
        value: The parsed value; of a broken line among others, what is wrong with it.
        is_inner: Whether it is an element of a list.
    """

    line: int
    value: Any
    is_inner: bool


IsList = Callable[[str, Members], bool | None]
"""Decides from a key of a large object, and the members before it, whether its list holds the issues. None skips
the list without holding it in memory."""


def values(file: TextIO, where: str, is_list: IsList) -> Iterator[Value]:
    """Yield the consecutive values of a text; of an array, its elements.

    An object of more than a mebibyte is read member by member. If a list in it holds the issues, the elements are
    yielded one at a time, and the object itself is not yielded.

    A broken line is yielded as an error if the next line begins an object again, as in JSON Lines.

    Args:
        file: Read once, piece by piece.
        where: Names it in errors.
        is_list: Selects the list in such an object.

    Raises:
        SourceError: The text is empty, is not JSON from some line on, is cut off, or holds a value too long.
    """
    text = _Text(file, where)
    if not text.next():
        raise SourceError(f"{where} is empty: there is nothing to read")
    while character := text.next():
        line = text.line
        if character == "[":
            for at, element in _elements(text):
                yield Value(at, element, True)
        elif character == "{":
            try:
                parsed = text.value(_WHOLE)
            except SourceError as error:
                if not text.skip_line():
                    raise
                yield Value(line, error, False)
                continue
            if parsed is not _LONG:
                yield Value(line, parsed, False)
            else:
                yield from _members(text, line, is_list)
        else:
            yield Value(line, text.value(MAX_VALUE), False)


def _elements(text: "_Text") -> Iterator[tuple[int, Any]]:
    text.take("[")
    if text.next() == "]":
        text.take("]")
        return
    while True:
        text.next()
        yield text.line, text.value(MAX_VALUE)
        if text.next() == "]":
            text.take("]")
            return
        text.take(",")


def _members(text: "_Text", line: int, is_list: IsList) -> Iterator[Value]:
    members: Members = {}
    has_list = False
    text.take("{")
    while text.next() != "}":
        key = text.value(MAX_VALUE)
        text.next()
        text.take(":")
        is_read = is_list(key, members) if text.next() == "[" and isinstance(key, str) else False
        if is_read or is_read is None:
            has_list |= is_read is not None
            for at, element in _elements(text):
                if is_read:
                    yield Value(at, element, True)
        else:
            members[str(key)] = text.value(MAX_VALUE)
        if text.next() == ",":
            text.take(",")
    text.take("}")
    if not has_list:
        yield Value(line, members, False)


_LONG = object()


class _Text:
    """A text that is held only around the current position."""

    def __init__(self, file: TextIO, where: str) -> None:
        self.line = 1
        self._file = file
        self._where = where
        self._buffer = ""
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def next(self) -> str:
        """Return the next character that is no space without consuming it; "" at the end."""
        while True:
            self._move(_SPACE.match(self._buffer, self._at).end())  # type: ignore[union-attr]
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def skip_line(self) -> bool:
        """Consume the line of a value that begins it, and return whether the next line begins an object."""
        if self._at > 0 and self._buffer[self._at - 1] != "\n":
            return False
        while (end := self._buffer.find("\n", self._at)) < 0:
            if len(self._buffer) - self._at > MAX_VALUE or not self._more():
                return False
        while len(self._buffer) < end + 2 and self._more():
            end = self._buffer.find("\n", self._at)
        if self._buffer[end + 1 : end + 2] != "{":
            return False
        self._move(end + 1)
        return True

    def take(self, character: str) -> None:
        """Consume a character.

        Raises:
            SourceError: It is not the next one.
        """
        if self.next() != character:
            raise self._broken(f"Expecting '{character}'", self._at)
        self._move(self._at + 1)

    def value(self, limit: int) -> Any:
        """Parse the value here; return `_LONG` and consume nothing if it has more characters than the limit.

        Raises:
            SourceError: There is no valid value, or it has more than `MAX_VALUE` characters.
        """
        while True:
            try:
                value, end = self._decode(self._buffer, self._at)
                if self._has_surrogates(end):  # JSON may escape a lone one, which UTF-8 cannot encode
                    value = _paired(value)
            except json.JSONDecodeError as error:
                # For an unterminated text, json names its start, which may be far from the end.
                is_cut = error.msg.startswith("Unterminated") or error.pos >= len(self._buffer) - _CUT
                if not is_cut:
                    raise self._broken(error.msg, error.pos) from error
                if len(self._buffer) - self._at > limit:
                    if limit < MAX_VALUE:
                        return _LONG
                    raise SourceError(
                        f"{self._where}, line {self.line}: a value that begins here does not end in"
                        f" {MAX_VALUE // 1024**2} Mi characters"
                    ) from error
                if not self._more():
                    raise self._broken(error.msg, error.pos) from error
                continue
            except (ValueError, RecursionError) as error:
                message = f"{self._where}, line {self.line}: no JSON that can be read: {error}"
                raise SourceError(message) from error
            if len(self._buffer) - end < 3 and isinstance(value, int | float) and self._more():
                continue  # the rest of a number may come yet, as of 1.5 after "1."
            self._move(end)
            return value

    def _has_surrogates(self, end: int) -> bool:
        """Return whether the escapes up to `end` contain a surrogate."""
        return self._buffer.find("\\ud", self._at, end) >= 0 or self._buffer.find("\\uD", self._at, end) >= 0

    def _move(self, end: int) -> None:
        self.line += self._buffer.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        """Read on: one line if the buffer is empty, else as much again as it holds."""
        rest = self._buffer[self._at :]
        # Doubled: a value is parsed again from its start, and the total stays linear.
        piece = self._file.read(max(_PIECE, len(rest))) if rest else self._file.readline(_PIECE)
        if piece:
            self._buffer, self._at = rest + piece, 0
        return bool(piece)

    def _broken(self, reason: str, at: int) -> SourceError:
        line = self.line + self._buffer.count("\n", self._at, at)
        column = at - self._buffer.rfind("\n", 0, at)
        is_end = at >= len(self._buffer) - 1 and not self._file.read(1)
        end = "; the text ends here" if is_end else ""
        return SourceError(f"{self._where}, line {line}: no JSON: {reason} (column {column}){end}")


def _paired(value: Any) -> Any:
    """Return the value with each lone surrogate in its texts replaced by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_paired(inner) for inner in value]
    if isinstance(value, dict):
        return {_paired(key): _paired(inner) for key, inner in value.items()}
    return value
