"""Tests of two things that changed places, and of lists and clauses in another order."""

import pytest

from dupfind.results import Difference
from dupfind.verdict import exchange
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
        ("Show the skipper on the berth card", "Show the berth card on the skipper", "skipper", "berth card"),
        ("Print the tide under the map", "Print the map under the tide", "tide", "map"),
        (
            "Copy berths from the pier to its boats",
            "Copy berths from the boats to their pier",
            "pier",
            "boats",
        ),
        (
            "Link the logbook from the crew list",
            "Link the crew list from the logbook",
            "logbook",
            "crew list",
        ),
        ("Show the skipper's name to the crew", "Show the crew's name to the skipper", "skipper", "crew"),
        ("Move a boat from Repair back to Water", "Move a boat from Water to Repair", "repair", "water"),
        ("从码头复制到航海日志", "从航海日志复制到码头", "", ""),
        ("Skipper can read the cook's list", "Cook can read the skipper's list", "skipper", "cook"),
        ("Fähre von A nach B fällt aus", "Fähre von B nach A fällt aus", "", ""),
        ("Copy from the stick to the disk", "Copy to the stick from the disk", "from", "to"),
        (
            "Same version: Opera hangs but Vivaldi starts",
            "Same version: Vivaldi hangs but Opera starts",
            "",
            "",
        ),
        (
            "Upload never ends, download always ends",
            "Upload always ends, download never ends",
            "never",
            "always",
        ),
        (
            "Map is grey\nGrey: Opera\nColoured: Vivaldi",
            "Map is grey\nGrey: Vivaldi\nColoured: Opera",
            "",
            "",
        ),
        (
            "With Ghostery: Opera hangs but Vivaldi starts",
            "With Ghostery: Vivaldi hangs but Opera starts",
            "",
            "",
        ),
        (
            "Starts with Opera but not with Vivaldi",
            "Starts with Vivaldi but not with Opera",
            "opera",
            "vivaldi",
        ),
        ("Hangs with Opera, starts with Vivaldi", "Hangs with Vivaldi, starts with Opera", "", ""),
        ("In Opera colours match, but not in Vivaldi", "In Vivaldi colours match, but not in Opera", "", ""),
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
    found = exchange.differing(left, right)
    assert found is not None
    assert found[::-1] == exchange.differing(right, left)
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
        # Relations that hold both ways.
        ("Flask is incompatible with celery", "Celery is incompatible with flask"),
        ("Ruler overlaps legend", "Legend overlaps ruler"),
        (
            "The mail plugin interferes with the spam plugin",
            "The spam plugin interferes with the mail plugin",
        ),
        ("Jerky in Vivaldi with Ghostery", "Jerky in Ghostery with Vivaldi"),
        ("Opera on Debian hangs", "Debian on Opera hangs"),
        ("Red is unlike the blue", "Blue is unlike the red"),
        ("Red does not match blue", "Blue does not match red"),
        ("Stamps collide with coins", "Coins collide with stamps"),
        ("Overlap of the ruler and the legend", "Overlap of the legend and the ruler"),
        ("Search hangs always", "Always hangs search"),
        ("Never again use the map", "Again never use the map"),
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
    assert exchange.differing(left, right) is None
    assert exchange.differing(right, left) is None


def test_a_body_tells_which_of_two_things_fails() -> None:
    body = "The cover is missing in the {}. In the {} it is there."
    left, right = issues(
        ("Cover is missing",) * 2, (body.format("shelf", "shop"), body.format("shop", "shelf"))
    )
    found = difference(left, right, shared(left, right))
    assert found == Difference("contrary", "shelf → shop", "shop → shelf")
