"""Trackers' own tables, with the types that they have on servers, filled with the corpus."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    create_engine,
    insert,
)
from sqlalchemy.pool import NullPool

from tests.support.corpus import corpus, corpus_issues

Rows = list[dict[str, Any]]
Fill = Callable[[Connection, MetaData], None]


def table(connection: Connection, metadata: MetaData, name: str, columns: dict[str, Any], rows: Rows) -> None:
    declared = (Column(column, kind) for column, kind in columns.items())
    made = Table(name, metadata, *declared)
    made.create(connection)
    if rows:
        connection.execute(insert(made), rows)


def seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())


def naive(time: str) -> datetime:
    return datetime.fromisoformat(time).replace(tzinfo=None)


def mantisbt(connection: Connection, metadata: MetaData) -> None:
    resolutions = {None: 10, "fixed": 20, "duplicate": 60, "wontfix": 90, "invalid": 70}
    bugs: Rows = [
        {
            "id": i["number"],
            "project_id": 1,
            "summary": i["title"],
            "bug_text_id": 100 + i["number"],
            "status": 50 if i["status"] == "open" else 80,
            "resolution": resolutions[i.get("resolution")],
            "view_state": 10,
            "date_submitted": seconds(i["created"]),
            "last_updated": seconds(i["updated"]),
        }
        for i in corpus_issues()
    ]
    bugs.append({**bugs[0], "id": 99, "view_state": 50, "summary": "secret"})
    whole = dict.fromkeys(("id", "project_id", "bug_text_id", "date_submitted", "last_updated"), Integer)
    small = dict.fromkeys(("status", "resolution", "view_state"), SmallInteger)
    table(connection, metadata, "mantis_bug_table", {**whole, **small, "summary": String(128)}, bugs)
    names = ("description", "steps_to_reproduce", "additional_information")
    texts: Rows = [
        {"id": 100 + i["number"], "description": i["body"], **dict.fromkeys(names[1:], "")}
        for i in corpus_issues()
    ]
    table(connection, metadata, "mantis_bug_text_table", {"id": Integer, **dict.fromkeys(names, Text)}, texts)
    links = [(0, a, b) for a, b in corpus()["duplicates"]] + [(1, 3, 5), (0, 1, 1)]
    columns = dict.fromkeys(("source_bug_id", "destination_bug_id"), Integer)
    rows: Rows = [{"relationship_type": k, "source_bug_id": a, "destination_bug_id": b} for k, a, b in links]
    declared = {**columns, "relationship_type": SmallInteger}
    table(connection, metadata, "mantis_bug_relationship_table", declared, rows)
    project = {"id": Integer, "name": String(128)}
    table(connection, metadata, "mantis_project_table", project, [{"id": 1, "name": "kiln"}])


def phabricator(connection: Connection, metadata: MetaData) -> None:
    tasks: Rows = [
        {
            "id": i["number"],
            "phid": f"PHID-TASK-{i['number']}".encode(),
            "title": i["title"].encode(),  # longblob, where a site has chosen no utf8mb4
            "description": i["body"].encode(),
            "status": {"duplicate": b"duplicate", None: b"open"}.get(i.get("resolution"), b"resolved"),
            "dateCreated": seconds(i["created"]),
            "dateModified": seconds(i["updated"]),
            "viewPolicy": b"users",
        }
        for i in corpus_issues()
    ]
    tasks.append({**tasks[0], "id": 99, "phid": b"PHID-TASK-99", "viewPolicy": b"PHID-PLCY-1"})
    phid = LargeBinary(30)
    columns = {
        "id": Integer,
        "phid": phid,
        "title": LargeBinary,
        "description": LargeBinary,
        "status": LargeBinary(64),
        "dateCreated": Integer,
        "dateModified": Integer,
        "viewPolicy": phid,
    }
    table(connection, metadata, "maniphest_task", columns, tasks)
    edges = [
        edge
        for a, b in corpus()["duplicates"]
        for edge in ((a, 63, b), (b, 62, a), (a, 41, 1), (a, 63, 99_999))
    ]
    rows: Rows = [
        {"src": f"PHID-TASK-{a}".encode(), "type": kind, "dst": f"PHID-TASK-{b}".encode()}
        for a, kind, b in edges
    ]
    table(connection, metadata, "edge", {"src": phid, "type": BigInteger, "dst": phid}, rows)


def bugzilla(connection: Connection, metadata: MetaData) -> None:
    bugs: Rows = [
        {
            "bug_id": i["number"],
            "short_desc": i["title"],
            "bug_status": "NEW" if i["status"] == "open" else "RESOLVED",
            "resolution": (i.get("resolution") or "").upper(),
            "creation_ts": naive(i["created"]),
            "delta_ts": naive(i["updated"]),
            "product_id": 1,
        }
        for i in corpus_issues()
    ]
    short = {"short_desc": String(255), "bug_status": String(64), "resolution": String(64)}
    columns = {
        "bug_id": Integer,
        **short,
        "creation_ts": DateTime,
        "delta_ts": DateTime,
        "product_id": Integer,
    }
    table(connection, metadata, "bugs", columns, bugs)
    said: Rows = [
        {"comment_id": 1000 * i["number"] + n, "bug_id": i["number"], "thetext": text, "isprivate": 0}
        for i in corpus_issues()
        for n, text in enumerate([i["body"], *(comment["text"] for comment in i["comments"])])
    ]
    declared = {"comment_id": Integer, "bug_id": Integer, "thetext": Text, "isprivate": SmallInteger}
    table(connection, metadata, "longdescs", declared, said)
    pairs: Rows = [{"dupe": a, "dupe_of": b} for a, b in corpus()["duplicates"]]
    table(connection, metadata, "duplicates", {"dupe": Integer, "dupe_of": Integer}, pairs)
    table(connection, metadata, "products", {"id": Integer, "name": String(64)}, [{"id": 1, "name": "kiln"}])


def redmine(connection: Connection, metadata: MetaData) -> None:
    rows: Rows = [
        {
            "id": i["number"],
            "tracker_id": 1,
            "project_id": 1,
            "subject": i["title"],
            "description": i["body"],
            "status_id": 1 if i["status"] == "open" else 5,
            "lft": 1,
            "created_on": naive(i["created"]),
            "updated_on": naive(i["updated"]),
            "is_private": False,
        }
        for i in corpus_issues()
    ]
    whole = dict.fromkeys(("id", "tracker_id", "project_id", "status_id", "lft"), Integer)
    columns = {**whole, "subject": String(255), "description": Text, "created_on": DateTime}
    columns |= {"updated_on": DateTime, "is_private": Boolean}
    table(connection, metadata, "issues", columns, rows)
    statuses: Rows = [{"id": 1, "name": "New", "is_closed": False}, {"id": 5, "name": "x", "is_closed": True}]
    named = {"id": Integer, "name": String(30)}
    table(connection, metadata, "issue_statuses", {**named, "is_closed": Boolean}, statuses)
    project = {"id": 1, "name": "Kiln", "identifier": "kiln"}
    table(connection, metadata, "projects", {**named, "identifier": String(255)}, [project])
    links: Rows = [
        {"id": n, "issue_from_id": a, "issue_to_id": b, "relation_type": "duplicates"}
        for n, (a, b) in enumerate(corpus()["duplicates"])
    ]
    ends = dict.fromkeys(("id", "issue_from_id", "issue_to_id"), Integer)
    table(connection, metadata, "issue_relations", {**ends, "relation_type": String(255)}, links)


def gitea(connection: Connection, metadata: MetaData) -> None:
    rows: Rows = [
        {
            "id": 500 + i["number"],
            "repo_id": 1,
            "index": i["number"],
            "name": i["title"],
            "content": i["body"],
            "is_pull": False,
            "is_closed": i["status"] != "open",
            "created_unix": seconds(i["created"]),
            "updated_unix": seconds(i["updated"]),
        }
        for i in corpus_issues()
    ]
    rows.append({**rows[0], "id": 599, "index": 25, "is_pull": True})
    columns: dict[str, Any] = {"id": BigInteger, "repo_id": BigInteger, "index": BigInteger}
    columns |= {"name": String(255), "content": Text, "is_pull": Boolean, "is_closed": Boolean}
    table(
        connection,
        metadata,
        "issue",
        {**columns, "created_unix": BigInteger, "updated_unix": BigInteger},
        rows,
    )
    repository = {"id": 1, "owner_name": "example", "name": "kiln"}
    named = {"id": BigInteger, "owner_name": String(255), "name": String(255)}
    table(connection, metadata, "repository", named, [repository])
    said: Rows = [
        {"id": 100 * i["number"] + n, "type": 0, "issue_id": 500 + i["number"], "content": c["text"]}
        for i in corpus_issues()
        for n, c in enumerate(i["comments"])
    ]
    declared = {"id": BigInteger, "type": Integer, "issue_id": BigInteger, "content": Text}
    table(connection, metadata, "comment", declared, said)


FILL: dict[str, Fill] = {
    "mantisbt": mantisbt,
    "phabricator": phabricator,
    "bugzilla": bugzilla,
    "redmine": redmine,
    "gitea": gitea,
}
"""What makes and fills a tracker's tables."""


@contextmanager
def filled(url: str, tracker: str) -> Iterator[None]:
    """A database that holds a tracker's tables for a while."""
    engine = create_engine(url, poolclass=NullPool)
    metadata = MetaData()
    try:
        with engine.begin() as connection:
            FILL[tracker](connection, metadata)
        yield
    finally:
        metadata.drop_all(engine)
