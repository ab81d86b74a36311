"""`dupfind review`: questions on a terminal and through a pipe, saved answers, and files of decisions."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from select import select
from typing import Any

import pytest

from dupfind.decisions import Decision
from dupfind.storage import decisions
from dupfind.storage.store import Store
from dupfind.storage.writer import Writer
from tests.support.samples import Command, decide
from tests.support.timing import HANGS_S

TITLES = ["abc def crash", "abc def crash again", "bad cafe", "bad cafe too", "feed the bee", "feed a bee"]
PAIRS = [("1", "2"), ("3", "4"), ("5", "6")]

Reviewed = Callable[..., Any]


@pytest.fixture
def tracker(here: Path, model: Path, dupfind: Command) -> Path:
    """Three pairs; with the tiny model all records are near, so two of a pair say exactly the same."""
    issues = [
        {"id": n, "title": TITLES[(n - 1) // 2 * 2], "state": "open", "created_at": f"2024-01-0{n}"}
        for n in range(1, 7)
    ]
    (here / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    assert dupfind("index", "issues.json", "--model", model).code == 0
    return here


NEAR = ("--min-score", "0.9999", "--min-margin", "-2")
ASK = ("review", *NEAR, "--who", "ann")


@pytest.fixture
def review(tracker: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch) -> Reviewed:
    """Answer through a pipe."""

    def run(answers: str, *options: object) -> Any:
        read, write = os.pipe()
        os.write(write, answers.encode())
        os.close(write)
        with open(read, encoding="utf-8") as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            return dupfind(*ASK, *options)

    return run


def saved_decisions(tracker: Path) -> list[Decision]:
    with closing(Store.open(tracker / ".dupfind" / "dupfind.db")) as store:
        return list(decisions.all_decisions(store))


def answers(tracker: Path) -> dict[tuple[str, str], str]:
    return {(one.first.name[2], one.second.name[2]): one.answer for one in saved_decisions(tracker)}


def test_answers_through_a_pipe_are_saved_with_who_and_why(tracker: Path, review: Reviewed) -> None:
    ran = review("y\nn another platform\nunsure\n")
    assert (ran.code, ran.out) == (0, "")
    assert "decided: 1 same, 1 different, 1 unsure; open: 0" in ran.err
    assert answers(tracker) == dict(zip(PAIRS, ["same", "different", "unsure"], strict=True))
    assert [(one.who, one.why) for one in saved_decisions(tracker)] == [
        ("ann", ""),
        ("ann", "another platform"),
        ("ann", ""),
    ]


def test_both_issues_are_shown_and_only_on_standard_error(tracker: Path, review: Reviewed) -> None:
    ran = review("f\n")
    for shown in ("#1", "#2", "open", "2024-01-01", "abc def crash", "score 1.000", "same? y yes, n no"):
        assert shown in ran.err
    assert ran.out == ""


def test_a_decided_pair_is_no_question_again(tracker: Path, review: Reviewed) -> None:
    assert "decided: 1 same" in review("y\n").err
    assert "decided: 0 same, 2 different, 0 unsure; open: 0" in review("n\nn\nn\nn\n").err
    assert "nothing to review" in review("y\n").err


def test_previous_repeats_the_question_and_the_new_answer_stands(tracker: Path, review: Reviewed) -> None:
    ran = review("y\np\nn\nf\n")
    assert "your answer: same" in ran.err
    assert answers(tracker) == {PAIRS[0]: "different"}
    assert "decided: 0 same, 1 different" in ran.err


def test_undo_deletes_the_last_decision_and_repeats_its_question(tracker: Path, review: Reviewed) -> None:
    ran = review("y\nn\nundo\nu\nf\n")
    assert "undone: ann called 3 and 4 different" in ran.err
    assert answers(tracker) == {PAIRS[0]: "same", PAIRS[1]: "unsure"}


def test_undo_reaches_back_to_an_earlier_review_and_to_nobody_else_s(tracker: Path, review: Reviewed) -> None:
    review("y\n")
    decide(tracker / ".dupfind", "3", "4", "same", who="bob")
    ran = review("z\nz\nf\n")
    assert answers(tracker) == {PAIRS[1]: "same"}
    assert "nothing to undo" in ran.err


def test_undo_is_possible_after_the_last_question(tracker: Path, review: Reviewed) -> None:
    ran = review("y\ny\ny\nz\nn\nf\n")
    assert "that was the last one" in ran.err
    assert answers(tracker) == dict(zip(PAIRS, ["same", "same", "different"], strict=True))


def test_undo_is_possible_where_an_earlier_review_left_nothing_open(tracker: Path, review: Reviewed) -> None:
    # And nothing is to be taken back.
    assert "nothing to review: no pair is left to decide" in review("", "--state", "closed").err
    review("y\ny\ny\n")
    ran = review("y\nz\nn\nf\n")  # the first word has nothing to be about
    assert "nothing to review: no pair is open; z undo, f finish" in ran.err
    assert answers(tracker) == dict(zip(PAIRS, ["same", "same", "different"], strict=True))


@pytest.mark.parametrize("task", [(), ("--split", "1")])
def test_too_many_pairs_are_one_line_with_a_way_out(review: Reviewed, task: tuple[str, ...]) -> None:
    ran = review("y\n", "-q", *task, "--max-pairs", "1")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "pass a larger --max-pairs" in ran.err


def test_a_limit_ends_the_questions(tracker: Path, review: Reviewed) -> None:
    review("y\ny\ny\n", "--limit", "2")
    assert len(answers(tracker)) == 2


def test_a_line_that_is_no_answer_is_an_error_and_earlier_answers_stay(
    tracker: Path, review: Reviewed
) -> None:
    ran = review("y\nperhaps\nn\n")
    assert ran.code == 2
    assert "line 2 of the input is 'perhaps': write one of y, n, u, p, z, f" in ran.err
    assert answers(tracker) == {PAIRS[0]: "same"}


def test_another_writer_is_named_and_nothing_is_saved(tracker: Path, review: Reviewed) -> None:
    with closing(Writer.open(tracker / ".dupfind" / "dupfind.db")):
        ran = review("y\n")
    assert ran.code == 2
    assert "is being written by process" in ran.err
    assert saved_decisions(tracker) == []


def test_filters_choose_the_questions(tracker: Path, review: Reviewed) -> None:
    assert "nothing to review" in review("y\n", "--state", "closed").err
    assert "no project 'x'" in review("y\n", "--project", "x").err


def test_a_rejected_pair_is_in_no_report_and_no_query_until_a_text_changes(
    tracker: Path, review: Reviewed, dupfind: Command
) -> None:
    def near() -> tuple[bool, bool]:
        report = dupfind("report", *NEAR, "--format", "json").json
        hits = dupfind("query", "--id", "1", "--json").json["hits"]
        reported = {(pair["first"]["id"], pair["second"]["id"]) for pair in report["pairs"]}
        return ("1", "2") in reported, "2" in {hit["id"] for hit in hits}

    assert near() == (True, True)
    review("n\n")
    assert near() == (False, False)
    issues = json.loads((tracker / "issues.json").read_text())
    issues[1]["body"] = "decade"
    (tracker / "issues.json").write_text(json.dumps(issues))
    assert dupfind("index", "issues.json").code == 0
    assert near() == (False, True)  # the report's score is too low by now
    assert "your answer" not in review("f\n", "--min-score", "-1").err


# A terminal


def test_single_keys_answer_in_a_terminal_and_ctrl_c_loses_nothing(tracker: Path) -> None:
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "dupfind", *ASK],
        stdin=there,
        stdout=there,
        stderr=there,
        cwd=tracker,
        env=os.environ | {"COLUMNS": "60", "TERM": "xterm"},
    )
    try:
        assert b"\x1b[1mabc def crash" in until(here, b"finish  [3 open]")
        os.write(here, b"xn")  # x is no key: nothing happens
        until(here, b"finish  [2 open]")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=HANGS_S) == 130
        until(here, b"finished work is saved")
    finally:
        process.kill()
        process.wait()
        os.close(here)
        os.close(there)
    assert answers(tracker) == {PAIRS[0]: "different"}


def until(terminal: int, awaited: bytes) -> bytes:
    """Return the output of a terminal up to the awaited text."""
    shown = b""
    deadline = time.monotonic() + HANGS_S
    while awaited not in shown:
        assert time.monotonic() < deadline, shown
        if select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096)
    return shown


# A page


@pytest.mark.slow
@pytest.mark.parametrize("command", [("review", "--web", *NEAR), ("serve", "--review", "--port", "0")])
def test_the_page_is_served_until_ctrl_c(tracker: Path, command: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "dupfind", *command], cwd=tracker, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            [address] = re.findall(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
            with urllib.request.urlopen(f"{address}/review/next", timeout=HANGS_S) as answer:
                assert json.load(answer)["schema_version"] == 1
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=HANGS_S) == 0
        finally:
            process.kill()


# Files


def sheet(dupfind: Command, **answers: str) -> str:
    """A report's CSV, with decisions by the ids of their pairs, such as `_1_2="same"`."""
    rows = list(csv.DictReader(io.StringIO(dupfind("report", *NEAR, "--format", "csv").out)))
    filled = io.StringIO()
    writer = csv.DictWriter(filled, rows[0])
    writer.writeheader()
    writer.writerows(
        row | {"decision": answers.get(f"_{row['first_id']}_{row['second_id']}", "")}
        for row in sorted(rows, key=lambda row: row["first_id"])
    )
    return filled.getvalue()


