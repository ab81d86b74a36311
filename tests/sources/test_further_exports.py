"""Exports of help desks, boards, scanners and forums, of no reader of their own: which column is which field."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.errors import SourceError
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
        "key;fields.summary;fields.description;fields.status.name;fields.created",
        "ID;Name;Description;Entity State;Create Date",
        "Nº Incidencia;Título;Descripción detallada;Estado;Fecha alta",
        "N°;Intitulé de l'anomalie;Description détaillée;Statut;Date de détection",
        "Lfd. Nr.;Mangel;Beschreibung;Status;Gemeldet am",
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


def test_itop_s_plain_texts_stay_as_they_are(tmp_path: Path) -> None:
    header = "Ref,Title,Start date,Last update,Organization,Status,Description"
    text = f"{header}\n7,Taps,2024-02-01,2024-02-02,House,New,a < b & list<int> x\n"
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    source = open_source(str(path))
    assert source.kind == "itop-csv"
    assert [record.body for record in source] == ["a < b & list<int> x"]


def test_phpmyadmin_s_export_of_tables_is_refused_with_a_way_out(tmp_path: Path) -> None:
    header = {"type": "header", "version": "5.2.1", "comment": "Export to JSON plugin for PHPMyAdmin"}
    table = {"type": "table", "name": "topics", "data": [{"topic_id": "7", "topic_title": "The tap drips"}]}
    for export in ([header, {"type": "database", "name": "forum"}, table], [header, *[table] * 40_000]):
        with pytest.raises(
            SourceError, match=r"phpMyAdmin's export of tables, .*: export the table of issues as CSV"
        ):
            read(tmp_path, json.dumps(export), "a.json")


def test_an_issue_of_graphql_is_none_of_a_project_s_export(tmp_path: Path) -> None:
    nodes = [
        {"id": f"Z{n}", "iid": str(n), "title": "The tap drips", "description": "x", "state": "opened"}
        | {"createdAt": "2024-02-01T10:00:00Z"}
        for n in (7, 8)
    ]
    edges = {"data": {"project": {"issues": {"edges": [{"cursor": "a", "node": node} for node in nodes]}}}}
    records = read(tmp_path, json.dumps(edges), "a.json")
    assert [(record.id, record.created and record.created.year) for record in records] == [
        ("7", 2024),
        ("8", 2024),
    ]


def test_the_number_of_an_incident_comes_before_an_inner_id(tmp_path: Path) -> None:
    text = "id,incident_number,title\nPT1,401,The tap drips\nPT2,402,No water\n"
    assert [record.id for record in read(tmp_path, text)] == ["401", "402"]


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
        ("À traiter", "open"),
        ("Corrigé", "closed"),
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


@pytest.mark.parametrize("name", ["topic_id", "thread_id", "Discussion ID", "aid", "tid", "instance_id"])
def test_ids_of_a_topic_that_repeat_are_none_of_the_rows(name: str, tmp_path: Path) -> None:
    rows = "".join(f"{at % 3},The tap {at} drips,open\n" for at in range(9))
    records = read(tmp_path, f"{name},Title,Status\n{rows}")
    assert [record.title for record in records] == [f"The tap {at} drips" for at in range(9)]
    assert len({record.id for record in records}) == 9


@pytest.mark.parametrize("name", ["topic_name", "Thread title", "Discussion name"])
def test_names_of_topics_that_repeat_are_no_titles(name: str, tmp_path: Path) -> None:
    rows = "".join(f"{at},{('Heating', 'Water')[at % 2]},The tap {at} drips\n" for at in range(9))
    records = read(tmp_path, f"id,{name},message\n{rows}")
    assert {record.title for record in records} == {""}
    assert [record.body for record in records] == [f"The tap {at} drips" for at in range(9)]


@pytest.mark.parametrize("name", ["topic_date", "Conversation created"])
def test_the_time_of_a_topic_comes_after_that_of_the_row(name: str, tmp_path: Path) -> None:
    text = (
        f"id,title,{name},created\n7,The tap drips,2020-01-01,2024-02-01\n8,No water,2020-01-01,2024-02-02\n"
    )
    assert [record.created and record.created.year for record in read(tmp_path, text)] == [2024, 2024]


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


@pytest.mark.parametrize("form", ["csv", "json", "db", "parquet"])
def test_texts_that_all_begin_with_a_paragraph_are_html(form: str, tmp_path: Path) -> None:
    bodies = [
        "<p>All &amp; night</p>",
        "<p>" + "x" * 500 + "</p>",
        "<p>See <b>this</b>:</p>\n  <ul><li>one</li></ul>",
        "<p>Steps:<br>\n- open</p><pre>a\n\n    b</pre>",
    ]
    path = written(tmp_path / f"a.{form}", bodies)
    texts = [record.body for record in open_source(str(path))]
    assert texts == ["All & night", "x" * 500, "See this:\n\n- one", "Steps:\n- open\n\n```\na\n\n    b\n```"]


@pytest.mark.parametrize("form", ["csv", "json", "db", "parquet"])
@pytest.mark.parametrize(
    "bodies",
    [
        ["<p> is a tag", "Use <p> here", ""],
        ["<p>One</p>\n\n```\n<b>\n```", "<p>Two</p>", ""],
        ["<p>One</p>", "", ""],
        ["<p> is not closed: vector<int> x", "<p> and <q> differ", ""],
        ["<p>One</p>\n\n- a <T>\n- b", "<p>Two</p>", ""],
        ["<p>One</p>\n\n## Steps\n\nOpen <name>", "<p>Two</p>", ""],
        ["<p>One</p>\n\n1. Open <name>\n2. Close", "<p>Two</p>", ""],
        ["<p>One</p>\n\n    code <int>", "<p>Two</p>", ""],
        ['<p align="center">One</p>', '<p align="center">Two</p>', ""],
    ],
)
def test_markdown_with_paragraphs_stays_as_it_is(form: str, bodies: list[str], tmp_path: Path) -> None:
    path = written(tmp_path / f"a.{form}", bodies)
    assert [record.body for record in open_source(str(path))] == bodies


def written(path: Path, bodies: list[str]) -> Path:
    """Write issues with these bodies into a file of the form that its name says."""
    rows = [(number, f"The tap {number} drips", body) for number, body in enumerate(bodies, 1)]
    dicts = [dict(zip(("id", "title", "body"), row, strict=True)) for row in rows]
    if path.suffix == ".json":
        path.write_text(json.dumps(dicts), encoding="utf-8")
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("id", "title", "body"), *rows])
    elif path.suffix == ".db":
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE issues (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")
            database.executemany("INSERT INTO issues (id, title, body) VALUES (?, ?, ?)", rows)
    else:
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(dicts), path)
    return path
