"""Which question comes next, and which questions other answers settle."""

import random
from itertools import combinations

import pytest

from dupfind.review.question_queue import PairCandidate, QuestionQueue


def pair(first: int, second: int, score: float = 0.8, probability: float | None = None) -> PairCandidate:
    return PairCandidate(first, second, score, margin=0.1, probability=probability)


def queue(*candidates: PairCandidate, groups: dict[int, int] | None = None, **answers: str) -> QuestionQueue:
    """Answers are written as `_1_2="same"`."""
    earlier = {(int(name[1]), int(name[3])): answer for name, answer in answers.items()}
    return QuestionQueue(candidates, groups=groups or {}, answers=earlier, threshold=0.6)


def rows(questions: QuestionQueue) -> list[tuple[int, int]]:
    return [candidate.rows for candidate in questions.pending()]


def test_the_probability_nearest_to_one_half_comes_first() -> None:
    questions = queue(pair(1, 2, probability=0.99), pair(3, 4, probability=0.45), pair(5, 6, probability=0.2))
    assert rows(questions) == [(3, 4), (5, 6), (1, 2)]


def test_without_a_probability_the_score_nearest_to_the_threshold_comes_first() -> None:
    assert rows(queue(pair(1, 2, 0.99), pair(3, 4, 0.61), pair(5, 6, 0.7))) == [(3, 4), (5, 6), (1, 2)]


def test_of_two_equally_uncertain_questions_the_one_that_settles_more_comes_first() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(queue(pair(8, 9), *triangle))[-1] == (8, 9)
    # Marked duplicates are one group: its best pair stands for all three.
    group = {2: 2, 3: 2, 4: 2}
    questions = queue(pair(8, 9), pair(1, 2, 0.8), pair(1, 3, 0.8), pair(1, 4, 0.8), groups=group)
    assert rows(questions) == [(1, 2), (8, 9)]


def test_duplicates_of_one_record_are_duplicates_of_each_other_and_no_question() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(queue(*triangle, _1_2="same", _2_3="same")) == []


def test_what_is_different_from_one_is_different_from_its_duplicates() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(queue(*triangle, _1_2="same", _2_3="different")) == []
    assert rows(queue(*triangle, _1_2="different")) == [(1, 3), (2, 3)]


def test_unsure_settles_its_own_pair_alone() -> None:
    triangle = [pair(*ends) for ends in combinations((1, 2, 3), 2)]
    assert rows(queue(*triangle, _1_2="unsure")) == [(1, 3), (2, 3)]


def test_a_deleted_answer_opens_its_question_again() -> None:
    questions = queue(pair(1, 2), pair(3, 4))
    questions.answer((1, 2), "different")
    assert rows(questions) == [(3, 4)]
    questions.answer((1, 2), None)
    assert rows(questions) == [(1, 2), (3, 4)]


def test_a_removed_candidate_is_no_question() -> None:
    questions = queue(pair(1, 2), pair(3, 4))
    assert len(questions.pending()) == 2
    questions.drop((1, 2))
    assert rows(questions) == [(3, 4)]


@pytest.mark.parametrize("seed", range(5))
def test_every_pair_is_settled_in_the_end_and_rightly(seed: int) -> None:
    rng = random.Random(seed)
    kind = {row: rng.randrange(4) for row in range(14)}
    pairs = [pair(a, b, rng.uniform(0.6, 1)) for a, b in combinations(kind, 2)]
    questions = queue(*pairs)
    n_questions = 0
    while pending := questions.pending():
        first, second = pending[0].rows
        questions.answer((first, second), "same" if kind[first] == kind[second] else "different")
        n_questions += 1
    assert n_questions < len(pairs) / 2  # other answers settle the rest
    same, different = questions._settled()
    for a, b in combinations(kind, 2):
        assert (same.find(a) == same.find(b)) == (kind[a] == kind[b])
    assert different
