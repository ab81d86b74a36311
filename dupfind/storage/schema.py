"""The tables and indexes of each revision: a database that came with a clone may have others, such as views."""

import hashlib
import json
import re
import sqlite3
from functools import cache
from pathlib import Path

FILE = "schema.json"
"""Digests by revision and name; `tests/support/make_schema.py` writes it."""

_MOST_OBJECTS = 1_000
_MOST_CHARACTERS = 100_000
# SQLite's statistics, and Alembic's table, whose text follows Alembic's version. Each is free as a plain table alone:
# the next upgrade reads Alembic's.
_FREE = re.compile(r'CREATE TABLE "?(sqlite_stat\d|alembic_version)"?\s*\([\w\s,()]*\)')


def digests(connection: sqlite3.Connection) -> dict[str, str]:
    """Return a digest of each table, index, view and trigger by its type and name, such as "table record".

    Raises:
        sqlite3.DatabaseError: The database is damaged.
    """
    rows = connection.execute(
        "SELECT type, name, tbl_name, substr(sql, 1, ?) FROM sqlite_schema LIMIT ?",
        (_MOST_CHARACTERS, _MOST_OBJECTS),
    )
    return {
        f"{kind} {name}": _digest(kind, name, table, sql)
        for kind, name, table, sql in rows
        if not _is_free(kind, name, sql)
    }


def difference(connection: sqlite3.Connection, revision: int) -> str | None:
    """Return the first object that a database has not as its revision makes it, or None.

    Raises:
        sqlite3.DatabaseError: The database is damaged.
    """
    expected = _expected().get(str(revision))
    if expected is None:
        return f"there is no revision {revision}"
    found = digests(connection)
    # Tables first: a table that is missing has no indexes.
    for name in sorted(
        expected.keys() | found.keys(), key=lambda name: (not name.startswith("table "), name)
    ):
        if found.get(name) != expected.get(name):
            if name not in found:
                return f"{name} is missing"
            return f"{name} is not dupfind's" if name in expected else f"dupfind has no {name}"
    return None


def _is_free(kind: object, name: object, sql: object) -> bool:
    match = _FREE.fullmatch(str(sql))
    return kind == "table" and match is not None and match[1] == name


@cache
def _expected() -> dict[str, dict[str, str]]:
    content: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name(FILE).read_text(encoding="utf-8")
    )
    return content


def _digest(*parts: object) -> str:
    text = "\0".join(re.sub(r"\s+", " ", str(part)).strip() for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
