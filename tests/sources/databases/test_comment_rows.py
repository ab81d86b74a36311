"""The comments in a tracker's database reach its records, oldest first, without private ones unless on request."""

from pathlib import Path

import pytest

from dupfind.sources.comment_bounds import N_READ_CHARACTERS, N_READ_COMMENTS
from dupfind.sources.open import Mapping, open_source
from tests.support.corpus import Tables, database

GITEA: Tables = {
    'issue (id INTEGER PRIMARY KEY, repo_id, "index", name, content, is_pull, is_closed, created_unix, updated_unix)': [
        (10, 1, 1, "door", "b", 0, 0, 0, 0),
        (11, 1, 2, "a pull request", "b", 1, 0, 0, 0),
        (12, 1, 3, "window", "b", 0, 0, 0, 0),
    ],
    "repository (id INTEGER PRIMARY KEY, owner_name, name)": [(1, "o", "r")],
    "comment (id INTEGER PRIMARY KEY, type INTEGER, issue_id INTEGER, content TEXT, created_unix)": [
        (1, 0, 11, "on the pull request", 5),
        (2, 0, 10, "first", 6),
        (3, 7, 10, "a label was added", 7),
        (4, 0, 12, "of the window", 8),
        (5, 0, 10, "second", 9),
        (6, 0, 99, "of no issue", 9),
    ],
}
TRAC: Tables = {
    "ticket (id INTEGER PRIMARY KEY, summary, description, status, resolution, time, changetime)": [
        (1, "door", "d", "new", None, 0, 0),
        (3, "window", "d", "new", None, 0, 0),
    ],
    "ticket_change (ticket INTEGER, time INTEGER, field TEXT, oldvalue TEXT, newvalue TEXT)": [
        (1, 9_000_000, "comment", "2", "second"),
        (1, 6_000_000, "comment", "1", "first"),
        (1, 6_000_000, "status", "new", "open"),
        (1, 7_000_000, "comment", "3", ""),
        (3, 8_000_000, "comment", "1", "of the window"),
    ],
    "system (name TEXT, value TEXT)": [],
}
REDMINE: Tables = {
    "issues (id INTEGER PRIMARY KEY, tracker_id, project_id, subject, description, status_id, lft, created_on,"
    " updated_on)": [(1, 1, 1, "door", "d", 1, 1, None, None), (3, 1, 1, "window", "d", 1, 1, None, None)],
    "issue_relations (id INTEGER PRIMARY KEY, issue_from_id, issue_to_id, relation_type)": [],
    "issue_statuses (id INTEGER PRIMARY KEY, name, is_closed)": [],
    "projects (id INTEGER PRIMARY KEY, identifier, name)": [],
    "journals (id INTEGER PRIMARY KEY, journalized_id, journalized_type, notes, private_notes)": [
        (1, 1, "Issue", "first", 0),
        (2, 1, "Issue", "", 0),
        (3, 1, "Issue", "staff only", 1),
        (4, 1, "Document", "of a document", 0),
        (5, 1, "Issue", "second", 0),
        (6, 3, "Issue", "of the window", 0),
    ],
}
BUGZILLA: Tables = {
    "bugs (bug_id INTEGER PRIMARY KEY, short_desc, bug_status, resolution, creation_ts, delta_ts, product_id)": [
        (1, "door", "NEW", "", None, None, 1),
        (3, "window", "NEW", "", None, None, 1),
    ],
    "longdescs (comment_id INTEGER PRIMARY KEY, bug_id, thetext, isprivate, bug_when)": [
        (1, 1, "the text of the bug", 0, "2024-05-01 10:00:00"),
        (2, 3, "the text of the other bug", 0, "2024-05-01 10:00:00"),
        (3, 1, "first", 0, "2024-05-01 11:00:00"),
        (4, 1, "staff only", 1, "2024-05-01 12:00:00"),
        (5, 3, "of the window", 0, "2024-05-01 13:00:00"),
        (6, 1, "second", 0, "2024-05-01 14:00:00"),
    ],
    "duplicates (dupe INTEGER PRIMARY KEY, dupe_of INTEGER)": [],
    "products (id INTEGER PRIMARY KEY, name)": [],
}
MANTISBT: Tables = {
    "mantis_bug_table (id INTEGER PRIMARY KEY, project_id, summary, bug_text_id, status, resolution, view_state,"
    " date_submitted, last_updated)": [
        (1, 1, "door", 1, 10, 10, 10, 0, 0),
        (3, 1, "window", 1, 10, 10, 10, 0, 0),
    ],
    "mantis_bug_text_table (id INTEGER PRIMARY KEY, description, steps_to_reproduce, additional_information)": [],
    "mantis_bug_relationship_table (source_bug_id, destination_bug_id, relationship_type)": [],
    "mantis_project_table (id INTEGER PRIMARY KEY, name)": [],
    "mantis_bugnote_table (id INTEGER PRIMARY KEY, bug_id, bugnote_text_id, view_state, date_submitted)": [
        (1, 1, 11, 10, 6),
        (2, 1, 12, 50, 7),
        (3, 3, 13, 10, 8),
        (4, 1, 14, 10, 9),
    ],
    "mantis_bugnote_text_table (id INTEGER PRIMARY KEY, note)": [
        (11, "first"),
        (12, "staff only"),
        (13, "of the window"),
        (14, "second"),
    ],
}
PHABRICATOR: Tables = {
    "maniphest_task (id INTEGER PRIMARY KEY, phid, title, description, status, dateCreated)": [
        (1, "t1", "door", "d", "open", 0),
        (3, "t3", "window", "d", "open", 0),
    ],
    "edge (src, type, dst)": [],
    "maniphest_transaction (phid, objectPHID, transactionType, commentPHID, dateCreated)": [
        ("x1", "t1", "core:comment", "c1", 6),
        ("x2", "t1", "status", None, 7),
        ("x3", "t3", "core:comment", "c3", 8),
        ("x4", "t1", "core:comment", "c4", 9),
        ("x5", "t1", "core:comment", "c5", 10),
    ],
    "maniphest_transaction_comment (phid, content, isDeleted)": [
        ("c1", "first", 0),
        ("c3", "of the window", 0),
        ("c4", "second", 0),
        ("c5", "removed", 1),
    ],
}
BEADS: Tables = {
    "issues (id TEXT PRIMARY KEY, content_hash, title, description, design, acceptance_criteria, notes, status,"
    " issue_type, created_at, updated_at)": [
        ("bd-1", "h", "door", "d", "", "", "", "open", "bug", None, None),
        ("bd-2", "h", "gone", "d", "", "", "", "tombstone", "bug", None, None),
        ("bd-3", "h", "window", "d", "", "", "", "open", "bug", None, None),
    ],
    "dependencies (issue_id TEXT, depends_on_id TEXT, type TEXT)": [],
    "comments (id INTEGER PRIMARY KEY, issue_id TEXT, author TEXT, text TEXT, created_at)": [
        (1, "bd-2", "ann", "of the deleted one", "2024-05-01"),
        (2, "bd-1", "ann", "first", "2024-05-01"),
        (3, "bd-3", "ann", "of the window", "2024-05-02"),
        (4, "bd-1", "ann", "second", "2024-05-03"),
    ],
}
FOSSIL: Tables = {
    "ticket (tkt_id INTEGER PRIMARY KEY, tkt_uuid TEXT UNIQUE, tkt_mtime, tkt_ctime, status, title, comment)": [
        (1, "aa11", 2460000.5, 2460000.5, "Open", "door", "d"),
        (3, "cc33", 2460000.5, 2460000.5, "Open", "window", "d"),
    ],
    "ticketchng (tkt_id INTEGER, tkt_mtime, icomment TEXT)": [
        (1, 2460002.5, "second"),
        (1, 2460001.5, "first"),
        (3, 2460001.5, "of the window"),
    ],
}
GITHUB: Tables = {
    "repos (id INTEGER PRIMARY KEY, full_name TEXT)": [(7, "o/r")],
    "issues (id INTEGER PRIMARY KEY, node_id, number INTEGER, title, body, repo INTEGER, state, type)": [
        (10, "n", 1, "door", "b", 7, "open", "issue"),
        (11, "n", 2, "a pull request", "b", 7, "open", "pull"),
        (12, "n", 3, "window", "b", 7, "open", "issue"),
    ],
    'issue_comments (id INTEGER PRIMARY KEY, issue INTEGER, created_at TEXT, body TEXT, "user" INTEGER)': [
        (1, 10, "2024-05-03", "second", 1),
        (2, 11, "2024-05-01", "on the pull request", 1),
        (3, 10, "2024-05-01", "first", 1),
        (4, 12, "2024-05-01", "of the window", 1),
    ],
}
TRACKERS = {
    "gitea": GITEA,
    "trac": TRAC,
    "redmine": REDMINE,
    "bugzilla": BUGZILLA,
    "mantisbt": MANTISBT,
    "phabricator": PHABRICATOR,
    "beads": BEADS,
    "fossil": FOSSIL,
    "github-to-sqlite": GITHUB,
}
WITH_PRIVATE = ("redmine", "bugzilla", "mantisbt")


