"""`dupfind report`: formats, files, filters, new pairs, and errors of one line."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dupfind.cli import main, report
from dupfind.collection.collection import Collection
from dupfind.dedup import gathered_pairs
from dupfind.reports.formats import FORMS
from dupfind.storage.writer import Writer
from tests.support.containers import CONTAINERS
from tests.support.sample_report import HOSTILE
from tests.support.samples import Command
from tests.support.timing import HANGS_S
from tests.support.verdicts import judged

# With the tiny model every two texts are near; the margin would leave nothing of four records.
ALL = ("report", "--min-score", "0.5", "--min-margin", "-2")


def test_a_table_shows_clusters_and_counts(indexed: Path, dupfind: Command) -> None:
    ran = dupfind(*ALL)
    assert ran.code == 0
    assert "1.  margin " in ran.out
    assert "abc def crash" in ran.out
    assert "among 4 records" in ran.out
    assert "next: decide on the pairs with `dupfind review`" in ran.err
    assert dupfind(*ALL, "--quiet").err == ""
    assert "next:" not in dupfind(*ALL, "--format", "json").err + dupfind(*ALL, "-o", "out.html").err


@pytest.mark.parametrize("where", [("--format", "csv"), ("--format", "jsonl"), ("-o", "out.html")])
def test_a_report_without_a_cluster_names_the_way_to_see_more_in_every_format(
    indexed: Path, dupfind: Command, where: tuple[str, ...]
) -> None:
    with Collection.create(indexed / ".dupfind") as collection:
        judged(collection, likely=1.0, possible=1.0)
    ran = dupfind("report", "--min-score", "0.5", *where)
    assert "no pair is sure enough to be shown: `dupfind report --verdicts balanced`" in ran.err
    assert dupfind("report", "--min-score", "0.5", "--quiet", *where).err == ""


def test_a_terminal_has_a_legend_of_the_numbers(
    indexed: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "before an id" not in dupfind(*ALL).err
    monkeypatch.setattr(report, "is_terminal", lambda _: True)
    assert "before an id: the score, 1 for equal texts" in dupfind(*ALL).err


def test_on_a_narrow_terminal_titles_are_cut_and_the_counts_are_wrapped(
    indexed: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = dupfind(*ALL).out.rpartition("\n\n")[2]
    monkeypatch.setattr(report, "is_terminal", lambda _: True)
    monkeypatch.setenv("COLUMNS", "40")
    shown = dupfind(*ALL).out
    assert max(map(len, shown.splitlines())) <= 40
    assert "…" in shown
    assert " ".join(shown.rpartition("\n\n")[2].split()) == " ".join(counts.split())


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("out.json", '{\n  "schema_version": 1'),
        ("out.jsonl", '{"schema_version": 1'),
        ("out.csv", "decision,cluster"),
        ("out.md", "# Duplicate issues"),
        ("out.HTML", "<!doctype html>"),
        ("out.txt", "1.  margin"),
    ],
)
def test_the_format_follows_from_the_file_s_suffix(
    indexed: Path, dupfind: Command, name: str, begins: str
) -> None:
    ran = dupfind(*ALL, "-o", name)
    assert (ran.code, ran.out) == (0, "")
    assert (indexed / name).read_text(encoding="utf-8").lstrip().startswith(begins)
    assert [path.name for path in indexed.glob("*.tmp")] == []


def test_a_format_can_be_named_and_goes_to_standard_output(indexed: Path, dupfind: Command) -> None:
    report = dupfind(*ALL, "--format", "json").json
    assert report["parameters"]["min_score"] == 0.5
    assert dupfind(*ALL, "--format", "json", "-o", "-").json["clusters"] == report["clusters"]
    rows = list(csv.DictReader(io.StringIO(dupfind(*ALL, "--format", "csv").out)))
    assert len(rows) == len(report["pairs"])


def test_an_unknown_suffix_is_a_usage_error(indexed: Path, dupfind: Command) -> None:
    ran = dupfind(*ALL, "-o", "out.xlsx")
    assert ran.code == 2
    assert "pass --format" in ran.err


def test_a_file_that_cannot_be_written_is_one_line(indexed: Path, dupfind: Command) -> None:
    ran = dupfind(*ALL, "-q", "-o", "no/such/folder/out.html")
    assert ran.code == 2
    assert re.fullmatch(
        r"dupfind: no/such/folder/out\.html cannot be written \(.*\): name another with -o\n", ran.err
    )


def test_a_file_that_is_there_is_replaced_whole(indexed: Path, dupfind: Command) -> None:
    (indexed / "out.md").write_text("old" * 10_000, encoding="utf-8")
    assert dupfind(*ALL, "-o", "out.md").code == 0
    assert "old" not in (indexed / "out.md").read_text(encoding="utf-8")


def test_known_pairs_are_shown_on_request(indexed: Path, dupfind: Command) -> None:
    default, with_known = (
        dupfind(*ALL, "--format", "json").json,
        dupfind(*ALL, "--format", "json", "--include-known").json,
    )
    assert default["counts"]["known_pairs"] == with_known["counts"]["known_pairs"] == 1
    assert with_known["counts"]["clusters"] >= default["counts"]["clusters"]


def test_filters_reach_the_report(indexed: Path, dupfind: Command) -> None:
    report = dupfind(
        *ALL, "--format", "json", "--state", "open", "--limit", "1", "--since", "2024-03-01"
    ).json
    assert report["index"]["records"] == 2
    assert {m["id"] for cluster in report["clusters"] for m in cluster["members"]} <= {"1", "4"}
    assert report["parameters"]["since"] == "2024-03-01T00:00:00Z"


@pytest.fixture
def mirrored(here: Path, model: Path, dupfind: Command) -> Path:
    """Index a Jira and its mirror on GitHub with the same 24 issues."""
    jira = CONTAINERS["jira-rest.json"].build(here)
    github = CONTAINERS["github-rest-issues.json"].build(here)
    ran = dupfind("index", jira, github, "--model", model)
    assert ran.code == 0, ran.err
    return here


ACROSS = ("report", "--across", "--min-score", "0.9999", "--min-margin", "-2")


@pytest.mark.usefixtures("mirrored")
def test_across_a_jira_and_its_mirror_every_issue_meets_itself(dupfind: Command) -> None:
    report = dupfind(*ACROSS, "--format", "json").json
    ends = [(pair["first"], pair["second"]) for pair in report["pairs"]]
    assert {frozenset((a["source"], b["source"])) for a, b in ends} == {
        frozenset(("jira-rest.json", "github-rest-issues.json"))
    }
    numbers = [{end["id"].rpartition("-")[2] for end in pair} for pair in ends]
    assert sorted(numbers, key=min) == sorted(({str(n)} for n in range(1, 25)), key=min)
    assert len(report["clusters"]) == 24 - 6  # six are marked, in both
    assert (report["parameters"]["across"], report["curve"]) == (True, [])


@pytest.mark.usefixtures("mirrored")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_the_two_sources(dupfind: Command, form: str) -> None:
    drawn = dupfind(*ACROSS, "--format", form).out
    lines = drawn.splitlines()
    for source in ("jira-rest.json", "github-rest-issues.json"):
        assert drawn.count(source) >= 24
    if form in ("table", "markdown"):
        assert any("24 pairs from two sources with a score" in line for line in lines)
    if form == "html":
        assert "pairs from two sources with a score of 0.9999 or more" in drawn
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(drawn)))
        assert all(row["first_source"] != row["second_source"] for row in rows)
        assert len(rows) == 24


def test_across_needs_two_sources(indexed: Path, dupfind: Command) -> None:
    ran = dupfind(*ALL, "--across", "-q")
    assert (ran.code, ran.out) == (2, "")
    assert "has no two sources to compare" in ran.err


def test_a_project_or_source_that_is_not_there_is_an_error(indexed: Path, dupfind: Command) -> None:
    assert "no source 'x'" in dupfind(*ALL, "--source", "x").err
    assert dupfind(*ALL, "--project", "x").code == 2


def test_new_shows_pairs_of_records_added_since_the_last_report_with_the_same_options(
    indexed: Path, dupfind: Command
) -> None:
    new = (*ALL, "--new", "--format", "json")
    assert dupfind(*new).json["counts"]["pairs"] > 0
    assert dupfind(*new).json["counts"]["pairs"] == 0
    assert dupfind(*ALL, "--format", "json").json["counts"]["pairs"] > 0
    assert dupfind(*new, "--state", "open").json["counts"]["pairs"] > 0
    with (indexed / "issues.jsonl").open("a", encoding="utf-8") as issues:
        issues.write(
            json.dumps({"id": 5, "title": "abc def crash", "body": "gab cab face", "state": "open"}) + "\n"
        )
    assert dupfind("index", "issues.jsonl").code == 0
    report = dupfind(*new).json
    assert report["counts"]["pairs"] > 0
    assert all("5" in (pair["first"]["id"], pair["second"]["id"]) for pair in report["pairs"])


def test_clusters_cut_by_a_limit_stay_new(here: Path, model: Path, dupfind: Command) -> None:
    titles = ["abc def", "abc def", "feed the bee", "feed the bee"]
    issues = [{"id": n, "title": title, "state": "open"} for n, title in enumerate(titles)]
    (here / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    assert dupfind("index", "issues.json", "--model", model).code == 0
    new = ("report", "--min-score", "0.9999", "--new", "--format", "json")
    cut = dupfind(*new, "--limit", "1")
    assert "not shown: 1 more cluster; see --limit" in cut.err
    assert len(dupfind(*new).json["clusters"]) == 2
    assert dupfind(*new).json["clusters"] == []


def test_a_report_while_another_process_writes_is_printed_with_a_note_that_it_was_not_recorded(
    indexed: Path, dupfind: Command
) -> None:
    writer = Writer.open(indexed / ".dupfind" / "dupfind.db")
    try:
        ran = dupfind(*ALL)
    finally:
        writer.close()
    assert ran.code == 0
    assert "the next --new will show these pairs again" in ran.err


def test_a_probability_without_a_calibration_is_an_error(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("report", "--min-probability", "0.9", "-q")
    assert ran.code == 2
    assert "run `dupfind calibrate`, or use --min-score" in ran.err


def test_too_many_pairs_are_an_error_and_not_a_cut(indexed: Path, dupfind: Command) -> None:
    ran = dupfind(*ALL, "-q", "--max-pairs", "1")
    assert (ran.code, ran.out) == (2, "")
    assert "pass a larger --max-pairs, or a higher --min-score" in ran.err


def test_hostile_issues_come_through_every_form(here: Path, model: Path, dupfind: Command) -> None:
    issues = [
        {
            "id": f"{n}{end}",
            "title": text,
            "body": text[:5000],
            "url": "javascript:alert(1)",
            "state": text[:30],
        }
        for n, text in enumerate(HOSTILE)
        for end in ("a", "b")
    ]
    (here / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    assert dupfind("index", "issues.json", "--model", model).code == 0
    for form in FORMS:
        ran = dupfind("report", "--min-score", "0.9", "--min-margin", "-2", "-q", "--format", form)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
        assert dupfind("report", "-q", "--format", form, "-o", f"out.{form}").code == 0


@pytest.mark.parametrize("option", ["--min-score", "--min-margin", "--min-probability"])
def test_nan_is_not_a_threshold(indexed: Path, dupfind: Command, option: str) -> None:
    ran = dupfind("report", option, "nan")
    assert ran.code == 2
    assert "'nan' is not a finite number" in ran.err


def test_a_report_without_an_index_says_how_to_make_one(here: Path, dupfind: Command) -> None:
    ran = dupfind("report")
    assert ran.code == 2
    assert "dupfind index" in ran.err


def test_report_and_review_share_the_options_that_choose_pairs() -> None:
    shared = {"state", "project", "source", "min_score", "min_margin", "max_pairs", "quiet", "folder"}

    def options(name: str) -> dict[str | None, object]:
        command = main.dupfind.get_command(click.Context(main.dupfind), name)
        assert command is not None
        return {one.name: one.to_info_dict() for one in command.params if one.name in shared}

    assert options("report") == options("review")
    assert set(options("report")) == shared


def test_ctrl_c_in_a_report_leaves_no_half_file(indexed: Path) -> None:
    """Stopped at the last moment: the page is written to a temporary file, which is about to replace the old one."""
    stopping = f"""
