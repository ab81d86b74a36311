"""Texts of unlike length side by side without padding: rows of tokens, and batches of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from dupfind.encoders.tokenizer import Ids


@dataclass(frozen=True)
class PackedRow:
    """Texts that share one row of `width` tokens and do not see each other; what is left over is padding."""

    width: int
    texts: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Rows of one width that lie together in a batch."""

    start: int
    n_rows: int
    width: int
    segments: NDArray[np.int32] | None
    """(n_rows, width): which text each token belongs to; None where every row is one text and full."""


@dataclass(frozen=True)
class Batch:
    """All tokens of some texts in one line, padding only at the ends of rows."""

    texts: NDArray[np.intp]
    """(n,) which texts, in the order in which they lie."""
    ids: NDArray[np.int64]
    """(tokens,) 0 where there is padding."""
    positions: NDArray[np.int64]
    """(tokens,) place in the token's own text."""
    starts: NDArray[np.int64]
    """(n,) where each text begins."""
    lengths: NDArray[np.int64]
    """(n,) tokens of each text."""
    groups: tuple[Group, ...]


def pack(lengths: Sequence[int], room: int, multiple: int) -> list[PackedRow]:
    """Lay texts into rows, the longest first, and short ones beside them where they fit.

    Best fit, decreasing: with titles among them, almost nothing is padding.

    Args:
        lengths: Tokens of each text, none of them 0.
        room: Width of a row of short texts; a longer text has its own width.
        multiple: Every width is a multiple of it.

    Returns:
        Rows that hold every text once, the widest first.
    """
    waiting: list[list[int]] = [[] for _ in range(max(lengths, default=0) + 1)]
    for text in range(len(lengths) - 1, -1, -1):  # so that pop() gives equal lengths in their order
        waiting[lengths[text]].append(text)
    left = sum(lengths)
    rows = []
    for length in range(len(waiting) - 1, 0, -1):
        while waiting[length]:
            width = max(length, min(room, left))
            width += -width % multiple
            texts, space, fitting = [waiting[length].pop()], width - length, length
            while True:
                fitting = min(fitting, space)
                while fitting and not waiting[fitting]:
                    fitting -= 1
                if not fitting:
                    break
                texts.append(waiting[fitting].pop())
                space -= fitting
            left -= width - space
            rows.append(PackedRow(width, tuple(texts)))
    return sorted(rows, key=lambda row: -row.width)


def batches(rows: Sequence[PackedRow], ids: Sequence[Ids], budget: int) -> Iterator[Batch]:
    """Fill batches with rows up to a number of tokens, at least one row each."""
    taken: list[PackedRow] = []
    n_tokens = 0
    for row in rows:
        if taken and n_tokens + row.width > budget:
            yield lay_out(taken, ids)
            taken, n_tokens = [], 0
        taken.append(row)
        n_tokens += row.width
    if taken:
        yield lay_out(taken, ids)


def lay_out(rows: Sequence[PackedRow], ids: Sequence[Ids]) -> Batch:
    """Write the tokens of rows, widest first, into one line."""
    size = sum(row.width for row in rows)
    line, positions, owner = np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, -1, np.int32)
    texts: list[int] = []
    starts: list[int] = []
    row_start = 0
    for row in rows:
        start = row_start
        for text in row.texts:
            end = start + len(ids[text])
            line[start:end], positions[start:end] = ids[text], np.arange(end - start)
            owner[start:end] = len(texts)
            texts.append(text)
            starts.append(start)
            start = end
        row_start += row.width
    groups = []
    at = 0
    for width, same in groupby(rows, key=lambda row: row.width):
        members = list(same)
        segments = owner[at : at + len(members) * width].reshape(len(members), width)
        is_plain = all(len(row.texts) == 1 and len(ids[row.texts[0]]) == width for row in members)
        groups.append(Group(at, len(members), width, None if is_plain else segments))
        at += len(members) * width
    lengths = np.array([len(ids[text]) for text in texts], np.int64)
    return Batch(
        np.array(texts, np.intp), line, positions, np.array(starts, np.int64), lengths, tuple(groups)
    )
