"""Tests of two things that changed places, and of lists and clauses in another order."""

import pytest

from dupfind.results import Difference
from dupfind.verdict import exchanged
from dupfind.verdict.differences import difference
from tests.support.two_issues import issues, shared


@pytest.mark.parametrize(
    ("left", "right", "one", "other"),
    [
        (
            "Stamps print in Opera but not in Vivaldi",
            "Stamps print in Vivaldi but not in Opera",
            "opera",
            "vivaldi",
        ),
        ("Buyers cannot rate couriers", "Couriers cannot rate buyers", "buyers", "couriers"),
        (
            "Show weights in stone, not in kilograms",
            "Show weights in kilograms, not in stone",
            "stone",
            "kilograms",
        ),
        (
            "Prices in net rather than with tax included",
            "Prices with tax included rather than in net",
            "",
            "",
        ),
        ("Copy from the stick to the disk", "Copy to the stick from the disk", "from", "to"),
        ("Left paddle moves the right bat", "Right paddle moves the left bat", "left", "right"),
        (
            "Long audio is cut\nA long song is cut on the tablet. On the phone it is whole.",
            "Long audio is cut\nA long song is cut on the phone. On the tablet it is whole.",
            "tablet",
            "phone",
        ),
    ],
)
def test_two_things_that_changed_places_are_named(left: str, right: str, one: str, other: str) -> None:
    found = exchanged.differing(left, right)
    assert found is not None
    assert found[::-1] == exchanged.differing(right, left)
    if one:
        assert found == (f"{one} → {other}", f"{other} → {one}")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Fails with red, dark blue and green tags", "Fails with green, dark blue and red tags"),
        ("Cut and paste are grey", "Paste and cut are grey"),
        ("Swipe up/down does nothing", "Swipe down/up does nothing"),
        ("Slow on dark red and light blue tiles", "Slow on light blue and dark red tiles"),
        ("It hangs. It crashes.", "It crashes. It hangs."),
        ("Since Monday the map is grey", "The map is grey since Monday"),
        ("Often hangs the map", "The map hangs often"),
        ("Search hangs often", "Often hangs search"),
        ("Crash sometimes at start", "At start sometimes crash"),
        ("A tile of the map is grey", "The tile of a map is grey"),
        (
            "Difference between the printed and the shown total",
            "Difference between the shown and the printed total",
        ),
        ("The map is grey", "The map is blue"),
        ("The map is grey", "The map is grey"),
        ("", "The map"),
    ],
)
def test_another_order_of_a_list_or_of_sentences_is_no_exchange(left: str, right: str) -> None:
    assert exchanged.differing(left, right) is None
    assert exchanged.differing(right, left) is None


def test_a_body_tells_which_of_two_things_fails() -> None:
    body = "The cover is missing in the {}. In the {} it is there."
    left, right = issues(
        ("Cover is missing",) * 2, (body.format("shelf", "shop"), body.format("shop", "shelf"))
    )
    found = difference(left, right, shared(left, right))
    assert found == Difference("contrary", "shelf → shop", "shop → shelf")
