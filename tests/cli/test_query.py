"""`dupfind query`: the forms of a query and of its answer."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dupfind import Collection
from tests.support.samples import Command
from tests.support.verdicts import NEVER, judged


def test_the_json_is_the_documented_one(indexed: Path, dupfind: Command) -> None:
    answer = dupfind("query", "abc def crash", "--json", "-k", 2).json
    assert answer["schema_version"] == 1
    assert answer["query"] == "abc def crash"
    read_at = answer["index"].pop("read_at")
    assert answer["index"] == {"records": 4, "model": "tiny", "generation": 1}
    assert datetime.now(UTC) - datetime.fromisoformat(read_at) < timedelta(minutes=10)
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    [first] = [hit for hit in answer["hits"] if hit["id"] == "3"]
    assert 0 < first.pop("score") <= 1
    assert first.pop("lexical") > 0
    assert first == {
        "rank": first["rank"],
        "id": "3",
        "source": "issues.jsonl",
        "project": None,
        "title": "abc def crash again",
        "state": "closed",
        "resolution": None,
        "url": None,
        "created_at": None,
        "closed_at": None,
        "probability": None,
        "verdict": None,
        "kind": None,
        "difference": None,
        "duplicate_of": "1",
    }


def test_every_output_has_the_same_hits(indexed: Path, dupfind: Command) -> None:
    hits = dupfind("query", "bad cafe", "--json").json["hits"]
    lines = [json.loads(line) for line in dupfind("query", "bad cafe", "--jsonl").out.splitlines()]
    table = dupfind("query", "bad cafe").out.splitlines()
    assert lines == hits
    assert len(table) == len(hits)
    for hit, row in zip(hits, table, strict=True):
        assert row.split()[:3] == [str(hit["rank"]), f"{hit['score']:.3f}", f"#{hit['id']}"]
        assert hit["title"] in row


def test_a_time_is_printed_to_the_second_in_utc(indexed: Path, dupfind: Command) -> None:
    hits = dupfind("query", "abc", "--json").json["hits"]
    assert {hit["id"]: hit["created_at"] for hit in hits}["1"] == "2024-01-03T09:12:00Z"


def test_a_hit_says_why_and_when_it_was_closed(here: Path, model: Path, dupfind: Command) -> None:
    issues = [
        {
            "id": 1,
            "title": "abc crash",
            "state": "closed",
            "state_reason": "not_planned",
            "closed_at": "2025-02-03",
        },
        {"id": 2, "title": "abc crash again", "state": "open"},
    ]
    (here / "tracker.json").write_text(json.dumps(issues))
    assert dupfind("index", "tracker.json", "--model", model).code == 0
    hits = {hit["id"]: hit for hit in dupfind("query", "abc crash", "--json").json["hits"]}
    assert (hits["1"]["resolution"], hits["1"]["closed_at"]) == ("not_planned", "2025-02-03T00:00:00Z")
    assert (hits["2"]["resolution"], hits["2"]["closed_at"]) == (None, None)
    rows = sorted(
        line.split("#")[1].split("  ")[:2] for line in dupfind("query", "abc crash").out.splitlines()
    )
    assert [row[1].strip() for row in rows] == ["closed as not planned", "open"]


def test_filters_reach_the_search(indexed: Path, dupfind: Command) -> None:
    def ids(*options: object) -> set[str]:
        return {hit["id"] for hit in dupfind("query", "abc", "--json", *options).json["hits"]}

    assert ids("--state", "open") == {"1", "4"}
    assert ids("--before", "2024-02-03") == {"1"}
    assert ids("--before", "2024-02-03T09:12:01Z") == {"1", "2"}
    assert ids("--source", "issues.jsonl", "-k", 3) < {"1", "2", "3", "4"}
    assert ids("--min-score", 1) == set()


def test_a_query_by_id_leaves_out_the_issue_itself(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("query", "--id", 1, "--json")
    assert ran.json["query"] == "abc def crash"
    assert {hit["id"] for hit in ran.json["hits"]} == {"2", "3", "4"}


def test_an_unknown_id_is_one_line(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("query", "--id", 77)
    assert (ran.code, ran.out) == (2, "")
    assert "no record '77'" in ran.err


def test_an_id_of_two_issues_is_an_error_that_names_both_sources(indexed: Path, dupfind: Command) -> None:
    (indexed / "b.jsonl").write_text('{"id": 1, "title": "another tracker"}\n')
    dupfind("index", "b.jsonl")
    ran = dupfind("query", "--id", 1)
    assert ran.code == 2
    assert "--source issues.jsonl" in ran.err
    assert "--source b.jsonl" in ran.err
    assert dupfind("query", "--id", 1, "--source", "b.jsonl").code == 0


def test_marked_duplicates_fold(indexed: Path, dupfind: Command) -> None:
    hits = dupfind("query", "abc def crash", "--fold", "--json").json["hits"]
    assert sorted([hits[0]["id"], *hits[0]["folded"]]) == ["1", "3"]
    assert "[+1 of its cluster]" in dupfind("query", "abc def crash", "--fold").out


def test_a_title_and_a_body_are_a_query(indexed: Path, dupfind: Command) -> None:
    apart = dupfind("query", "--title", "abc def", "--body", "gab cab", "--json").json["hits"]
    assert apart == dupfind("query", "abc def\ngab cab", "--json").json["hits"]


def test_standard_input_is_a_query(indexed: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dupfind", "query", "-", "--jsonl", "-k", "1"],
        input=b"bad cafe\nwith a body \xff\x00",
        capture_output=True,
        check=True,
        env=os.environ | {"DUPFIND_INDEX": str(indexed / ".dupfind")},
    )
    assert json.loads(ran.stdout)["id"] == "2"


@pytest.mark.parametrize("arguments", [[], ["a text", "--id", "1"], ["a text", "--title", "t"]])
def test_a_query_has_one_form(indexed: Path, dupfind: Command, arguments: list[str]) -> None:
    ran = dupfind("query", *arguments)
    assert ran.code == 2
    assert "give one of TEXT" in ran.err


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_query_without_a_word_is_one_line(indexed: Path, dupfind: Command, text: str) -> None:
    ran = dupfind("query", text)
    assert (ran.code, ran.out) == (2, "")
    assert "no word in it" in ran.err


def test_an_invalid_date_is_named(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("query", "abc", "--before", "yesterday")
    assert ran.code == 2
    assert "'yesterday' is not a date" in ran.err


def test_without_an_index_the_error_names_the_command_that_makes_one(here: Path, dupfind: Command) -> None:
    ran = dupfind("query", "abc")
    assert (ran.code, ran.out) == (2, "")
    assert "dupfind index SOURCE" in ran.err
    assert list(here.iterdir()) == []


def test_a_misspelt_command_gets_the_closest_one(dupfind: Command) -> None:
    ran = dupfind("qurey")
    assert ran.code == 2
    assert "Did you mean `dupfind query`?" in ran.err


@pytest.mark.parametrize("filter", [("--project", "nosuch"), ("--source", "nosuch.db")])
def test_a_filter_with_an_unknown_name_is_one_line(
    indexed: Path, dupfind: Command, filter: tuple[str, str]
) -> None:
    ran = dupfind("query", "abc", *filter)
    assert (ran.code, ran.out) == (2, "")
    assert f"{filter[1]!r} in" in ran.err


def test_a_filter_without_any_issue_is_reported_in_a_note(indexed: Path, dupfind: Command) -> None:
    ran = dupfind("query", "abc", "--before", "1999-01-01")
    assert (ran.code, ran.out) == (0, "")
    assert "no issue passes the filters" in ran.err


@pytest.mark.parametrize("options", [("--json", "--jsonl"), ("--min-score", "nan")])
def test_options_that_make_no_sense_are_refused(
    indexed: Path, dupfind: Command, options: tuple[str, ...]
) -> None:
    assert dupfind("query", "abc", *options).code == 2


def test_why_says_what_is_shared_and_what_made_the_order(indexed: Path, dupfind: Command) -> None:
    lines = dupfind("query", "abc def crash in the cafe", "--why", "-k", 1).out.splitlines()
    assert any(line.strip().startswith("both: ") for line in lines)
    [order] = [line.strip() for line in lines if line.strip().startswith("order: ")]
    assert "words" in order
    [hit] = dupfind("query", "abc def crash in the cafe", "--why", "-k", 1, "--json").json["hits"]
    assert set(hit["why"]) == {"sentences", "words", "facts", "holds", "order"}
    assert hit["why"]["holds"] == ""
    assert set(hit["why"]["order"]) == {
        "meaning",
        "words",
        "names",
        "stack traces",
        "comments",
        "age",
        "marks",
    }
    looked_up = dupfind("query", "abc def crash", "--why", "-k", 1).out
    assert "order: has the words in its title in this order, then " in looked_up
    [plain] = dupfind("query", "abc def crash in the cafe", "-k", 1, "--json").json["hits"]
    assert "why" not in plain


def test_the_end_of_a_fixed_original_is_said_with_its_date(here: Path, model: Path, dupfind: Command) -> None:
    fixed = {"state": "closed", "state_reason": "completed", "closed_at": "2031-04-05"}
    old = {"id": 1, "title": "Crane needs oil", "body": "It squeaks at low water.", **fixed}
    (here / "tracker.json").write_text(json.dumps([old, {"id": 2, "title": "Boat sinks", "state": "open"}]))
    assert dupfind("index", "tracker.json", "--model", model).code == 0
    with Collection.create(here / ".dupfind") as collection:
        judged(collection, likely=NEVER, possible=-1.0)
    words = ["--title", "Squeak of the old crane on the quay is heard by all neighbours"]
    [hit, *_] = [hit for hit in dupfind("query", *words, "--json").json["hits"] if hit["id"] == "1"]
    assert (hit["kind"], hit["verdict"]) == ("regression", "possible")
    [shown] = [line for line in dupfind("query", *words).out.splitlines() if "Crane" in line]
    assert "possible regression? 50%, fixed 2031-04-05" in shown
    assert "it was fixed on 2031-04-05: a regression?" in dupfind("check", *words).out
