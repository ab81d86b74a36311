"""Tests of the one name in which two short bodies under one title disagree."""

import pytest

from dupfind.results import Difference
from dupfind.verdict.differences import difference
from tests.support.two_issues import STEPS, difference_both_ways, issues, shared

TITLES = ("Loom stops in a row", "Loom stops in a row")


def found(left: str, right: str) -> Difference | None:
    return difference_both_ways(TITLES, (left, right))


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("The pattern is a {} from the old archive.", "DXF", "SVG"),
        ("It is wired by {} and blinks for a second.", "I2C", "SPI"),
        ("I weave with {} and the shuttle sticks.", "Mohair", "Alpaca"),
        ("In {} 12 the shuttle sticks at the edge.", "Weft", "Treadle"),
        ("The folder {} is full within a day.", "/warp", "/weft"),
        ("A file ending in {} makes the shuttle stick.", ".wif", ".dtx"),
        ("The button '{}' at the top makes the shuttle stick.", "Wind", "Cut"),
        ("The panel says {} when I cut.", "W_LOCKED", "W_EMPTY"),
        ("Job: {}\nRunner: mill-3\nStage: print", "nightly-warp", "nightly-weft"),
        ("Der Schuss reißt mit {} am Rand immer wieder.", "ABX12", "QRT77"),
    ],
)
def test_another_name_at_one_place_sets_apart(text: str, one: str, other: str) -> None:
    assert found(text.format(one), text.format(other)) == Difference("name", one, other)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The thread sticks at the edge.", "The yarn sticks at the edge."),
        ("It sticks on Monday at the edge.", "It sticks on Tuesday at the edge."),
        ("It sticks since 4 May at the edge.", "It sticks since 7 June at the edge."),
        ("It sticks at the edge.\nBrowser: Edge", "It sticks at the edge.\nBrowser: Opera"),
        ("The shuttle sticks at the edge. Thanks, Ada", "The shuttle sticks at the edge. Thanks, Bo"),
        (
            "The shuttle sticks at the edge.\nKind regards\nAda Weber",
            "The shuttle sticks at the edge.\nKind regards\nBo Hall",
        ),
        ("The shuttle sticks at the edge.\n--\nAda Weber", "The shuttle sticks at the edge.\n--\nBo Hall"),
        ("The shuttle sticks at the edge. Best, Ada", "The shuttle sticks at the edge. Best, Bo"),
        (
            "The shuttle sticks at the edge.\nReported by Ada",
            "The shuttle sticks at the edge.\nReported by Bo",
        ),
        ("The shuttle sticks at the edge. My name is Ada", "The shuttle sticks at the edge. My name is Bo"),
        ("The shuttle sticks at the edge, says Mr Weber.", "The shuttle sticks at the edge, says Mrs Hall."),
        ("The shuttle sticks at the edge on my iPad.", "The shuttle sticks at the edge on my Nokia."),
        ("It cannot read /home/ada/loom.c at the edge.", "It cannot read /home/bo/loom.c at the edge."),
        ("It cannot read /Users/ada/loom.c at the edge.", "It cannot read /home/bo/loom.c at the edge."),
        ("It writes to /tmp/loom-x81ks at the edge.", "It writes to /tmp/loom-q7sd at the edge."),
        ("The shuttle stops at address 0x7ffe12ab.", "The shuttle stops at address 0x7fa012cd."),
        ("The shuttle stops with id a1b2c3d4e5f6 again.", "The shuttle stops with id f9e8d7c6b5a4 again."),
        ("The shuttle stops since v2.1b of the spring.", "The shuttle stops since 2.3rc1 of the spring."),
        ("The shuttle stops at 10:30am in the row.", "The shuttle stops at 7pm in the row."),
        ("The shuttle stops for 30s in the row.", "The shuttle stops for 2min in the row."),
        ("The shuttle JAMS at the edge of a row.", "The shuttle STICKS at the edge of a row."),
        ("Hello Ada, the shuttle sticks at the edge.", "Hello Bo, the shuttle sticks at the edge."),
        ("It sticks in Postgres at the edge.", "It sticks in PostgreSQL at the edge."),
        ("It sticks with Mohair at the edge.", "It sticks with Mohiar at the edge."),
        ("See https://loom.example/a/1 for the edge.", "See https://l.example/Qx7 for the edge."),
        ("It sticks in row 12 at the edge.", "It sticks in row 45 at the edge."),
        ("With LOOM_LOG on, the shuttle sticks.", "With LOOM_TRACE on, the shuttle sticks."),
        ("It sticks in Weft at the edge.", "It sticks at the edge."),
        ("Die Kette klemmt am Rand vom Stuhl.", "Der Faden klemmt am Rand vom Stuhl."),
    ],
)
def test_other_words_dates_and_names_of_a_person_set_nothing_apart(left: str, right: str) -> None:
    assert found(left, right) is None


def test_in_a_long_body_a_name_is_of_an_environment() -> None:
    assert found(f"I weave with Mohair. {STEPS}", f"I weave with Alpaca. {STEPS}") is None


def test_under_other_titles_names_are_not_compared() -> None:
    pair = issues(
        ("Loom stops in a row", "Shuttle is lost at night"), ("With Mohair it does.", "With Alpaca it does.")
    )
    assert difference(*pair, shared(*pair)) is None
