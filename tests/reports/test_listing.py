"""A list in every format for programs: the same facts, and no text of an issue that becomes more than text."""

import csv
import io
import json
import re
from typing import Any

import pytest

from dupfind.reports.listing import Annotation, ListAnswer, draw_list
from dupfind.reports.sarif import RULES, sarif_log
from dupfind.reports.web_address import web_address
from dupfind.reports.workflow_commands import workflow_commands

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "a\n::error::b\r\n::set-output name=x::y",
    "100% :: , done \x1b[2J \u202e \u2028",
    "| cell | <script>alert(1)</script> @everyone #1 [x](javascript:alert(1))",
]


def listing(*titles: str, url: str | None = None, annotations: list[Annotation] | None = None) -> ListAnswer:
    rows: list[dict[str, Any]] = [
        {
            "id": str(place),
            "title": title,
            "is_new": place == 1,
            "folded": ["8", "9"],
            "score": 0.5,
            "url": url,
        }
        for place, title in enumerate(titles, start=1)
    ]
    columns = ("id", "title", "is_new", "folded", "score", "url")
    return ListAnswer({"hits": rows}, rows, columns, rows, ("id", "title", "score"), annotations)


def test_json_is_the_document_and_json_lines_its_items() -> None:
    sample = listing("Crash", "Slow")
    assert json.loads(draw_list(sample, "json")) == sample.document
    assert [json.loads(line) for line in draw_list(sample, "jsonl").splitlines()] == list(sample.items)


def test_csv_has_the_columns_in_their_order_and_a_plain_cell_for_each_value() -> None:
    rows = list(csv.reader(io.StringIO(draw_list(listing("Crash", "Slow"), "csv"))))
    assert rows[0] == ["id", "title", "is_new", "folded", "score", "url"]
    assert rows[1:] == [["1", "Crash", "yes", "8 9", "0.5", ""], ["2", "Slow", "no", "8 9", "0.5", ""]]


@pytest.mark.parametrize("start", "=+-@")
def test_no_cell_of_csv_is_a_formula(start: str) -> None:
    [_, row] = csv.reader(io.StringIO(draw_list(listing(f"{start}SUM(A1)"), "csv")))
    assert row[1] == f"'{start}SUM(A1)"


def test_markdown_is_a_table_whose_first_column_leads_to_the_issue() -> None:
    lines = draw_list(listing("Crash", url="https://example.org/1"), "markdown").splitlines()
    assert lines == [
        "| id | title | score |",
        "| --- | --- | --- |",
        "| [1](<https://example.org/1>) | Crash | 0.5 |",
    ]


@pytest.mark.parametrize("form", ["csv", "markdown", "github"])
def test_an_empty_list_has_its_head_at_most(form: str) -> None:
    assert len(draw_list(listing(), form).splitlines()) == {"csv": 1, "markdown": 2, "github": 0}[form]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_ends_no_line_cell_or_command(title: str) -> None:
    sample = listing(title, url="https://example.org/|\x1b]8;;")
    for form in ("csv", "markdown", "github"):
        drawn = draw_list(sample, form)
        assert not re.search("[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f\u2028\u202a-\u202e]", drawn), form
    row = draw_list(sample, "markdown").splitlines()[2]
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    [line] = draw_list(sample, "github").splitlines()
    assert line.startswith("::notice title=1::")


def test_a_workflow_command_escapes_what_would_end_it() -> None:
    remark = Annotation("warning", "a: b, c", "50% of\nit", "dir,x/a:b%.md", 7)
    assert workflow_commands([remark]) == (
        "::warning file=dir%2Cx/a%3Ab%25.md,line=7,title=a%3A b%2C c::50%25 of it\n"
    )


def test_a_remark_without_a_file_names_none() -> None:
    assert workflow_commands([Annotation("error", "", "bad")]) == "::error ::bad\n"


def test_a_sarif_log_has_what_version_2_1_0_requires() -> None:
    remarks = [
        Annotation("warning", "t", "a\x1b[2J duplicate", "issues/ä b.md", 3, "likely", "one"),
        Annotation("notice", "t", "another", None, 1, "possible", "two"),
    ]
    log = sarif_log(remarks)
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-2.1.0.json")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "dupfind"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", driver["version"])
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    first, other = run["results"]
    assert all(driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert {result["level"] for result in run["results"]} <= {"none", "note", "warning", "error"}
    assert first["message"]["text"] == "a\\x1b[2J duplicate"
    [location] = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "issues/%C3%A4%20b.md", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3},
    }
    assert "locations" not in other
    fingerprints = [result["partialFingerprints"]["duplicate/v1"] for result in run["results"]]
    assert len(set(fingerprints)) == 2
    assert sarif_log(remarks) == log


def test_a_file_whose_name_is_not_utf_8_has_a_place_in_a_sarif_log() -> None:
    name = "caf\udce9.md"  # as Python reads the byte E9
    [run] = sarif_log([Annotation("warning", "t", "m", name, 1, "likely", f"{name} 1")])["runs"]
    [result] = run["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "caf%E9.md"


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://example.org/a?b=c#d", True),
        ("HTTP://example.org/ü", True),
        ("javascript:alert(1)", False),
        ("https://example.org/\x1b]8;;x", False),
        ("https://example.org/\u202ex", False),
        ("https://example.org/a b", False),
        ("https://example.org/a\n", False),
        (None, False),
    ],
)
def test_only_a_plain_address_of_the_web_becomes_a_link(url: str | None, is_link: bool) -> None:
    assert (web_address(url) is not None) == is_link
