"""The corpus as SQLite files: the tables of Trac, Roundup, Fossil, Redmine, Bugzilla and github-to-sqlite."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path

from tests.support.corpus import Issue, corpus, corpus_issues, database
from tests.support.json_containers import github_comments, github_issues

JULIAN_1970 = 2_440_587.5


def seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())


def sql_time(time: str) -> str:
    """Write a time as "2025-01-06 08:15:00"."""
    return time.replace("T", " ").removesuffix("Z")


def trac(folder: Path) -> Path:
    """Write the tables of Trac 1.6, whose times are microseconds; an empty text is NULL."""
    tickets: list[tuple[object, ...]] = []
    changes: list[tuple[object, ...]] = []
    for issue in corpus_issues():
        number, resolution = issue["number"], issue.get("resolution")
        created, updated = (seconds(issue[key]) * 1_000_000 for key in ("created", "updated"))
        kind = "defect" if issue["kind"] == "bug" else "enhancement"
        people = ("< default >", issue["reporter"])
        outcome = ("new" if issue["status"] == "open" else "closed", resolution)
        texts = (issue["title"], issue["body"] or None, " ".join(issue["labels"]))
        tickets.append(
            (number, kind, created, updated, None, None, "major", *people, None, None, None, *outcome, *texts)
        )
        for n, comment in enumerate(issue["comments"], start=1):
            time = seconds(comment["created"]) * 1_000_000
            changes.append((number, time, comment["author"], "comment", str(n), comment["text"]))
        if resolution is not None:
            changes.append((number, updated, "ravi", "status", "new", "closed"))
            changes.append((number, updated, "ravi", "resolution", None, resolution))
    return database(
        folder / "trac.db",
        {
            "system (name text PRIMARY KEY, value text)": [("database_version", "45")],
            "ticket (id integer PRIMARY KEY, type text, time integer, changetime integer, component text,"
            " severity text, priority text, owner text, reporter text, cc text, version text, milestone text,"
            " status text, resolution text, summary text, description text, keywords text)": tickets,
            "ticket_change (ticket integer, time integer, author text, field text, oldvalue text, newvalue text,"
            " UNIQUE (ticket, time, field))": changes,
            "ticket_custom (ticket integer, name text, value text, UNIQUE (ticket, name))": [],
            "wiki (name text, version integer, time integer, author text, text text, comment text,"
            " readonly integer, UNIQUE (name, version))": [("WikiStart", 1, 0, "trac", "Welcome", "", 0)],
        },
        script="CREATE INDEX ticket_change_ticket_idx ON ticket_change (ticket)",
    )


def roundup(folder: Path) -> Path:
    """Write the classic tracker of Roundup 2.6 and return its folder; texts are files of their own."""
    tracker = folder / "roundup"
    texts = tracker / "db" / "files" / "msg" / "0"
    texts.mkdir(parents=True)
    names = ("unread", "deferred", "chatting", "need-eg", "in-progress", "testing", "done-cbb", "resolved")
    issues: list[tuple[object, ...]] = []
    messages: list[tuple[object, ...]] = []
    message_issues: list[tuple[object, ...]] = []

    def roundup_time(time: str) -> str:
        return f"{re.sub('[-:TZ]', '', time)}.000"

    for issue in corpus_issues():
        number, status = issue["number"], 1 if issue["status"] == "open" else 8
        updated, created = roundup_time(issue["updated"]), roundup_time(issue["created"])
        issues.append((updated, 1, None, created, 1, 3, status, issue["title"], number, 0))
        bodies = [(issue["body"], created)] if issue["body"] else []
        bodies += [(comment["text"], roundup_time(comment["created"])) for comment in issue["comments"]]
        for text, time in bodies:
            id = len(messages) + 1
            messages.append((time, 1, 3, None, time, 1, time, None, None, text[:60], None, id, 0))
            message_issues.append((id, number))
            (texts / f"msg{id}").write_bytes(text.encode())
    dates = "_activity VARCHAR(30), _actor INTEGER"
    creation = "_creation VARCHAR(30), _creator INTEGER"
    end = "id INTEGER PRIMARY KEY, __retired__ INTEGER DEFAULT 0"
    link = "(linkid INTEGER, nodeid INTEGER)"
    database(
        tracker / "db" / "db",
        {
            "schema (schema varchar)": [("{'version': 8, 'tables': {}}",)],
            "ids (name varchar, num integer)": [("issue", 25)],
            f"_status ({dates}, {creation}, _name VARCHAR(255), _order REAL, {end})": [
                (None, 1, None, 1, name, float(id), id, 0) for id, name in enumerate(names, start=1)
            ],
            f"_msg ({dates}, _author INTEGER, _content VARCHAR(255), {creation}, _date VARCHAR(30),"
            " _inreplyto VARCHAR(255), _messageid VARCHAR(255), _summary VARCHAR(255), _type VARCHAR(255),"
            f" {end})": messages,
            f"_issue ({dates}, _assignedto INTEGER, {creation}, _priority INTEGER, _status INTEGER,"
            f" _title VARCHAR(255), {end})": issues,
            f"issue_messages {link}": message_issues,
            f"issue_superseder {link}": [(b, a) for a, b in corpus()["duplicates"]],
            f"issue_nosy {link}": [],
        },
        script="CREATE VIRTUAL TABLE __fts USING fts5(_class, _itemid, _prop, _textblob)",
    )
    return tracker


def roundup_database(folder: Path) -> Path:
    return roundup(folder) / "db" / "db"


def fossil(folder: Path) -> Path:
    """Write Fossil's ticket tables, whose times are Julian days; comments name a ticket by a prefix of its id."""

    def uuid(number: object) -> str:
        return hashlib.sha1(f"ticket {number}".encode(), usedforsecurity=False).hexdigest()

    def julian(time: str) -> float:
        return JULIAN_1970 + seconds(time) / 86_400

    def with_ids(text: str) -> str:
        numbers = rf"(?:{re.escape(corpus()['base_url'])}|#)(\d+)"
        return re.sub(numbers, lambda match: f"[{uuid(match[1])[:10]}]", text)

    tickets: list[tuple[object, ...]] = []
    changes: list[tuple[object, ...]] = []
    # Fossil numbers its tickets anew when it rebuilds them, in the order of their ids.
    for id, issue in enumerate(sorted(corpus_issues(), key=lambda issue: uuid(issue["number"])), start=1):
        created, updated = julian(issue["created"]), julian(issue["updated"])
        kind = "Code_Defect" if issue["kind"] == "bug" else "Feature_Request"
        resolution = issue.get("resolution", "").capitalize() or None
        start = (id, uuid(issue["number"]), updated, created, kind, issue["status"].capitalize())
        tickets.append((*start, *[None] * 5, resolution, issue["title"], issue["body"]))
        changes.append((id, 1, created, "ravi", None, None, None, None))
        for comment in issue["comments"]:
            time = julian(comment["created"])
            changes.append((id, 2, time, "ravi", None, comment["author"], None, with_ids(comment["text"])))
    return database(
        folder / "kiln.fossil",
        {
            "blob (rid INTEGER PRIMARY KEY, rcvid INTEGER, size INTEGER, uuid TEXT UNIQUE NOT NULL,"
            " content BLOB, CHECK (length(uuid) >= 40 AND rid > 0))": [(1, 1, 2, "a" * 40, b"\0\xff")],
            "config (name TEXT PRIMARY KEY NOT NULL, value CLOB, mtime DATE)": [("content-schema", "2", 0)],
            "event (type TEXT, mtime DATETIME, objid INTEGER PRIMARY KEY, comment TEXT)": [],
            "ticket (tkt_id INTEGER PRIMARY KEY, tkt_uuid TEXT UNIQUE, tkt_mtime DATE, tkt_ctime DATE, type TEXT,"
            " status TEXT, subsystem TEXT, priority TEXT, severity TEXT, foundin TEXT, private_contact TEXT,"
            " resolution TEXT, title TEXT, comment TEXT)": tickets,
            "ticketchng (tkt_id INTEGER REFERENCES ticket, tkt_rid INTEGER REFERENCES blob, tkt_mtime DATE,"
            " tkt_user TEXT, login TEXT, username TEXT, mimetype TEXT, icomment TEXT)": changes,
        },
        script="CREATE VIEW artifact (rid, hash) AS SELECT rid, uuid FROM blob",
    )


