import os
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources.databases import sqlite_file
from dupfind.sources.open import Mapping, Source, open_source
from tests.support.corpus import database

ISSUES = "issues (id INTEGER PRIMARY KEY, title TEXT, body TEXT)"


def titles(source: Source) -> list[str]:
    return [record.title for record in source]


def trace(path: Path) -> dict[str, tuple[bytes, int]]:
    """All files of a folder, but for the shared memory of a database that is in use."""
    return {
        beside.name: (beside.read_bytes(), beside.stat().st_mtime_ns)
        for beside in sorted(path.parent.iterdir())
        if beside.suffix != ".db-shm"
    }


def in_another_process(script: str, path: Path) -> "subprocess.Popen[str]":
    """Run a script that says "ready" and then waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process: "subprocess.Popen[str]") -> None:
    process.communicate("\n", timeout=30)


LIVE_WAL = """
import sqlite3, sys
writer = sqlite3.connect(sys.argv[1])
writer.execute("PRAGMA journal_mode = WAL")
writer.execute("PRAGMA wal_autocheckpoint = 0")
writer.execute("INSERT INTO issues VALUES (2, 'in the log', '')")
writer.commit()
print("ready", flush=True)
sys.stdin.readline()
"""

DYING = """
import os, sqlite3, sys
writer = sqlite3.connect(sys.argv[1])
writer.execute("PRAGMA cache_size = 1")
writer.execute("UPDATE issues SET body = body || 'half done'")
print("ready", flush=True)
sys.stdin.readline()
os._exit(1)
"""

LOCKING = """
import sqlite3, sys
writer = sqlite3.connect(sys.argv[1], isolation_level=None)
writer.execute("BEGIN EXCLUSIVE")
print("ready", flush=True)
sys.stdin.readline()
"""


CHANGING = """
import sqlite3, sys
writer = sqlite3.connect(sys.argv[1])
writer.execute("UPDATE issues SET title = 'after'")
writer.commit()
writer.close()
"""


def test_a_file_and_its_folder_are_left_as_they_are(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x")]})
    before = trace(path)
    assert titles(open_source(str(path))) == ["a"]
    assert trace(path) == before


def test_what_a_living_process_has_committed_to_its_log_is_read_without_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(shutil, "copyfile")  # a copy of what is being written may be torn
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x")]})
    writer = in_another_process(LIVE_WAL, path)
    before = trace(path)
    assert set(before) == {"a.db", "a.db-wal"}
    assert titles(open_source(str(path))) == ["a", "in the log"]
    assert trace(path) == before
    ended(writer)


def test_one_reading_sees_one_moment_of_a_file_that_is_being_written(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "before", "") for number in range(1, 1_000)]})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    keeper = in_another_process(LIVE_WAL.replace("(2,", "(5000,"), path)
    records = iter(open_source(str(path)))
    first = next(records)
    subprocess.run([sys.executable, "-c", CHANGING, str(path)], check=True)
    assert {first.title, *(record.title for record in records)} == {"before", "in the log"}
    assert set(titles(open_source(str(path)))) == {"after"}
    ended(keeper)


def test_a_tracker_without_a_log_can_go_on_writing_while_it_is_read(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "before", "") for number in range(1, 1_000)]})
    records = iter(open_source(str(path)))
    first = next(records)
    subprocess.run([sys.executable, "-c", CHANGING, str(path)], check=True, timeout=30)
    assert {first.title, *(record.title for record in records)} == {"before"}
    assert set(titles(open_source(str(path)))) == {"after"}


def test_several_statements_see_one_moment(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "before", "")]})
    keeper = in_another_process(LIVE_WAL, path)
    count = "SELECT count(*) FROM issues WHERE title = 'after'"
    with sqlite_file.open_database(path, "a") as opened:
        assert opened.number(count) == 0
        subprocess.run([sys.executable, "-c", CHANGING, str(path)], check=True)
        assert opened.number(count) == 0
    with sqlite_file.open_database(path, "a") as opened:
        assert opened.number(count) == 2
    ended(keeper)


def test_the_log_of_a_process_that_died_is_read_from_a_copy(tmp_path: Path) -> None:
    live = database(tmp_path / "live.db", {ISSUES: [(1, "a", "x")]})
    writer = in_another_process(LIVE_WAL, live)
    (tmp_path / "left").mkdir()
    path = tmp_path / "left" / "a.db"
    shutil.copyfile(live, path)
    shutil.copyfile(f"{live}-wal", f"{path}-wal")
    ended(writer)
    before = trace(path)
    assert titles(open_source(str(path))) == ["a", "in the log"]
    assert trace(path) == before
    assert set(before) == {"a.db", "a.db-wal"}


@pytest.mark.parametrize("beside", [[], ["-wal"], ["-shm"]])
def test_a_file_in_wal_mode_without_a_log_is_read_without_making_one(
    tmp_path: Path, beside: list[str]
) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x")]}, script="PRAGMA journal_mode = WAL")
    for suffix in beside:
        Path(f"{path}{suffix}").touch()
    before = sorted(tmp_path.iterdir())
    assert titles(open_source(str(path))) == ["a"]
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_changes_while_it_is_read_as_immutable_is_an_error(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        {ISSUES: [(number, "a", "x") for number in range(300)]},
        script="PRAGMA journal_mode = WAL",
    )
    records = iter(open_source(str(path)))
    next(records)
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceError, match=r"a\.db was changed while it was read: run this again"):
        list(records)


def test_a_change_that_was_left_half_done_is_an_error(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "a", "x" * 5_000) for number in range(100)]})
    ended(in_another_process(DYING, path))
    before = trace(path)
    assert "a.db-journal" in before
    with pytest.raises(
        SourceError, match=r"a\.db was left in the middle of a change, its journal is next to it"
    ):
        open_source(str(path))
    assert trace(path) == before


def test_a_file_that_is_locked_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "_TIMEOUT_S", 0.05)
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x")]})
    writer = in_another_process(LOCKING, path)
    with pytest.raises(SourceError, match=r"a\.db is locked by a program that writes to it: try again"):
        open_source(str(path))
    ended(writer)


def test_a_symbolic_link_leads_to_the_log_of_its_file(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x")]})
    writer = in_another_process(LIVE_WAL, path)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    assert titles(open_source(str(link))) == ["a", "in the log"]
    ended(writer)


@pytest.mark.parametrize("name", ["with space.db", "q?mode=rwc#x.db", "100%41.db", "täg.db"])
def test_any_file_name_is_opened_as_it_is(tmp_path: Path, name: str) -> None:
    path = database(tmp_path / name, {ISSUES: [(1, "a", "x")]})
    source = open_source(str(path))
    assert (source.name, titles(source)) == (name, ["a"])
    assert [beside.name for beside in tmp_path.iterdir()] == [name]


def test_a_truncated_or_scrambled_file_is_an_error(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "a", "x" * 500) for number in range(200)]})
    whole = path.read_bytes()
    for damaged in (whole[:50], whole[:5_000], whole[:100] + b"\xff" * 3_000 + whole[3_100:]):
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=r"a\.db"):
            list(open_source(str(path)))


def test_an_encrypted_file_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(sqlite_file.MAGIC + os.urandom(4_000))
    with pytest.raises(SourceError, match=r"a\.db is (not a database|damaged)"):
        open_source(str(path))


def in_bugzilla_s_order(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.create_collation("bugzilla", lambda a, b: 0)
        connection.execute("CREATE TABLE issues (id INTEGER PRIMARY KEY, title TEXT COLLATE bugzilla)")
        connection.execute("INSERT INTO issues VALUES (1, 'b'), (2, 'A')")
        connection.commit()
    return path


@pytest.mark.parametrize(
    ("whole", "damaged"),
    [(b"COLLATE bugzilla", b"COLLATE bug\xffilla"), (b"CREATE TABLE issues", b"CREATE \xffABLE issues")],
)
def test_a_damaged_name_that_sqlite_quotes_is_an_error_of_one_line(
    tmp_path: Path, whole: bytes, damaged: bytes
) -> None:
    path = in_bugzilla_s_order(tmp_path / "a.db")
    assert whole in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(whole, damaged))
    mapping = Mapping(sql="SELECT id, title FROM issues ORDER BY title")
    with pytest.raises(SourceError, match=r"a\.db (is damaged|cannot be read)"):
        list(open_source(str(path), mapping))


def test_invalid_utf_8_and_null_characters_are_survived(tmp_path: Path) -> None:
    script = "INSERT INTO issues VALUES (1, CAST(x'ff41' AS TEXT), CAST(x'610062' AS TEXT))"
    path = database(tmp_path / "a.db", {ISSUES: []}, script=script)
    [record] = open_source(str(path))
    assert (record.title, record.body) == ("\ufffdA", "a\0b")


def test_wrong_types_are_read_as_text(tmp_path: Path) -> None:
    rows = [(b"\xff\x01", 7, None), (2.0, 2.5, b"bytes"), ("x", b"", 1), ("x", "twice", "")]
    path = database(tmp_path / "a.db", {"issues (id, title, body)": rows})
    told = [(record.id, record.title, record.body) for record in open_source(str(path))]
    assert told == [("\ufffd\x01", "7", ""), ("2", "2.5", "bytes"), ("x", "", "1"), ("x", "twice", "")]


def test_a_body_of_a_megabyte_is_whole_and_one_beyond_the_limit_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x" * 2**20)]})
    [record] = open_source(str(path))
    assert len(record.body) == 2**20
    monkeypatch.setattr(sqlite_file, "MAX_VALUE", 2**19)
    with pytest.raises(SourceError, match="holds a text of more than"):
        list(open_source(str(path)))


def test_columns_in_bugzilla_s_order_of_text_can_be_compared(tmp_path: Path) -> None:
    path = in_bugzilla_s_order(tmp_path / "a.db")
    mapping = Mapping(sql="SELECT id, title FROM issues WHERE title <> 'c' ORDER BY title")
    assert titles(open_source(str(path), mapping)) == ["A", "b"]


HOSTILE = """
CREATE TRIGGER t AFTER INSERT ON issues BEGIN SELECT load_extension('x'); END;
CREATE VIEW tickets AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)
    SELECT n AS id, 'title' AS title, 'body' AS body, 'open' AS status, 1 AS duplicate_of FROM r;
