"""Tests of two reports under one title that fits many faults."""

import pytest

from dupfind.verdict.bare_titles import say_nothing_alike
from tests.support.two_issues import issues


def are_apart(titles: tuple[str, str], bodies: tuple[str, str]) -> bool:
    """Compare both ways, and require one answer."""
    left, right = issues(titles, bodies)
    found = {say_nothing_alike(*pair) for pair in ((left, right), (right, left))}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("title", "left", "right"),
    [
        (
            "Oven error",
            "The door sensor reports open while it is shut.",
            "Convection fan stalls on the grill setting.",
        ),
        (
            "Scale does not work",
            "Bananas weigh three tons after a reset.",
            "Its receipt lacks the shop's address.",
        ),
        (
            "Fehler bei Bestellung",
            "Der Gutschein wird beim Bezahlen doppelt gebucht.",
            "Die Lieferadresse wird ohne Hausnummer angenommen.",
        ),
    ],
)
def test_bodies_without_a_word_in_common_are_of_two_faults(title: str, left: str, right: str) -> None:
    assert are_apart((title, title), (left, right))


@pytest.mark.parametrize(
    ("titles", "bodies"),
    [
        (("Oven error", "Oven error"), ("The door sensor reports open.", "Sensor of the door is stuck.")),
        (
            ("Oven error", "Oven error"),
            ("The picture is gone from the panel.", "Photo vanished off the lid."),
        ),
        (("Oven error", "Oven error"), ("The door sensor reports open.", "Please mend it.")),
        (
            ("Oven light", "Oven light"),
            ("Bulb flickers after ten minutes baking.", "Burnt out, cannot watch my bread."),
        ),
        (
            ("Export fails", "Export fails"),
            ("Nothing saved, spinner forever.", "Loading indicator is endless."),
        ),
        (("Oven error", "Stove error"), ("Door sensor reports open.", "Convection fan stalls on grill.")),
        (
            ("Oven beeps twice on a full tray", "Oven beeps twice on a full tray"),
            ("Door sensor reports open.", "Convection fan stalls on grill."),
        ),
        (
            ("Oven error", "Oven error"),
            ("The door sensor reports open while it is shut.", "Der Türsensor meldet offen, obwohl zu ist."),
        ),
    ],
    ids=[
        "one word",
        "synonyms",
        "says little",
        "the title says it",
        "a line each",
        "other title",
        "title says it",
        "another language",
    ],
)
def test_reports_that_may_be_of_one_fault_are_not_apart(
    titles: tuple[str, str], bodies: tuple[str, str]
) -> None:
    assert not are_apart(titles, bodies)
