"""When each tracker says that an issue was closed, and how many children and responses it has."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dupfind.records import Record
from dupfind.sources.coerce import MAX_COUNT, quantity
from dupfind.sources.csv_formats.registry import CSV_FORMATS, Columns, CsvRow
from dupfind.sources.dates import Dates
from dupfind.sources.json_formats.keys import counted
from dupfind.sources.json_formats.registry import JSON_FORMATS
from dupfind.sources.open import open_source

THIRD = datetime(2025, 2, 3, 10, 30, tzinfo=UTC)
SECONDS = int(THIRD.timestamp())


def facts(record: Record | None) -> tuple[datetime | None, int, int]:
    assert record is not None
    return record.closed, record.n_children, record.n_responses


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        ("12", 12),
        (2.0, 2),
        (None, 0),
        (True, 0),
        (-1, 0),
        ("many", 0),
        (MAX_COUNT, MAX_COUNT),
        (10**30, 0),
        ("٣", 0),
        ([1, 2], 2),
        ({"nodes": [{}, {}, {}]}, 3),
        ({"totalCount": 9, "nodes": [{}]}, 9),
        ({"total": 0, "nodes": [{}]}, 0),
    ],
)
def test_a_number_of_things_is_read_in_any_form(value: Any, number: int) -> None:
    assert counted(value) == number
    if not isinstance(value, list | dict):
        assert quantity(value) == number


GITHUB = {
    "number": 7,
    "title": "Boom",
    "body": "",
    "state": "closed",
    "state_reason": "completed",
    "html_url": "https://github.com/o/r/issues/7",
    "created_at": "2025-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("kind", "issue", "numbers"),
    [
        (
            "github-rest",
            {
                **GITHUB,
                "closed_at": "2025-02-03T10:30:00Z",
                "comments": 4,
                "reactions": {"total_count": 5, "+1": 5},
                "sub_issues_summary": {"total": 3, "completed": 1},
                "timeline": [{"event": "cross-referenced"}, {"event": "labeled"}],
            },
            (3, 4 + 5 + 1),
        ),
        (
            "gh",
            {
                "number": 7,
                "title": "Boom",
                "state": "CLOSED",
                "stateReason": "COMPLETED",
                "closedAt": "2025-02-03T10:30:00Z",
                "comments": [{"body": "me too"}, {"body": "and me"}],
                "reactionGroups": [{"content": "HEART", "users": {"totalCount": 2}}],
                "subIssuesSummary": {"total": 6},
            },
            (6, 2 + 2),
        ),
        (
            "gh",
            {
                "number": 7,
                "title": "Boom",
                "state": "CLOSED",
                "stateReason": "COMPLETED",
                "closedAt": "2025-02-03T10:30:00Z",
                "comments": {"totalCount": 30, "nodes": [{"body": "me too"}]},
                "reactions": {"totalCount": 2},
                "subIssues": {"totalCount": 1},
            },
            (1, 30 + 2),
        ),
        (
            "gitlab-rest",
            {
                "iid": 7,
                "title": "Boom",
                "state": "closed",
                "web_url": "https://gitlab.com/g/p/-/issues/7",
                "closed_at": "2025-02-03T10:30:00Z",
                "user_notes_count": 2,
                "upvotes": 3,
                "downvotes": 1,
                "merge_requests_count": 1,
            },
            (0, 7),
        ),
        (
            "jira-rest",
            {
                "key": "LAR-7",
                "fields": {
                    "summary": "Boom",
                    "resolution": {"name": "Fixed"},
                    "resolutiondate": "2025-02-03T11:30:00.000+0100",
                    "subtasks": [{"key": "LAR-8"}, {"key": "LAR-9"}],
                    "votes": {"votes": 4},
                    "comment": {"total": 12, "comments": [{"body": "me too"}]},
                },
            },
            (2, 16),
        ),
        (
            "bugzilla-rest",
            {
                "id": 7,
                "summary": "Boom",
                "product": "Hub",
                "status": "RESOLVED",
                "resolution": "FIXED",
                "cf_last_resolved": "2025-02-03T10:30:00Z",
                "comment_count": 5,
                "votes": 2,
                "blocks": [8],
            },
            (0, 4 + 2 + 1),
        ),
        (
            "redmine-rest",
            {
                "id": 7,
                "subject": "Boom",
                "tracker": {"name": "Bug"},
                "status": {"name": "Closed"},
                "closed_on": "2025-02-03T10:30:00Z",
                "children": [{"id": 8}],
                "journals": [{"notes": "me too"}, {"notes": ""}, {"notes": None}],
            },
            (1, 1),
        ),
        (
            "linear",
            {
                "identifier": "ENG-7",
                "title": "Boom",
                "completedAt": "2025-02-03T10:30:00.000Z",
                "children": {"nodes": [{"identifier": "ENG-8"}]},
                "comments": {"nodes": [{"body": "me too"}, {"body": "and me"}]},
                "reactions": [{"emoji": "eyes"}],
            },
            (1, 3),
        ),
        (
            "beads-jsonl",
            {
                "id": "hb-7",
                "title": "Boom",
                "priority": 1,
                "issue_type": "bug",
                "status": "closed",
                "created_at": "2025-01-01T00:00:00Z",
                "closed_at": "2025-02-03T11:30:00+01:00",
                "comments": [{"text": "me too"}],
            },
            (0, 1),
        ),
    ],
)
def test_json_says_when_an_issue_was_closed_and_what_hangs_on_it(
    kind: str, issue: dict[str, Any], numbers: tuple[int, int]
) -> None:
    assert JSON_FORMATS[kind].recognises(issue)
    assert facts(JSON_FORMATS[kind].record(issue, source="s")) == (THIRD, *numbers)


def test_mantisbt_names_the_children_among_the_relationships() -> None:
    relationships = [
        {"type": {"id": 2, "name": "parent-of"}, "issue": {"id": 8}},
        {"type": {"id": 3, "name": "child-of"}, "issue": {"id": 9}},
    ]
    issue = {"id": 7, "summary": "Boom", "status": {"name": "new"}, "relationships": relationships}
    made = JSON_FORMATS["mantisbt-rest"].record(issue | {"notes": [{"text": "me too"}]}, source="s")
    assert facts(made) == (None, 1, 1)


@pytest.mark.parametrize(
    ("kind", "cells", "n_responses"),
    [
        (
            "gitlab-csv",
            {"Issue ID": "7", "Title": "Boom", "URL": "https://gitlab.com/g/p/-/issues/7", "State": "Closed",
             "Created At (UTC)": "2025-01-01 00:00:00", "Updated At (UTC)": "2025-02-03 10:30:00",
             "Closed At (UTC)": "2025-02-03 10:30:00"},
            0,
        ),
        (
            "jira-csv",
            {"Issue key": "LAR-7", "Summary": "Boom", "Resolution": "Fixed", "Resolved": "2025-02-03 10:30",
             "Votes": "3", "Comment": "x;y;me too"},
            4,
        ),
        (
            "linear-csv",
            {"ID": "ENG-7", "Team": "Eng", "Title": "Boom", "Status": "Done", "UUID": "u",
             "Completed": "Mon Feb 03 2025 10:30:00 GMT+0000 (GMT)"},
            0,
        ),
        (
            "redmine-csv",
            {"#": "7", "Subject": "Boom", "Status": "Closed", "Closed": "2025-02-03 10:30", "Created": ""},
            0,
        ),
    ],
)  # fmt: skip
def test_csv_says_when_an_issue_was_closed(kind: str, cells: dict[str, str], n_responses: int) -> None:
    columns = Columns(cells)
    assert CSV_FORMATS[kind].recognises(columns)
    made = CSV_FORMATS[kind].record(CsvRow(columns, list(cells.values())), Dates(), source="s")
    assert facts(made) == (THIRD, 0, n_responses)


def test_a_table_of_no_known_tracker_may_have_a_column_of_closing_times(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "id,title,status,date_closed\n7,Boom,done,2025-02-03 10:30\n8,Bang,open,\n"
    )
    assert [facts(made) for made in open_source(str(tmp_path / "t.csv"))] == [(THIRD, 0, 0), (None, 0, 0)]


EPIC = {
    "id": "hb-1",
    "title": "Harbour",
    "priority": 1,
    "issue_type": "epic",
    "created_at": "2025-01-01T00:00:00Z",
}


def beads_lines() -> list[dict[str, Any]]:
    def task(id: str, *links: tuple[str, str], **more: str) -> dict[str, Any]:
        dependencies = [{"issue_id": id, "depends_on_id": target, "type": kind} for target, kind in links]
        return {**EPIC, "id": id, "title": f"Task {id}", "dependencies": dependencies, **more}

    return [
        EPIC,
        task("hb-2", ("hb-1", "parent-child"), ("hb-1", "parent-child")),
        task("hb-3", ("hb-1", "parent-child"), ("hb-2", "blocks")),
        task("hb-4", ("hb-1", "duplicates"), ("hb-2", "related")),
        task("hb-5", ("hb-1", "parent-child"), status="tombstone"),
        task("hb-6", ("hb-6", "parent-child")),
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_a_parent_in_beads_has_its_children_in_any_order_of_lines(order: int, tmp_path: Path) -> None:
    path = tmp_path / "issues.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in beads_lines()[::order]))
    numbers = {made.id: (made.n_children, made.n_responses) for made in open_source(str(path))}
    assert numbers == {"hb-1": (2, 0), "hb-2": (0, 2), "hb-3": (0, 0), "hb-4": (0, 0), "hb-6": (0, 0)}


def test_beads_on_standard_input_says_that_it_counts_no_children(tmp_path: Path) -> None:
    path = tmp_path / "issues.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in beads_lines()))
    with path.open("rb") as stream:
        source = open_source("-", stdin=stream)
        assert "children are counted in files only" in source.notes
        assert {made.n_children for made in source} == {0}


BEADS = """
    CREATE TABLE issues (id TEXT, content_hash TEXT, title TEXT, description TEXT, acceptance_criteria TEXT,
        issue_type TEXT, status TEXT, closed_at TEXT);
    CREATE TABLE dependencies (issue_id TEXT, depends_on_id TEXT, type TEXT);
    INSERT INTO issues (id, title, status, closed_at) VALUES ('7', 'Boom', 'closed', '2025-02-03T10:30:00Z'),
        ('8', 'Part', 'open', NULL), ('9', 'Gone', 'tombstone', NULL), ('10', 'Later', 'open', NULL);
    INSERT INTO dependencies VALUES ('8', '7', 'parent-child'), ('9', '7', 'parent-child'), ('10', '7', 'blocks'),
        ('7', '7', 'blocks'), ('10', '7', 'duplicates');
