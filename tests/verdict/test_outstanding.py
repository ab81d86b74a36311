"""Tests of the margin from which a pair stands out of a small tracker."""

import numpy as np
import pytest

from dupfind.verdict.outstanding import MANY, least_margin, margin

OTHER_WORDS = "Kite tears in a gale", "The sail of my dragon rips when it blows"
ONE_TOPIC = "Kite reel jams in rain", "Kite reel squeaks in rain"


def test_the_margin_that_a_pair_needs_grows_with_the_tracker_up_to_a_bound() -> None:
    least = [least_margin(n, OTHER_WORDS) for n in (10, 100, 200, 300, MANY, 100 * MANY)]
    assert least == pytest.approx([0.22, 0.22, 0.26, 0.283, 0.3, 0.3], abs=1e-3)
    assert least == sorted(least)


@pytest.mark.parametrize(
    "titles", [ONE_TOPIC, ("Printer offline", "Printer offline"), ("[Bug] Crash", "Crash")]
)
def test_titles_that_share_words_need_more_in_a_small_tracker(titles: tuple[str, str]) -> None:
    assert least_margin(30, titles) == least_margin(30, titles[::-1]) == 0.3


@pytest.mark.parametrize("titles", [OTHER_WORDS, ONE_TOPIC])
@pytest.mark.parametrize("n_records", [5, 150, 399, 5_000])
def test_no_pair_needs_less_than_the_least_of_any_titles(titles: tuple[str, str], n_records: int) -> None:
    assert least_margin(n_records) <= least_margin(n_records, titles) <= 0.3


def test_a_margin_is_measured_from_ten_others_and_needs_five() -> None:
    assert margin(0.7, np.array([0.4] * 10 + [-1.0] * 5)) == pytest.approx(0.3)
    assert margin(0.7, np.array([0.4] * 4)) == 0.0
