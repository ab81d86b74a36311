import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.sources.mapping import UNMAPPED, Mapping
from dupfind.sources.open import open_source


def read(path: Path, text: str, mapping: Mapping = UNMAPPED) -> tuple[list[str], int]:
    """Return the texts of the records, and the number of rows that were left out as no issues."""
    path.write_text(text, encoding="utf-8")
    source = open_source(str(path), mapping)
    return [record.title or record.body for record in source], source.counts.n_others


@pytest.mark.parametrize(
    ("name", "deleted", "kept"),
    [
        ("IsDeleted", "true", "false"),
        ("deleted", "1", "0"),
        ("is_deleted", "True", ""),
        ("deleted_at", "2024-02-01 10:00:00", ""),
        ("Deleted", "2024-02-01", "0000-00-00"),
        ("in_trash", "yes", "no"),
        ("is_spam", "t", "f"),
    ],
)
def test_a_row_that_is_deleted_is_left_out_and_counted(
    name: str, deleted: str, kept: str, tmp_path: Path
) -> None:
    text = f"id,title,{name}\n1,Kiln is cold,{kept}\n2,Glaze runs,{deleted}\n3,The lamp is dark,{kept}\n"
    assert read(tmp_path / "a.csv", text) == (["Kiln is cold", "The lamp is dark"], 1)
    objects = [
        {"id": 1, "title": "Kiln is cold", name: kept},
        {"id": 2, "title": "Glaze runs", name: deleted},
    ]
    assert read(tmp_path / "a.json", json.dumps(objects)) == (["Kiln is cold"], 1)
    named = Mapping(title_column="title")
    assert read(tmp_path / "a.csv", text, named) == (["Kiln is cold", "The lamp is dark"], 1)
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute(f"CREATE TABLE issues (id INTEGER PRIMARY KEY, title TEXT, body TEXT, {name} TEXT)")
        database.execute(f"INSERT INTO issues (title, {name}) VALUES ('Kiln is cold', ?)", [kept])
        database.execute(f"INSERT INTO issues (title, {name}) VALUES ('Glaze runs', ?)", [deleted])
    database.close()
    source = open_source(str(tmp_path / "a.db"))
    assert ([record.title for record in source], source.counts.n_others) == (["Kiln is cold"], 1)


def test_a_number_or_a_name_says_nothing_of_a_deletion(tmp_path: Path) -> None:
    text = "id,title,deletions,Deleted by\n1,Kiln is cold,1,\n2,Glaze runs,3,Ada\n"
    assert read(tmp_path / "a.csv", text) == (["Kiln is cold", "Glaze runs"], 0)


SLACK: list[dict[str, Any]] = [
    {"type": "message", "subtype": "channel_join", "user": "U1", "text": "has joined", "ts": "1706821500.1"},
    {
        "type": "message",
        "user": "U2",
        "text": "The kiln stays cold",
        "ts": "1706821600.1",
        "thread_ts": "1706821600.1",
    },
    {"type": "message", "user": "U1", "text": "Same here", "ts": "1706821700.1", "thread_ts": "1706821600.1"}
    | {"parent_user_id": "U2"},
    {"type": "message", "subtype": "bot_message", "text": "The glaze runs", "ts": "1706821800.1"},
]
DISCORD = [
    {
        "id": at,
        "type": kind,
        "timestamp": "2024-02-01T10:00:00Z",
        "timestampEdited": None,
        "isPinned": False,
        "content": content,
        "author": {"name": "ada"},
    }
    for at, (kind, content) in enumerate(
        [("GuildMemberJoin", "Joined."), ("Default", "The kiln stays cold"), ("Reply", "The glaze runs")]
    )
]
NEWS = [
    {"by": "ada", "id": 1, "time": 1706781600, "title": "The kiln stays cold", "type": "story"},
    {"by": "bo", "id": 2, "time": 1706781700, "parent": 1, "text": "Same here", "type": "comment"},
    {"by": "cy", "id": 3, "time": 1706781600, "title": "The glaze runs", "type": "story"},
]


