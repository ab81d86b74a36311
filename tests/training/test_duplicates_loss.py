"""The recipe `duplicates` has the documented loss, and no batch holds two examples of one cluster."""

import math
from collections import Counter
from collections.abc import Sequence

import pytest

from dupfind.training.pair_file import Example
from tests.support.tiny_models import has_peer

if not has_peer:
    pytest.skip("sentence-transformers is not installed", allow_module_level=True)

import torch

from dupfind.training.duplicates_loss import CONTRAST, MIXED, SCALE, TITLES, DuplicatesLoss, GroupsApart

pytestmark = pytest.mark.slow


def batches(examples: Sequence[Example], batch_size: int, epoch: int = 0, seed: int = 1) -> list[list[int]]:
    sampler = GroupsApart(examples, list(examples), batch_size=batch_size, drop_last=False, seed=seed)
    sampler.set_epoch(epoch)
    dealt = list(sampler)
    assert len(dealt) == len(sampler)
    return dealt


EXAMPLES = [
    Example(("a", "b"), group=group, set=f"tracker {group % 2}")
    for group in range(20)
    for _ in range(1 + group % 3)
]


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_is_of_one_tracker_and_holds_no_two_examples_of_a_cluster(seed: int) -> None:
    dealt = batches(EXAMPLES, 4, seed=seed)
    assert sorted(at for batch in dealt for at in batch) == list(range(len(EXAMPLES)))
    for batch in dealt:
        assert len(batch) <= 4
        assert len({EXAMPLES[at].set for at in batch}) == 1
        assert max(Counter(EXAMPLES[at].group for at in batch).values()) == 1


def test_a_cluster_of_many_makes_more_batches_and_not_a_double_one() -> None:
    examples = [Example(("a", "b"), group=0)] * 7 + [
        Example(("a", "b"), group=group) for group in range(1, 8)
    ]
    dealt = batches(examples, 14)
    assert len(dealt) == 7
    assert all(sum(at < 7 for at in batch) == 1 for batch in dealt)


def test_examples_of_no_cluster_fill_batches() -> None:
    assert sorted(map(len, batches([Example(("a", "b"))] * 10, 4))) == [3, 3, 4]


def test_batches_are_those_of_seed_and_epoch() -> None:
    assert batches(EXAMPLES, 4, epoch=1) == batches(EXAMPLES, 4, epoch=1)
    assert batches(EXAMPLES, 4, epoch=1) != batches(EXAMPLES, 4, epoch=2)
    assert batches(EXAMPLES, 4, seed=1) != batches(EXAMPLES, 4, seed=2)


def loss(vectors: Sequence[Sequence[Sequence[float]]], title_weight: float | None = None) -> float:
    """The loss of columns of vectors, by a model that gives what it is given."""
    measured = DuplicatesLoss(lambda features: features, title_weight)
    return float(measured([{"sentence_embedding": torch.tensor(column)} for column in vectors]))


X, Y, Z = [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]


def test_the_loss_is_the_chance_of_the_duplicate_among_the_others_and_the_negatives() -> None:
    e = math.exp(SCALE)
    value = loss([[X, Y], [X, Y], [Z, Z]])
    ranking = -math.log(e / (e + 3))  # one other and two negatives, all at right angles
    contrast = math.log(
        1 + 2 * 2 * 3 * math.exp(-SCALE)
    )  # two duplicates; three others on both sides of both
    assert value == pytest.approx(ranking + CONTRAST * contrast, abs=1e-6)


def test_the_order_of_a_pair_and_the_lengths_of_vectors_are_of_no_account() -> None:
    first, second = [X, [0.6, 0.8, 0]], [[0.8, 0.6, 0], Y]
    value = loss([first, second])
    assert loss([second, first]) == pytest.approx(value, abs=1e-5)
    assert loss([[[5 * x for x in row] for row in first], second]) == pytest.approx(value, abs=1e-5)


def test_records_are_compared_by_score_wholes_titles_and_crosswise() -> None:
    # Wholes tell the two pairs apart and titles do not: two terms are nothing, two are a coin's toss.
    wholes, titles = [[X, Y], [X, Y]], [[Z, Z], [Z, Z]]
    weight = 0.3
    score = -math.log(1 / (1 + math.exp(-SCALE * (1 - weight))))
    contrast = math.log(1 + 2 * 4 * math.exp(-SCALE * (1 - weight)))
    expected = score + 0 + (TITLES + MIXED) * math.log(2) + CONTRAST * contrast
    assert loss([*wholes, *titles], weight) == pytest.approx(expected, abs=1e-5)


def test_a_hard_negative_that_is_nearer_than_the_duplicate_costs_more_than_a_far_one() -> None:
    pair = [[X, Y], [[0.8, 0, 0.6], [0, 0.8, 0.6]]]
    near, far = [[0.9, 0, 0.1], [0, 0.9, 0.1]], [[-1.0, 0, 0], [0, -1.0, 0]]
    assert loss([*pair, near]) > loss([*pair, far]) + 1
