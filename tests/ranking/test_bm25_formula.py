"""The BM25 formula against hand-computed values, and as the only place with its constants."""

from math import log

import numpy as np
import pytest

from dupfind.ranking.bm25_formula import K1, B, damping, gain, rarity, smooth_rarity
from tests.support.paths import ROOT


def test_a_word_once_in_a_text_of_mean_length_gains_its_rarity() -> None:
    # tf = 1 and length = mean: (1 * 2.2) / (1 + 1.2) = 1
    assert gain(1, damping(8, 8)) == pytest.approx(1)
    assert gain(1, damping(8, 8), rarity(10, 2)) == pytest.approx(log(8.5 / 2.5))


def test_longer_texts_and_further_occurrences_count_less() -> None:
    # length twice the mean: 1.2 * (0.25 + 0.75 * 2) = 2.1
    assert damping(16, 8) == pytest.approx(2.1)
    assert damping(16, 8, b=0) == pytest.approx(K1)
    gains = gain(np.array([1.0, 2.0, 3.0]), damping(np.array([8, 8, 8]), 8))
    assert np.diff(gains).tolist() == sorted(np.diff(gains), reverse=True)
    assert gains.tolist() == pytest.approx([1, 4.4 / 3.2, 6.6 / 4.2])


def test_a_word_of_most_texts_has_almost_no_rarity_and_never_a_negative_one() -> None:
    assert rarity(10, 9) == 1e-6
    assert rarity(10, np.array([2, 9])).tolist() == pytest.approx([log(8.5 / 2.5), 1e-6])
    assert smooth_rarity(10, np.array([2, 10])).tolist() == pytest.approx(
        [log(1 + 8.5 / 2.5), log(1 + 0.5 / 10.5)]
    )


def test_the_constants_stand_in_no_other_module() -> None:
    assert (K1, B) == (1.2, 0.75)
    for path in (ROOT / "dupfind").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert path.stem == "bm25_formula" or not ("1.2" in text and "0.75" in text), path