@pytest.mark.parametrize(("messages", "n"), [(SLACK, 2), (DISCORD, 1), (NEWS, 1)])
def test_answers_and_notices_of_a_program_are_left_out_and_counted(
    messages: list[dict[str, Any]], n: int, tmp_path: Path
) -> None:
    texts = ["The kiln stays cold", "The glaze runs"]
    assert read(tmp_path / "a.json", json.dumps(messages)) == (texts, n)
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    assert read(tmp_path / "a.jsonl", lines) == (texts, n)
    named = Mapping(body_column="text" if messages is not DISCORD else "content")
    assert len(read(tmp_path / "a.json", json.dumps(messages), named)[0]) == len(messages)


@pytest.mark.parametrize(
    "text",
    [
        "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n"
        "section,Heat,,,,,,,,\ntask,Kiln is cold,At night,4,1,,,,en,UTC\nnote,I saw it,,,,,,,,\n",
        "Id,PostTypeId,ParentId,CreationDate,Title,Body\n1,1,,2024-02-01,Kiln is cold,a\n2,2,1,2024-02-01,,Use gas\n",
    ],
)
def test_rows_between_those_of_the_issues_are_left_out(text: str, tmp_path: Path) -> None:
    titles, n = read(tmp_path / "a.csv", text)
    assert (titles, n) == (["Kiln is cold"], text.count("\n") - 2)


@pytest.mark.parametrize("form", ["csv", "parquet", "db"])
def test_answers_are_read_if_an_option_names_a_column(form: str, tmp_path: Path) -> None:
    rows = [
        {"Id": 1, "PostTypeId": 1, "CreationDate": "2024-02-01", "Title": "Kiln is cold", "Body": "a"},
        {"Id": 2, "PostTypeId": 2, "CreationDate": "2024-02-01", "Title": "", "Body": "Use gas"},
    ]
    path = written(tmp_path / f"posts.{form}", rows)
    assert [record.id for record in open_source(str(path))] == ["1"]
    assert [record.id for record in open_source(str(path), Mapping(body_column="Body"))] == ["1", "2"]


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "db"])
def test_a_column_that_counts_deletions_deletes_nothing(form: str, tmp_path: Path) -> None:
    rows = [{"id": at, "title": f"Kiln {at} is cold", "deleted": at - 1} for at in (1, 2, 3)]
    source = open_source(str(written(tmp_path / f"changes.{form}", rows)))
    assert ([record.id for record in source], source.counts.n_others) == (["1", "2", "3"], 0)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows into a file of the form that its name says."""
    if path.suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif path.suffix == ".csv":
        lines = [rows[0], *map(dict.values, rows)]
        path.write_text("".join(",".join(map(str, line)) + "\n" for line in lines), encoding="utf-8")
    elif path.suffix == ".db":
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(f"CREATE TABLE posts ({','.join(rows[0])})")
            places = ",".join("?" * len(rows[0]))
            names = ",".join(rows[0])
            database.executemany(
                f"INSERT INTO posts ({names}) VALUES ({places})", [tuple(row.values()) for row in rows]
            )
    else:
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize(
    "header",
    ["id,title,type,parent", "id,title,type,kind", "id,title,subtype,note", "id,title,post_type_id,by"],
)
def test_the_same_words_in_other_tables_are_those_of_issues(header: str, tmp_path: Path) -> None:
    text = f"{header}\n1,Kiln is cold,comment,2\n2,Glaze runs,service,\n3,Dark,2,\n4,Lamp,channel_join,x\n"
    assert read(tmp_path / "a.csv", text) == (["Kiln is cold", "Glaze runs", "Dark", "Lamp"], 0)


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("id,title,type,timestamp,content,author", "Call"),
        ("id,title,type,date,action,actor", "Service"),
        ("id,title,type,by,parent,assignee", "Comment"),
        ("id,title,type,content,indent,author", "Note"),
    ],
)
def test_a_few_columns_of_a_program_are_no_program(header: str, word: str, tmp_path: Path) -> None:
    text = f"{header}\n1,Kiln is cold,{word},2024-02-01,b,c\n2,Glaze runs,Task,2024-02-01,e,f\n"
    assert read(tmp_path / "a.csv", text) == (["Kiln is cold", "Glaze runs"], 0)


def test_a_source_of_which_nothing_is_an_issue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"all 2 rows are deleted, or answers and notices"):
        read(tmp_path / "a.csv", "id,title,deleted\n1,Kiln is cold,1\n2,Glaze runs,1\n")