import os, pathlib, signal, sys
import {main.__name__} as cli

place = pathlib.Path.replace

def slow(self, target):
    os.write(1, b"!")
    signal.pause()
    return place(self, target)

pathlib.Path.replace = slow
sys.argv = ["dupfind", "report", "-q", "--min-score", "0.5", "--min-margin", "-2", "-o", "out.html"]
cli.main()
"""
    (indexed / "out.html").write_text("old report", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", stopping], cwd=indexed, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1) == b"!"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=HANGS_S) == 130
        assert process.stderr.read() == b"dupfind: interrupted; finished work is saved\n"
    assert (indexed / "out.html").read_text(encoding="utf-8") == "old report"
    assert [path.name for path in indexed.iterdir() if "out" in path.name] == ["out.html"]


def test_ctrl_c_while_pairs_are_compared_ends_a_report(indexed: Path) -> None:
    comparing = f"""
import os, signal, sys
import {main.__name__} as cli
import {gathered_pairs.__name__} as gathered_pairs

def endless(*_, **__):
    os.write(1, b"!")
    while True:
        yield from ()

gathered_pairs.of_collection = endless
sys.argv = ["dupfind", "report", "-q", "-o", "out.html"]
cli.main()
"""
    with subprocess.Popen([sys.executable, "-c", comparing], cwd=indexed, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"!"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=HANGS_S) == 130
    assert not (indexed / "out.html").exists()


def test_what_is_shown_by_default_is_what_strict_shows(indexed: Path, dupfind: Command) -> None:
    default, strict, eager = (
        dupfind("report", "--format", "json", *more).json
        for more in ((), ("--verdicts", "strict"), ("--verdicts", "eager"))
    )
    assert (default["parameters"]["verdicts"], default["parameters"]["shown"]) == ("balanced", "strict")
    assert default["counts"] == strict["counts"]
    assert eager["parameters"]["shown"] == "eager"


def test_json_and_json_lines_have_short_options(indexed: Path, dupfind: Command) -> None:
    whole = dupfind(*ALL, "--format", "json").json
    assert dupfind(*ALL, "--json").json["pairs"] == whole["pairs"]
    assert dupfind(*ALL, "--jsonl").out == dupfind(*ALL, "--format", "jsonl").out
    refused = dupfind(*ALL, "--json", "--format", "csv")
    assert (refused.code, "--format csv and --json exclude each other" in refused.err) == (2, True)
    (indexed / "x").mkdir()
    refused = dupfind(*ALL, "--json", "--part", "1/2", "-o", "x/a.dfp")
    assert (refused.code, "leave it out with --part" in refused.err) == (2, True)
