"""The words that a misspelt word may stand for."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from dupfind.search.lexicon import stems
from dupfind.storage.connection import Connection

_SHORTEST = 5  # letters of a word that may be misspelt
_LONG = 8  # letters of a word with room for two errors
_MOST = 20  # letters of a word that is looked at: each has some fifty words that differ by one letter
_N_NEIGHBOURS = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Spelling(NamedTuple):
    """A stem that a misspelt word may stand for, and the words of that stem, which need not be in any record."""

    stem: str
    words: tuple[str, ...]


def may_be_misspelt(word: str) -> bool:
    """Return whether a word is long enough and of letters alone: a code of another number is another code."""
    return _SHORTEST <= len(word) <= _MOST and word.isascii() and word.isalpha()


def neighbours(
    connection: Connection,
    word: str,
    frequency: Callable[[str], int],
    alike: Callable[[str], Iterable[str]],
    prepare: Callable[[Iterable[str]], None] = lambda _: None,
) -> list[Spelling]:
    """Return the stems of records that a misspelt word may stand for, the most frequent first, at most three.

    One letter is missing, added, changed or swapped with the next. The word is corrected before it is stemmed, because
    a mistake in its ending hides the ending: "relocaton" has no stem in common with "relocation". Only where that finds
    nothing, a long word may have two mistakes; then stems are compared.

    Args:
        connection: Stems words.
        word: The misspelt one, in lower case; other ones than `may_be_misspelt` have no neighbours.
        frequency: Returns the number of records with a stem.
        alike: Returns the stems of records that begin as a stem does, and are at most two letters longer or shorter.
        prepare: Called with stems before `frequency` is called with each, so that all can be looked up at once.
    """
    if not may_be_misspelt(word):
        return []
    tried = corrections(word)
    own, *found = stems(connection, [word, *tried])
    near: dict[str, tuple[str, ...]] = {}
    prepare(stem for stem in found if stem is not None)
    for stem, correction in zip(found, tried, strict=True):
        if stem is not None and frequency(stem):
            near[stem] = (*near.get(stem, ()), correction)
    if not near and own is not None and len(word) >= _LONG:
        close = [stem for stem in alike(own) if is_near(own, stem, 2)]
        prepare(close)
        near = {stem: (stem,) for stem in close if frequency(stem)}
    best = sorted(near, key=lambda stem: (-frequency(stem), stem))[:_N_NEIGHBOURS]
    return [Spelling(stem, near[stem]) for stem in best]


def corrections(word: str) -> list[str]:
    """Return every word that differs by one letter: missing, added, changed, or swapped with the next."""
    return sorted(set(_one_letter_apart(word)) - {word})


def _one_letter_apart(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        start, end = word[:at], word[at:]
        for letter in _LETTERS:
            yield f"{start}{letter}{end}"
            if end:
                yield f"{start}{letter}{end[1:]}"
        if end:
            yield f"{start}{end[1:]}"
        if len(end) > 1:
            yield f"{start}{end[1]}{end[0]}{end[2:]}"


def is_near(left: str, right: str, n_edits: int) -> bool:
    """Return whether at most `n_edits` letters have to be added, left out, changed or swapped with the next.

    Args:
        left: A word.
        right: Another one.
        n_edits: A small number: the time grows with its power of four.
    """
    if abs(len(left) - len(right)) > n_edits:
        return False
    start = next(
        (at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other),
        min(len(left), len(right)),
    )
    left, right = left[start:], right[start:]
    if left == right or not n_edits:
        return left == right
    return (
        is_near(left[1:], right, n_edits - 1)
        or is_near(left, right[1:], n_edits - 1)
        or is_near(left[1:], right[1:], n_edits - 1)
        or (left[:2] == right[1::-1] and len(left) > 1 and is_near(left[2:], right[2:], n_edits - 1))
    )
