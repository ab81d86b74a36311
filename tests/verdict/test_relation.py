"""Tests of which issues are near-copies, by their titles as well as by their texts."""

import pytest

from dupfind.verdict.relation import relation
from tests.support.two_issues import STEPS, issues, shared

CHORE = "We removed the old clock from the {part}. The {part} has its own now, which runs without the shared library."


@pytest.mark.parametrize(
    ("titles", "bodies"),
    [
        (("reader and writer modules", "scheduler modules"), ("", "")),
        (("memory store", "queue adapter"), (CHORE.format(part="store"), CHORE.format(part="queue"))),
    ],
)
def test_one_work_for_two_parts_is_no_near_copy(titles: tuple[str, str], bodies: tuple[str, str]) -> None:
    frame = (
        "Replace the monotonic clock of the shared library everywhere by the project's own clock in the {}"
    )
    left, right = issues((frame.format(titles[0]), frame.format(titles[1])), bodies)
    assert shared(left, right).is_near_copy
    for pair in ((left, right), (right, left)):
        assert not relation(*pair, is_same_text=False).is_near_copy


@pytest.mark.parametrize(
    ("plain", "scoped", "is_near"),
    [
        ("Show the battery level in the footer", "Show the battery level in the footer (iPad)", False),
        ("Menu key is ignored on the start page", "Menu key is ignored on the start page (3_1_X)", False),
        (
            "Menu key is ignored on the start page",
            "Kiosk only - Menu key is ignored on the start page",
            False,
        ),
        ("Menu key is ignored on the start page", "Android: Menu key is ignored on the start page", True),
        ("Menu key is ignored on the start page", "Menu key is ignored on the start page (see video)", True),
        ("Menu key is ignored on the start page", "Menu key is ignored on the start page (at rest)", True),
        ("Menu key is ignored on the start page", "Menu key is ignored on the start page (upper edge)", True),
        ("Menu key is ignored on the start page", "Menu key is ignored on the start page (Edge)", False),
        (
            "Menu key is ignored on the start page",
            "Menu key is ignored on the start page (mac / linux)",
            False,
        ),
        (
            "Menu key is ignored on the start page",
            "Menu key is ignored on the start page (on iPad 9.2 only)",
            False,
        ),
        ("Menu key is ignored on the start page", "View only: Menu key is ignored on the start page", True),
        ("Menu key is ignored on the start page", "Write only - Menu key is ignored on the start page", True),
        ("The form should accept only numbers", "The form should accept numbers", True),
    ],
)
def test_a_title_that_bounds_itself_is_no_near_copy(plain: str, scoped: str, *, is_near: bool) -> None:
    body = STEPS + " It happens with each file that is larger than the buffer of the old reader."
    left, right = issues((plain, scoped), (body, body))
    for pair in ((left, right), (right, left)):
        assert relation(*pair, is_same_text=False).is_near_copy is is_near


def test_two_tasks_over_one_short_body_are_no_near_copy() -> None:
    body = "See the sheet of the port for what is left: https://sheets.example.org/d/1Ab9-port-matrix-of-the-toolkit"
    left, right = issues(
        ("Port the toolkit's picker widgets", "Port the toolkit's main methods"), (body, body)
    )
    assert shared(left, right).is_near_copy
    assert not relation(left, right, is_same_text=False).is_near_copy


@pytest.mark.parametrize("title", ["Upload halts at 99 precent", "Upload halts at 99 percent of the file"])
def test_a_mistyped_or_longer_title_over_nearly_one_body_is_a_near_copy(title: str) -> None:
    body = STEPS + " It happens with each file that is larger than the buffer of the old reader."
    left, right = issues(("Upload halts at 99 percent", title), (body, f"Hello! {body}"))
    assert relation(left, right, is_same_text=False).is_near_copy


def test_another_word_in_the_title_over_one_long_body_is_a_near_copy() -> None:
    body = STEPS + " It happens with each file that is larger than the buffer of the old reader."
    left, right = issues(("Broken links in the manual", "Broken links in the handbook"), (body, body))
    assert relation(left, right, is_same_text=False).is_near_copy


def test_one_body_under_titles_that_say_different_things_is_no_near_copy() -> None:
    body = STEPS + " It happens with each file that is larger than the buffer of the old reader."
    titles = ("Old addresses answer with a redirect", "Larger than the buffer of the reader")
    left, right = issues(titles, (body, body))
    assert shared(left, right).is_near_copy
    assert not relation(left, right, is_same_text=False).is_near_copy
    short = issues(("Help!", titles[1]), (body, body))
    assert relation(*short, is_same_text=False).is_near_copy


def test_one_report_with_another_exception_at_the_same_place_is_a_sibling() -> None:
    body = """For guests who signed up in winter the page of the sheet stays grey for a long while.
Traceback (most recent call last):
  File "/srv/sheet/pages.py", line 51, in show
    paper = guest.choices['paper']
{}"""
    titles = ("Page of the sheet stays grey", "Page of the sheet stays grey")
    left, right = issues(titles, (body.format("KeyError: 'paper'"), body.format("TypeError: no such choice")))
    for pair in ((left, right), (right, left)):
        found = relation(*pair, is_same_text=False)
        assert not found.is_near_copy
        assert found.difference is not None
        assert found.difference.kind == "stack trace"
