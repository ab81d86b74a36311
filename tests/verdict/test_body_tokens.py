"""Tests of the one code or number in which two bodies under one title disagree."""

import pytest

from dupfind.results import Difference
from dupfind.verdict.differences import difference
from tests.support.two_issues import STEPS, difference_both_ways, issues, shared

TITLES = ("Loom stops in the middle of a row", "Loom stops in the middle of a row")


def found(left: str, right: str) -> Difference | None:
    return difference_both_ways(TITLES, (left, right))


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("The panel shows alarm {}.", "4711", "5120"),
        ("Error: {}", "ERR_WARP_CUT", "ERR_WEFT_LOW"),
        ("Reason: {}", "WARP_CUT", "WEFT_LOW"),
        ("ORA-{}: see the log", "00001", "01722"),
        ("{} is on the panel.", "LMSTS50011", "LMSTS700016"),
        ("Fault F-{} since noon", "204", "317"),
    ],
)
@pytest.mark.parametrize("before", ["", STEPS])
def test_another_code_at_one_place_sets_apart(text: str, one: str, other: str, before: str) -> None:
    bodies = [f"{before} {text.format(side)}" for side in (one, other)]
    apart = found(*bodies)
    if before or not text.format(one).endswith("4711."):
        assert apart is not None
        assert (apart.kind, one in apart.left, other in apart.right) == ("code", True, True)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("See https://loom.example/4711", "See https://loom.example/5120"),
        ("It took 4711 ms", "It took 5120 ms"),
        ("On build 4711", "On build 5120"),
        ("Set LOOM_LOG first", "Set LOOM_TRACE first"),
        ("Alarm 4711, then 4712", "Alarm 5120, then 5121"),
        ("Alarm 4711", "Row 5120"),
        ("Alarm 4711", "Alarm"),
        ("Filed on 2031-04-05", "Filed on 2032-05-06"),
        ("ERROR 4711 --- [main] loom", "ERROR 5120 --- [main] loom"),
        ("The pattern has 4711 rows", "The pattern has 5120 rows"),
        ("Windows 11 22621.", "Windows 11 22631."),
        ("My customer number is 48213.", "My customer number is 59111."),
        ("My card is a LOOMCARD 1080, GTX1080", "Tried it with RTX3080 twice"),
        ("Ticket SUP-1234", "Ticket SUP-5678"),
        ("With WARP_FAIL_FAST set it stops", "With IGNORE_MISSING set it stops"),
    ],
)
def test_other_numbers_set_nothing_apart(left: str, right: str) -> None:
    assert found(f"{STEPS} {left}", f"{STEPS} {right}") is None


def test_in_short_texts_a_bare_number_is_of_a_person() -> None:
    assert found("My loom is 4711", "My loom is 5120") is None


def test_under_other_titles_codes_are_not_compared() -> None:
    pair = issues(("Loom stops in a row", "Shuttle is lost at night"), ("ORA-00001", "ORA-01722"))
    assert difference(*pair, shared(*pair)) is None
