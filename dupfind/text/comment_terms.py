"""The words and times of comments as numbers, stored with a record so that the ranking need not read them again."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.records import Comment
from dupfind.text.composition import names
from dupfind.text.terms import Lists, Numbers, numbered, numbered_words

UNKNOWN_TIME = np.iinfo(np.int64).min
"""Stands for the time of a comment without one."""


class CommentTerms(NamedTuple):
    """The comments on one record, oldest first.

    Attributes:
        times: (k,) int64, Unix time in seconds, rounded up; `UNKNOWN_TIME` for none.
        lengths: (k,) uint32, how many numbers each has.
        words: (sum of lengths,) uint32, as `Terms.body`; those of a comment are followed by its names that are no
            words, such as `DW-4471`.
    """

    times: NDArray[np.int64]
    lengths: NDArray[np.uint32]
    words: Numbers

    @classmethod
    def of(cls, comments: Iterable[Comment]) -> Self:
        """Number the words and names of comments."""
        comments = list(comments)
        words = [_words_and_names(comment.text) for comment in comments]
        times = [
            UNKNOWN_TIME if comment.at is None else math.ceil(comment.at.timestamp()) for comment in comments
        ]
        return cls(
            np.array(times, dtype=np.int64),
            np.array([len(each) for each in words], dtype=np.uint32),
            np.concatenate([np.empty(0, dtype=np.uint32), *words]),
        )

    def to_bytes(self) -> tuple[bytes, bytes, bytes]:
        """Return the three parts as little-endian bytes."""
        return (
            self.times.astype("<i8").tobytes(),
            self.lengths.astype("<u4").tobytes(),
            self.words.astype("<u4").tobytes(),
        )


def _words_and_names(text: str) -> Numbers:
    return np.append(
        numbered_words(text), numbered(sorted(name for name in names(text) if not name.isalnum()))
    )


@dataclass(frozen=True, slots=True)
class CommentLists:
    """The comments on several records.

    Attributes:
        n_records: Number of records, n.
        owners: (k,) int64, the place of each comment's record, not falling.
        times: (k,) int64, as in `CommentTerms`.
        words: The words of the k comments.
    """

    n_records: int
    owners: NDArray[np.int64]
    times: NDArray[np.int64]
    words: Lists

    @classmethod
    def none(cls, n_records: int) -> Self:
        """Return the comments on records that have none."""
        no_numbers = np.empty(0, dtype=np.int64)
        return cls(n_records, no_numbers, no_numbers, Lists.of([]))

    @classmethod
    def of_bytes(cls, n_records: int, rows: Sequence[tuple[int, bytes, bytes, bytes]]) -> Self:
        """Read the comments on records: the place of each that has some, rising, and the parts of its terms.

        Raises:
            ValueError: The parts of a record do not fit together.
        """
        if not rows:
            return cls.none(n_records)
        places, times, lengths, words = zip(*rows, strict=True)
        n_comments = np.fromiter(map(len, times), dtype=np.int64, count=len(times)) // 8  # bytes of an int64
        all_lengths = Lists.of_bytes(lengths)
        all_words = Lists.of_bytes(words)
        ends = np.concatenate([[0], np.cumsum(all_lengths.numbers, dtype=np.int64)])
        if (
            any(len(part) % 8 for part in times)
            or not np.array_equal(all_lengths.lengths, n_comments)
            or not np.array_equal(ends[all_lengths.ends], all_words.ends)
        ):
            raise ValueError("the comments on a record are damaged")
        return cls(
            n_records,
            np.repeat(np.array(places, dtype=np.int64), n_comments),
            np.frombuffer(b"".join(times), dtype="<i8").astype(np.int64, copy=False),
            Lists(all_words.numbers, ends),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Concatenate the comments of all parts, at least one."""
        first = np.cumsum([0, *(part.n_records for part in parts)])
        return cls(
            int(first[-1]),
            np.concatenate([part.owners + shift for part, shift in zip(parts, first, strict=False)]),
            np.concatenate([part.times for part in parts]),
            Lists.joined([part.words for part in parts]),
        )

    def before(self, moment: float) -> Self:
        """Return the comments that were there at a moment, Unix time in seconds; those without a time are left out."""
        return self._chosen((self.times < moment) & (self.times != UNKNOWN_TIME))

    def with_words(self) -> Self:
        """Return the comments that have a word."""
        return self._chosen(self.words.lengths > 0)

    def _chosen(self, is_chosen: NDArray[np.bool_]) -> Self:
        [kept] = np.nonzero(is_chosen)
        return type(self)(self.n_records, self.owners[kept], self.times[kept], self.words.take(kept))

    def take(self, places: NDArray[np.integer]) -> Self:
        """Return the comments on the records at these places, in this order; a place may come twice."""
        starts = np.searchsorted(self.owners, places)
        n_comments = np.searchsorted(self.owners, places, side="right") - starts
        ends = np.cumsum(n_comments)
        total = int(ends[-1]) if len(ends) else 0
        kept = np.repeat(starts - ends + n_comments, n_comments) + np.arange(total)
        return type(self)(
            len(places),
            np.repeat(np.arange(len(places)), n_comments),
            self.times[kept],
            self.words.take(kept),
        )
