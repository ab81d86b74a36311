"""Blocks: the code in a text, which is kept as it stands while what is around it is converted."""

import re
from collections.abc import Callable
from typing import NamedTuple

MAX_INLINE = 500
"""Characters of the longest code inside of a line."""

_KEPT = re.compile("\ue000([0-9]+)\ue001")


class Code(NamedTuple):
    """What stands in the place of a piece of code, and where that ends in the text."""

    shown: str
    end: int


class BlockText:
    """A text in which the ends of things are looked for, each only as far as it can be."""

    def __init__(self, text: str) -> None:
        """Take the text, without the two characters that stand for code in between."""
        self.text = text.replace("\ue000", " ").replace("\ue001", " ")
        self._last: dict[str, int] = {}

    def find(self, closing: str, start: int) -> int:
        """Where the closing mark is next, or -1; a text full of openings that never close takes no longer."""
        if closing not in self._last:
            self._last[closing] = self.text.rfind(closing)
        return self.text.find(closing, start) if start <= self._last[closing] else -1

    def find_inline(self, closing: str, start: int) -> int:
        """Where it is in the same line, and not far, or -1."""
        end = self.text.find("\n", start, start + MAX_INLINE)
        return self.text.find(closing, start, start + MAX_INLINE if end < 0 else end)

    def fence(self, start: int, code: str, end: int, language: str = "") -> Code:
        """Code of lines of its own, between fences that are longer than any in it."""
        code = code.strip("\r\n")
        marks = "```"
        while marks in code:
            marks += "`"
        before = "" if start == 0 or self.text[start - 1] == "\n" else "\n"
        after = "" if self.text[end : end + 1] in ("", "\n", "\r") else "\n"
        return Code(f"{before}{marks}{language}\n{code}\n{marks}{after}", end)


def convert(
    text: str,
    opening: re.Pattern[str],
    code: Callable[[BlockText, re.Match[str]], Code | None],
    prose: Callable[[str], str],
) -> str:
    """Convert a text but for its code.

    Args:
        text: Of a tracker.
        opening: Finds where code may begin.
        code: What begins there, or None where it is none.
        prose: Converts all else, in which single characters of private use stand for code.
    """
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
    return _KEPT.sub(lambda match: code_blocks[int(match[1])], prose("".join(parts)))


def inline(code: str) -> str:
    """Code inside of a line."""
    return f"`{code.strip()}`"
