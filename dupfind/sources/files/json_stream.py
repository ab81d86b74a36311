"""Parse JSON text value by value in bounded memory: lines, arrays of any length, and objects around a list."""

import json
import re
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple, TextIO

from dupfind.errors import SourceError
from dupfind.sources.files.keyed_issues import HeldMembers, KeyedIssues

MAX_VALUE = 64 * 1024 * 1024
"""Characters of the longest value in memory: an issue, or another member of an object with issues."""

_WHOLE = 1024 * 1024  # characters up to which an object is read as one value
_PIECE = 64 * 1024
MAX_COMMENTS = 5_000
"""Comments, or events, at each end of the list in an issue of more than a mebibyte that are read."""

_MAX_END = 8 * 1024 * 1024  # characters of them
_COMMENTS = frozenset(
    (
        *("comments", "comment", "notes", "events", "timeline", "timelineitems", "changelog", "histories"),
        *("journals", "messages", "conversations", "transactions", "updates", "actions", "activities"),
    )
)
"""Keys of lists in issues that grow with what people do, in lower case."""
_DEPTH = 6  # nested values of a large object that are read part by part; deeper ones are read at once
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


def values(file: TextIO, where: str, is_list: IsList, keyed: KeyedIssues | None = None) -> Iterator[Value]:
    """Yield the consecutive values of a text; of an array, its elements.

    An object of more than a mebibyte is read member by member. If a list in it holds the issues, the elements are
    yielded one at a time, and the object itself is not yielded. Of a list of comments in it the first and the last are
    kept, `MAX_COMMENTS` of each: an issue with a million comments fits into memory.

    A broken line is yielded as an error if the next line begins an object again, as in JSON Lines.

    Args:
        file: Read once, piece by piece.
        where: Names it in errors.
        is_list: Selects the list in such an object.
        keyed: Selects the members of such an object that are issues under their ids, and of the object that stands
            in the place of that list. They are yielded like the elements of a list; all of the object's first members
            are, or none.

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
                yield from _members(text, line, is_list, keyed)
        else:
            try:
                parsed = text.value(MAX_VALUE)
            except SourceError as error:
                if line == 1 or not text.skip_line():
                    raise
                parsed = error
            yield Value(line, parsed, False)


def _elements(text: "_Text") -> Iterator[tuple[int, Any]]:
    for _ in _items(text, "[", "]"):
        text.next()
        yield text.line, _part(text)[0]


def _items(text: "_Text", opening: str, closing: str) -> Iterator[None]:
    """Yield once for each item of a list or an object, which the caller consumes."""
    text.take(opening)
    if text.next() == closing:
        text.take(closing)
        return
    while True:
        yield
        if text.next() == closing:
            text.take(closing)
            return
        text.take(",")


def _members(text: "_Text", line: int, is_list: IsList, keyed: KeyedIssues | None) -> Iterator[Value]:
    held = HeldMembers(keyed, MAX_VALUE, is_inner=False)
    has_list = False
    text.take("{")
    while text.next() != "}":
        key = text.value(MAX_VALUE)
        text.next()
        text.take(":")
        opening, at = text.next(), text.line
        is_read = is_list(key, held.members) if opening in ("[", "{") and isinstance(key, str) else False
        if opening == "[" and (is_read or is_read is None):
            if is_read and not held.is_keyed:
                plain = yield from _list_of_objects(text)
                has_list |= plain is None
                if plain is not None:
                    held.members[key] = plain
            else:
                deque(_elements(text), maxlen=0)
        elif opening == "{" and is_read and not held.is_keyed:
            held.members[key], n_elements = yield from _by_key(text, keyed)
            has_list |= n_elements > 0
        else:
            value, n = _part(text, 1, is_many=str(key).lower() in _COMMENTS)
            for element in held.add(str(key), value, n, is_open=not has_list):
                yield Value(at, element, True)
        if text.next() == ",":
            text.take(",")
    text.take("}")
    if not has_list and not held.is_keyed:
        yield Value(line, held.members, False)


def _list_of_objects(text: "_Text") -> Generator[Value, None, list[Any] | None]:
    """Yield the elements of a list if one of them is an object or a list; else return them."""
    plain: list[Any] = []
    is_plain, line, start = True, text.line, text.position
    for at, element in _elements(text):
        if is_plain and not isinstance(element, dict | list):
            plain.append(element)
            if text.position - start > MAX_VALUE:
                raise text.too_long(line)
            continue
        if is_plain:
            yield from (Value(line, it, True) for it in plain)
            is_plain = False
        yield Value(at, element, True)
    return plain if is_plain else None


def _by_key(text: "_Text", keyed: KeyedIssues | None) -> Generator[Value, None, tuple[Members, int]]:
    """Yield the members of an inner object that are issues, and return the others and the number of issues."""
    held = HeldMembers(keyed, MAX_VALUE, is_inner=True)
    n_elements = 0
    line = text.line
    for _ in _items(text, "{", "}"):
        text.next()
        key = str(text.value(MAX_VALUE))
        text.next()
        text.take(":")
        text.next()
        at = text.line
        value, n = _part(text, 2, is_many=key.lower() in _COMMENTS)
        for element in held.add(key, value, n):
            n_elements += 1
            yield Value(at, element, True)
        if held.n_kept > MAX_VALUE:
            raise text.too_long(line)
    for element in held.decide():
        n_elements += 1
        yield Value(line, element, True)
    return held.members, n_elements


def _part(text: "_Text", depth: int = 0, *, is_many: bool = False) -> tuple[Any, int]:
    """Read a value, of any length where most of it is in lists of comments.

    Args:
        text: At the value.
        depth: Of the values around it that are read part by part.
        is_many: Whether it is under a key of `_COMMENTS`.

    Returns:
        The value without the comments that are left out, and the characters of the rest.
    """
    start = text.position
    opening = text.next()
    is_whole = depth == _DEPTH or (opening != "{" and not (opening == "[" and is_many))
    value = text.value(MAX_VALUE if is_whole else _WHOLE)
    if value is not _LONG:
        return value, text.position - start
    if opening == "[":
        return _ends(text, depth)
    members: Members = {}
    n_kept = 0
    line = text.line
    for _ in _items(text, "{", "}"):
        text.next()
        key = text.value(MAX_VALUE)
        text.take(":")
        members[str(key)], n = _part(text, depth + 1, is_many=is_many or str(key).lower() in _COMMENTS)
        n_kept += n
        if n_kept > MAX_VALUE:
            raise text.too_long(line)
    return members, n_kept


def _ends(text: "_Text", depth: int) -> tuple[list[Any], int]:
    """Read a list, and return its first and last elements with their characters."""
    first: list[Any] = []
    last: deque[tuple[Any, int]] = deque()
    n_first = n_last = 0
    for _ in _items(text, "[", "]"):
        element, n = _part(text, depth + 1, is_many=True)
        if not last and len(first) < MAX_COMMENTS and n_first < _MAX_END:
            first.append(element)
            n_first += n
        else:
            last.append((element, n))
            n_last += n
            while len(last) > MAX_COMMENTS or (n_last > _MAX_END and len(last) > 1):
                n_last -= last.popleft()[1]
    return [*first, *(element for element, _ in last)], n_first + n_last


_LONG = object()


class _Text:
    """A text that is held only around the current position."""

    def __init__(self, file: TextIO, where: str) -> None:
        self.line = 1
        self.position = 0
        """Characters before the present one."""
        self._file = file
        self._where = where
        self._buffer = ""
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def next(self) -> str:
        """Return the next character that is no space without consuming it; "" at the end."""
        while True:
            self._move(self._filled(self._at))
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def _filled(self, at: int) -> int:
        """Return the place of the next character in the buffer that is no space."""
        return _SPACE.match(self._buffer, at).end()  # type: ignore[union-attr]

    def skip_line(self) -> bool:
        """Consume the line of a value that begins it; return whether the next one with something begins an object."""
        if self._at > 0 and self._buffer[self._at - 1] != "\n":
            return False
        while (end := self._buffer.find("\n", self._at)) < 0:
            if len(self._buffer) - self._at > MAX_VALUE or not self._more():
                return False
        begin = end + 1
        while (begin := self._filled(begin)) == len(self._buffer):
            begin -= self._at  # where it is once the buffer begins here
            if begin > MAX_VALUE or not self._more():
                return False
        if self._buffer[begin] != "{":
            return False
        self._move(begin)
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
                    value = paired(value)
            except json.JSONDecodeError as error:
                # For an unterminated text, json names its start, which may be far from the end.
                is_cut = error.msg.startswith("Unterminated") or error.pos >= len(self._buffer) - _CUT
                if not is_cut:
                    raise self._broken(error.msg, error.pos) from error
                if len(self._buffer) - self._at > limit:
                    if limit < MAX_VALUE:
                        return _LONG
                    raise self.too_long(self.line) from error
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

    def too_long(self, line: int) -> SourceError:
        """Return the error of a value that begins in a line."""
        return SourceError(
            f"{self._where}, line {line}: a value that begins here does not end in {MAX_VALUE // 1024**2} Mi characters"
        )

    def _has_surrogates(self, end: int) -> bool:
        """Return whether the escapes up to `end` contain a surrogate."""
        return self._buffer.find("\\ud", self._at, end) >= 0 or self._buffer.find("\\uD", self._at, end) >= 0

    def _move(self, end: int) -> None:
        self.line += self._buffer.count("\n", self._at, end)
        self.position += end - self._at
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


def paired(value: Any) -> Any:
    """Return the value with each lone surrogate in its texts replaced by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [paired(inner) for inner in value]
    if isinstance(value, dict):
        return {paired(key): paired(inner) for key, inner in value.items()}
    return value
