"""Exports as services write them, of no reader of their own: columns, states, dates and lines that are no records."""

import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.records import Record
from dupfind.sources.coerce import state
from dupfind.sources.mapping import UNMAPPED, choose
from dupfind.sources.open import open_source


def read(tmp_path: Path, text: str, name: str = "export.csv") -> list[Record]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(open_source(str(path)))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Closed - Duplicate", "closed"),
        ("Resolved (Fixed)", "closed"),
        ("Closed: no answer", "closed"),
        ("Done / released", "closed"),
        ("En cours (Attribué)", "open"),
        ("已关闭（重复）", "closed"),
        ("Open, urgent", "open"),
        ("Waiting on contact", "open"),
        ("Awaiting Parts", "open"),
        ("Ready for release", "open"),
        ("Pending third party", "open"),
        ("Submitted", "open"),
        ("open-accepted", "open"),
        ("closed-fixed", "closed"),
        ("激活", "open"),
        ("closed successful", "closed"),
        ("re-test", None),
        ("Teal (closed)", None),
        ("Half-done", None),
        ("x" * 1_000 + " - closed", None),
    ],
)
def test_a_state_may_have_its_reason_behind_it(word: str, meant: str | None) -> None:
    assert state(word) == meant


def test_of_an_unknown_state_the_time_of_closing_decides(tmp_path: Path) -> None:
    text = (
        "id,title,state,resolved\n1,The tap drips,teal,\n2,No water,amber,2024-05-03\n3,No heat,,2024-05-03\n"
    )
    text += "4,Too hot,open,2024-05-03\n5,Too cold,done,\n"
    assert [record.state for record in read(tmp_path, text)] == ["open", "closed", None, "open", "closed"]
    text = "id,title,state\n1,The tap drips,teal\n2,No water,amber\n"
    assert [record.state for record in read(tmp_path, text)] == [None, None]
    issues = [
        {"id": 1, "title": "The tap drips", "state": "teal", "closed_at": None},
        {"id": 2, "title": "No water", "state": "teal", "closed_at": "2024-05-03"},
    ]
    assert [record.state for record in read(tmp_path, json.dumps(issues), "a.json")] == ["open", "closed"]


def test_the_lines_below_a_report_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(
        '"Case Number","Subject","Description","Status","Opened Date","Parent Case Number"\n'
        '"00001026","The tap drips","All night","New","3/14/2024",""\n'
        '"00001027","No water","At all","Closed","3/13/2024","00001026"\n'
        '"Grand Totals (2 records)"\n"Confidential Information - Do Not Distribute"\n',
        encoding="utf-8",
    )
    source = open_source(str(path))
    assert [(record.id, record.title, record.state) for record in source] == [
        ("00001026", "The tap drips", "open"),
        ("00001027", "No water", "closed"),
    ]
    assert source.counts.n_broken == 2
    assert source.counts.broken[0].endswith("line 4 has 1 cell, and the header has 6")


@pytest.mark.parametrize(
    "header", ["Title,Body,Status", "Title,Labels,Status,Due", "Card Name,Members,Status"]
)
def test_rows_may_have_only_a_title(tmp_path: Path, header: str) -> None:
    titles = [f"The tap number {n} drips" for n in range(5)]
    full = f"No water at all{',x' * header.count(',')}"
    for rows in (titles, [*titles, full], [full, *titles[:3], full, *titles[3:], full]):
        path = tmp_path / "a.csv"
        path.write_text("\n".join([header, *rows]), encoding="utf-8")
        source = open_source(str(path))
        assert [record.title for record in source] == [row.split(",")[0] for row in rows]
        assert source.counts.n_broken == 0


def test_lines_below_a_table_of_titles_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["The tap drips,All night,New", "No water", "A leak in the roof,Since May,New"]
    path.write_text("\n".join(["Title,Body,Status", *rows, "Grand Totals (3 records)", "Confidential"]))
    source = open_source(str(path))
    assert [record.title for record in source] == ["The tap drips", "No water", "A leak in the roof"]
    assert source.counts.n_broken == 2
    assert [line.partition("line ")[2] for line in source.counts.broken] == [
        "5 has 1 cell, and the header has 3",
        "6 has 1 cell, and the header has 3",
    ]
    path.write_text("\n".join(["Title,Body,Status", rows[0], *(f"The tap {n} drips" for n in range(100))]))
    assert len(list(open_source(str(path)))) == 101


