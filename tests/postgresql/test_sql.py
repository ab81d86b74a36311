"""SQLite's statements in PostgreSQL's words, and the URL that names an index."""

from pathlib import Path

import pytest

from dupfind.errors import StoreError
from dupfind.postgresql.sql import named, translated
from dupfind.storage.database_url import DatabaseUrl, index_place


@pytest.mark.parametrize(
    ("sqlite", "postgresql"),
    [
        ("SELECT 1 FROM a WHERE b = ? AND c = ?", "SELECT 1 FROM a WHERE b = %(p1)s AND c = %(p2)s"),
        # A "?" has the number after the largest one before it.
        (
            "SELECT 1 FROM a WHERE b = ? AND (?2 IS NULL OR c = ?2) LIMIT ?",
            "SELECT 1 FROM a WHERE b = %(p1)s AND (%(p2)s IS NULL OR c = %(p2)s) LIMIT %(p3)s",
        ),
        ("SELECT a FROM b WHERE lower(a) LIKE '%x%'", "SELECT a FROM b WHERE lower(a) LIKE '%%x%%'"),
        ("INSERT OR IGNORE INTO a VALUES (?)", "INSERT INTO a VALUES (%(p1)s) ON CONFLICT DO NOTHING"),
        (
            "SELECT a FROM json_each(?) CROSS JOIN b ON c = value",
            "SELECT a FROM json_rows(%(p1)s) JOIN b ON c = value ORDER BY key",
        ),
        (
            "SELECT a FROM json_each(?) CROSS JOIN b ON c = value ORDER BY a",
            "SELECT a FROM json_rows(%(p1)s) JOIN b ON c = value ORDER BY a",
        ),
        (
            "SELECT a FROM b WHERE c IN (SELECT value FROM json_each(?) AS texts)",
            'SELECT a FROM b WHERE c IN (SELECT value COLLATE "C" FROM json_texts(%(p1)s))',
        ),
        (
            "SELECT a FROM b WHERE c = ? AND a IN (SELECT value FROM json_each(?2))",
            "SELECT a FROM b WHERE c = %(p1)s AND a IN (SELECT value FROM json_rows(%(p2)s))",
        ),
        ("INSERT INTO temp.seen SELECT ?", "INSERT INTO pg_temp.seen SELECT %(p1)s"),
        ("SELECT last_insert_rowid()", "SELECT lastval()"),
    ],
)
def test_a_statement_is_translated(sqlite: str, postgresql: str) -> None:
    assert translated(sqlite) == postgresql


def test_parameters_have_the_names_of_their_places() -> None:
    assert named((7, "a")) == {"p1": 7, "p2": "a"}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pass/word@db.example/tracker",
        "postgresql://me:pass#word@db.example/tracker",
        "postgresql://me:pass?word@db.example/tracker",
        "postgresql:me:password@db.example/tracker",
        "postgresql+psycopg2://me:password@db.example/tracker",
        " postgresql://me:password@db.example/tracker",
        "mysql://me:password@db.example/tracker",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreError, match="postgresql://USER@HOST/DATABASE") as raised:
        index_place(url)
    assert "pass" not in str(raised.value)
    assert "word" not in str(raised.value).replace("password", "")


@pytest.mark.parametrize(
    ("url", "dsn", "shown"),
    [
        ("postgresql:///tracker", "postgresql:///tracker", "postgresql:///tracker"),
        ("postgresql:///db?host=/run/pg", "postgresql:///db?host=/run/pg", "postgresql:///run/pg/db"),
        (
            "postgresql://me:p%2Fw@h/db?options=-c%20work_mem%3D5MB&schema=mine",
            "postgresql://me:p%2Fw@h/db?options=-c%20work_mem%3D5MB",
            "postgresql://me@h/db?schema=mine",
        ),
        ("postgres://h:5433/db?schema=mine", "postgresql://h:5433/db", "postgresql://h:5433/db?schema=mine"),
    ],
)
def test_a_url_reaches_the_driver_as_it_was_written(url: str, dsn: str, shown: str) -> None:
    place = index_place(url)
    assert isinstance(place, DatabaseUrl)
    assert (place.dsn, str(place)) == (dsn, shown)


def test_another_text_is_a_folder() -> None:
    assert index_place("a:b/index") == Path("a:b/index")
