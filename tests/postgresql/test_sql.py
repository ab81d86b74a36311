"""SQLite's statements in PostgreSQL's words."""

import pytest

from dupfind.postgresql.sql import named, translated


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
