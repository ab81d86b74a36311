"""Tests of the values in titles: numbers, also as Roman numerals and letters, and names."""

import pytest

from dupfind.results import Difference
from dupfind.verdict import values
from dupfind.verdict.differences import difference
from dupfind.verdict.values import Values, differing
from tests.support.two_issues import issues, shared


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("During this lesson I lose the sound", "During lesson 4 I lose the sound"),
        ("In chapter I see two maps", "In chapter 2 I see two maps"),
        ("On that level I, too, lose all coins", "On level 7 I lose all coins"),
        ("In each round I - as a guest - have no score", "In round 2 I have no score"),
        ("In This Lesson A Video Is Missing", "In Lesson C Video Is Missing"),
        ("Picture in appendix A is blurred", "Picture in appendix 1 is blurred"),
        ("Migration of mails, phase II", "Migration of mails, phase 2"),
        ("Migration of mails, phase I", "Migration of mails, phase 1"),
    ],
)
def test_a_pronoun_and_another_way_of_numbering_are_no_other_number(left: str, right: str) -> None:
    assert differing(Values.of(left), Values.of(right)) is None
    assert differing(Values.of(right), Values.of(left)) is None


@pytest.mark.parametrize(
    ("left", "right", "values"),
    [
        ("Migration of mails, phase I", "Migration of mails, phase II", ("1", "2")),
        ("Phase I: move the mails", "Phase 3: move the mails", ("1", "3")),
        ("Move the mails (phase I) at night", "Move the mails (phase IV) at night", ("1", "4")),
        ("Phase I - move the mails", "Phase V - move the mails", ("1", "5")),
        ("Picture in appendix A is blurred", "Picture in appendix B is blurred", ("a", "b")),
        ("Picture of option G", "Picture of option H", ("g", "h")),
    ],
)
def test_a_roman_numeral_or_a_letter_is_a_number(left: str, right: str, values: tuple[str, str]) -> None:
    assert differing(Values.of(left), Values.of(right)) == ("number", (values[0],), (values[1],))


def test_a_name_before_a_number_does_not_hide_the_number() -> None:
    left, right = issues(("Switch the mirror of BeeOS 7", "Switch the mirror for Beeos 8"), ("", ""))
    assert difference(left, right, shared(left, right)) == Difference("number", "7", "8")


def test_no_more_names_of_a_title_are_compared_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    is_same = values.is_same_name

    def counted(one: str, other: str) -> bool:
        compared.append(one)
        return is_same(one, other)

    monkeypatch.setattr(values, "is_same_name", counted)
    titles = " ".join(f"a{n}_b" for n in range(90)), " ".join(f"c{n}_d" for n in range(90))
    assert values.differing(*map(Values.of, titles)) is not None
    assert len(compared) <= 2 * values.MAX_NAMES**2


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("Ctrl+B does nothing", "Ctrl+U does nothing", ("code", ("b+ctrl",), ("ctrl+u",))),
        ("Alt + F4 hangs", "Shift+F4 hangs", ("code", ("alt+f4",), ("f4+shift",))),
        ("PUT /stamps is slow", "PATCH /stamps is slow", ("code", ("put",), ("patch",))),
        (
            "Sort the stamps weekly",
            "Sort the stamps every month",
            ("date", ("every week",), ("every month",)),
        ),
        (
            "Marken täglich sortieren",
            "Marken monatlich sortieren",
            ("date", ("every day",), ("every month",)),
        ),
    ],
)
def test_a_shortcut_a_call_and_an_interval_are_values(
    left: str, right: str, found: tuple[str, tuple[str], tuple[str]]
) -> None:
    assert differing(Values.of(left), Values.of(right)) == found


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ctrl+Shift+B does nothing", "Shift + Ctrl + B does nothing"),
        ("Cmd+B does nothing", "Ctrl-B does nothing"),
        ("Sort the stamps every day", "Sort the stamps daily"),
        ("Stamps a day late", "Stamps an hour late"),
        ("Get the stamps", "Put the stamps"),
        ("PUT A STAMP ON IT", "GET A STAMP FOR IT"),
    ],
)
def test_another_spelling_of_a_shortcut_or_an_interval_is_no_other_value(left: str, right: str) -> None:
    assert differing(Values.of(left), Values.of(right)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Sort all stamps of the album every day", "Sort all stamps of the album daily"),
        ("Album: sort the stamps once a week", "Album: sort the stamps weekly"),
        ("Sort the stamps nightly", "Sort the stamps every night"),
        ("Marken im Album täglich sortieren", "Marken im Album daily sortieren"),
        ("Album hangs on Ctrl+Shift+K", "Album hangs on Shift+Ctrl+K"),
        ("Album hangs on Ctrl + Shift + K", "Album hangs on Shift + Ctrl + K"),
        ("Album hangs on Strg + K", "Album hangs on Ctrl+K"),
        ("Album hangs on Cmd+K", "Album hangs on Ctrl-K"),
    ],
)
def test_another_spelling_of_a_value_sets_nothing_apart(left: str, right: str) -> None:
    for titles in ((left, right), (right, left)):
        pair = issues(titles, ("It stays so for a minute.", "It stays so for a minute."))
        assert difference(*pair, shared(*pair)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Sort the stamps daily", "Sort the stamps nightly"),
        ("Sort the stamps every day", "Sort the stamps every night"),
        ("Hide stamps daily", "Show stamps every day"),
        ("Album hangs on Ctrl+K", "Album hangs on Ctrl+Alt+K"),
    ],
)
def test_another_value_or_another_thing_next_to_one_sets_apart(left: str, right: str) -> None:
    pair = issues((left, right), ("It stays so for a minute.", "It stays so for a minute."))
    assert difference(*pair, shared(*pair)) is not None


@pytest.mark.parametrize(
    ("left", "right"),
    [("Reconnect button is grey", "Connect button is grey"), ("Preview tab is grey", "View tab is grey")],
)
def test_a_word_with_a_prefix_is_another_word(left: str, right: str) -> None:
    pair = issues((left, right), ("It stays so for a minute.", "It stays so for a minute."))
    assert difference(*pair, shared(*pair)) is not None
