"""The alignment of two texts, which is the same whichever of them comes first (pure)."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple


class Stretch(NamedTuple):
    """A stretch of two sequences.

    Attributes:
        is_equal: Whether both sides are equal.
        left: Its part of the first sequence.
        right: Its part of the second one.
    """

    is_equal: bool
    left: slice
    right: slice


def stretches(left: Sequence[str], right: Sequence[str]) -> list[Stretch]:
    """Return the stretches in which two sequences agree and those in which they differ, in order.

    Where two alignments are equally long, `SequenceMatcher` takes the first one of its first sequence. So it is always
    given the lesser one first.
    """
    is_turned = list(right) < list(left)
    first, second = (right, left) if is_turned else (left, right)
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        one, other = slice(a, b), slice(c, d)
        found.append(Stretch(tag == "equal", *((other, one) if is_turned else (one, other))))
    return found


def likeness(one: str, other: str) -> float:
    """Return the share of letters that two words have in one order, 0 to 1, as `SequenceMatcher.ratio`."""
    first, second = sorted((one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
