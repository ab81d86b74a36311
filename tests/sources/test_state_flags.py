"""Columns of yes and no, and of times of closing, that give the state where no column of states does."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.sources.open import Mapping, open_source


def states(
    tmp_path: Path, text: str, name: str = "a.csv", mapping: Mapping | None = None
) -> list[str | None]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return [record.state for record in open_source(str(path), mapping or Mapping())]


def table(column: str, *answers: str) -> str:
    rows = "".join(f"{n},The tap number {n} drips,{answer}\n" for n, answer in enumerate(answers, 1))
    return f"id,title,{column}\n{rows}"


@pytest.mark.parametrize("column", ["is_open", "Open", "Ticket Open?", "isOpen", "unresolved"])
@pytest.mark.parametrize("answers", [("true", "false"), ("Yes", "No"), ("1", "0"), ("T", "F"), ("x", "")])
def test_yes_under_a_name_for_open_is_open(tmp_path: Path, column: str, answers: tuple[str, str]) -> None:
    assert states(tmp_path, table(column, *answers)) == ["open", "closed"]


@pytest.mark.parametrize(
    "column",
    [
        *("closed", "is_closed", "Closed?", "resolved", "isResolved", "done", "Is Done", "completed"),
        *("archived", "issue_closed", "has_been_resolved", "Finished", "Task Complete"),
    ],
)
@pytest.mark.parametrize(
    "answers",
    [("TRUE", "FALSE"), ("yes", "no"), ("1", "0"), ("1.0", "0.0"), ("x", ""), ("✓", ""), ("[x]", "[ ]")],
)
def test_yes_under_a_name_for_closed_is_closed(tmp_path: Path, column: str, answers: tuple[str, str]) -> None:
    assert states(tmp_path, table(column, *answers)) == ["closed", "open"]


@pytest.mark.parametrize(
    ("column", "yes", "no", "state"),
    [
        ("Geschlossen", "ja", "nein", "closed"),
        ("Erledigt?", "WAHR", "FALSCH", "closed"),
        ("Ist offen", "ja", "nein", "open"),
        ("Fermé", "oui", "non", "closed"),
        ("Ouvert", "VRAI", "FAUX", "open"),
        ("Cerrado", "sí", "no", "closed"),
        ("Abierta", "VERDADERO", "FALSO", "open"),
        ("Concluído", "sim", "não", "closed"),
        ("Chiuso", "sì", "no", "closed"),
        ("Решено", "да", "нет", "closed"),
        ("Открыта", "ИСТИНА", "ЛОЖЬ", "open"),
        ("是否关闭", "是", "否", "closed"),
        ("完了", "はい", "いいえ", "closed"),
        ("완료", "예", "아니요", "closed"),
        ("Zamknięte", "tak", "nie", "closed"),
    ],
)
def test_names_and_answers_are_known_in_other_languages(
    tmp_path: Path, column: str, yes: str, no: str, state: str
) -> None:
    other = "open" if state == "closed" else "closed"
    assert states(tmp_path, table(column, yes, no)) == [state, other]


def test_an_empty_cell_says_nothing_where_no_has_a_word_of_its_own(tmp_path: Path) -> None:
    assert states(tmp_path, table("closed", "yes", "no", "")) == ["closed", "open", None]
    assert states(tmp_path, table("closed", "yes", "no", "perhaps")) == ["closed", "open", None]


def test_a_column_of_states_comes_before_one_of_answers(tmp_path: Path) -> None:
    rows = "1,The tap drips,open,yes\n2,No water,closed,no\n"
    assert states(tmp_path, f"id,title,status,archived\n{rows}") == ["open", "closed"]


def test_answers_come_before_a_status_of_unknown_words(tmp_path: Path) -> None:
    rows = "1,The tap drips,amber,yes\n2,No water,teal,no\n"
    assert states(tmp_path, f"id,title,status,closed\n{rows}") == ["closed", "open"]


def test_numbers_other_than_0_and_1_are_no_answers(tmp_path: Path) -> None:
    assert states(tmp_path, table("done", "0", "35", "100")) == [None] * 3


def test_a_column_of_times_of_closing_gives_the_state(tmp_path: Path) -> None:
    for column in ("closed_at", "Resolved", "Completed At", "date_closed"):
        text = table(column, "2024-05-03 10:00", "", "0000-00-00", "-")
        assert states(tmp_path, text) == ["closed", "open", "open", "open"], column
    assert states(tmp_path, table("closed_at", "", "")) == [None, None]


NEVER = [
    *("0001-01-01T00:00:00Z", "1900-01-01", "9999-12-31", "1970-01-01 00:00:00", "0000-00-00"),
    *("1/1/0001 12:00:00 AM", "31.12.9999", "01/01/1900", "0", "-", ""),
]


@pytest.mark.parametrize("never", NEVER)
def test_a_time_that_stands_for_never_is_open(tmp_path: Path, never: str) -> None:
    real = "2024-05-03T10:00:00Z"
    assert states(tmp_path, table("closed_at", real, never, never, never)) == ["closed", *["open"] * 3]
    for times in ([real, never], [never, never, real]):
        rows = "".join(f"{n},The tap {n} drips,teal,{at}\n" for n, at in enumerate(times, 1))
        expected = ["closed" if at == real else "open" for at in times]
        assert states(tmp_path, f"id,title,status,closed_at\n{rows}") == expected
    lines = [
        {"id": n, "title": "A tap", "status": "teal", "closed_at": at} for n, at in enumerate((real, never))
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    assert states(tmp_path, text, "a.jsonl") == ["closed", "open"]


def test_a_time_with_the_month_first_is_a_time(tmp_path: Path) -> None:
    assert states(tmp_path, table("closed_at", "05/03/2024", "", "05/13/2024")) == [
        "closed",
        "open",
        "closed",
    ]


def test_versions_are_no_answers(tmp_path: Path) -> None:
    assert states(tmp_path, table("Fixed", "1.0", "1.0", "1.1", "", "1.0", "")) == [None] * 6
    assert states(tmp_path, table("Fixed", "1.0", "n/a", "1.0", "1.0")) == [None] * 4
    assert states(tmp_path, table("Fixed", "1.0", "0", "1", "0.0")) == ["closed", "open", "closed", "open"]


@pytest.mark.parametrize("status", ["'teal'", "NULL", "''"])
def test_a_select_gives_the_states_of_its_table(tmp_path: Path, status: str) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, title TEXT, status TEXT, closed_at TEXT)"
        )
        connection.execute(
            f"INSERT INTO tickets (title, status, closed_at) VALUES ('The tap drips', {status}, NULL),"
            f" ('No hot water', {status}, '2024-05-03 10:00:00'), ('A leak', 'open', '2024-05-04 10:00:00')"
        )
        connection.commit()
    from_table = [record.state for record in open_source(str(path))]
    sql = "SELECT id, title, status AS state, closed_at AS closed FROM tickets"
    assert [record.state for record in open_source(str(path), Mapping(sql=sql))] == from_table
    if status == "'teal'":
        assert from_table == ["open", "closed", "open"]
    sql = "SELECT id, title, closed_at AS closed FROM tickets"
    assert [record.state for record in open_source(str(path), Mapping(sql=sql))] == [
        "open",
        "closed",
        "closed",
    ]


def test_a_select_gives_the_states_of_answers(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, done INTEGER)")
        connection.execute("INSERT INTO t (title, done) VALUES ('The tap drips', 1), ('No water', 0)")
        connection.commit()
    mapping = Mapping(sql="SELECT id, title, done AS closed FROM t")
    records = list(open_source(str(path), mapping))
    assert [(record.state, record.closed) for record in records] == [("closed", None), ("open", None)]


def test_a_column_without_a_name_is_no_time_of_closing(tmp_path: Path) -> None:
    rows = "1,The tap drips,2024-05-03\n2,No water,2024-05-04\n"
    assert states(tmp_path, f"id,title,\n{rows}") == [None, None]


def test_a_person_can_name_the_column_of_answers(tmp_path: Path) -> None:
    text = "id,title,closed,resolved\n1,The tap drips,yes,no\n2,No water at all,no,no\n"
    assert states(tmp_path, text, mapping=Mapping(state_column="resolved")) == ["open", "open"]


def test_keys_of_json_give_the_state(tmp_path: Path) -> None:
    issues = [
        {"id": 1, "title": "The tap drips", "isClosed": True},
        {"id": 2, "title": "b", "isClosed": False},
    ]
    assert states(tmp_path, json.dumps(issues), "a.json") == ["closed", "open"]
    lines = '{"id": 1, "title": "a", "done": true}\n{"id": 2, "title": "b"}\n'
    assert states(tmp_path, lines, "a.jsonl") == ["closed", "open"]
    lines = '{"id": 1, "title": "a", "closed_at": "2024-01-01"}\n{"id": 2, "title": "b", "closed_at": null}\n'
    assert states(tmp_path, lines, "b.jsonl") == ["closed", "open"]


def test_columns_of_a_database_give_the_state(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE tickets (id INTEGER PRIMARY KEY, title TEXT, resolved BOOLEAN)")
        connection.executemany("INSERT INTO tickets (title, resolved) VALUES (?, ?)", [("a", 1), ("b", 0)])
        connection.commit()
    assert [record.state for record in open_source(str(path))] == ["closed", "open"]


def test_columns_of_parquet_give_the_state(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    path = tmp_path / "a.parquet"
    write_table(pyarrow.table({"id": [1, 2], "title": ["a b c", "d e f"], "is_open": [True, False]}), path)
    assert [record.state for record in open_source(str(path))] == ["open", "closed"]


def test_front_matter_gives_the_state(tmp_path: Path) -> None:
    folder = tmp_path / "issues"
    folder.mkdir()
    for number, line in enumerate(("done: true", "done: no", "closed: 2024-05-03"), 1):
        (folder / f"{number}.md").write_text(f"---\ntitle: The tap drips\n{line}\n---\nAll night.\n")
    found = {record.id: record.state for record in open_source(str(folder))}
    assert found == {"1": "closed", "2": "open", "3": "closed"}
