"""What a new issue and a match are to each other by their whole texts: a copy, a near-copy, or set apart (pure)."""

from dataclasses import dataclass

from dupfind.records import Record
from dupfind.text.fingerprint import text_fingerprint
from dupfind.verdict.differences import Difference, difference
from dupfind.verdict.near_copy import overlap

LEAST_SCORE = 0.75
"""Cosine similarity below which no match is a near-copy; it saves the comparison of texts."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """The relation of two issues by their whole texts.

    Attributes:
        is_copy: Whether both texts are the same to the letter, over their whole length.
        is_near_copy: Whether one is the other with light edits, or the same but for markup and template.
        difference: What sets the two apart although their words are nearly the same, or None.
    """

    is_copy: bool = False
    is_near_copy: bool = False
    difference: Difference | None = None

    @property
    def says_the_same(self) -> bool:
        """Whether it is a copy or a near-copy."""
        return self.is_copy or self.is_near_copy


def likeness(record: Record, other: Record, *, is_same_text: bool, fingerprint: str) -> Likeness:
    """Compare two issues.

    Args:
        record: The new issue, with its whole text.
        other: Its match; its text may be cut.
        is_same_text: Whether both composed texts are equal, which lack markup and template.
        fingerprint: `text_fingerprint` of the match's whole text; "" where it is not known.
    """
    if fingerprint and fingerprint == text_fingerprint(record.title, record.body):
        return Likeness(is_copy=True)
    shared = overlap(f"{record.title}\n{record.body}", f"{other.title}\n{other.body}")
    found = difference(record, other, shared)
    is_near_copy = shared.is_near_copy or (is_same_text and not shared.both_add)
    return Likeness(is_near_copy=is_near_copy and found is None, difference=found)
