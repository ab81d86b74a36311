"""The words and names of texts as numbers, stored with the texts so that the ranking need not read them again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dupfind.text.composition import ComposedText
from dupfind.text.search_tokens import words
from dupfind.vectors.sets import distinct

Numbers = NDArray[np.uint32]

_REMEMBERED = 1 << 18  # words, so that a stream of texts does not fill the memory


class _Numbers(dict[str, int]):
    """The number of each word met so far; a lookup adds a new word."""

    def __missing__(self, word: str) -> int:
        number = self[word] = crc32(word.encode("utf-8", "surrogatepass"))  # a lone surrogate must not raise
        return number


_numbers = _Numbers()


@dataclass(frozen=True, slots=True)
class Terms:
    """The words and names of one text, each as the CRC-32 of its lower-case spelling.

    Attributes:
        title: (n,) uint32, the title's words in their order.
        body: (m,) uint32, the composed body's words in their order.
        names: (l,) uint32, the names of things in the whole record, distinct and increasing.
    """

    title: Numbers
    body: Numbers
    names: Numbers


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of numbers in one flat array.

    Attributes:
        numbers: (sum of lengths,) uint32.
        ends: (n + 1,) int64: list i is `numbers[ends[i]:ends[i + 1]]`.
    """

    numbers: Numbers
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, arrays: Sequence[Numbers]) -> Self:
        """Concatenate arrays."""
        numbers = np.concatenate(arrays) if len(arrays) else np.empty(0, dtype=np.uint32)
        return cls(numbers, _ends(np.fromiter(map(len, arrays), dtype=np.int64, count=len(arrays))))

    @classmethod
    def of_bytes(cls, blobs: Sequence[bytes]) -> Self:
        """Read lists from the database's little-endian bytes.

        Raises:
            ValueError: A blob is not a whole number of words.
        """
        sizes = np.fromiter(map(len, blobs), dtype=np.int64, count=len(blobs))
        if (sizes % 4).any():  # bytes of a uint32
            raise ValueError("the words of a record are damaged")
        return cls(
            np.frombuffer(b"".join(blobs), dtype="<u4").astype(np.uint32, copy=False), _ends(sizes // 4)
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Concatenate the lists of all parts, at least one."""
        numbers = np.concatenate([part.numbers for part in parts])
        return cls(numbers, _ends(np.concatenate([part.lengths for part in parts])))

    def __len__(self) -> int:
        """Return the number of lists."""
        return len(self.ends) - 1

    def __getitem__(self, place: int) -> Numbers:
        """Return a list by its place, from 0 on.

        Raises:
            IndexError: There are fewer lists.
        """
        return self.numbers[self.ends[place] : self.ends[place + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) length of each list."""
        return np.diff(self.ends)

    @property
    def owners(self) -> NDArray[np.int64]:
        """(sum of lengths,) the place of each number's list."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, places: NDArray[np.integer]) -> Self:
        """Return the lists at these places, (m,), in this order; a place may come twice."""
        starts = self.ends[places]
        lengths = self.ends[places + 1] - starts
        ends = _ends(lengths)
        # (sum of the lengths taken,): where each number of the result stands in `numbers`
        return type(self)(self.numbers[np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])], ends)


@dataclass(frozen=True, slots=True)
class TermLists:
    """The terms of several texts in one order, each part as in `Terms`."""

    title: Lists
    body: Lists
    names: Lists

    @classmethod
    def of(cls, each: Iterable[Terms]) -> Self:
        """Gather the terms of several texts."""
        parts = [(one.title, one.body, one.names) for one in each]
        return cls(*(Lists.of([part[at] for part in parts]) for at in range(3)))

    @classmethod
    def of_bytes(cls, rows: Sequence[Sequence[bytes]]) -> Self:
        """Read title, body and names of each text from the database's little-endian bytes.

        Raises:
            ValueError: A blob is not a whole number of words.
        """
        return cls(*(Lists.of_bytes([row[at] for row in rows]) for at in range(3)))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Concatenate the terms of all parts, at least one."""
        return cls(
            Lists.joined([part.title for part in parts]),
            Lists.joined([part.body for part in parts]),
            Lists.joined([part.names for part in parts]),
        )

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.title)

    def __getitem__(self, place: int) -> Terms:
        """Return the terms of one text."""
        return Terms(self.title[place], self.body[place], self.names[place])

    def take(self, places: NDArray[np.integer]) -> Self:
        """Return the terms of the texts at these places, in this order."""
        return type(self)(self.title.take(places), self.body.take(places), self.names.take(places))


def _ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) lengths -> (n + 1,) boundaries, from 0 on."""
    ends = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def terms(text: ComposedText) -> Terms:
    """Number the words and names of a text."""
    return Terms(numbered_words(text.title), numbered_words(text.body), distinct(numbered(text.names)))


def numbered_words(text: str) -> Numbers:
    """Return the words of a text in their order, each as its number, (n,)."""
    return numbered(words(text))


def numbered(words: Sequence[str]) -> Numbers:
    """Return the number of each word or name, (n,)."""
    global _numbers
    numbers = _numbers
    if len(numbers) > _REMEMBERED:
        # A new dictionary, not a cleared one: another thread may be reading the old one.
        numbers = _numbers = _Numbers()
    return np.fromiter(map(numbers.__getitem__, words), dtype=np.uint32, count=len(words))
