"""Packs texts of different lengths into rows of tokens with little padding, and rows into batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from dupfind.encoders.tokenizer import Ids


@dataclass(frozen=True)
class PackedRow:
    """Texts that share one row of `width` tokens, without attention to each other; the rest is padding."""

    width: int
    texts: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Consecutive rows of one width in a batch."""

    start: int
    n_rows: int
    width: int
    segments: NDArray[np.int32] | None
    """(n_rows, width): the text of each token, -1 for padding; None if every row is one text without padding."""


@dataclass(frozen=True)
class Batch:
    """All tokens of some texts in one flat array, with padding at the ends of rows, and after the last row."""

    texts: NDArray[np.intp]
    """(n,) places of the texts, in their order in the batch."""
    ids: NDArray[np.int64]
    """(tokens,) token ids, 0 for padding."""
    positions: NDArray[np.int64]
    """(tokens,) position in the token's own text, 0 for padding."""
    starts: NDArray[np.int64]
    """(n,) first token of each text."""
    lengths: NDArray[np.int64]
    """(n,) number of tokens of each text."""
    groups: tuple[Group, ...]


def pack(lengths: Sequence[int], room: int, multiple: int) -> list[PackedRow]:
    """Pack texts into rows, the longest first, and fill each row with shorter ones.

    This is best fit decreasing; with titles among the texts, almost no padding is left.

    Args:
        lengths: Tokens of each text, none of them 0.
        room: Width of a row of short texts; a longer text has its own width.
        multiple: Every width is a multiple of it.

    Returns:
        Rows with every text once, the widest first.
    """
    waiting: list[list[int]] = [[] for _ in range(max(lengths, default=0) + 1)]
    for text in range(len(lengths) - 1, -1, -1):  # reversed, so that pop() takes equal lengths in their order
        waiting[lengths[text]].append(text)
    left = sum(lengths)
    rows = []
    for length in range(len(waiting) - 1, 0, -1):
        while waiting[length]:
            width = max(length, min(room, left))  # the last row is no wider than the tokens that are left
            width += -width % multiple
            texts, space, fitting = [waiting[length].pop()], width - length, length
            while True:
                fitting = min(fitting, space)  # only falls, because the space of a row only shrinks
                while fitting and not waiting[fitting]:
                    fitting -= 1
                if not fitting:
                    break
                texts.append(waiting[fitting].pop())
                space -= fitting
            left -= width - space
            rows.append(PackedRow(width, tuple(texts)))
    return sorted(rows, key=lambda row: -row.width)


def alone(lengths: Sequence[int], multiple: int) -> list[PackedRow]:
    """Give each text a row of its own, the widest first.

    Then a vector does not depend on the texts around it, to the last bit: sums run over the same places.

    Args:
        lengths: Tokens of each text, none of them 0.
        multiple: Every width is a multiple of it.
    """
    rows = [PackedRow(length + -length % multiple, (text,)) for text, length in enumerate(lengths)]
    return sorted(rows, key=lambda row: -row.width)


def batches(rows: Sequence[PackedRow], ids: Sequence[Ids], budget: int, round_to: int = 1) -> Iterator[Batch]:
    """Yield batches of at most `budget` tokens, with at least one row each, and padding up to a multiple."""
    members: list[PackedRow] = []
    n_tokens = 0
    for row in rows:
        if members and n_tokens + row.width > budget:
            yield lay_out(members, ids, round_to)
            members, n_tokens = [], 0
        members.append(row)
        n_tokens += row.width
    if members:
        yield lay_out(members, ids, round_to)


def lay_out(rows: Sequence[PackedRow], ids: Sequence[Ids], round_to: int = 1) -> Batch:
    """Write the tokens of rows, widest first, into one batch, with padding up to a multiple of `round_to` tokens."""
    size = sum(row.width for row in rows)
    size += -size % round_to
    # (tokens,) each
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
    for width, same in groupby(rows, key=lambda row: row.width):  # rows come sorted by width
        members = list(same)
        segments = owner[at : at + len(members) * width].reshape(len(members), width)
        # Without a second text or padding, attention within the row needs no mask.
        is_plain = all(len(row.texts) == 1 and len(ids[row.texts[0]]) == width for row in members)
        groups.append(Group(at, len(members), width, None if is_plain else segments))
        at += len(members) * width
    lengths = np.array([len(ids[text]) for text in texts], np.int64)
    return Batch(
        np.array(texts, np.intp), line, positions, np.array(starts, np.int64), lengths, tuple(groups)
    )
