"""What people are asked next, and what they need not be asked any more."""

import random
from itertools import combinations

import pytest

from dupfind.review.question_queue import PairCandidate, QuestionQueue


def pair(first: int, second: int, score: float = 0.8, probability: float | None = None) -> PairCandidate:
    return PairCandidate(first, second, score, margin=0.1, probability=probability)


def agenda(*candidates: PairCandidate, groups: dict[int, int] | None = None, **answers: str) -> QuestionQueue:
    """Answers are written as `_1_2="same"`."""
    said = {(int(name[1]), int(name[3])): answer for name, answer in answers.items()}
    return QuestionQueue(candidates, groups=groups or {}, answers=said, threshold=0.6)


def rows(found: QuestionQueue) -> list[tuple[int, int]]:
    return [candidate.rows for candidate in found.pending()]


def test_the_probability_nearest_to_one_half_is_asked_first() -> None:
    found = agenda(pair(1, 2, probability=0.99), pair(3, 4, probability=0.45), pair(5, 6, probability=0.2))
    assert rows(found) == [(3, 4), (5, 6), (1, 2)]


def test_without_a_probability_the_score_nearest_to_the_threshold_is_asked_first() -> None:
    assert rows(agenda(pair(1, 2, 0.99), pair(3, 4, 0.61), pair(5, 6, 0.7))) == [(3, 4), (5, 6), (1, 2)]


def test_an_answer_that_settles_more_is_asked_for_before_one_that_is_as_unsure() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(agenda(pair(8, 9), *triangle))[-1] == (8, 9)
    # Marked duplicates are one group: its best pair is asked about, for three.
    group = {2: 2, 3: 2, 4: 2}
    found = agenda(pair(8, 9), pair(1, 2, 0.8), pair(1, 3, 0.8), pair(1, 4, 0.8), groups=group)
    assert rows(found) == [(1, 2), (8, 9)]


def test_duplicates_of_one_are_duplicates_of_each_other_and_are_not_asked_about() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(agenda(*triangle, _1_2="same", _2_3="same")) == []


def test_what_is_different_from_one_is_different_from_its_duplicates() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(agenda(*triangle, _1_2="same", _2_3="different")) == []
    assert rows(agenda(*triangle, _1_2="different")) == [(1, 3), (2, 3)]


def test_unsure_settles_its_own_pair_alone() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(agenda(*triangle, _1_2="unsure")) == [(1, 3), (2, 3)]


def test_an_answer_that_is_taken_back_is_asked_for_again() -> None:
    found = agenda(pair(1, 2), pair(3, 4))
    found.answer((1, 2), "different")
    assert rows(found) == [(3, 4)]
    found.answer((1, 2), None)
    assert rows(found) == [(1, 2), (3, 4)]


def test_a_pair_that_is_dropped_is_not_asked_about() -> None:
    found = agenda(pair(1, 2), pair(3, 4))
    assert len(found.pending()) == 2
    found.drop((1, 2))
    assert rows(found) == [(3, 4)]


@pytest.mark.parametrize("seed", range(5))
def test_every_pair_is_settled_in_the_end_and_rightly(seed: int) -> None:
    rng = random.Random(seed)
    kind = {row: rng.randrange(4) for row in range(14)}
    pairs = [pair(a, b, rng.uniform(0.6, 1)) for a, b in combinations(kind, 2)]
    found = agenda(*pairs)
    n_asked = 0
    while questions := found.pending():
        first, second = questions[0].rows
        found.answer((first, second), "same" if kind[first] == kind[second] else "different")
        n_asked += 1
    assert n_asked < len(pairs) / 2  # what follows from other answers was not asked
    joined, apart = found._settled()
    for a, b in combinations(kind, 2):
        assert (joined.find(a) == joined.find(b)) == (kind[a] == kind[b])
    assert apart