def test_a_report_s_sheet_comes_back_with_its_decisions(
    tracker: Path, review: Reviewed, dupfind: Command
) -> None:
    (tracker / "pairs.csv").write_text(sheet(dupfind, _1_2="Same", _3_4="different"), encoding="utf-8")
    ran = review("", "--import", "pairs.csv", "--why", "the weekly triage")
    assert (ran.code, ran.out) == (0, "")
    assert "pairs.csv: 2 decisions, 2 of them new" in ran.err
    assert answers(tracker) == {PAIRS[0]: "same", PAIRS[1]: "different"}
    assert {one.why for one in saved_decisions(tracker)} == {"the weekly triage"}
    assert "2 decisions, 2 of them new" in review("", "--import", "pairs.csv").err  # the same answers, later


def test_a_sheet_as_another_country_s_spreadsheet_saves_it_is_read(
    tracker: Path, review: Reviewed, dupfind: Command
) -> None:
    rows = csv.reader(io.StringIO(sheet(dupfind, _1_2="y")))
    saved = io.StringIO()
    csv.writer(saved, delimiter=";").writerows(rows)
    (tracker / "pairs.csv").write_text(saved.getvalue(), encoding="utf-8-sig")
    assert review("", "--import", "pairs.csv").code == 0
    assert answers(tracker) == {PAIRS[0]: "same"}