def test_the_id_of_another_thing_is_not_that_of_the_row() -> None:
    for column in ("Parent Case Number", "Customer No", "Duplicate Key", "project_id_v2", "Phone number"):
        sample: dict[str, list[Any]] = {column: ["71", "72"], "title": ["The tap drips", "No water"]}
        assert "id" not in choose(tuple(sample), UNMAPPED, where="t", is_file=True, sample=sample)


@pytest.mark.parametrize(
    ("created", "updated", "closed"),
    [
        ("Date d'ouverture", "Dernière modification", "Date de clôture"),
        ("Eröffnungsdatum", "Letzte Aktualisierung", "Abschlussdatum"),
        ("Fecha de apertura", "Última actualización", "Fecha cierre"),
        ("Data de abertura", "Última atualização", "Data de encerramento"),
        ("Data di apertura", "Ultima modifica", "Data di chiusura"),
        ("Дата открытия", "Последнее изменение", "Дата завершения"),
        ("开始时间x", "最后更新", "完成时间"),
        ("起票日", "最終更新日", "クローズ日"),
        ("접수일", "최종 수정일", "종료일"),
        ("Detected on Date", "Modified", "Closing Date"),
        ("Opened Date", "Last Modified", "Close date"),
    ],
)
def test_dates_have_many_names(created: str, updated: str, closed: str, tmp_path: Path) -> None:
    header = f"id,title,{created},{updated},{closed}\n"
    rows = "1,The tap drips,2024-03-14,2024-03-15,2024-03-16\n2,No water,2024-03-13,2024-03-15,\n"
    first, second = read(tmp_path, header + rows)
    days = [at and at.day for at in (first.created, first.updated, first.closed)]
    assert days == [None if created.endswith("x") else 14, 15, 16]
    assert [first.state, second.state] == ["closed", "open"]


@pytest.mark.parametrize(
    "header",
    [
        "Bug编号,Bug标题,Bug状态,重现步骤,创建日期,重复Bug ID",
        "工单编号,工单标题,工单状态,描述,创建时间,重复问题",
    ],
)
def test_a_thing_stands_before_its_field_without_a_space(header: str, tmp_path: Path) -> None:
    rows = "101,温度显示不正确,已解决,打开页面,2024-03-14,100\n100,温度显示错误,激活,打开,2024-03-13,0\n"
    first, second = read(tmp_path, f"{header}\n{rows}")
    assert (first.id, first.title, first.state, first.body) == ("101", "温度显示不正确", "closed", "打开页面")
    assert ([ref.id for ref in first.duplicate_of], second.duplicate_of) == (["100"], ())


@pytest.mark.parametrize("name", ["キー", "Clave", "Schlüssel", "键值"])
def test_a_key_comes_before_an_inner_number_in_other_languages(name: str, tmp_path: Path) -> None:
    rows = "123,KILN-5,The tap drips\n124,KILN-6,No water\n"
    assert [record.id for record in read(tmp_path, f"ID,{name},title\n{rows}")] == ["KILN-5", "KILN-6"]


def test_a_plan_of_microsoft_has_its_states_in_its_progress(tmp_path: Path) -> None:
    text = (
        "Plan name,Kiln\nPlan ID,abc\n\n"
        "Task ID,Task Name,Bucket Name,Progress,Created Date,Completed Date,Description\n"
        "x1a,Fire the kiln,Ready,Not started,03/14/2024,,hot\n"
        "x1b,Cool the kiln,Ready,Completed,03/13/2024,03/15/2024,cold\n"
    )
    records = read(tmp_path, text)
    assert [(record.id, record.title, record.state) for record in records] == [
        ("x1a", "Fire the kiln", "open"),
        ("x1b", "Cool the kiln", "closed"),
    ]
    percent = "id,title,progress\n1,The tap drips,35%\n2,No water,100%\n"
    assert [record.state for record in read(tmp_path, percent)] == [None, None]


@pytest.mark.parametrize("name", ["sequence_id", "CaseNumber", "ticket_number", "FormattedID"])
def test_the_number_that_people_see_comes_before_an_inner_id(name: str, tmp_path: Path) -> None:
    issues = [{"id": f"8f0a{n}", name: str(n), "title": "The tap drips"} for n in (12, 13)]
    assert [record.id for record in read(tmp_path, json.dumps(issues), "a.json")] == ["12", "13"]


def test_a_name_or_a_type_says_that_a_text_is_html(tmp_path: Path) -> None:
    text = "id,title,description_html\n1,The tap drips,<p>All &amp; night</p>\n2,No water,<p>At all</p>\n"
    assert [record.body for record in read(tmp_path, text)] == ["All & night", "At all"]
    for body in ({"description_html": "<p>All</p>"}, {"body": {"type": "text/html", "value": "<p>All</p>"}}):
        issues = [{"id": n, "title": "The tap drips", **body} for n in (1, 2)]
        assert [record.body for record in read(tmp_path, json.dumps(issues), "a.json")] == ["All", "All"]


