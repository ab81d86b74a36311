from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.open import Mapping, open_source
from tests.support.corpus import database

POSTS = "posts (nr INTEGER, subject TEXT, content TEXT, kind TEXT, at INTEGER)"
ROWS = [(1, "a", "x", "bug", 1704273120), (2, "b; c", "12:30 100%", "bug", None), (3, "c", "z", "wish", None)]


def read(tmp_path: Path, sql: str) -> list[Record]:
    path = tmp_path / "a.db"
    if not path.exists():
        database(path, {POSTS: ROWS}, script="CREATE VIEW seen AS SELECT * FROM posts")
    return list(open_source(str(path), Mapping(sql=sql)))


def test_the_aliases_of_a_select_are_the_fields(tmp_path: Path) -> None:
    sql = """SELECT nr AS id, subject AS title, content AS body, 'Done' AS state, 'Fixed' AS resolution,
        at AS created, at AS updated, 'https://x/' || nr AS url, kind AS project, 2 AS duplicate_of
        FROM posts WHERE nr = 1"""
    [record] = read(tmp_path, sql)
    assert (record.id, record.title, record.body, record.state) == ("1", "a", "x", "closed")
    assert (record.resolution, record.url, record.project) == ("fixed", "https://x/1", "bug")
    assert record.created is not None
    assert record.created == record.updated
    assert record.duplicate_of == (Ref("bug", "2"),)
    assert record.source == "a.db"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nr AS id, subject AS title FROM posts WHERE kind = 'bug' AND subject LIKE '%b; c%' ;\n",
        "select nr as ID, content as Body from posts where content = '12:30 100%'",
        "WITH bugs AS (SELECT * FROM posts WHERE nr = 2) SELECT nr AS id, subject AS title FROM bugs",
        "SELECT nr AS id, subject AS title FROM posts WHERE nr = 2 -- one; only",
        "SELECT nr AS id, subject AS title /* ; */ FROM posts WHERE \"subject\" = 'b; c' AND content <> ':x'",
        "SELECT 2 AS id, 'x' AS title",
    ],
)
def test_a_select_is_run_as_it_stands(tmp_path: Path, sql: str) -> None:
    assert [record.id for record in read(tmp_path, sql)] == ["2"]


def test_its_kind_is_sql_and_its_length_is_not_known(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {POSTS: ROWS})
    source = open_source(str(path), Mapping(sql="SELECT nr AS id, subject AS title FROM posts"))
    assert (source.kind, source.total) == ("sql", None)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM posts",
        "UPDATE posts SET nr = 1",
        "PRAGMA user_version = 7",
        "SELECT nr AS id, subject AS title FROM posts; DELETE FROM posts",
        "SELECT nr AS id, subject AS title FROM posts; SELECT 1",
        "",
        "VACUUM",
    ],
)
def test_what_is_no_single_select_is_refused(tmp_path: Path, sql: str) -> None:
    with pytest.raises(SourceError, match=r"--sql must be a single SELECT, such as: SELECT nr AS id"):
        read(tmp_path, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (SELECT 1) INSERT INTO posts SELECT 1, 2, 3, 4, 5",
        "WITH x AS (SELECT 1) DELETE FROM posts",
        "SELECT load_extension('x') AS id, 'a' AS title",
        "SELECT name AS id, name AS title FROM pragma_database_list",
    ],
)
def test_a_select_changes_and_loads_nothing(tmp_path: Path, sql: str) -> None:
    before = database(tmp_path / "a.db", {POSTS: ROWS}).read_bytes()
    with pytest.raises(SourceError, match=r"^--sql cannot be run on a\.db: .*; tables: posts$"):
        read(tmp_path, sql)
    assert (tmp_path / "a.db").read_bytes() == before


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT nr AS id, nope AS title FROM posts", "no such column: nope; tables: posts"),
        ("SELECT nr AS id, subject AS title FROM nope", "no such table: nope; tables: posts"),
        ("SELECT nr AS id, subject AS title FROM", "incomplete input; tables: posts"),
        (
            "SELECT nr, subject AS title FROM posts",
            "--sql gives a column 'nr' that is unknown: name its columns id,",
        ),
        (
            "SELECT subject AS title FROM posts",
            r"--sql gives title: .*\(id, and title or body, must be there\)",
        ),
        ("SELECT nr AS id FROM posts", "--sql gives id: name its columns id, title, body, state, resolution"),
        ("SELECT nr AS id, subject AS title, kind AS title FROM posts", "--sql gives a column twice"),
        ("SELECT nr AS id, subject AS title FROM seen", r'\("seen" is a view, and only tables are read\)'),
        ("SELECT NULL AS id, 'a' AS title", r"a\.db, --sql, row 1 \('a'\) has no id"),
    ],
)
def test_a_select_that_cannot_be_read_is_told_why(tmp_path: Path, sql: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(tmp_path, sql)