@pytest.mark.parametrize("field", ["title", "body"])
def test_a_sheet_does_not_decide_on_a_text_that_was_edited_after_the_report(
    tracker: Path, review: Reviewed, dupfind: Command, field: str
) -> None:
    (tracker / "pairs.csv").write_text(sheet(dupfind, _1_2="y", _3_4="n"), encoding="utf-8")
    issues = json.loads((tracker / "issues.json").read_text())
    issues[3][field] = "decade"
    (tracker / "issues.json").write_text(json.dumps(issues))
    assert dupfind("index", "issues.json").code == 0
    ran = review("", "--import", "pairs.csv")
    assert ran.code == 2
    assert "pairs.csv, line 3: title or body of '4' has changed since that report" in ran.err
    assert saved_decisions(tracker) == []


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda text: text.replace("\ny,", "\nperhaps,", 1), "line 2: 'perhaps' is not a decision"),
        (
            lambda text: text.replace("issues.json,,2,", "issues.json,,99,"),
            "line 2: '99' of 'issues.json' is not in",
        ),
        (lambda text: text.replace("issues.json,,2,", "issues.json,,1,"), "line 2: both records are '1'"),
        (
            lambda text: re.sub(r"\w{32}-\w{32}", "", text, count=1),
            "line 2: title or body of '1' has changed",
        ),
        (lambda text: text.replace("decision,", "verdict,"), "has no column 'decision'"),
        (lambda text: text + 'y,"', "the row that begins here is broken"),
        (
            lambda text: text + text.splitlines()[1].replace("y,", "n,", 1) + "\n",
            "line 5: ann called 1 and 2",
        ),
    ],
)
def test_a_sheet_with_a_broken_line_changes_nothing(
    tracker: Path, review: Reviewed, dupfind: Command, spoil: Callable[[str], str], problem: str
) -> None:
    whole = sheet(dupfind, _1_2="y", _3_4="n", _5_6="u")
    broken = spoil(whole)
    assert broken != whole
    (tracker / "pairs.csv").write_text(broken, encoding="utf-8", newline="")
    ran = review("", "--import", "pairs.csv")
    assert ran.code == 2
    assert problem in ran.err
    assert ran.err.count("\n") == 1
    assert saved_decisions(tracker) == []


