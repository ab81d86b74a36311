"""When records of two sources are one issue."""

import pytest

from dupfind.storage.same_issue import Origin, date_of, is_same_issue

NOON = "2025-03-01T12:00:00.000000Z"
WEB = "https://tracker.example.org/oven/issues/12"


def origin(
    project: str = "",
    id: str = "12",
    url: str | None = None,
    kind: str = "csv",
    at: str = "",
    title: str = "",
    created: str | None = None,
) -> Origin:
    return Origin(project, id, url, kind, at, title, created)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (origin(url=WEB), origin("oven", url=WEB, kind="github")),
        (origin("a/oven", url="https://x.example/1"), origin("a/oven", url="https://www.x.example/api/1")),
        (origin("a/oven", kind="gh"), origin("a/oven", kind="github-rest")),
        (origin("OVEN", "OVEN-12"), origin("OVEN", "OVEN-12", WEB, kind="jira")),
        (origin("oven", kind="redmine-csv"), origin("oven", url=WEB, kind="redmine")),
        (origin("oven", at="t-2025-03-01.csv"), origin("oven", at="t-2025-03-08.csv")),
        (
            origin(at="out/tickets-2025-03-01.csv", title="Cold"),
            origin(at="out/tickets-2025-03-08.csv", title="Cold"),
        ),
        (origin(at="20250301/tickets.csv", title="Cold"), origin(at="20250308/tickets.csv", title="Cold")),
        (
            origin(at="tickets 01.03.2025.csv", title="Cold"),
            origin(at="tickets 08.03.2025.csv", title="Cold"),
        ),
        (origin(at="tickets-2025-W09.csv", title="Cold"), origin(at="tickets-2025-W10.csv", title="Cold")),
        (
            origin(at="t-20250301.csv", title="Cold", created=NOON),
            origin(at="t-20250308.csv", title="Cold oven", created=NOON),
        ),
        (origin("oven", url=WEB), origin("oven", url=WEB.replace(".org", ".org:443") + "?page=2")),
        (origin("oven", url="https://x.org/t/12"), origin("oven", url="https://X.org/t/12.json")),
        (
            origin("a/oven", url="https://x.org/a/oven/pull/12"),
            origin("a/oven", url="https://x.org/a/oven/issues/12"),
        ),
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
        (origin("oven"), origin("oven")),
        (origin("oven", kind="records"), origin("oven", kind="records")),
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
        (origin(at="t-20250301.csv", title="Cold"), origin(at="t-20250308.csv", title="Slow")),
        (origin(at="t-20250301.csv"), origin(at="t-20250308.csv")),
        (origin(at="t-20250301.csv", created=NOON), origin(at="t-20250308.csv", created="2025-04-01")),
        (origin("oven", at="acme-12345678.json"), origin("oven", at="acme-87654321.json")),
        (origin("oven", at="20251301/t.csv"), origin("oven", at="20251302/t.csv")),
        (origin("oven", at="t-2025-03-32.csv"), origin("oven", at="t-2025-03-33.csv")),
        (origin("oven", at="t-2025-W54.csv"), origin("oven", at="t-2025-W55.csv")),
        (origin("a/oven", url="https://x.org:8080/12"), origin("a/oven", url="https://x.org:8081/12")),
        (origin("p", url="https://forge.org/a/p/12"), origin("p", url="https://forge.org/b/p/12")),
    ],
)
def test_where_project_or_tracker_is_another_or_unknown_there_are_two(first: Origin, second: Origin) -> None:
    assert not is_same_issue(first, second)
    assert not is_same_issue(second, first)


def test_the_dates_of_exports_sort_in_order_of_time() -> None:
    names = ["t-2025-03-08.csv", "t 09.03.2025.csv", "20250310/t.csv", "1999-01-01/t_2025_03_11.csv"]
    assert sorted(names, key=date_of) == names
    assert date_of("tickets-2025-W09.csv") < date_of("tickets-2025-W10.csv")
    assert date_of("team2.csv") == date_of("") == ""