def redmine(folder: Path) -> Path:
    """Write the tables of Redmine 5, which stores a browser's line ends."""
    issues: list[tuple[object, ...]] = []
    journals: list[tuple[object, ...]] = []
    for issue in corpus_issues():
        number, is_open = issue["number"], issue["status"] == "open"
        created, updated = sql_time(issue["created"]), sql_time(issue["updated"])
        body = issue["body"].replace("\n", "\r\n")
        start = (number, 1 if issue["kind"] == "bug" else 2, 1, issue["title"], body, 1 if is_open else 5)
        end = (None, number, 1, 2, 0, None if is_open else updated)
        issues.append((*start, 2, 5, created, updated, *end))
        for comment in issue["comments"]:
            time = sql_time(comment["created"])
            journals.append((len(journals) + 1, number, "Issue", 5, comment["text"], time, 0))
    name = '"name" varchar(30)'
    key = '"id" integer PRIMARY KEY AUTOINCREMENT NOT NULL'
    pairs = enumerate(corpus()["duplicates"], start=1)
    relations: list[tuple[object, ...]] = [(id, a, b, "duplicates", None) for id, (a, b) in pairs]
    return database(
        folder / "redmine.db",
        {
            f"projects ({key}, {name}, identifier varchar, status integer)": [(1, "Kiln", "kiln", 1)],
            f"trackers ({key}, {name}, position integer)": [(1, "Bug", 1), (2, "Feature", 2)],
            f"issue_statuses ({key}, {name}, is_closed boolean)": [(1, "New", 0), (5, "Closed", 1)],
            f"settings ({key}, name varchar(255), value text)": [(1, "host_name", "redmine.example.org")],
            f"issues ({key}, tracker_id integer NOT NULL, project_id integer NOT NULL, subject varchar NOT NULL,"
            " description text, status_id integer NOT NULL, priority_id integer, author_id integer,"
            " created_on datetime, updated_on datetime, parent_id integer, root_id integer, lft integer,"
            " rgt integer, is_private boolean DEFAULT 0 NOT NULL, closed_on datetime)": issues,
            f"journals ({key}, journalized_id integer, journalized_type varchar(30), user_id integer,"
            " notes text, created_on datetime, private_notes boolean)": journals,
            f"issue_relations ({key}, issue_from_id integer NOT NULL, issue_to_id integer NOT NULL,"
            " relation_type varchar DEFAULT '' NOT NULL, delay integer)": [
                *relations,
                (len(relations) + 1, 3, 20, "relates", None),
            ],
        },
    )