def test_an_export_can_be_imported_into_another_index(
    tracker: Path, review: Reviewed, dupfind: Command, model: Path
) -> None:
    review("y\nn no\nu\n")
    exported = dupfind("review", "--export", "-").out
    assert dupfind("review", "--export", "decisions.jsonl").code == 0
    assert (tracker / "decisions.jsonl").read_text(encoding="utf-8") == exported
    before = saved_decisions(tracker)
    assert dupfind("index", "issues.json", "--model", model, "--index", "other").code == 0
    ran = dupfind("review", "--import", "decisions.jsonl", "--index", "other")
    assert "3 decisions, 3 of them new" in ran.err
    with closing(Store.open(tracker / "other" / "dupfind.db")) as store:
        assert list(decisions.all_decisions(store)) == before
    assert "3 decisions, 0 of them new" in dupfind("review", "--import", "decisions.jsonl").err


def test_a_decision_that_contradicts_the_index_changes_nothing_without_newer(
    tracker: Path, review: Reviewed, dupfind: Command
) -> None:
    decide(tracker / ".dupfind", "1", "2", "same", who="bob")
    (tracker / "pairs.csv").write_text(sheet(dupfind, _3_4="y", _1_2="n"), encoding="utf-8")
    ran = review("", "--import", "pairs.csv")
    assert ran.code == 2
    assert "ann called 1 and 2 different" in ran.err
    assert "but bob called 1 and 2 same" in ran.err
    assert answers(tracker) == {PAIRS[0]: "same"}
    assert review("", "--import", "pairs.csv", "--newer").code == 0
    assert answers(tracker) == {PAIRS[0]: "different", PAIRS[1]: "same"}


def test_a_record_of_another_machine_s_index_can_be_merged_but_not_imported(
    tracker: Path, review: Reviewed, dupfind: Command
) -> None:
    review("y\nn\n")
    assert dupfind("review", "--merge", "team.jsonl").code == 0
    [first, second] = (tracker / "team.jsonl").read_text(encoding="utf-8").splitlines()
    strange = second.replace('"id": "4"', '"id": "44"')
    (tracker / "team.jsonl").write_text(f"{strange}\n", encoding="utf-8")
    ran = dupfind("review", "--import", "team.jsonl")
    assert (ran.code, len(saved_decisions(tracker))) == (2, 2)
    assert "line 1: '44' of 'issues.json' is not in" in ran.err
    assert "3 decisions; 1 of them are new here" in dupfind("review", "--merge", "team.jsonl").err
    lines = (tracker / "team.jsonl").read_text(encoding="utf-8").splitlines()
    assert set(lines) == {first, second, strange}
    assert len(saved_decisions(tracker)) == 3


def test_a_team_s_file_that_contradicts_the_index_is_left_as_it_is(
    tracker: Path, review: Reviewed, dupfind: Command
) -> None:
    review("y\n")
    assert dupfind("review", "--merge", "team.jsonl").code == 0
    text = (tracker / "team.jsonl").read_text(encoding="utf-8").replace('"same"', '"different"')
    (tracker / "team.jsonl").write_text(text, encoding="utf-8")
    ran = dupfind("review", "--merge", "team.jsonl")
    assert ran.code == 2
    assert "team.jsonl, line 1: ann called" in ran.err
    assert (tracker / "team.jsonl").read_text(encoding="utf-8") == text
    assert answers(tracker) == {PAIRS[0]: "same"}


def test_two_tasks_at_once_are_a_usage_error(tracker: Path, dupfind: Command) -> None:
    assert dupfind("review", "--export", "a", "--split", "1").code == 2
    assert dupfind("review", "--newer").code == 2


