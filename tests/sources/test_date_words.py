import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dupfind.sources.dates import Dates
from dupfind.sources.open import open_source

AT = datetime(2024, 2, 1, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "1 févr. 2024 à 21:05",
        "jeudi 1 février 2024 21h05",
        "1. Februar 2024 um 21:05",
        "am 1. Februar 2024 um 21:05",
        "am 01.02.2024 um 21:05",
        "1. Februar 2024 um 21:05 Uhr",
        "1 de febrero de 2024 a las 21:05",
        "1 de fev. de 2024 às 21:05",
        "1 febbraio 2024 alle ore 21:05",
        "1 февраля 2024 г., 21:05",
        "1 lutego 2024 21:05",
        "1 února 2024 21:05",
        "1 Şubat 2024 21:05",
        "01 лют. 2024 21:05",
        "2024. február 1. 21:05",
        "2024.02.01. 21:05",
        "1. feb. 2024 kl. 21.05",
        "1.2.2024 klo 21.05",
        "2024年2月1日 21:05",
        "2024年2月1日(木) 午後9時05分",
        "2024年02月01日 下午9:05:00",
        "2024/2/1 21:05",
        "2024. 2. 1. 오후 9:05",
        "Thu Feb  1 21:05:00 2024",
        "Thu Feb  1 21:05:00 UTC 2024",
        "Thu Feb  1 22:05:00 CET 2024",
        "February 1st, 2024 at 9:05 PM",
        "2024-02-01 21:05:00 +0000 UTC",
        "2024-02-01T22:05:00+01:00[Europe/Berlin]",
        "21:05 01.02.2024",
        "/Date(1706821500000+0000)/",
    ],
)
def test_a_date_may_have_words_in_many_languages(written: str) -> None:
    assert Dates(["31/12/2023"])(written) == AT


@pytest.mark.parametrize(
    "written",
    [
        "2월 1일 2024",
        "1.2.3",
        "a title at 10:00",
        "at",
        "h",
        "年月日",
        "Feb Feb 2024 at 10:00",
        "2024-13-41 21:05",
    ],
)
def test_what_is_no_date_stays_none_in_any_words(written: str) -> None:
    assert Dates()(written) is None


def created(path: Path) -> list[datetime | None]:
    return [record.created for record in open_source(str(path))]


ROWS = [("1", "The kiln stays cold", "02/01/2024 09:05 PM"), ("2", "Glaze runs down", "02/13/2024 09:05 PM")]


def test_json_tables_and_parquet_have_dates_in_the_words_of_people_too(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    objects = [{"id": id, "title": title, "created": at} for id, title, at in ROWS]
    (tmp_path / "a.json").write_text(json.dumps(objects), encoding="utf-8")
    parquet.write_table(pyarrow.Table.from_pylist(objects), tmp_path / "a.parquet")
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("CREATE TABLE tickets (id TEXT, title TEXT, created TEXT)")
        database.executemany("INSERT INTO tickets (id, title, created) VALUES (?, ?, ?)", ROWS)
    database.close()
    for name in ("a.json", "a.parquet", "a.db"):
        assert created(tmp_path / name) == [AT, AT.replace(day=13)], name


def test_json_says_that_its_dates_leave_the_order_open(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": 1, "title": "Cold", "created": "01/02/2024 21:05"}]), encoding="utf-8")
    source = open_source(str(path))
    assert any("day/month/year" in note for note in source.notes)
    assert created(path) == [AT]


@pytest.mark.parametrize(("written", "expected"), [("Feb 1, 2024 9:05 PM", AT), ("01/02/2024 21:05", None)])
def test_one_file_of_markdown_has_no_order_of_day_and_month(
    written: str, expected: datetime | None, tmp_path: Path
) -> None:
    path = tmp_path / "1.md"
    path.write_text(f"---\ntitle: Cold\ncreated: {written}\n---\nIt is.\n", encoding="utf-8")
    assert created(path) == [expected]


@pytest.mark.parametrize(
    "name", ["last_changed_on", "Last Edited", "Change Date", "userUpdatedAt", "edit_time"]
)
def test_the_time_of_the_last_change_has_many_names(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,title,{name}\n1,The kiln stays cold,2024-02-01 21:05\n", encoding="utf-8")
    [record] = open_source(str(path))
    assert record.updated == AT


@pytest.mark.parametrize(
    "time",
    [
        {"iso": "2024-02-01T21:05:00Z", "timestamp": 1706821500000},
        {"timestamp": 1706821500, "lamport": 3},
        {"seconds": 1706821500, "nanoseconds": 0},
        {"$date": {"$numberLong": "1706821500000"}},
    ],
)
def test_an_object_may_stand_for_a_time(time: object, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": 1, "title": "Cold", "created_at": time}]), encoding="utf-8")
    assert created(path) == [AT]


@pytest.mark.parametrize(
    "issue",
    [
        {
            "id": {"S": "k1"},
            "title": {"S": "Cold"},
            "open": {"BOOL": True},
            "created_at": {"N": "1706821500"},
        },
        {"id": {"$oid": "k1"}, "title": "Cold", "created_at": {"$date": "2024-02-01T21:05:00Z"}},
        {
            "name": "projects/p/databases/d/documents/kilns/k1",
            "fields": {"title": {"stringValue": "Cold"}, "state": {"stringValue": "open"}},
            "createTime": "2024-02-01T21:05:00Z",
        },
    ],
    ids=["DynamoDB", "MongoDB", "Firestore"],
)
def test_databases_write_types_around_their_values(issue: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([issue]), encoding="utf-8")
    [record] = open_source(str(path))
    assert (record.id, record.title, record.created) == ("k1", "Cold", AT)
