"""Tests of the alignment of two texts, whichever of them comes first."""

import random

from dupfind.verdict.alignment import likeness, stretches
from dupfind.verdict.differences import difference
from dupfind.verdict.spelling import may_be_typo
from tests.support.two_issues import issues, shared

WORDS = (
    "shuttle",
    "thread",
    "edge",
    "jams",
    "DXF",
    "SVG",
    "/warp",
    "Mohair",
    "Alpaca",
    "on",
    "at",
    "the",
    "is",
    "12",
)


def test_two_sequences_are_aligned_alike_both_ways() -> None:
    one, other = ["a", "b", "c", "d"], ["b", "a", "d", "x", "c"]
    found = stretches(one, other)
    assert [(each.is_equal, each.right, each.left) for each in stretches(other, one)] == found
    assert [word for each in found for word in one[each.left]] == one
    assert [word for each in found for word in other[each.right]] == other
    assert all((one[each.left] == other[each.right]) == each.is_equal for each in found)


def test_the_likeness_of_two_words_is_the_same_both_ways() -> None:
    source = random.Random(5)
    pairs = [["".join(source.choices("abcd", k=6)) for _ in range(2)] for _ in range(500)]
    assert all(likeness(*pair) == likeness(*pair[::-1]) for pair in pairs)
    assert all(may_be_typo(*pair) == may_be_typo(*pair[::-1]) for pair in pairs)


def test_words_that_changed_places_set_apart_both_ways_or_neither() -> None:
    source = random.Random(7)
    n_apart = 0
    for at in range(3_000):
        words = source.choices(WORDS, k=8)
        moved = [*words]
        for _ in range(3):
            one, other = source.sample(range(8), 2)
            moved[one], moved[other] = moved[other], moved[one]
        moved[source.randrange(8)] = source.choice(WORDS)
        texts = [f"It {' '.join(each)}" for each in (words, moved)]
        titles, bodies = (texts, ["", ""]) if at % 2 else (["Loom stops in a row"] * 2, texts)
        pair = issues((titles[0], titles[1]), (bodies[0], bodies[1]))
        found, turned = (difference(*each, shared(*each)) for each in (pair, pair[::-1]))
        sides = None if turned is None else (turned.kind, turned.right, turned.left)
        assert (None if found is None else (found.kind, found.left, found.right)) == sides, texts
        n_apart += found is not None
    assert n_apart > 20