def test_the_person_has_the_name_in_git_s_settings(tracker: Path, dupfind: Command, review: Reviewed) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tracker, check=True)
    subprocess.run(["git", "config", "user.name", "Grace H."], cwd=tracker, check=True)
    (tracker / "pairs.csv").write_text(sheet(dupfind, _1_2="y"), encoding="utf-8")
    assert dupfind("review", "--import", "pairs.csv").code == 0
    assert [one.who for one in saved_decisions(tracker)] == ["Grace H."]


# Splitting


def test_split_breaks_a_cluster_by_one_answer_a_member(
    here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    issues = [{"id": n, "title": "abc def crash", "state": "open"} for n in range(1, 5)]
    issues.append({"id": 5, "title": "abc def crash", "state": "closed", "duplicate_of": 4})
    (here / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    assert dupfind("index", "issues.json", "--model", model).code == 0

    def clusters() -> list[list[str]]:
        clusters = dupfind("report", *NEAR, "--format", "json").json["clusters"]
        return sorted(sorted(member["id"] for member in cluster["members"]) for cluster in clusters)

    assert clusters() == [["1", "2", "3", "4", "5"]]
    read, write = os.pipe()
    os.write(write, b"y\nn\nn\n")
    os.close(write)
    with open(read, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ran = dupfind(*ASK, "--split", "2")
    assert "decided: 1 same, 2 different, 0 unsure; open: 0" in ran.err
    # 4 is the canonical, for 5 is marked a duplicate of it; there is one question about each of the other three.
    assert answers(here) == {
        ("1", "4"): "same",
        ("2", "4"): "different",
        ("2", "5"): "different",
        ("1", "2"): "different",
        ("3", "4"): "different",
        ("3", "5"): "different",
        ("1", "3"): "different",
    }
    assert clusters() == [["1", "4", "5"], ["2", "3"]]


def test_split_of_no_cluster_or_of_one_that_the_tracker_marks_is_one_line(
    tracker: Path, dupfind: Command, review: Reviewed
) -> None:
    assert "'99' is in no cluster" in review("", "--split", "99").err
    issues = json.loads((tracker / "issues.json").read_text())
    issues[1]["duplicate_of"] = 1
    (tracker / "issues.json").write_text(json.dumps(issues))
    assert dupfind("index", "issues.json").code == 0
    ran = review("", "--split", "2")
    assert ran.code == 2
    assert "the tracker itself marks the cluster of '2'" in ran.err


def test_undo_deletes_all_decisions_that_followed_from_an_answer(
    here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    issues = [{"id": n, "title": "abc def crash", "state": "open"} for n in range(1, 4)]
    (here / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    assert dupfind("index", "issues.json", "--model", model).code == 0
    read, write = os.pipe()
    os.write(write, b"y\nn\nz\nu\nf\n")
    os.close(write)
    with open(read, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ran = dupfind(*ASK, "--split", "1")
    assert "undone: ann called 1 and 3 different" in ran.err
    assert answers(here) == {("1", "2"): "same", ("1", "3"): "unsure"}


@pytest.mark.parametrize("end", ["q", "f", "finish"])
def test_q_finishes_too(review: Reviewed, tracker: Path, end: str) -> None:
    ran = review(f"y\n{end}\nn\n")
    assert ran.code == 0
    assert answers(tracker) == {PAIRS[0]: "same"}


def test_split_of_a_marked_pair_whose_texts_are_far_apart_names_the_marks(
    here: Path, model: Path, dupfind: Command
) -> None:
    issues = [
        {"id": 1, "title": "abc def crash"},
        {"id": 2, "title": "feed the bee a decade", "duplicate_of": 1},
        {"id": 3, "title": "bad cafe"},
    ]
    (here / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    assert dupfind("index", "issues.json", "--model", model).code == 0
    ran = dupfind("review", "--min-score", "1", "--split", "2", "-q")
    assert (ran.code, ran.out) == (2, "")
    assert "the tracker itself marks the cluster of '2': remove the marks there" in ran.err
    assert "'3' is in no cluster" in dupfind("review", "--min-score", "1", "--split", "3", "-q").err
