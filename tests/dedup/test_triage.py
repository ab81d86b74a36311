"""The lists of a report that a maintainer works through."""

from dataclasses import replace
from datetime import timedelta

from dupfind.collection.writable import WritableCollection
from dupfind.dedup import report_builder
from dupfind.dedup.report import Parameters, Triage
from dupfind.records import Record, Ref
from tests.support.samples import NOW, record

PARAMETERS = Parameters(0.65, -2)


def issue(id: str, title: str, days: int, state: str, *originals: str) -> Record:
    refs = tuple(Ref(None, each) for each in originals)
    return record(id, title, created=NOW - timedelta(days=days), state=state, duplicate_of=refs)


def lists(collection: WritableCollection, parameters: Parameters = PARAMETERS) -> Triage:
    return report_builder.build_report(collection, parameters, now=NOW)[0].triage


def test_an_open_duplicate_of_a_closed_issue_is_listed_with_it(writable: WritableCollection) -> None:
    writable.index(
        [
            replace(issue("1", "printer eats paper", 90, "closed"), resolution="completed"),
            issue("2", "paper jam", 80, "open", "1"),
            issue("3", "jam of paper in tray two", 70, "closed", "1"),
            issue("4", "fan is loud", 60, "open"),
            issue("5", "noise of the fan", 50, "open", "4"),
        ]
    )
    found = lists(writable)
    assert [(one.id, other.id) for one, other in found.still_open] == [("2", "1")]
    assert found.n_still_open == 1
    assert lists(writable, replace(PARAMETERS, state="closed")).still_open == ()


def test_what_has_most_duplicates_comes_first(writable: WritableCollection) -> None:
    writable.index(
        [
            issue("1", "printer eats paper", 90, "open"),
            *(issue(str(n), f"other words {n}", 80, "closed", "1") for n in range(10, 13)),
            issue("2", "fan is loud", 60, "open"),
            *(issue(str(n), f"more words {n}", 50, "closed", "2") for n in range(20, 22)),
            issue("3", "screen flickers", 40, "open"),
            issue("30", "flicker of the screen", 30, "closed", "3"),
        ]
    )
    assert [(member.id, n) for member, n in lists(writable).most_reported] == [("1", 3), ("2", 2)]


def test_three_of_one_week_that_say_the_same_are_named(writable: WritableCollection) -> None:
    text = "the login page shows an empty box instead of the captcha"
    old = "the export of invoices stops at the first of the month"
    writable.index(
        [
            *(issue(str(n), text, n, "open") for n in range(1, 4)),
            *(issue(str(n), old, 8 + n, "open") for n in range(10, 13)),
        ]
    )
    report, _ = report_builder.build_report(writable, PARAMETERS, now=NOW)
    [number] = report.triage.bursts
    assert {member.id for member in report.clusters[number - 1].members} == {"1", "2", "3"}
