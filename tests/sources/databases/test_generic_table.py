import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.open import Mapping, open_source
from tests.support.corpus import Tables, database, marks

POSTS = (
    "posts (nr INTEGER PRIMARY KEY, subject TEXT, content TEXT, status TEXT, dupe_of INTEGER, posted_at TEXT)"
)


def quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def test_likely_columns_are_chosen_and_told(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db", {POSTS: [(7, "t", "b", "in progress", None, ""), (8, "u", "c", "Done", 7, "")]}
    )
    source = open_source(str(path))
    assert (source.kind, source.total) == ("table", 2)
    assert source.notes == (
        'table "posts": id=nr, title=subject, body=content, state=status, created=posted_at,'
        " duplicate_of=dupe_of"
        " (change with --table --id-column --title-column --body-column --state-column --created-column"
        " --duplicate-of-column)",
    )
    first, second = source
    assert (first.id, first.title, first.body, first.state) == ("7", "t", "b", "open")
    assert (second.state, second.duplicate_of) == ("closed", (Ref(None, "7"),))


def test_the_table_with_the_most_telling_columns_is_chosen(tmp_path: Path) -> None:
    tables: Tables = {
        "users (id INTEGER PRIMARY KEY, name TEXT, created_at TEXT)": [(1, "vera", "")] * 1,
        "labels (id INTEGER PRIMARY KEY, name TEXT, description TEXT)": [(1, "bug", "it is broken")],
        "log (id INTEGER PRIMARY KEY, message TEXT, time TEXT)": [(number, "x", "") for number in range(50)],
        "entries (id INTEGER PRIMARY KEY, title TEXT, body TEXT, state TEXT)": [(1, "a", "b", "open")],
    }
    assert open_source(str(database(tmp_path / "a.db", tables))).notes[0].startswith('table "entries"')


def test_of_equal_tables_the_biggest_is_chosen(tmp_path: Path) -> None:
    tables: Tables = {
        "north (id INTEGER PRIMARY KEY, title TEXT)": [(1, "a")],
        "south (id INTEGER PRIMARY KEY, title TEXT)": [(1, "a"), (2, "b")],
        "west (id INTEGER PRIMARY KEY, title TEXT)": [],
    }
    assert open_source(str(database(tmp_path / "a.db", tables))).notes[0].startswith('table "south"')


def test_a_person_names_the_table_and_its_columns(tmp_path: Path) -> None:
    tables: Tables = {
        POSTS: [(1, "no", "", "", None, "")],
        "odd (a TEXT, b TEXT, c TEXT, d TEXT, e TEXT)": [("1", "t", "x", "done", "9")],
    }
    mapping = Mapping(
        table="ODD",
        id_column="a",
        title_column="b",
        body_column="c",
        state_column="d",
        duplicate_of_column="e",
    )
    source = open_source(str(database(tmp_path / "a.db", tables)), mapping)
    [record] = source
    assert (record.id, record.title, record.body, record.state) == ("1", "t", "x", "closed")
    assert marks(source) == {"1": (Ref(None, "9"),)}


def test_a_named_column_decides_for_its_table(tmp_path: Path) -> None:
    tables: Tables = {
        POSTS: [(1, "no", "", "", None, "")],
        "people (id INTEGER PRIMARY KEY, name TEXT)": [(1, "vera")],
    }
    [record] = open_source(str(database(tmp_path / "a.db", tables)), Mapping(title_column="name"))
    assert record.title == "vera"


def test_options_turn_the_detection_of_trackers_off(tmp_path: Path) -> None:
    tables: Tables = {
        "ticket (id INTEGER PRIMARY KEY, summary, description, resolution, time, changetime, status)": [
            (1, "s", "d", None, 0, 0, "new")
        ],
        "ticket_change (ticket INTEGER, time INTEGER, field TEXT, newvalue TEXT)": [],
        "system (name TEXT, value TEXT)": [],
    }
    path = str(database(tmp_path / "a.db", tables))
    assert open_source(path).kind == "trac"
    source = open_source(path, Mapping(title_column="description"))
    assert source.kind == "table"
    assert (
        source.notes[1]
        == "read as a plain table because of the options given; without them it is read as trac"
    )
    assert [record.title for record in source] == ["d"]


def test_a_single_key_of_any_name_is_the_id(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {"posts (slug TEXT PRIMARY KEY, title TEXT)": [("first", "t")]})
    assert [record.id for record in open_source(str(path))] == ["first"]


