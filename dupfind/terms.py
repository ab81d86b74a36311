"""Terms: a text's words and names as numbers, kept beside it so that a ranking need not read texts again."""

import re
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dupfind.texts import Text

Numbers = NDArray[np.uint32]

_WORD = re.compile(r"[^\W_]+")
_REMEMBERED = 1 << 18  # words, so that a stream of texts does not fill the memory
_numbers: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Terms:
    """The words and names of one text, each as the CRC-32 of its lower-case spelling.

    Attributes:
        title: (n,) uint32, the title's words in their order.
        body: (m,) uint32, the kept body's words in their order.
        names: (l,) uint32, the names of things in the whole record, each once, in order.
    """

    title: Numbers
    body: Numbers
    names: Numbers


def terms(text: Text) -> Terms:
    """Number the words and names of a text."""
    return Terms(_words(text.title), _words(text.body), np.unique(_numbered(text.names)))


def _words(text: str) -> Numbers:
    return _numbered(_WORD.findall(text.lower()))


def _numbered(words: list[str] | tuple[str, ...]) -> Numbers:
    if len(_numbers) > _REMEMBERED:
        _numbers.clear()
    for word in words:
        if word not in _numbers:
            _numbers[word] = crc32(word.encode("utf-8", "surrogatepass"))
    return np.fromiter((_numbers[word] for word in words), dtype=np.uint32, count=len(words))