def bugzilla(folder: Path) -> Path:
    """Write the tables of Bugzilla 5.2, whose columns of text use a collation of its own."""
    bugs: list[tuple[object, ...]] = []
    comments: list[tuple[object, ...]] = []
    for issue in corpus_issues():
        number, resolution = issue["number"], issue.get("resolution", "").upper()
        status = "RESOLVED" if resolution else "CONFIRMED"
        created, updated = sql_time(issue["created"]), sql_time(issue["updated"])
        bugs.append((number, "normal", status, created, updated, issue["title"], 1, 7, 1, resolution))
        texts = [(issue["body"], created)]
        texts += [(comment["text"], sql_time(comment["created"])) for comment in issue["comments"]]
        comments += [(len(comments) + n, number, 7, time, text, 0) for n, (text, time) in enumerate(texts, 1)]
    name = "varchar(64) NOT NULL COLLATE bugzilla"
    duplicates: list[tuple[object, ...]] = [(b, a) for a, b in corpus()["duplicates"]]
    return database(
        folder / "bugzilla.db",
        {
            f"products (id integer PRIMARY KEY, name {name}, isactive INTEGER)": [(1, "kiln", 1)],
            f"bugs (bug_id integer PRIMARY KEY, bug_severity {name}, bug_status {name}, creation_ts TEXT,"
            " delta_ts TEXT NOT NULL, short_desc varchar(255) NOT NULL COLLATE bugzilla,"
            f" product_id INTEGER NOT NULL, reporter INTEGER, component_id INTEGER, resolution {name})": bugs,
            "longdescs (comment_id integer PRIMARY KEY, bug_id INTEGER NOT NULL, who INTEGER NOT NULL,"
            " bug_when TEXT NOT NULL, thetext TEXT NOT NULL COLLATE bugzilla, isprivate INTEGER)": comments,
            "duplicates (dupe_of INTEGER NOT NULL, dupe integer PRIMARY KEY)": duplicates,
        },
        script="CREATE INDEX bugs_short_desc_idx ON bugs (short_desc)",
    )


def github_to_sqlite(folder: Path) -> Path:
    """Write the tables of github-to-sqlite with the pull request among the issues, and a full-text index."""

    def row(issue: Issue) -> tuple[object, ...]:
        keys = ("id", "node_id", "number", "title", "state", "locked", "comments", "created_at", "updated_at")
        pull = issue.get("pull_request")
        kind, path = ("issue", None) if pull is None else ("pull", pull["url"])
        texts = (issue["body"], json.dumps(issue["reactions"]), issue["state_reason"])
        return (*(issue[key] for key in keys), issue["closed_at"], kind, *texts, 77, path)

    ids = {issue["url"]: issue["id"] for issue in github_issues()}
    comments = [
        (it["html_url"], it["issue_url"], it["id"], it["created_at"], it["body"], ids[it["issue_url"]])
        for it in github_comments()
    ]
    page = "https://github.com/example/kiln"
    return database(
        folder / "github.db",
        {
            "repos (id INTEGER PRIMARY KEY, node_id TEXT, name TEXT, full_name TEXT, private INTEGER,"
            " html_url TEXT)": [(77, "R_77", "kiln", "example/kiln", 0, page)],
            "issues (id INTEGER PRIMARY KEY, node_id TEXT, number INTEGER, title TEXT, state TEXT,"
            " locked INTEGER, comments INTEGER, created_at TEXT, updated_at TEXT, closed_at TEXT, type TEXT,"
            " body TEXT, reactions TEXT, state_reason TEXT, repo INTEGER REFERENCES repos(id),"
            " pull_request TEXT)": list(map(row, github_issues())),
            "issue_comments (html_url TEXT, issue_url TEXT, id INTEGER PRIMARY KEY, created_at TEXT, body TEXT,"
            " issue INTEGER REFERENCES issues(id))": comments,
        },
        script="""
            CREATE VIRTUAL TABLE issues_fts USING fts5(title, body, content="issues");
            INSERT INTO issues_fts (rowid, title, body) SELECT rowid, title, body FROM issues;
        """,
    )