def test_the_row_id_stands_in_for_an_id(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {"posts (title TEXT, rowid TEXT)": [("a", "x"), ("b", "y")]})
    source = open_source(str(path))
    assert 'table "posts": id=rowid, title=title' in source.notes[0]
    assert [record.id for record in source] == ["1", "2"]


def test_a_table_without_any_id_must_be_told_one(tmp_path: Path) -> None:
    declared = "posts (title TEXT, place TEXT, PRIMARY KEY (title, place)) WITHOUT ROWID"
    path = database(
        tmp_path / "a.db", {}, script=f"CREATE TABLE {declared}; INSERT INTO posts VALUES ('a', 'x')"
    )
    with pytest.raises(
        SourceError, match=r'"posts" has no column like id; name one with --id-column: title, place'
    ):
        open_source(str(path))
    assert [record.id for record in open_source(str(path), Mapping(id_column="place"))] == ["x"]


def test_a_row_whose_id_is_null_is_left_out_and_named_or_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {"posts (id TEXT, title TEXT)": [("1", "a"), (None, "b")]})
    source = open_source(str(path))
    assert [record.id for record in source] == ["1"]
    [message] = source.counts.broken
    assert message.startswith("a.db, table \"posts\", row 2 ('b') has no id: give it one")
    with pytest.raises(SourceError, match=r'^a\.db, table "posts", row 2 \(\'b\'\) has no id: give it one'):
        list(open_source(str(path), Mapping(strict=True)))


def test_the_same_id_twice_is_two_records(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {"posts (id TEXT, title TEXT)": [("1", "a"), ("1", "b")]})
    assert [record.id for record in open_source(str(path))] == ["1", "1"]


def test_an_empty_table_is_a_source_without_records(tmp_path: Path) -> None:
    source = open_source(str(database(tmp_path / "a.db", {POSTS: []})))
    assert (list(source), source.total) == ([], 0)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (Mapping(), r"a\.db has no table with a column like title or body; its tables: users, sizes; name"),
        (
            Mapping(table="nope"),
            r'a\.db has no table "nope"; its tables: users, sizes',
        ),
        (
            Mapping(table="sizes"),
            r'"sizes" has no column like title or body; its columns: id, width; name one with',
        ),
        (Mapping(table="sizes", title_column="x"), r"has no column 'x'; its columns: id, width"),
        (
            Mapping(title_column="x", id_column="y"),
            r"has no table with the columns y, x; its tables: users, sizes",
        ),
        (
            Mapping(table="sizes", sql="SELECT 1"),
            r"--sql names its table and columns itself: leave the other",
        ),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(tmp_path: Path, mapping: Mapping, message: str) -> None:
    tables: Tables = {
        "users (id INTEGER PRIMARY KEY, name TEXT)": [(1, "v")],
        "sizes (id INTEGER, width INTEGER)": [],
    }
    with pytest.raises(SourceError, match=message):
        open_source(str(database(tmp_path / "a.db", tables)), mapping)


@pytest.mark.parametrize(
    "name", ["select", 'a"b', "a'b", "a;b--", "a:b", ":b", "100%", "[x]", "`x`", "a.b", "日本", " "]
)
def test_a_table_and_columns_named_like_sql_are_read(tmp_path: Path, name: str) -> None:
    declared = f"{quoted(name)} ({quoted(name + '1')} TEXT, {quoted(name + '2')} TEXT)"
    path = database(
        tmp_path / "a.db", {}, script=f"CREATE TABLE {declared}; INSERT INTO {quoted(name)} VALUES ('1', 't')"
    )
    mapping = Mapping(table=name, id_column=f"{name}1", title_column=f"{name}2")
    source = open_source(str(path), mapping)
    assert [(record.id, record.title) for record in source] == [("1", "t")]
    assert source.total == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    strategies.text(
        strategies.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=10
    )
)
def test_any_identifier_is_quoted(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.db"
    path.unlink(missing_ok=True)
    if name.lower().startswith("sqlite_"):
        return
    database(path, {}, script=f"CREATE TABLE {quoted(name)} (id, {quoted(name + '!')} TEXT)")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"INSERT INTO {quoted(name)} VALUES (1, 't')")
        connection.commit()
    [record] = open_source(str(path), Mapping(table=name, title_column=f"{name}!"))
    assert record.title == "t"