@pytest.mark.parametrize("name", ["phase", "Stage", "Progress"])
def test_a_phase_is_a_state_only_if_its_words_are_states(name: str, tmp_path: Path) -> None:
    text = f"id,title,{name}\n1,The tap drips,Opened\n2,No water,Closed\n"
    assert [record.state for record in read(tmp_path, text)] == ["open", "closed"]
    text = f"id,title,{name}\n1,The tap drips,first\n2,No water,second\n"
    assert [record.state for record in read(tmp_path, text)] == [None, None]


def test_records_of_airtable_are_taken_out_of_their_fields(tmp_path: Path) -> None:
    fields = [
        {"Name": "The tap drips at night", "Notes": "A", "Status": "Done"},
        {"Name": "There is no water"},
    ]
    records = [
        {"id": f"rec{n}", "createdTime": "2024-03-14T09:05:11.000Z", "fields": it}
        for n, it in enumerate(fields)
    ]
    first, second = read(tmp_path, json.dumps({"records": records}), "a.json")
    assert (first.id, first.title, first.body, first.state) == (
        "rec0",
        "The tap drips at night",
        "A",
        "closed",
    )
    assert second.created is not None


def test_an_object_in_the_place_of_a_text_shows_its_text(tmp_path: Path) -> None:
    issues = [
        {
            "id": n,
            "title": "The tap drips",
            "body": {"format": "plain", "raw": "All night"},
            "status": {"value": "Done"},
        }
        for n in (1, 2)
    ]
    first, _ = read(tmp_path, json.dumps(issues), "a.json")
    assert (first.body, first.state) == ("All night", "closed")


def test_a_line_below_a_table_may_have_empty_cells_behind_it(tmp_path: Path) -> None:
    lines = ["Faults of May,,,", ",,,", "ID,Summary,Status,Reported"]
    rows = ["11,The tap drips,Open,2024-01-15", "12,No water,Closed,2024-01-16", "13,,,"]
    path = tmp_path / "sheet.csv"
    path.write_text("\n".join([*lines, *rows, ",,,", "In total: 3,,,"]), encoding="utf-8")
    source = open_source(str(path))
    assert [(it.id, it.title) for it in source] == [("11", "The tap drips"), ("12", "No water"), ("13", "")]
    assert source.counts.broken == [f"{path}, line 8 has text in its first cell alone, which is no id"]


@pytest.mark.parametrize(
    "text",
    [
        "Text,Priority,Owner,Due\nThe tap drips all day,,,\nNo water,high,ada,2024-01-02\nThe lamp is dark,,,\n",
        "Project,Title,Body,State\nHouse,The tap drips,,\nGarden,No water,,\nHouse,,,\n",
        "ID,Title,Body,State\nR 7,The tap drips,,open\nR 8,,,\nR 9,No water,,open\n",
    ],
)
def test_a_record_of_one_cell_is_no_line_below_the_table(text: str, tmp_path: Path) -> None:
    assert len(read(tmp_path, text)) == 3


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ("Ticket Number,Item Name,Review Text,Current Status,Date/Time Opened,Date/Time Closed", "closed"),
        ("№,Subject,Review,Status,Issue Date,Closed", "closed"),
        ("N°,Review Title,Body,State,Date Reported,Closed", "closed"),
        ("reviewId,Name,Text,State,submitDate,closedAt", "closed"),
    ],
)
def test_exports_name_their_columns_in_many_ways(header: str, state: str, tmp_path: Path) -> None:
    [first, _] = read(
        tmp_path,
        f"{header}\nR:7a,The tap drips,All day,Done,2024-01-15,2024-01-16\n"
        "R:8b,No water,At night,Open,2024-01-15,\n",
    )
    assert (first.id, first.title, first.body, first.state) == ("R:7a", "The tap drips", "All day", state)
    assert str(first.created)[:10] == "2024-01-15"


def test_a_board_next_to_its_cards_is_no_issue(tmp_path: Path) -> None:
    cards = [{"id": "10", "name": "The tap drips"}, {"id": "11", "name": "No water at night"}]
    board = {"item": {"id": "1", "name": "House"}, "included": {"cards": cards, "users": [{"id": "4"}]}}
    assert [it.id for it in read(tmp_path, json.dumps(board), "board.json")] == ["10", "11"]
    lone = {"item": {"id": "1", "name": "The tap drips"}}
    for others in ({}, {"meta": {"v": 1}}, {"url": "https://a.example/1", "tags": ["water"]}):
        assert [it.title for it in read(tmp_path, json.dumps(lone | others), "lone.json")] == [
            "The tap drips"
        ]


