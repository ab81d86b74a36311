"""Readers whose databases the shared corpus has too: what it does not show."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.databases.registry import READERS, detect
from dupfind.sources.open import open_source
from tests.support.corpus import Tables, database, marks
from tests.support.source_seeds import seeds

TRAC = "ticket (id INTEGER PRIMARY KEY, summary, description, status, resolution, time, changetime)"
TRAC_CHANGES = "ticket_change (ticket INTEGER, time INTEGER, field TEXT, oldvalue TEXT, newvalue TEXT)"
SYSTEM = "system (name TEXT, value TEXT)"
FOSSIL = (
    "ticket (tkt_id INTEGER PRIMARY KEY, tkt_uuid TEXT UNIQUE, tkt_mtime, tkt_ctime, status, resolution, title,"
    " comment)"
)
FOSSIL_CHANGES = "ticketchng (tkt_id INTEGER, tkt_mtime, icomment TEXT)"
REDMINE = (
    "issues (id INTEGER PRIMARY KEY, tracker_id, project_id, subject, description, status_id, lft, created_on,"
    " updated_on, is_private)"
)
RELATIONS = "issue_relations (id INTEGER PRIMARY KEY, issue_from_id, issue_to_id, relation_type)"
STATUSES = "issue_statuses (id INTEGER PRIMARY KEY, name, is_closed)"
PROJECTS = "projects (id INTEGER PRIMARY KEY, identifier, name)"
ROUNDUP = "_issue (id INTEGER PRIMARY KEY, _title, _status, _creation, _activity, __retired__)"
SUPERSEDER = "issue_superseder (linkid INTEGER, nodeid INTEGER)"
MESSAGES = "issue_messages (linkid INTEGER, nodeid INTEGER)"
BUGS = (
    "bugs (bug_id INTEGER PRIMARY KEY, short_desc, bug_status, resolution, creation_ts, delta_ts, product_id)"
)
LONGDESCS = "longdescs (comment_id INTEGER PRIMARY KEY, bug_id, thetext, isprivate)"
DUPLICATES = "duplicates (dupe INTEGER PRIMARY KEY, dupe_of INTEGER)"
PRODUCTS = "products (id INTEGER PRIMARY KEY, name)"
GITEA = (
    'issue (id INTEGER PRIMARY KEY, repo_id, "index", name, content, is_pull, is_closed, created_unix,'
    " updated_unix)"
)
REPOSITORY = "repository (id INTEGER PRIMARY KEY, owner_name, name)"
COMMENT = "comment (id INTEGER PRIMARY KEY, type INTEGER, issue_id INTEGER, content TEXT)"
BEADS = (
    "issues (id TEXT PRIMARY KEY, content_hash, title, description, design, acceptance_criteria, notes, status,"
    " issue_type, created_at, updated_at)"
)
DEPENDENCIES = "dependencies (issue_id TEXT, depends_on_id TEXT, type TEXT)"


def read(path: Path, kind: str) -> dict[str, Record]:
    source = open_source(str(path))
    assert source.kind == kind
    return {record.id: record for record in source}


def empty(kind: str) -> Tables:
    """The tables of a tracker that has no issues yet."""
    declared = {
        "trac": (TRAC, TRAC_CHANGES, SYSTEM),
        "fossil": (FOSSIL, FOSSIL_CHANGES),
        "redmine": (REDMINE, RELATIONS, STATUSES, PROJECTS),
        "roundup": (
            ROUNDUP,
            SUPERSEDER,
            MESSAGES,
            "schema (schema)",
            "_status (id INTEGER PRIMARY KEY, _name)",
            "_msg (id INTEGER PRIMARY KEY, __retired__)",
        ),
        "bugzilla": (BUGS, LONGDESCS, DUPLICATES, PRODUCTS),
        "gitea": (GITEA, REPOSITORY, COMMENT),
        "beads": (BEADS, DEPENDENCIES),
        "mantisbt": (
            "bug (id INTEGER PRIMARY KEY, project_id, summary, bug_text_id, status, resolution, view_state,"
            " date_submitted, last_updated)",
            "bug_text (id INTEGER PRIMARY KEY, description, steps_to_reproduce, additional_information)",
            "bug_relationship (source_bug_id, destination_bug_id, relationship_type)",
            "project (id INTEGER PRIMARY KEY, name)",
        ),
        "phabricator": (
            "maniphest_task (id INTEGER PRIMARY KEY, phid, title, description, status, dateCreated)",
            "edge (src, type, dst)",
        ),
        "github-to-sqlite": (
            "issues (id, node_id, number, title, body, repo, state)",
            "repos (id, full_name)",
        ),
    }
    return {one: [] for one in declared[kind]}


@pytest.mark.parametrize("kind", READERS)
def test_a_tracker_without_issues_is_a_source_without_records(tmp_path: Path, kind: str) -> None:
    (tmp_path / "files" / "msg").mkdir(parents=True)
    source = open_source(str(database(tmp_path / "a.db", empty(kind))))
    assert (source.kind, source.total, list(source)) == (kind, 0, [])


def test_no_tracker_is_taken_for_another() -> None:
    for kind in READERS:
        tables = {
            one.partition("(")[0].strip(): tuple(
                column.split()[0].strip('"') for column in one.partition("(")[2].rstrip(")").split(",")
            )
            for one in empty(kind)
        }
        assert [other for other, reader in READERS.items() if reader.detect(tables)] == [kind]
        assert detect(tables) == kind
    assert detect({"issues": ("id", "title", "body"), "ticket": ("id",)}) is None


def test_trac_before_0_12_counts_seconds(tmp_path: Path) -> None:
    tables: Tables = {**empty("trac"), TRAC: [(1, "s", None, "reopened", None, 1704273120, 1704273120)]}
    record = read(database(tmp_path / "a.db", tables), "trac")["1"]
    assert record.created is not None
    assert record.created.isoformat() == "2024-01-03T09:12:00+00:00"
    assert (record.state, record.resolution, record.body) == ("open", None, "")


def test_a_trac_ticket_that_was_opened_again_is_no_duplicate(tmp_path: Path) -> None:
    tables: Tables = {
        **empty("trac"),
        TRAC: [(1, "s", "d", "reopened", "duplicate", 0, 0), (2, "s", "d", "closed", "fixed", 0, 0)],
        TRAC_CHANGES: [(1, 5, "comment", "1", "dup of #3"), (2, 5, "comment", "1", "dup of #3")],
    }
    assert marks(read(database(tmp_path / "a.db", tables), "trac").values()) == {}


def test_trac_tells_the_latest_comment_and_no_other_field(tmp_path: Path) -> None:
    tables: Tables = {
        **empty("trac"),
        TRAC: [(1, "s", "d", "closed", "duplicate", 0, 0)],
        TRAC_CHANGES: [
            (1, 9, "comment", "2", "rather a dup of ticket:4"),
            (1, 5, "comment", "1", "dup of #3"),
            (1, 99, "_comment0", "1", "dup of #5"),
        ],
    }
    assert marks(read(database(tmp_path / "a.db", tables), "trac").values()) == {"1": (Ref(None, "4"),)}


A, B, C = "ab12" + "0" * 36, "ab13" + "0" * 36, "ab13" + "f" * 36


@pytest.mark.parametrize(
    ("comment_text", "original"),
    [
        ("dup of [ab12]", A),
        ("dup of [AB120]", A),
        (f"dup of {A}", A),
        (f"dup of https://fossil.example/tktview/{A}", A),
        ("dup of [ab13]", None),
        ("dup of [ab130]", B),
        ("dup of [ffff]", None),
        ("dup of [ab1]", None),
        ("dup of #12", None),
    ],
)
def test_fossil_s_prefix_must_mean_one_ticket(
    tmp_path: Path, comment_text: str, original: str | None
) -> None:
    tickets: list[tuple[object, ...]] = [
        (number, uuid, 2460312.0, 2460312.0, "Open", None, "t", None) for number, uuid in enumerate((A, B, C))
    ]
    duplicate = (9, "ee" * 20, 2460312.0, 2460312.0, "Closed", "Duplicate", "t", "b")
    tables: Tables = {
        **empty("fossil"),
        FOSSIL: [*tickets, duplicate],
        FOSSIL_CHANGES: [(9, 2460312.5, comment_text)],
    }
    records = read(database(tmp_path / "a.db", tables), "fossil")
    assert marks(records.values()) == ({} if original is None else {"ee" * 20: (Ref(None, original),)})


CLOSINGS = ["Closing in favour of {}.", "Same as {}, so I close this one.", "{}", "Already reported in {}."]


@pytest.mark.parametrize("words", CLOSINGS)
def test_a_ticket_of_trac_or_fossil_closed_as_a_duplicate_names_its_original_in_any_words(
    tmp_path: Path, words: str
) -> None:
    trac: Tables = {
        **empty("trac"),
        TRAC: [(1, "s", "d", "closed", "duplicate", 0, 0), (2, "s", "d", "closed", "fixed", 0, 0)],
        TRAC_CHANGES: [(number, 5, "comment", "1", words.format("#4")) for number in (1, 2)],
    }
    assert marks(read(database(tmp_path / "a.db", trac), "trac").values()) == {"1": (Ref(None, "4"),)}
    fossil: Tables = {
        **empty("fossil"),
        FOSSIL: [
            (1, A, 2460312.0, 2460312.0, "Open", None, "t", None),
            (9, "ee" * 20, 2460312.0, 2460312.0, "Closed", "Duplicate", "t", "b"),
        ],
        FOSSIL_CHANGES: [(9, 2460312.5, words.format("[ab12]"))],
    }
    records = read(database(tmp_path / "b.db", fossil), "fossil")
    assert marks(records.values()) == {"ee" * 20: (Ref(None, A),)}


def test_gitea_s_closing_comment_names_an_original_in_other_words(tmp_path: Path) -> None:
    opened, ended = 1_704_273_120, 1_704_873_120
    tables: Tables = {
        **empty("gitea"),
        REPOSITORY: [(1, "octo", "larkq")],
        GITEA.replace("updated_unix", "updated_unix, closed_unix"): [
            (10, 1, 1, "a", "", 0, 0, opened, opened, 0),
            (11, 1, 2, "b", "", 0, 1, opened, ended, ended),
            (12, 1, 3, "c", "", 0, 1, opened, ended, ended),
        ],
        COMMENT.replace("content TEXT", "content TEXT, created_unix"): [
            (1, 0, 11, "Closing in favour of #1.", ended),
            (2, 0, 12, "See #1 for the background.", ended),
        ],
    }
    tables = {declared: rows for declared, rows in tables.items() if rows}
    records = read(database(tmp_path / "a.db", tables), "gitea")
    assert {record.id: record.duplicate_of for record in records.values()} == {
        "1": (),
        "2": (Ref("octo/larkq", "1"),),
        "3": (),
    }


def test_fossil_s_own_columns_may_be_missing(tmp_path: Path) -> None:
    declared = "ticket (tkt_id INTEGER PRIMARY KEY, tkt_uuid TEXT, tkt_mtime, title)"
    path = database(tmp_path / "a.db", {declared: [(1, A, None, "t")]})
    record = read(path, "fossil")[A]
    assert (record.title, record.body, record.state, record.created) == ("t", "", None, None)


def test_redmine_leaves_private_issues_out_and_names_projects(tmp_path: Path) -> None:
    tables: Tables = {
        **empty("redmine"),
        PROJECTS: [(1, "larkq", "Larkq"), (2, None, "Tools")],
        STATUSES: [(1, "New", 0), (2, "Closed", "t")],
        REDMINE: [
            (1, 1, 1, "a", None, 1, 1, "2024-01-03 09:12:00", None, 0),
            (2, 1, 2, "b", "x", 2, 1, None, None, "f"),
            (3, 1, 1, "secret", "x", 1, 1, None, None, 1),
            (4, 1, 1, "secret", "x", 1, 1, None, None, "t"),
            (5, 1, 1, "c", "x", 2, 1, None, None, None),
        ],
        RELATIONS: [
            (1, 5, 2, "duplicates"),
            (2, 5, 1, "relates"),
            (3, 5, 99, "duplicates"),
            (4, 5, 5, "duplicates"),
        ],
    }
    records = read(database(tmp_path / "a.db", tables), "redmine")
    assert {id: (record.project, record.state) for id, record in records.items()} == {
        "1": ("larkq", "open"),
        "2": ("Tools", "closed"),
        "5": ("larkq", "closed"),
    }
    assert marks(records.values()) == {"5": (Ref("Tools", "2"), Ref("larkq", "99"))}
    assert records["1"].url is None


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ([("host_name", "r.example/tracker"), ("protocol", "https")], "https://r.example/tracker/issues/1"),
        ([("host_name", "r.example")], "http://r.example/issues/1"),
        ([("protocol", "https"), ("host_name", "")], None),
    ],
)
def test_redmine_s_url_comes_from_its_settings(
    tmp_path: Path, settings: list[tuple[object, ...]], url: str | None
) -> None:
    tables: Tables = {
        **empty("redmine"),
        REDMINE: [(1, 1, 1, "a", None, 1, 1, None, None, 0)],
        "settings (name, value)": settings,
    }
    assert read(database(tmp_path / "a.db", tables), "redmine")["1"].url == url


def roundup(tmp_path: Path) -> Path:
    tables: Tables = {
        **empty("roundup"),
        "_status (id INTEGER PRIMARY KEY, _name)": [(1, "languishing"), (2, "done-cbb")],
        "_msg (id INTEGER PRIMARY KEY, __retired__)": [(1, 1), (2, 0), (1_003, 0), (4, 0)],
        ROUNDUP: [(1, "a", 1, None, None, 0), (2, "b", 2, None, None, 0), (3, "gone", 1, None, None, 1)],
        MESSAGES: [(1, 1), (2, 1), (1_003, 2), (4, 1)],
        SUPERSEDER: [(1, 2), (2, 2), (9, 2)],
    }
    for number in (1, 2, 4):
        message = tmp_path / "files" / "msg" / "0" / f"msg{number}"
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_bytes(b"text %d \xff" % number)
    return database(tmp_path / "db", tables)


def test_roundup_leaves_retired_issues_and_messages_out(tmp_path: Path) -> None:
    records = read(roundup(tmp_path), "roundup")
    assert {id: (record.body, record.state) for id, record in records.items()} == {
        "1": ("text 2 \ufffd", "open"),
        "2": ("", "closed"),
    }
    assert marks(records.values()) == {"2": (Ref(None, "1"), Ref(None, "9"))}


def test_roundup_s_texts_do_not_lead_out_of_their_folder(tmp_path: Path) -> None:
    path = roundup(tmp_path)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "files" / "msg" / "1").mkdir()
    (tmp_path / "files" / "msg" / "1" / "msg1003").symlink_to(tmp_path / "secret")
    assert read(path, "roundup")["2"].body == ""


def test_roundup_without_its_texts_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    path = database(tmp_path / "db", empty("roundup"))
    with pytest.raises(
        SourceError, match=r"^db is a Roundup tracker without its texts: keep the folder files/msg"
    ):
        open_source(str(path))


def test_bugzilla_leaves_private_bugs_and_descriptions_out(tmp_path: Path) -> None:
    tables: Tables = {
        **empty("bugzilla"),
        PRODUCTS: [(1, "Larkq"), (2, "Tools")],
        BUGS: [
            (1, "a", "VERIFIED", "FIXED", "2024-01-03 09:12:00", "2024-01-03 09:12:00", 1),
            (2, "b", "IN_PROGRESS", "", "2024-01-03 09:12:00", "2024-01-03 09:12:00", 2),
            (3, "secret", "NEW", "", "", "", 1),
            (4, "c", "RESOLVED", "DUPLICATE", "0000-00-00", None, 1),
        ],
        LONGDESCS: [(3, 1, "later", 0), (2, 1, "first", 0), (5, 2, "secret", 1), (6, 2, "comment", 0)],
        DUPLICATES: [(4, 2), (1, 77)],
        "bug_group_map (bug_id, group_id)": [(3, 1)],
    }
    records = read(database(tmp_path / "a.db", tables), "bugzilla")
    assert {id: (r.project, r.body, r.state, r.resolution) for id, r in records.items()} == {
        "1": ("Larkq", "first", "closed", "fixed"),
        "2": ("Tools", "", "open", None),
        "4": ("Larkq", "", "closed", "duplicate"),
    }
    assert marks(records.values()) == {"1": (Ref("Larkq", "77"),), "4": (Ref("Tools", "2"),)}
    assert records["4"].created is None


def test_gitea_is_read_with_its_repositories(tmp_path: Path) -> None:
    tables: Tables = {
        **empty("gitea"),
        REPOSITORY: [(1, "octo", "larkq"), (2, "octo", "tools")],
        GITEA: [
            (10, 1, 1, "a", "x", 0, 0, 1704273120, 1704273120),
            (11, 1, 2, "b", None, 0, 1, 1704273120, 0),
            (12, 1, 3, "pull", "", 1, 1, 1, 1),
            (13, 2, 1, "c", "", 0, 1, 1, 1),
            (14, 2, 2, "open", "", 0, 0, 1, 1),
        ],
        COMMENT: [
            (1, 0, 11, "Duplicate of #1"),
            (2, 2, 11, "Duplicate of #9"),
            (3, 0, 13, "dup of octo/larkq#2"),
            (4, 0, 14, "dup of #1"),
        ],
    }
    source = open_source(str(database(tmp_path / "a.db", tables)))
    records = list(source)
    assert (source.kind, source.total) == ("gitea", 4)
    assert [(r.ref, r.title, r.body, r.state) for r in records] == [
        (Ref("octo/larkq", "1"), "a", "x", "open"),
        (Ref("octo/larkq", "2"), "b", "", "closed"),
        (Ref("octo/tools", "1"), "c", "", "closed"),
        (Ref("octo/tools", "2"), "open", "", "open"),
    ]
    assert [r.duplicate_of for r in records] == [
        (),
        (Ref("octo/larkq", "1"),),
        (Ref("octo/larkq", "2"),),
        (),
    ]
    assert records[0].created is not None
    assert records[1].updated is None


def test_beads_tells_all_that_an_issue_says(tmp_path: Path) -> None:
    tables: Tables = {
        **empty("beads"),
        BEADS: [
            (
                "bd-a1",
                "h",
                "a",
                "said",
                "drawn",
                " ",
                "noted",
                "in_progress",
                "bug",
                "2024-01-03T10:12:00+01:00",
                None,
            ),
            ("bd-b2", "h", "b", "", "", "", "", "closed", "bug", None, None),
            ("bd-c3", "h", "gone", "", "", "", "", "tombstone", "bug", None, None),
            ("bd-d4", "h", "d", "", "", "", "", "hooked", "bug", None, None),
        ],
        DEPENDENCIES: [
            ("bd-b2", "bd-a1", "duplicates"),
            ("bd-b2", "bd-d4", "blocks"),
            ("bd-a1", "bd-a1", "duplicates"),
        ],
    }
    records = read(database(tmp_path / "a.db", tables), "beads")
    assert {id: record.state for id, record in records.items()} == {
        "bd-a1": "open",
        "bd-b2": "closed",
        "bd-d4": "open",
    }
    assert records["bd-a1"].body == "said\n\ndrawn\n\nnoted"
    assert records["bd-a1"].created is not None
    assert records["bd-a1"].created.hour == 9
    assert marks(records.values()) == {"bd-b2": (Ref(None, "bd-a1"),)}


def test_a_mantisbt_status_of_another_type_is_read(tmp_path: Path) -> None:
    [seed] = [seed for seed in seeds(tmp_path) if seed.path.name == "tracker.db" and seed.kind == "mantisbt"]
    with closing(sqlite3.connect(seed.path)) as connection:
        connection.execute("UPDATE mantis_bug_table SET status = 'odd' WHERE id = 1")
        connection.execute("UPDATE mantis_bug_table SET status = NULL WHERE id = 2")
        connection.execute("UPDATE mantis_bug_table SET status = X'FF' WHERE id = 3")
        connection.commit()
    found = read(seed.path, "mantisbt")
    assert len(found) == 24
    assert [found[id].state for id in ("1", "2", "3")] == ["open"] * 3
