"""The decision on a pair: what it is, how probable, and in which words it differs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dupfind.records import Record
from dupfind.text.composition import compose
from dupfind.text.fingerprint import text_fingerprint
from dupfind.verdict.judgement import ComparedRecord, Judgement, judge
from dupfind.verdict.model import shipped_verdicts

MODEL = shipped_verdicts()
START = datetime(2024, 1, 1, tzinfo=UTC)
OLD = Record(
    "1",
    "The importer drops the last row of a CSV file",
    "A file without a line break at its end loses its last row. Version 4.1 read it whole.",
    created=START,
)
PARAPHRASE = Record(
    "2",
    "Last line of a spreadsheet is missing after the import",
    "If the file does not end with a newline, the final record is not there.",
    created=START + timedelta(days=30),
)


def judged(new: Record, *others: Record, probability: float = 0.5, english: bool = True) -> list[Judgement]:
    sides = [
        ComparedRecord(other, compose(other), text_fingerprint(other.title, other.body), 0.9, probability)
        for other in others
    ]
    fingerprint = text_fingerprint(new.title, new.body)
    return judge(new, compose(new), fingerprint, sides, MODEL, knows_only_english=english)


def closed(resolution: str | None, days: float = 10) -> Record:
    return replace(OLD, state="closed", resolution=resolution, closed=START + timedelta(days=days))


def test_a_copy_is_more_probable_than_any_evidence() -> None:
    [found] = judged(replace(OLD, id="9", created=START + timedelta(days=2)), OLD, probability=0.02)
    assert (found.kind, found.is_exact, found.probability) == ("copy", True, MODEL.copy)


def test_light_edits_make_a_copy_that_is_not_exact() -> None:
    [found] = judged(replace(OLD, id="9", title="The importer drops the last row of CSV files"), OLD)
    assert (found.kind, found.is_exact) == ("copy", False)
    assert found.probability == MODEL.near_copy


def test_two_crashes_with_another_innermost_call_are_no_copies() -> None:
    report = """Phone 7, version 3.2, the app was in the background for an hour and then came back by itself.
java.lang.IllegalStateException: closed
\tat org.mill.{top}({top}.java:31)
\tat org.mill.Stone.turn(Stone.java:41)
\tat org.mill.Wind.blow(Wind.java:59)"""
    one = Record("1", "App stopped: IllegalStateException", report.format(top="Sack.fill"), created=START)
    same = replace(one, id="2", body=one.body.replace(":31", ":88").replace("Phone 7", "Phone 9"))
    other = replace(one, id="3", body=report.format(top="Hopper.drain"))
    assert judged(same, one)[0].kind == "copy"
    [found] = judged(other, one, probability=0.4)
    assert found.kind != "copy"
    assert found.probability == 0.4


def test_one_thing_that_differs_makes_siblings_however_near_they_are() -> None:
    twin = replace(OLD, id="9", title="The importer drops the first row of a CSV file")
    [found] = judged(twin, OLD, probability=0.9)
    assert (found.kind, found.probability, found.evidence) == ("sibling", MODEL.lowest, 0.9)
    assert found.difference is not None
    assert (found.difference.left, found.difference.right) == ("first", "last")


def test_a_text_that_returns_is_a_series_and_no_duplicate() -> None:
    task = Record("1", "Water the plants on the second floor", created=START)
    others = [replace(task, id=str(n), created=START - timedelta(days=7 * n)) for n in (2, 3)]
    assert [found.kind for found in judged(task, *others)] == ["recurring", "recurring"]
    assert {found.probability for found in judged(task, *others)} == {MODEL.lowest}


def test_a_near_copy_of_a_text_that_returns_belongs_to_the_series() -> None:
    task = Record(
        "1",
        "Water the plants",
        "The ones on the second floor, and the tall palm near the stairs",
        created=START,
    )
    others = [replace(task, id=str(n), created=START - timedelta(days=7 * n)) for n in (2, 3)]
    renamed = replace(others[0], id="4", title="CLONE - Water the plants")
    assert [found.kind for found in judged(task, renamed)] == ["copy"]
    assert [found.kind for found in judged(task, renamed, *others)] == ["recurring"] * 3


@pytest.mark.parametrize(
    ("old", "kind"),
    [
        (OLD, "duplicate"),
        (closed("completed"), "regression"),
        (closed("fixed"), "regression"),
        (closed("not_planned"), "declined"),
        (closed("wontfix"), "declined"),
        (closed("duplicate"), "duplicate"),
        (closed(None), "duplicate"),
        (closed("completed", days=40), "duplicate"),  # filed before the fix
    ],
)
def test_the_end_of_the_older_one_says_what_the_newer_one_is(old: Record, kind: str) -> None:
    assert [found.kind for found in judged(PARAPHRASE, old)] == [kind]


def test_what_is_closed_itself_is_no_regression() -> None:
    assert [found.kind for found in judged(replace(PARAPHRASE, state="closed"), closed("completed"))] == [
        "duplicate"
    ]


@pytest.mark.parametrize("old", [OLD, closed("completed"), closed("not_planned")])
def test_both_directions_give_one_decision(old: Record) -> None:
    assert judged(PARAPHRASE, old) == judged(old, PARAPHRASE)


def test_without_times_the_name_decides_which_one_is_older() -> None:
    one, other = (replace(record, created=None) for record in (closed("not_planned"), PARAPHRASE))
    assert judged(one, other) == judged(other, one)
    assert [found.kind for found in judged(other, one)] == ["declined"]


def test_a_new_issue_without_a_name_is_the_newer_one() -> None:
    new, old = replace(PARAPHRASE, id="", created=None), replace(closed("completed"), created=None)
    assert [found.kind for found in judged(new, old)] == ["regression"]


def test_the_evidence_stays_where_texts_say_nothing_more() -> None:
    [found] = judged(PARAPHRASE, OLD, probability=0.37)
    assert (found.probability, found.kind, found.difference) == (0.37, "duplicate", None)


def test_two_polish_texts_that_share_no_word_are_near_by_their_language_alone() -> None:
    battery = Record("1", "Aplikacja zużywa za dużo baterii", "Po dwóch godzinach telefon jest rozładowany.")
    drained = Record("2", "Telefon szybko rozładowany", "Gdy aplikacja działa, baterii nie ma po godzinie.")
    password = Record("3", "Nie mogę zmienić hasła", "Po zapisaniu pojawia się błąd.")
    found = [judged(battery, other, probability=0.34)[0].probability for other in (drained, password)]
    assert found == [0.34, MODEL.lowest]
    [multilingual] = judged(battery, password, probability=0.34, english=False)
    assert multilingual.probability == 0.34


def test_of_two_reports_under_a_title_that_fits_any_fault_the_bodies_decide() -> None:
    old = replace(OLD, title="Importer fails", body="Umlauts turn into question marks in the third column.")
    new = replace(old, id="9", body="Larger archives than two gigabytes end half way.", created=None)
    [apart] = judged(new, old)
    assert (apart.probability, apart.evidence) == (MODEL.lowest, 0.5)
    [found] = judged(replace(new, body="The third column has question marks for umlauts."), old)
    assert found.probability == 0.5