def texts(path: Path, kind: str, mapping: Mapping | None = None) -> dict[str, list[str]]:
    source = open_source(str(path), mapping or Mapping())
    assert source.kind == kind
    return {record.title: [comment.text for comment in record.comments] for record in source}


@pytest.mark.parametrize("kind", TRACKERS)
def test_each_issue_has_its_comments_in_order(tmp_path: Path, kind: str) -> None:
    path = database(tmp_path / "a.db", TRACKERS[kind])
    assert texts(path, kind) == {"door": ["first", "second"], "window": ["of the window"]}
    assert texts(path, kind, Mapping(no_comments=True)) == {"door": [], "window": []}


@pytest.mark.parametrize("kind", WITH_PRIVATE)
def test_private_comments_are_read_on_request(tmp_path: Path, kind: str) -> None:
    path = database(tmp_path / "a.db", TRACKERS[kind])
    assert texts(path, kind, Mapping(include_restricted=True))["door"] == ["first", "staff only", "second"]


def test_the_messages_of_roundup_after_the_first_are_comments(tmp_path: Path) -> None:
    folder = tmp_path / "files" / "msg" / "0"
    folder.mkdir(parents=True)
    for number, written in enumerate(("the text", "first", "second", "withdrawn"), 1):
        (folder / f"msg{number}").write_text(written, encoding="utf-8")
    tables: Tables = {
        "_issue (id INTEGER PRIMARY KEY, _title, _status, _creation, _activity, __retired__)": [
            (1, "door", None, None, None, 0)
        ],
        "issue_superseder (linkid INTEGER, nodeid INTEGER)": [],
        "issue_messages (linkid INTEGER, nodeid INTEGER)": [(n, 1) for n in (4, 3, 2, 1)],
        "schema (schema)": [],
        "_status (id INTEGER PRIMARY KEY, _name)": [],
        "_msg (id INTEGER PRIMARY KEY, _creation, __retired__)": [
            (1, "2024-05-01.10:00:00", 0),
            (2, "2024-05-02.10:00:00", 0),
            (3, "2024-05-03.10:00:00", 0),
            (4, "2024-05-04.10:00:00", 1),
        ],
    }
    [record] = open_source(str(database(tmp_path / "a.db", tables)))
    assert [(comment.text, str(comment.at)[:10]) for comment in record.comments] == [
        ("first", "2024-05-02"),
        ("second", "2024-05-03"),
    ]


def test_a_program_of_github_is_known_by_the_type_of_its_user(tmp_path: Path) -> None:
    tables = {**GITHUB, "users (id INTEGER PRIMARY KEY, type TEXT)": [(1, "Bot")]}
    record, _ = open_source(str(database(tmp_path / "a.db", tables)))
    assert [comment.is_by_program for comment in record.comments] == [True, True]


def test_of_many_long_comments_the_first_are_read_and_cut(tmp_path: Path) -> None:
    (issues, _), (repositories, _), (comments, _) = (item for item in GITEA.items())
    many = [(n, 0, 10, f"{n} " + "x" * 9_000, n) for n in range(1, 500)]
    tables: Tables = {
        issues: GITEA[issues][:1],
        repositories: GITEA[repositories],
        comments: many,
    }
    [record] = open_source(str(database(tmp_path / "a.db", tables)))
    assert [comment.text.split()[0] for comment in record.comments] == [
        str(n) for n in range(1, N_READ_COMMENTS + 1)
    ]
    assert {len(comment.text) for comment in record.comments} == {N_READ_CHARACTERS}
