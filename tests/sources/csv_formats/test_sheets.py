"""Exports that a table of columns describes: their texts, states, dates and ids."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.json_formats import trello
from dupfind.sources.open import open_source
from tests.support.sheet_samples import SHEETS

DAY = datetime(2025, 2, 3, tzinfo=UTC).date()
DATELESS = ("trello-csv",)
"""Exports whose sample has no times of creation."""


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
        assert (record.created and record.created.date()) == (None if kind in DATELESS else DAY)
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


CARD = "63e3a51c0000000000000001"
"""The id of a card; its first eight digits are the seconds from 1970 to 2023-02-08 13:35:24 UTC."""


@pytest.mark.parametrize(
    ("column", "is_archived", "is_complete", "state"),
    [
        ("Doing", False, False, "open"),
        ("Ideas", False, False, "open"),
        ("Not done", False, False, "open"),
        ("", False, False, "open"),
        ("Done in May", False, False, "closed"),
        ("Duplicates", False, False, "closed"),
        ("Doing", True, False, "closed"),
        ("Doing", False, True, "closed"),
    ],
)
def test_a_card_of_trello_says_the_same_in_csv_as_in_json(
    column: str, is_archived: bool, is_complete: bool, state: str, tmp_path: Path
) -> None:
    card = {"id": CARD, "idShort": 7, "name": "Crash at start", "desc": "", "idList": "l"}
    board = {
        "name": "Kiln",
        "lists": [{"id": "l", "name": column}],
        "cards": [{**card, "closed": is_archived, "dueComplete": is_complete}],
    }
    [issue] = trello.issues(board)
    of_json = trello.record(issue, source="board")
    assert of_json is not None
    kind, [of_csv] = read(
        tmp_path,
        "Card ID,Card Name,List Name,Board Name,Archived,Due Complete",
        f"{CARD},Crash at start,{column},Kiln,{str(is_archived).lower()},{str(is_complete).lower()}",
    )
    assert kind == "trello-csv"
    assert of_csv.state == of_json.state == state
    assert of_csv.created == of_json.created == datetime(2023, 2, 8, 13, 35, 24, tzinfo=UTC)
