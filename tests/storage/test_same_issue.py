"""When records of two sources are one issue."""

import pytest

from dupfind.storage.same_issue import Origin, is_same_issue

WEB = "https://tracker.example.org/oven/issues/12"


def origin(
    project: str = "", id: str = "12", url: str | None = None, kind: str = "csv", at: str = ""
) -> Origin:
    return Origin(project, id, url, kind, at)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (origin(url=WEB), origin("oven", url=WEB, kind="github")),
        (origin("a/oven", url="https://x.example/1"), origin("a/oven", url="https://www.x.example/api/1")),
        (origin("a/oven", kind="gh"), origin("a/oven", kind="github-rest")),
        (origin("OVEN", "OVEN-12"), origin("OVEN", "OVEN-12", WEB, kind="jira")),
        (origin("oven", kind="redmine-csv"), origin("oven", url=WEB, kind="redmine")),
        (origin("oven"), origin("oven")),
        (origin(at="out/tickets-2025-03-01.csv"), origin(at="out/tickets-2025-03-08.csv")),
        (origin(at="20250301/tickets.csv"), origin(at="20250308/tickets.csv")),
        (origin(at="tickets 01.03.2025.csv"), origin(at="tickets 08.03.2025.csv")),
        (origin(at="tickets-2025-W09.csv"), origin(at="tickets-2025-W10.csv")),
    ],
)
def test_one_project_and_id_is_one_issue(first: Origin, second: Origin) -> None:
    assert is_same_issue(first, second)
    assert is_same_issue(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (origin("oven"), origin("oven", id="13")),
        (origin("oven"), origin("lamp")),
        (origin(), origin()),
        (origin(), origin("oven")),
        (origin("oven", kind="csv"), origin("oven", kind="jira-csv")),
        (origin("oven", kind=""), origin("oven", kind="")),
        (origin("a/oven", url=WEB), origin("a/oven", url="https://other.example.org/oven/issues/12")),
        (origin(url=WEB), origin(url=WEB.replace("oven", "lamp"))),
        (origin(at="team1.csv"), origin(at="team2.csv")),
        (origin(at="oven-2025-03-01.csv"), origin(at="lamp-2025-03-08.csv")),
        (origin(at="t-2025-03-01.csv"), origin(at="t-2025-03-08.csv", kind="jira-csv")),
        (origin(at="t-20250301.csv"), origin(at="t-20250301.csv")),
        (origin("a/oven", url="http://[::1"), origin("a/oven", url="http://[::2")),
    ],
)
def test_where_project_or_tracker_is_another_or_unknown_there_are_two(first: Origin, second: Origin) -> None:
    assert not is_same_issue(first, second)
    assert not is_same_issue(second, first)
