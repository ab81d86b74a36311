"""Texts that a bot or a team files again and again are a series; reports of one fault never are."""

from datetime import UTC, datetime, timedelta

import pytest

from dupfind.verdict.recurring import is_recurring

START = datetime(2024, 1, 1, tzinfo=UTC)


def days(*numbers: float) -> list[datetime | None]:
    return [START + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (days(0, 7, 14), True),
        (days(0, 7), False),
        (days(0, 6.7, 13.9), True),  # some hours earlier
        (days(0, 1, 2, 3, 4), False),
        (days(0, 3, 7, 14), True),
        (days(0, 5.9, 12.9), True),  # one was filed a day late
        (days(0, 6, 12), False),  # none of these keeps the day of the week
        (days(0, 5, 10, 15), False),
        (days(0, 20, 21, 40), True),
        (days(0, 20, 26, 27), True),  # a day early
        (days(0, 20, 21), False),
        ([*days(0, 7), None], True),
        ([*days(0), None, None], False),
    ],
)
def test_a_text_that_returns_each_week_is_a_series(times: list[datetime | None], *, expected: bool) -> None:
    assert is_recurring("Water the plants on the second floor", "", times) is expected


@pytest.mark.parametrize(
    "title", ["Crash on start", "Login fails with 500", "Cannot open settings", "Export does not work"]
)
def test_reports_of_a_fault_are_no_series(title: str) -> None:
    assert not is_recurring(title, "", days(0, 7, 14, 21))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Triage of new bugs", True),
        ("Bug bash", True),
        ("Bug triage of the week", True),
        ("Bug in the export", False),
        ("[Bug] Export stops", False),
        ("[Bug] Triage of invoices", False),
        ("[Mobile] Triage of new bugs", True),
        ("Weekly bug scrub", True),
        ("Bug hunt - all teams", True),
        ("Review bugs that wait for an answer", True),
        ("Bug hunt: week 12", True),
        ("Bugs: Validation", False),
        ("QE: Verification of bugs", True),
        ("Sign off on the deferred bugs", True),
        ("Bugs in the invoice form", False),
        ("Many bugs since the update", False),
        ("Session bugs on the start page", False),
        ("Bug session list stays empty", False),
        ("bug hunt counter jumps to zero", False),
        ("Review page has bugs", False),
        ("Empty list after bug triage", False),
    ],
)
def test_work_on_bugs_is_no_report_of_one(title: str, *, expected: bool) -> None:
    assert is_recurring(title, "", days(0, 7, 14)) is expected


def test_a_fault_that_is_met_every_six_days_is_no_series() -> None:
    assert not is_recurring("Invoice list stays empty", "", days(0, 6, 12))
    assert not is_recurring("Bugs in the invoice form", "", days(0, 6, 12))


@pytest.mark.parametrize(
    "title",
    ["Publish release notes", "QE: Sign off installers", "Stage the blog post", "Dev: Bump SDK version"],
)
def test_a_step_of_a_release_is_a_series_from_its_first_copy_on(title: str) -> None:
    assert is_recurring(title, "", days(0, 30))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Publish release notes for 3.2", ""),  # a number tells two apart
        ("Publish release notes", "The page is empty since the last change. " * 8),
        ("Upload of large files is slow", ""),
        ("Generate a thumbnail for each picture", ""),
    ],
)
def test_ordinary_issues_are_no_steps_of_a_release(title: str, body: str) -> None:
    assert not is_recurring(title, body, days(0, 30))
