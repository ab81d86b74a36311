"""The shared corpus: the same issues in many trackers' containers, and small databases made for a test."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dupfind.records import Record, Ref
from tests.support.paths import TRACKERS

needs_corpus = pytest.mark.skipif(
    not (TRACKERS / "corpus.json").exists(), reason="the shared trackers are not beside this checkout"
)

CONTAINERS = {
    "github.db": "github-to-sqlite",
    "trac.db": "trac",
    "larkq.fossil": "fossil",
    "redmine.db": "redmine",
    "roundup/db/db": "roundup",
    "bugzilla.db": "bugzilla",
    "plain.csv": "csv",
    "plain.jsonl": "jsonl",
    "github-rest-issues.json": "github-rest",
    "gh-issue-list.json": "gh",
    "gitlab-rest-issues.json": "gitlab-rest",
    "gitlab-export.csv": "gitlab-csv",
    "jira-rest.json": "jira-rest",
    "files-frontmatter": "markdown",
    "roundup": "roundup",
}
"""Each container, with the kind that it is of."""


def truth() -> dict[str, Any]:
    """The issues as they were invented."""
    said: dict[str, Any] = json.loads((TRACKERS / "corpus.json").read_text(encoding="utf-8"))
    return said


Tables = Mapping[str, Sequence[tuple[object, ...]]]
"""The rows of each table, whose key is its name and columns as in CREATE TABLE."""


def database(path: Path, tables: Tables, *, script: str = "") -> Path:
    """Make a SQLite file.

    Args:
        path: Where.
        tables: What stands in it.
        script: SQL to run at the end.
    """
    with closing(sqlite3.connect(path)) as connection:
        for declared, rows in tables.items():
            connection.execute(f"CREATE TABLE {declared}")
            name = declared.partition("(")[0].strip()
            for row in rows:
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        connection.executescript(script)
        connection.commit()
    return path


def marks(records: Iterable[Record]) -> dict[str, tuple[Ref, ...]]:
    """The marked originals, by the id of the duplicate."""
    return {record.id: record.duplicate_of for record in records if record.duplicate_of}
