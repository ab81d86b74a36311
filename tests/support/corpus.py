"""The invented corpus of `tests/data`, and small databases made for a test."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from dupfind.records import Record, Ref
from tests.support.paths import CORPUS

Issue = dict[str, Any]
"""An issue of the corpus, with the keys of `tests/data/corpus.json`."""


def corpus() -> dict[str, Any]:
    """Read the corpus: its issues, its pull request and the pairs of duplicates."""
    parsed: dict[str, Any] = json.loads(CORPUS.read_text(encoding="utf-8"))
    return parsed


def corpus_issues() -> list[Issue]:
    """Read the 24 issues, in the order of their numbers."""
    issues: list[Issue] = corpus()["issues"]
    return issues


def originals() -> dict[int, int]:
    """Return the number of the original by the number of each marked duplicate."""
    return dict(corpus()["duplicates"])


Tables = Mapping[str, Sequence[tuple[object, ...]]]
"""The rows of each table, whose key is its name and columns as in CREATE TABLE."""


def database(path: Path, tables: Tables, *, script: str = "") -> Path:
    """Make a SQLite file.

    Args:
        path: The new file.
        tables: The tables and their rows.
        script: SQL to run at the end.

    Returns:
        `path`.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.create_collation("bugzilla", _compare)
        for declaration, rows in tables.items():
            connection.execute(f"CREATE TABLE {declaration}")
            name = declaration.partition("(")[0].strip()
            for row in rows:
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        connection.executescript(script)
        connection.commit()
    return path


def _compare(a: str, b: str) -> int:
    a, b = a.lower(), b.lower()
    return (a > b) - (a < b)


def marks(records: Iterable[Record]) -> dict[str, tuple[Ref, ...]]:
    """Return the marked originals by the id of the duplicate."""
    return {record.id: record.duplicate_of for record in records if record.duplicate_of}
