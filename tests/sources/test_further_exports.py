"""Exports of help desks, boards, scanners and forums, of no reader of their own: which column is which field."""

import json
from pathlib import Path

import pytest

from dupfind.records import Record
from dupfind.sources.coerce import state
from dupfind.sources.column_names import normalize
from dupfind.sources.mapping import UNMAPPED, choose
from dupfind.sources.open import open_source


def read(tmp_path: Path, text: str, name: str = "export.csv") -> list[Record]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(open_source(str(path)))


@pytest.mark.parametrize(
    "header",
    [
        "Ticket Id;Subject (Ticket);Description (Ticket);Status (Ticket);Created Time (Ticket)",
        "ID;Title;Description;Status;Opening date",
        "Idea reference #;Idea name;Idea description;Idea status;Created date",
        "Conversation ID;Conversation subject;First message;Conversation state;Conversation started at (UTC)",
        "Item ID;Summary;Original Submission;Open/Closed;Submitted On",
        "aid;summary;details;status;open_date",
        "topic_id;topic_title;text;topic_status;topic_time",
        "id;title;vulnerability_information;state;reported_at",
        "Thread ID;Thread title;Body;State;Entry date",
    ],
)
def test_exports_name_their_columns_in_many_ways(header: str, tmp_path: Path) -> None:
    rows = "7;The tap drips;All day;Open;2024-02-01 10:00\n8;No water;At night;Closed;2024-02-02 10:00\n"
    first, second = read(tmp_path, f"{header}\n{rows}")
    assert [first.id, second.id] == ["7", "8"]
    assert [first.title, second.title] == ["The tap drips", "No water"]
    assert [first.body, second.body] == ["All day", "At night"]
    assert [first.state, second.state] == ["open", "closed"]
    assert [record.created and record.created.day for record in (first, second)] == [1, 2]


def test_open_and_closed_come_before_a_status_that_says_how(tmp_path: Path) -> None:
    text = "Item ID,Summary,Open/Closed,Status\n7,The tap drips,Open,None\n8,No water,Closed,Wont Fix\n"
    assert [record.state for record in read(tmp_path, text)] == ["open", "closed"]


@pytest.mark.parametrize("name", ["close_status", "Resolution code", "Substate", "Closure Code"])
def test_a_resolution_has_many_names(name: str, tmp_path: Path) -> None:
    text = f"id,title,status,{name}\n7,The tap drips,Open,\n8,No water,Closed,Duplicate\n"
    assert [record.resolution for record in read(tmp_path, text)] == [None, "duplicate"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Processing (assigned)", "open"),
        ("Available", "open"),
        ("ExternalDependency", "open"),
        ("Resolved (Duplicate)", "closed"),
    ],
)
def test_trackers_have_their_own_words_of_states(word: str, meant: str) -> None:
    assert state(word) == meant


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Subject (Ticket)", "subject"),
        ("Status (Tickets)", "status"),
        ("(Ticket)", "ticket"),
        ("Time (UTC)", "time_utc"),
        ("Name (Contact)", "name_contact"),
    ],
)
def test_a_thing_in_brackets_is_no_part_of_a_name(name: str, plain: str) -> None:
    assert normalize(name) == plain


@pytest.mark.parametrize("name", ["Start date", "Started at", "Entry"])
def test_a_planned_start_or_a_word_is_no_time_of_creation(name: str) -> None:
    sample = {"id": ["1", "2"], "title": ["The tap drips", "No water"], name: ["first", "second"]}
    assert "created" not in choose(tuple(sample), UNMAPPED, where="t", is_file=True, sample=sample)
    if name != "Entry":
        sample[name] = ["2024-02-01", "2024-02-02"]
        assert "created" not in choose(tuple(sample), UNMAPPED, where="t", is_file=True, sample=sample)


@pytest.mark.parametrize(
    "shown", [{"key": "closed"}, {"key": "x", "display": "Закрыт"}, {"id": 5, "key": "done"}]
)
def test_a_state_may_be_an_object_with_a_key(shown: dict[str, object], tmp_path: Path) -> None:
    issues = [{"key": f"WEB-{n}", "summary": "The tap drips", "status": shown} for n in (1, 2)]
    assert [record.state for record in read(tmp_path, json.dumps(issues), "a.json")] == ["closed", "closed"]