CREATE VIRTUAL TABLE bugs USING fts5(id, title, body, status, created_at);
INSERT INTO bugs VALUES ('1', 't', 'b', 'open', 'now');
"""


def test_views_virtual_tables_and_triggers_are_not_used(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x")]}, script=HOSTILE)
    source = open_source(str(path))
    assert source.notes[0].startswith('table "issues":')
    assert titles(source) == ["a"]


@pytest.mark.parametrize(
    ("table", "kind"),
    [("tickets", "view"), ("bugs", "virtual table"), ("bugs_content", "virtual table's own table")],
)
def test_what_is_no_real_table_cannot_be_named(tmp_path: Path, table: str, kind: str) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(1, "a", "x")]}, script=HOSTILE)
    with pytest.raises(SourceError, match=rf'"{table}" is a {kind}, and only tables are read: issues'):
        open_source(str(path), Mapping(table=table))
    with pytest.raises(SourceError, match=rf'^--sql .* \("{table}" is a {kind}, and only tables are read\)'):
        open_source(str(path), Mapping(sql=f"SELECT 1 AS id, 'a' AS title FROM {table}"))


def test_a_database_of_views_alone_has_no_table(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db", {}, script=HOSTILE.partition(";\nCREATE VIRTUAL")[0].partition("END;")[2]
    )
    with pytest.raises(
        SourceError, match=r"a\.db has no table with a column like title or body; its tables: none"
    ):
        open_source(str(path))


def test_a_generated_column_cannot_call_a_function_with_effects(tmp_path: Path) -> None:
    declared = "issues (id INTEGER PRIMARY KEY, title TEXT, body TEXT AS (title || 'x'))"
    path = database(
        tmp_path / "a.db", {}, script=f"CREATE TABLE {declared}; INSERT INTO issues VALUES (1, 'a')"
    )
    assert titles(open_source(str(path))) == ["a"]


def test_a_long_table_is_not_held_in_memory(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "t", "x" * 50_000) for number in range(1_000)]})
    tracemalloc.start()
    n_read = sum(1 for _ in open_source(str(path)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_read == 1_000
    assert peak < path.stat().st_size / 3


def test_a_reading_that_is_given_up_lets_the_file_go(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "t", "") for number in range(1_000)]})
    records = iter(open_source(str(path)))
    next(records)
    del records
    with closing(sqlite3.connect(path, timeout=0)) as writer:
        writer.execute("DELETE FROM issues")
        writer.commit()


def test_a_stream_that_is_left_ends_with_its_database_and_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "t", "") for number in range(1_000)]})
    with sqlite_file.open_database(path, "a") as opened:
        rows = opened.rows("SELECT * FROM issues")
        next(rows)
    del rows
    assert caplog.records == []


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", {ISSUES: []})
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(SourceError, match=r"a\.db cannot be read: Permission denied"):
        open_source(str(path))


@pytest.mark.parametrize("n_lost", [1, 100, 4_096, 3 * 4_096])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, n_lost: int) -> None:
    path = database(tmp_path / "a.db", {ISSUES: [(number, "a", "x" * 5_000) for number in range(100)]})
    os.truncate(path, path.stat().st_size - n_lost)
    with pytest.raises(SourceError, match=r"a\.db is cut short: it has .* bytes"):
        list(open_source(str(path)))
