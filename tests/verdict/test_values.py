"""Numbers of a title may be Roman numerals and letters; the word "I" and an article are none."""

import pytest

from dupfind.verdict.values import Values, differing


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
