"""Exports that a table of columns describes: their texts, states, dates and ids."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.open import open_source

# Kind, header, and a row of an open and of a closed issue.
SHEETS = {
    "azure-csv": (
        "ID,Work Item Type,Title 1,Title 2,State,Description,Repro Steps,Created Date,Changed Date",
        '7,Bug,,Crash at start,Active,,"<p>Open it <b>twice</b>.</p>",2/3/2025 9:15:00 AM,2/14/2025 9:15:00 AM',
        "8,Epic,Quiet start,,Removed,Less noise,,2/3/2025 9:15:00 AM,2/14/2025 9:15:00 AM",
    ),
    "clickup-csv": (
        "Task ID,Task Name,Task Content,Status,Date Created,Date Closed",
        "7,Crash at start,Open it twice.,to do,1738574100000,",
        "8,Quiet start,Less noise,live,1738574100000,1738660500000",
    ),
    "asana-csv": (
        "Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Notes,Projects",
        "7,2025-02-03,,2025-02-14,Crash at start,Done,Open it twice.,Kiln",
        "8,2025-02-03,2025-02-14,2025-02-14,Quiet start,To do,Less noise,Kiln",
    ),
    "notion-csv": (
        "Name,Status,Description,Created time,Last edited time,Task ID",
        'Crash at start,Doing,Open it twice.,"February 3, 2025 9:15 AM","February 14, 2025 9:15 AM",7',
        'Quiet start,Done,Less noise,"February 3, 2025 9:15 AM","February 14, 2025 9:15 AM",8',
    ),
    "monday-csv": (
        "Name,Status,Long Text,Item ID (auto generated),Creation Log",
        "Crash at start,Working on it,Open it twice.,7,2025-02-03 09:15:00",
        "Quiet start,Done,Less noise,8,2025-02-03 09:15:00",
    ),
    "pivotal-csv": (
        "Id,Story,Labels,Current State,Created at,Accepted at,Description,Owned By,Owned By",
        '7,Crash at start,,delivered,"Feb 3, 2025",,Open it twice.,,',
        '8,Quiet start,,accepted,"Feb 3, 2025","Feb 14, 2025",Less noise,,',
    ),
    "shortcut-csv": (
        "id,name,type,description,is_completed,created_at,updated_at,completed_at",
        "7,Crash at start,bug,Open it twice.,f,2025/02/03 09:15:00,2025/02/14 09:15:00,",
        "8,Quiet start,chore,Less noise,t,2025/02/03 09:15:00,2025/02/14 09:15:00,2025/02/14 09:15:00",
    ),
    "servicenow-csv": (
        "number,short_description,description,state,close_code,opened_at,sys_updated_on,parent_incident",
        "7,Crash at start,Open it twice.,2,,2025-02-03 09:15:00,2025-02-14 09:15:00,",
        "8,Quiet start,Less noise,7,Duplicate,2025-02-03 09:15:00,2025-02-14 09:15:00,7",
    ),
    "freshdesk-csv": (
        "Ticket ID,Subject,Description,Status,Created time,Last update time",
        "7,Crash at start,Open it twice.,Waiting on Customer,2025-02-03 09:15:00,2025-02-14 09:15:00",
        "8,Quiet start,Less noise,Closed,2025-02-03 09:15:00,2025-02-14 09:15:00",
    ),
    "zendesk-csv": (
        "Id,Requester,Subject,Description,Status,Created at,Solved at",
        "7,Signe,Crash at start,Open it twice.,Hold,2025-02-03 09:15:00,",
        "8,Ravi,Quiet start,Less noise,Solved,2025-02-03 09:15:00,2025-02-14 09:15:00",
    ),
    "roundup-csv": (
        "id,title,creation,activity,status,superseder,message",
        "7,Crash at start,2025-02-03.09:15:00,2025-02-14.09:15:00,languishing,,Open it twice.",
        "8,Quiet start,2025-02-03.09:15:00,2025-02-14.09:15:00,closed,7,Less noise",
    ),
}
DAY = datetime(2025, 2, 3, tzinfo=UTC).date()


def read(folder: Path, *lines: str) -> tuple[str, list[Record]]:
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = open_source(str(path))
    return source.kind, list(source)


@pytest.mark.parametrize("kind", SHEETS)
def test_a_sheet_gives_ids_texts_states_and_dates(kind: str, tmp_path: Path) -> None:
    found, [first, second] = read(tmp_path, *SHEETS[kind])
    assert found == kind
    assert [first.id, second.id] == ["7", "8"]
    assert [first.title, second.title] == ["Crash at start", "Quiet start"]
    assert [first.body.replace("**", ""), second.body] == ["Open it twice.", "Less noise"]
    assert [first.state, second.state] == ["open", "closed"]
    for record in (first, second):
        assert record.created
        assert record.created.date() == DAY
    assert first.resolution is None
    assert second.resolution == ("duplicate" if kind == "servicenow-csv" else None)


@pytest.mark.parametrize("kind", ["servicenow-csv", "roundup-csv"])
def test_a_sheet_with_a_column_of_originals_marks_duplicates(kind: str, tmp_path: Path) -> None:
    _, records = read(tmp_path, *SHEETS[kind])
    assert [record.duplicate_of for record in records] == [(), (Ref(None, "7"),)]


def test_a_notion_table_without_ids_has_those_of_its_lines(tmp_path: Path) -> None:
    kind, records = read(tmp_path, "Name,Status,Created time", "One,Done,2025-02-03", "One,Done,2025-02-03")
    assert (kind, [record.id for record in records]) == ("notion-csv", ["2", "3"])


@pytest.mark.parametrize("kind", SHEETS)
def test_damage_is_an_error_in_one_line_or_read(kind: str, tmp_path: Path) -> None:
    text = "\n".join(SHEETS[kind]) + "\n"
    rng = random.Random(kind)
    n_read = 0
    errors = []
    for _ in range(200):
        at, size = rng.randrange(len(text)), rng.choice((1, 3, 30))
        noise = "".join(rng.choices('",;\n\t\0 x1/-:\u00e9', k=rng.randrange(4)))
        try:
            n_read += len(read(tmp_path, text[:at] + noise + text[at + size :])[1])
        except SourceError as error:
            errors.append(str(error))
    assert n_read > 100
    assert not [error for error in errors if "\n" in error]


LONG = "The page stays white after the second attempt to log in and nothing is in the log of the server."


def refusal(folder: Path, *lines: str) -> str:
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        list(open_source(str(path)))
    assert "--accept" in str(raised.value)
    return str(raised.value)


def test_a_sheet_whose_texts_stand_in_a_column_of_another_name_is_refused(tmp_path: Path) -> None:
    rows = [f"{n},Crash number {n} at start,{n} {LONG},open" for n in range(9)]
    message = refusal(tmp_path, "Task ID,Task Name,What happened,Status", *rows)
    assert "no bodies are read: name their column with --body-column, such as 'What happened'" in message


def test_a_sheet_whose_dates_cannot_be_read_is_refused(tmp_path: Path) -> None:
    rows = [f"{n},Crash number {n} at start,the {n}th of spring,open" for n in range(9)]
    message = refusal(tmp_path, "Task ID,Task Name,Date Created,Status", *rows)
    assert "no date in the column 'Date Created' can be read" in message


def test_a_sheet_that_is_read_by_another_of_its_columns_is_read_without_a_word(tmp_path: Path) -> None:
    rows = [f"{n},Crash number {n} at start,,{n} {LONG},open" for n in range(9)]
    kind, records = read(tmp_path, "Task ID,Task Name,Task Content,Description,Status", *rows)
    assert (kind, records[3].body) == ("clickup-csv", f"3 {LONG}")


def test_keys_in_a_few_rows_of_a_notion_table_are_no_doubt_and_in_many_are_one(tmp_path: Path) -> None:
    rows = [f"Crash number {n} at start,Done,2025-02-03,S-{n}" for n in range(30)]
    kind, records = read(tmp_path, "Name,Status,Created time,Sprint", *rows[:4])
    assert (kind, len(records)) == ("notion-csv", 4)
    message = refusal(tmp_path, "Name,Status,Created time,Handle", *rows)
    assert "ids are line numbers: name their column with --id-column, such as 'Handle'" in message


def test_bodies_in_a_further_column_of_an_export_are_no_doubt(tmp_path: Path) -> None:
    steps = "Open the lid while the pump runs and wait until the red lamp has blinked three times"
    rows = [
        f"{n},Bug,Pump {n} stops,Active,<div>{steps} {n}</div>,1/{n}/2026 9:30:00 AM" for n in range(1, 7)
    ]
    (tmp_path / "work.csv").write_text(
        "\n".join(["ID,Work Item Type,Title,State,Repro Steps,Created Date", *rows]) + "\n", encoding="utf-8"
    )
    records = list(open_source(str(tmp_path / "work.csv")))
    assert [record.body for record in records] == [f"{steps} {n}" for n in range(1, 7)]