"""
TRAC = f"""
    CREATE TABLE ticket (id INTEGER, summary TEXT, description TEXT, status TEXT, resolution TEXT, time INTEGER,
        changetime INTEGER);
    CREATE TABLE ticket_change (ticket INTEGER, time INTEGER, field TEXT, oldvalue TEXT, newvalue TEXT);
    CREATE TABLE system (name TEXT, value TEXT);
    INSERT INTO ticket VALUES (7, 'Boom', '', 'closed', 'fixed', 1, 1), (8, 'Bang', '', 'new', '', 1, 1);
    INSERT INTO ticket_change VALUES (7, 1738000000000000, 'status', 'new', 'closed'),
        (7, 1738000000000001, 'status', 'closed', 'reopened'), (7, {SECONDS}000000, 'status', 'reopened', 'closed'),
        (7, 1, 'comment', '1', 'me too'), (7, 2, 'comment', '2', '');
"""
GITEA = f"""
    CREATE TABLE repository (id INTEGER, owner_name TEXT, name TEXT);
    CREATE TABLE issue (id INTEGER, repo_id INTEGER, "index" INTEGER, name TEXT, content TEXT, is_pull INTEGER,
        is_closed INTEGER, created_unix INTEGER, updated_unix INTEGER, closed_unix INTEGER, num_comments INTEGER);
    INSERT INTO repository VALUES (1, 'o', 'r');
    INSERT INTO issue VALUES (1, 1, 7, 'Boom', '', 0, 1, 1, 1, {SECONDS}, 6), (2, 1, 8, 'Bang', '', 0, 0, 1, 1, 0, 0);
