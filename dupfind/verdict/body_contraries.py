"""Contraries in the sentences of two bodies under one title (pure)."""

from collections.abc import Iterator

from dupfind.records import Record
from dupfind.results import Difference
from dupfind.verdict.contraries import contrary
from dupfind.verdict.words import Words, dice, sentences

_SAME_TITLE = 0.9  # Dice coefficient of two titles
_SAME_SENTENCE = 0.6
_MAX_SENTENCES = 12
_SPOKEN = 8_000  # characters of a body
_SHOULD = frozenset(("should", "shall", "must", "expect", "expected", "ought"))


def contrary_in_bodies(left: Record, right: Record, ours: Words, theirs: Words) -> Difference | None:
    """Look for opposites in the first sentences of two bodies under one title; a "not" there may be of anything."""
    if dice(ours.content(), theirs.content()) < _SAME_TITLE:
        return None
    for one, other in _aligned(left.body, right.body):
        found = contrary(one, other)
        # What happens and what should happen are opposites in every report of a fault.
        is_wish = _SHOULD.isdisjoint(one.lower) != _SHOULD.isdisjoint(other.lower)
        if found is not None and all(found) and not is_wish:
            return Difference("contrary", *found)
    return None


def _aligned(left: str, right: str) -> Iterator[tuple[Words, Words]]:
    """Yield the sentences of two bodies that say nearly the same, but are not equal."""
    theirs = [Words.of(piece) for piece in _first_sentences(right)]
    for piece in _first_sentences(left):
        ours = Words.of(piece)
        if any(ours.lower == other.lower for other in theirs):
            continue
        for other in theirs:
            if dice(ours.content(), other.content()) >= _SAME_SENTENCE:
                yield ours, other


def _first_sentences(body: str) -> list[str]:
    return sentences(body[:_SPOKEN])[:_MAX_SENTENCES]
