"""Keep the code in a text as it is while the prose around it is converted."""

import re
from collections.abc import Callable
from typing import NamedTuple

MAX_INLINE = 500
"""Characters of the longest code inside of a line."""

_KEPT = re.compile("\ue000([0-9]+)\ue001")
_TICKS = re.compile("`{3,}")


class Code(NamedTuple):
    """The replacement of a piece of code, and its end in the text."""

    shown: str
    end: int


class BlockText:
    """A text with searches for closing marks that stay linear in total."""

    def __init__(self, text: str) -> None:
        """Store the text, without the two characters that stand for code during the conversion."""
        self.text = text.replace("\ue000", " ").replace("\ue001", " ")
        self._last: dict[str, int] = {}

    def find(self, closing: str, start: int) -> int:
        """Return the position of the next closing mark, or -1; unclosed openings do not make it slower."""
        if closing not in self._last:
            self._last[closing] = self.text.rfind(closing)
        return self.text.find(closing, start) if start <= self._last[closing] else -1

    def find_inline(self, closing: str, start: int) -> int:
        """Return its position in the same line within `MAX_INLINE` characters, or -1."""
        end = self.text.find("\n", start, start + MAX_INLINE)
        return self.text.find(closing, start, start + MAX_INLINE if end < 0 else end)

    def fence(self, start: int, code: str, end: int, language: str = "") -> Code:
        """Return a code block between fences that are longer than any in it."""
        code = code.strip("\r\n")
        marks = "`" * max((len(run) + 1 for run in _TICKS.findall(code)), default=3)
        before = "" if start == 0 or self.text[start - 1] == "\n" else "\n"
        after = "" if self.text[end : end + 1] in ("", "\n", "\r") else "\n"
        return Code(f"{before}{marks}{language}\n{code}\n{marks}{after}", end)


def convert(
    text: str,
    opening: re.Pattern[str],
    code: Callable[[BlockText, re.Match[str]], Code | None],
    prose: Callable[[str], str],
) -> str:
    """Convert a text except for its code.

    Args:
        text: A text of a tracker.
        opening: Matches where code may begin.
        code: Returns the code that begins at a match, or None if no code begins there.
        prose: Converts the rest, in which characters of private use stand for code.
    """
    if opening.search(text) is None and "\ue000" not in text and "\ue001" not in text:
        return prose(text)
    block = BlockText(text)
    parts: list[str] = []
    code_blocks: list[str] = []
    at = start = 0
    while match := opening.search(block.text, start):
        piece = code(block, match)
        if piece is None:
            start = match.end()
            continue
        parts += [block.text[at : match.start()], f"\ue000{len(code_blocks)}\ue001"]
        code_blocks.append(piece.shown)
        at = start = piece.end
    parts.append(block.text[at:])
    shown = prose("".join(parts))
    return _KEPT.sub(lambda match: code_blocks[int(match[1])], shown) if code_blocks else shown


def inline(code: str) -> str:
    """Return code inside of a line."""
    return f"`{code.strip()}`"