"""
GITHUB_TO_SQLITE = """
    CREATE TABLE repos (id INTEGER, full_name TEXT);
    CREATE TABLE issues (id INTEGER, node_id TEXT, number INTEGER, state TEXT, title TEXT, body TEXT, repo INTEGER,
        comments INTEGER, closed_at TEXT);
    INSERT INTO repos VALUES (1, 'o/r');
    INSERT INTO issues VALUES (1, 'n', 7, 'closed', 'Boom', '', 1, 6, '2025-02-03T10:30:00Z'),
        (2, 'n', 8, 'open', 'Bang', '', 1, 0, NULL);
"""
BUGZILLA = """
    CREATE TABLE bugs (bug_id INTEGER, short_desc TEXT, bug_status TEXT, resolution TEXT, creation_ts TEXT,
        delta_ts TEXT, product_id INTEGER, votes INTEGER, cf_last_resolved TEXT);
    CREATE TABLE longdescs (comment_id INTEGER, bug_id INTEGER, thetext TEXT, isprivate INTEGER);
    CREATE TABLE products (id INTEGER, name TEXT);
    CREATE TABLE duplicates (dupe_of INTEGER, dupe INTEGER);
    INSERT INTO bugs VALUES (7, 'Boom', 'RESOLVED', 'FIXED', NULL, NULL, 1, 4, '2025-02-03 10:30:00'),
        (8, 'Bang', 'NEW', '', NULL, NULL, 1, 0, NULL);
    INSERT INTO longdescs VALUES (1, 7, 'It goes boom', 0), (2, 7, 'me too', 0), (3, 7, 'and me', 0);