@pytest.mark.parametrize("name", ["Results", "Issues", "WorkItems"])
def test_the_name_of_a_list_may_begin_with_a_capital(name: str, tmp_path: Path) -> None:
    taps = [{"FormattedID": "DE1", "Name": "The tap drips", "State": "Open"}]
    answer = {"QueryResult": {"Errors": [], "Warnings": [], name: taps}}
    assert [it.id for it in read(tmp_path, json.dumps(answer), "answer.json")] == ["DE1"]
    large = {"Errors": [], "Warnings": [], "Page": "x" * 1_100_000, name: taps * 2}
    assert [it.id for it in read(tmp_path, json.dumps(large), "large.json")] == ["DE1", "DE1"]


def test_each_issue_may_stand_under_the_name_of_its_kind(tmp_path: Path) -> None:
    kinds = ("issue", "defect", "story", "card", "incident", "workItem")
    objects = [{kind: {"id": at, "title": f"Tap {at} drips"}} for at, kind in enumerate(kinds, 1)]
    found = read(tmp_path, json.dumps(objects), "kinds.json")
    assert [it.id for it in found] == ["1", "2", "3", "4", "5", "6"]


def test_a_task_that_says_whether_it_is_done_is_not_of_linear(tmp_path: Path) -> None:
    task = {"id": 5, "identifier": "HOUSE-5", "title": "The tap drips", "created": "2024-01-15T00:00:00Z"}
    found = read(tmp_path, json.dumps([{**task, "done": False}, {**task, "id": 6, "done": True}]), "t.json")
    assert [(it.id, it.state) for it in found] == [("5", "open"), ("6", "closed")]
    assert str(found[0].created)[:10] == "2024-01-15"


@pytest.mark.parametrize(
    "header",
    [
        "Fehlernummer;Kurztitel;Fehlerbeschreibung;Bearbeitungsstatus;Gemeldet am",
        "Meldingnummer;Korte omschrijving;Verzoek;Status;Aanmaakdatum",
        "Номер обращения;Краткое описание;Подробное описание;Состояние;Зарегистрировано",
        "Protocolo;Título;Descrição do problema;Situação;Aberto em",
        "Numéro du ticket;Titre;Détail;Statut;Créé le",
        "No.;タイトル;現象;状態;発生日",
        "Bug ID;Headline;Details;Bug Status;Logged Date",
    ],
)
def test_people_name_the_columns_of_their_own_lists(header: str, tmp_path: Path) -> None:
    rows = "R:7a;The tap drips;All day;Open;2024-01-15\nR:8b;No water;At night;Closed;2024-01-16\n"
    [first, second] = read(tmp_path, f"{header}\n{rows}")
    assert (first.id, first.title, first.body, first.state) == ("R:7a", "The tap drips", "All day", "open")
    assert str(first.created)[:10] == "2024-01-15"
    assert second.state == "closed"


def test_times_of_microsoft_s_services_stand_around_the_fields_or_in_the_task(tmp_path: Path) -> None:
    times = {"createdDateTime": "2024-01-15T10:00:00Z", "lastModifiedDateTime": "2024-01-16T10:00:00Z"}
    item = {"id": "1", **times, "fields": {"Title": "The tap drips", "Status": "Active"}}
    [first] = read(tmp_path, json.dumps({"value": [item]}), "list.json")
    assert (first.id, first.title, first.state) == ("1", "The tap drips", "open")
    assert (str(first.created)[:10], str(first.updated)[:10]) == ("2024-01-15", "2024-01-16")
    tasks = [
        {"id": f"A{at}", "title": "The tap drips", **times, "completedDateTime": done}
        for at, done in enumerate([None, "2024-01-17T10:00:00Z"])
    ]
    found = read(tmp_path, json.dumps({"value": tasks}), "plan.json")
    assert [it.state for it in found] == ["open", "closed"]


@pytest.mark.parametrize("key", ["created", "createdOn", "created_at", "date"])
def test_an_identifier_alone_makes_no_issue_of_linear(key: str, tmp_path: Path) -> None:
    issue = {"identifier": "HOUSE-1", "title": "The tap drips", key: 1704067200000}
    [found] = read(tmp_path, json.dumps([issue]), "issues.json")
    assert (found.id, str(found.created)[:10]) == ("HOUSE-1", "2024-01-01")
