"""Pull requests in tables and files of no known tracker are left out and counted."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.sources.open import Mapping, open_source
from dupfind.sources.pull_requests import is_marked_object
from tests.support.corpus import database

OBJECT = "{'url': 'https://api.github.com/repos/o/r/pulls/2', 'merged_at': None}"
MARKS: list[tuple[str, str, str]] = [
    ("html_url", "https://github.com/o/r/issues/1", "https://github.com/o/r/pull/2"),
    ("URL", "https://codeberg.org/o/r/issues/1", "https://codeberg.org/o/r/pulls/2/"),
    ("web_url", "https://gitlab.com/o/r/-/issues/1", "https://gitlab.com/o/r/-/merge_requests/2"),
    ("url", "https://bitbucket.org/o/r/issues/1/a-title", "https://bitbucket.org/o/r/pull-requests/2"),
    ("is_pull_request", "False", "True"),
    ("isPullRequest", "0", "1"),
    ("is_pr", "f", "t"),
    ("is_pull", "no", "yes"),
    ("pull_request", "", OBJECT),
    ("pull_request", "null", json.dumps({"html_url": "https://github.com/o/r/pull/2"})),
    ("pull_request", "nan", "https://api.github.com/repos/o/r/pulls/2"),
    ("pull_request", "https://github.com/o/r/pull/9", "true"),
    ("pull_request", "{'url': None}", "1"),
    ("Pull Request", "https://github.com/o/r/pull/2", "https://github.com/o/r/pull/2"),
    ("type", "Issue", "PullRequest"),
    ("type", "bug", "pull_request"),
    ("__typename", "Issue", "MergeRequest"),
]


def rows(column: str, issue: Any, pull: Any) -> list[dict[str, Any]]:
    return [
        {"number": "1", "title": "It hangs at the start", "body": "a trace", column: issue},
        {"number": "2", "title": "Do not hang at start", "body": "a patch", column: pull},
    ]


def read(path: Path, mapping: Mapping = Mapping()) -> tuple[list[str], int]:  # noqa: B008
    source = open_source(str(path), mapping)
    return [record.id for record in source], source.counts.n_pull_requests


@pytest.fixture(params=["csv", "tsv", "jsonl", "json", "sqlite", "parquet"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def write(folder: Path, kind: str, table: list[dict[str, Any]]) -> Path:
    path = folder / f"export.{kind}"
    if kind in ("csv", "tsv"):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(table[0]), delimiter="," if kind == "csv" else "\t")
        writer.writeheader()
        writer.writerows(table)
        path.write_text(text.getvalue(), encoding="utf-8")
    elif kind == "json":
        path.write_text(json.dumps(table), encoding="utf-8")
    elif kind == "jsonl":
        path.write_text("\n".join(map(json.dumps, table)), encoding="utf-8")
    elif kind == "parquet":
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.Table.from_pylist(table), path)
    else:
        declared = "export (" + ", ".join(f'"{name}" TEXT' for name in table[0]) + ")"
        return database(path, {declared: [tuple(row.values()) for row in table]})
    return path


@pytest.mark.parametrize(("column", "issue", "pull"), MARKS)
def test_a_pull_request_in_a_table_is_left_out_and_counted(
    tmp_path: Path, kind: str, column: str, issue: str, pull: str
) -> None:
    assert read(write(tmp_path, kind, rows(column, issue, pull))) == (["1"], 1)


def test_named_columns_do_not_turn_pull_requests_into_issues(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind, rows("is_pr", "false", "true"))
    assert read(path, Mapping(title_column="title")) == (["1"], 1)


@pytest.mark.parametrize(
    "marks",
    [
        {"pull_request": None},  # GitHub's own issues
        {"pull_request": {"url": None, "html_url": None}},
        {"pull_request": ""},
        {"pull_request": float("nan")},
        {"pull_request": False},
        {"pull_request": "https://github.com/o/r/pull/17"},  # the one that solves it
        {"is_pr": float("nan")},
        {"is_pr": b"\0"},
        {"type": {"name": "Bug"}},
        {"type": "PR"},  # a problem report of GNATS
        {"url": "https://github.com/o/r/pulls"},
        {"url": "https://example.org/pull/requests"},
        {"url": "https://[broken/pull/7"},
        {"url": "https://x.org/" + "a" * 5_000 + "/pull/7"},
        {"link": "https://github.com/o/r/pull/7"},
        {"body": "https://github.com/o/r/pull/7"},
    ],
)
def test_an_issue_is_no_pull_request(marks: dict[str, Any]) -> None:
    assert not is_marked_object({"id": 7, "title": "a", **marks})


@pytest.mark.parametrize(
    "marks",
    [
        {"pull_request": {"url": "https://api.github.com/repos/o/r/pulls/7"}},
        {"pull_request": True},
        {"pull_request": 1.0},
        {"pull_request": "https://github.com/o/r/pull/7"},
        {"is_pr": b"\1"},
        {"is_pr": 1},
    ],
)
def test_a_pull_request_is_known_in_any_form_that_programs_write(marks: dict[str, Any]) -> None:
    assert is_marked_object({"id": 7, "title": "a", **marks})