"""
REDMINE = """
    CREATE TABLE issues (id INTEGER, subject TEXT, description TEXT, tracker_id INTEGER, status_id INTEGER,
        lft INTEGER, project_id INTEGER, parent_id INTEGER, created_on TEXT, updated_on TEXT, closed_on TEXT);
    CREATE TABLE issue_statuses (id INTEGER, is_closed INTEGER);
    CREATE TABLE projects (id INTEGER, identifier TEXT, name TEXT);
    CREATE TABLE issue_relations (id INTEGER, issue_from_id INTEGER, issue_to_id INTEGER, relation_type TEXT);
    CREATE TABLE journals (id INTEGER, journalized_id INTEGER, journalized_type TEXT, notes TEXT);
    INSERT INTO issue_statuses VALUES (1, 0), (2, 1);
    INSERT INTO issues VALUES (7, 'Boom', '', 1, 2, 1, 1, NULL, NULL, NULL, '2025-02-03 10:30:00'),
        (8, 'Part', '', 1, 1, 1, 1, 7, NULL, NULL, NULL), (9, 'Part', '', 1, 1, 1, 1, 7, NULL, NULL, NULL);
    INSERT INTO journals VALUES (1, 7, 'Issue', 'me too'), (2, 7, 'Issue', ''), (3, 7, 'Wiki', 'x');
"""
MANTISBT = """
    CREATE TABLE mantis_bug_table (id INTEGER, summary TEXT, status INTEGER, resolution INTEGER, date_submitted INTEGER,
        last_updated INTEGER, view_state INTEGER, project_id INTEGER, bug_text_id INTEGER);
    CREATE TABLE mantis_bug_text_table (id INTEGER, description TEXT, steps_to_reproduce TEXT,
        additional_information TEXT);
    CREATE TABLE mantis_project_table (id INTEGER, name TEXT);
    CREATE TABLE mantis_bug_relationship_table (source_bug_id INTEGER, destination_bug_id INTEGER,
        relationship_type INTEGER);
    CREATE TABLE mantis_bugnote_table (id INTEGER, bug_id INTEGER);
    INSERT INTO mantis_bug_table VALUES (7, 'Boom', 90, 20, 1, 1, 10, 1, 1), (8, 'Part', 10, 10, 1, 1, 10, 1, 2);
    INSERT INTO mantis_bug_relationship_table VALUES (7, 8, 2), (8, 7, 1);
    INSERT INTO mantis_bugnote_table VALUES (1, 7), (2, 7);
"""
PHABRICATOR = f"""
    CREATE TABLE maniphest_task (id INTEGER, phid TEXT, title TEXT, description TEXT, status TEXT,
        dateCreated INTEGER, closedEpoch INTEGER);
    CREATE TABLE edge (src TEXT, type INTEGER, dst TEXT);
    INSERT INTO maniphest_task VALUES (7, 'P7', 'Boom', '', 'resolved', 1, {SECONDS}),
        (8, 'P8', 'Part', '', 'open', 1, NULL);
    INSERT INTO edge VALUES ('P7', 3, 'P8'), ('P8', 4, 'P7');
"""


@pytest.mark.parametrize(
    ("tables", "kind", "expected"),
    [
        (BEADS, "beads", (THIRD, 1, 1)),
        (TRAC, "trac", (THIRD, 0, 1)),
        (GITEA, "gitea", (THIRD, 0, 6)),
        (GITHUB_TO_SQLITE, "github-to-sqlite", (THIRD, 0, 6)),
        (BUGZILLA, "bugzilla", (THIRD, 0, 2 + 4)),
        (REDMINE, "redmine", (THIRD, 2, 1)),
        (MANTISBT, "mantisbt", (None, 1, 2)),
        (PHABRICATOR, "phabricator", (THIRD, 1, 0)),
    ],
)
def test_a_database_says_when_an_issue_was_closed_and_what_hangs_on_it(
    tables: str, kind: str, expected: tuple[datetime | None, int, int], tmp_path: Path
) -> None:
    path = tmp_path / "tracker.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(tables)
    source = open_source(str(path))
    assert source.kind == kind
    records = {made.id.removeprefix("T"): made for made in source}
    assert facts(records["7"]) == expected
    assert facts(records["8"]) == (None, 0, 0)
