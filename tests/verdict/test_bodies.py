"""Tests of what sets two bodies apart under titles that are alike."""

import pytest

from dupfind.results import Difference
from dupfind.verdict.differences import difference
from tests.support.two_issues import issues, shared

TITLES = ("Basket cannot be paid", "Basket cannot be paid")


@pytest.mark.parametrize(
    ("left", "right", "one", "other"),
    [
        ("I press Pay and get HTTP 402.", "I press Pay and get HTTP 500.", "402", "500"),
        ("The page says error code 1053.", "The page says error code 1060.", "1053", "1060"),
        ("Er erscheint Fehler 4711.", "Er erscheint Fehler 4712.", "4711", "4712"),
        ("It ends with exit code 2", "It ends with exit code 137", "2", "137"),
        ("POST /basket/12 never answers", "PUT /basket/31 never answers", "POST /basket/0", "PUT /basket/0"),
    ],
)
def test_one_error_or_call_of_each_body_sets_apart(left: str, right: str, one: str, other: str) -> None:
    pair = issues(TITLES, (left, right))
    assert difference(*pair, shared(*pair)) == Difference("code", one, other)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("First HTTP 402, then HTTP 500.", "I press Pay and get HTTP 500."),
        ("I press Pay and get HTTP 402.", "I press Pay and see nothing."),
        ("It fails for GET /basket/12.", "It fails for GET /basket/77."),
        ("An error 3 times a day", "An error 5 times a day"),
        ("It took status: 1.5 s", "It took status: 2.5 s"),
    ],
)
def test_several_codes_and_other_numbers_set_nothing_apart(left: str, right: str) -> None:
    pair = issues(TITLES, (left, right))
    found = difference(*pair, shared(*pair))
    assert found is None or found.kind != "code"


def test_under_titles_that_say_other_things_codes_are_not_compared() -> None:
    pair = issues(("Basket cannot be paid", "Orders stay open for weeks"), ("HTTP 402", "HTTP 500"))
    assert difference(*pair, shared(*pair)) is None
