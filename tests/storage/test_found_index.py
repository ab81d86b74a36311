"""An index that was found is not believed: its tables, its values and its files are checked."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.errors import StoreError
from dupfind.storage import database, migrate, row_checksums, schema
from dupfind.storage.snapshot_rows import snapshots
from dupfind.storage.store import Store
from dupfind.vectors.snapshot_file import SnapshotFile, is_intact
from tests.support.make_schema import made_by_migrations
from tests.support.samples import Command

pytestmark = pytest.mark.slow

FOUND = Path(".dupfind") / "dupfind.db"
COMMANDS = (
    ("query", "abc def"),
    ("check", "--title", "abc def"),
    ("info",),
    ("report", "-o", "report.html"),
    ("index", "issues.jsonl", "-q"),
    ("review", "--export", "-"),
)
ENDLESS = "with recursive r(i) as (select 1 union all select i + 1 from r) select i as {} from r"
# CREATE accepts no such name.
RESERVED_TRIGGER = (
    "INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_stat9', 'source', 0,"
    " 'CREATE TRIGGER sqlite_stat9 AFTER INSERT ON source BEGIN DELETE FROM record; END')"
)


def changed(*statements: str, is_checksum_right: bool = False) -> None:
    """Change the found index as somebody could who commits one, who may know of the checksums of rows."""
    with closing(sqlite3.connect(FOUND, isolation_level=None)) as connection:
        if is_checksum_right:
            row_checksums.add_triggers(connection)
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)


def test_the_stored_schema_is_the_one_that_the_migrations_make() -> None:
    path = Path(schema.__file__).with_name(schema.FILE)
    assert json.loads(path.read_text(encoding="utf-8")) == made_by_migrations()


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["ALTER TABLE record RENAME TO record0", f"CREATE VIEW record AS {ENDLESS.format('row_id')}"], "record"),
        (["ALTER TABLE encoding RENAME TO e0", f"CREATE VIEW encoding AS {ENDLESS.format('model_folder')}"], "e"),
        (["CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM record; END"], "no trigger t)"),
        (["CREATE TRIGGER words_config AFTER INSERT ON run BEGIN DELETE FROM record; END"], "no trigger words_"),
        (["CREATE VIEW extra AS SELECT 1"], "no view extra)"),
        (["CREATE TABLE extra (x)"], "no table extra)"),
        (["CREATE VIRTUAL TABLE extra USING fts5(x)"], "no table extra)"),
        (["DROP INDEX record_live"], "record_live"),
        (["DROP TABLE words"], "words"),
        (["ALTER TABLE record ADD COLUMN more TEXT"], "table record is not dupfind's"),
        (["CREATE INDEX slow ON record (length(body))"], "no index slow)"),
        (["DROP TABLE alembic_version", f"CREATE VIEW alembic_version AS {ENDLESS.format('version_num')}"], "alembic"),
        (["DROP TABLE alembic_version", "CREATE TABLE alembic_version (x PRIMARY KEY CHECK (x > 0))"], "table alembic"),
        (["CREATE TRIGGER alembic_version AFTER INSERT ON run BEGIN DELETE FROM record; END"], "no trigger alembic_"),
        ([RESERVED_TRIGGER], "no trigger sqlite_stat9)"),
    ],
)  # fmt: skip
def test_other_tables_views_triggers_and_indexes_are_refused_by_every_command(
    indexed: Path, dupfind: Command, statements: list[str], named: str
) -> None:
    changed(*statements)
    for arguments in COMMANDS:
        ran = dupfind(*arguments)
        assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
        assert "is damaged or was changed (" in ran.err
        assert named in ran.err
    ran = dupfind("doctor")
    assert ran.code == 2
    assert "is damaged or was changed (" in ran.out


@pytest.mark.parametrize(
    "table", ["words_idx", "words_data", "words_docsize", "words_config", "words_content"]
)
def test_a_lost_or_foreign_table_of_the_word_search_is_seen_by_doctor(
    indexed: Path, dupfind: Command, table: str
) -> None:
    changed("PRAGMA writable_schema = ON", f"DELETE FROM sqlite_schema WHERE name = '{table}'")
    ran = dupfind("doctor")
    assert ran.code == 2
    assert f"{table} is missing" in ran.out
    changed(f"CREATE TABLE {table} (x)")
    ran = dupfind("doctor")
    assert ran.code == 2
    assert f"{table} is not dupfind's" in ran.out


def test_statistics_of_sqlite_do_no_harm(indexed: Path, dupfind: Command) -> None:
    changed("ANALYZE")
    assert dupfind("query", "abc def").code == 0


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["CREATE TRIGGER t AFTER UPDATE ON record BEGIN DELETE FROM record; END"], "no trigger t)"),
        (["DROP TABLE alembic_version", f"CREATE VIEW alembic_version AS {ENDLESS.format('version_num')}"], "alembic"),
        (["UPDATE alembic_version SET version_num = 'x'"], "table alembic_version has other revisions than 5)"),
        (["UPDATE alembic_version SET version_num = '0006'"], "table alembic_version has other revisions than 5)"),
        (["INSERT INTO alembic_version VALUES ('0004')"], "table alembic_version has other revisions than 5)"),
    ],
)  # fmt: skip
def test_an_old_index_is_upgraded_but_not_with_a_trigger_an_endless_view_or_another_revision(
    here: Path, statements: list[str], named: str
) -> None:
    FOUND.parent.mkdir()
    migrate.upgrade(FOUND, "0005")
    plain = FOUND.with_name("plain.db")
    plain.write_bytes(FOUND.read_bytes())
    migrate.upgrade(plain)
    with closing(database.connect(plain)) as connection:
        assert database.index_header(connection)[1] == database.REVISION
    changed(*statements)
    with pytest.raises(StoreError, match=r"is damaged or was changed \(.*" + re.escape(named)):
        migrate.upgrade(FOUND)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE encoding SET dim = 100000000",
        "UPDATE encoding SET dim = -1, title_weight = 1e308",
        "UPDATE encoding SET title_weight = -0.5",
        "UPDATE record SET created = '0000-00-00'",
        "UPDATE record SET created = '2024-01-01T00:00:00'",
        "UPDATE record SET created = '0001-01-01T00:00:00+23:59'",
        "UPDATE record SET updated = '9999-12-31T23:00:00-23:59'",
        "UPDATE record SET closed = 'soon'",
        "INSERT INTO calibration SELECT id, '2024-01-01', replace(printf('%50000s', ''), ' ', '['), 0 FROM encoding",
        "INSERT INTO calibration SELECT id, '2024-01-01', '[]', 0 FROM encoding",
        "INSERT INTO calibration SELECT id, '2024-01-01', '{\"order\": 1, \"verdict\": []}', 0 FROM encoding",
        "INSERT INTO decision SELECT 1, '', '', '1', '', '', '', '2', '', 'different', 'junk', 'me', '', 0",
        "UPDATE source SET mapping = '{'",
        "UPDATE run SET counts = '7'",
        "INSERT INTO cursor (source_id, document) SELECT id, '[' FROM source",
        "UPDATE terms SET title = zeroblob(400000000)",
        "UPDATE terms SET title = x'ff'",
        "UPDATE snapshot SET dim = -4, n_rows = -1",
        "UPDATE snapshot SET file = '../../../../../etc/passwd'",
        "UPDATE snapshot SET file = CAST(x'ff' AS TEXT)",
        "UPDATE snapshot SET kind = CAST(x'ff' AS TEXT)",
        "UPDATE snapshot SET sha256 = CAST(x'ff' AS TEXT)",
        "UPDATE vector SET row_id = row_id + 1000000000000 WHERE row_id = 1",
        "UPDATE embedding SET vector = x'00'",
    ],
)
def test_a_value_that_cannot_be_is_one_line_or_does_no_harm(
    indexed: Path, dupfind: Command, statement: str
) -> None:
    changed(statement, is_checksum_right="snapshot" in statement)  # else its row is not read
    for arguments in COMMANDS:
        ran = dupfind(*arguments)
        assert ran.code in (0, 1, 2), ran.err
        assert "Traceback" not in ran.err
        if ran.code == 2:
            assert len([line for line in ran.err.splitlines() if "snapshot" not in line]) <= 3, ran.err
    assert dupfind("doctor", "--read-data").code in (0, 2)


def lead_out(folder: Path, file: str) -> None:
    changed(f"UPDATE snapshot SET file = '{file}', bytes = 0", is_checksum_right=True)


def link_to_zero(folder: Path, file: str) -> None:
    (folder / "snapshots" / file).unlink()
    (folder / "snapshots" / file).symlink_to("/dev/zero")


def pipe(folder: Path, file: str) -> None:
    (folder / "snapshots" / file).unlink()
    os.mkfifo(folder / "snapshots" / file)
    changed("UPDATE snapshot SET bytes = 0", is_checksum_right=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder, file: lead_out(folder, "../../../../../../../dev/zero"),
        lambda folder, file: lead_out(folder, "/dev/zero"),
        link_to_zero,
        pipe,
    ],
)
def test_a_snapshot_outside_of_its_folder_is_not_opened(
    indexed: Path, change: Callable[[Path, str], None]
) -> None:
    store = Store.open(FOUND)
    [snapshot] = snapshots(store, store.encoding().id)
    store.close()
    change(FOUND.parent, snapshot.file.name)
    store = Store.open(FOUND)
    [changed_snapshot] = snapshots(store, store.encoding().id)
    store.close()
    file: SnapshotFile = changed_snapshot.file
    assert not is_intact(FOUND.parent / "snapshots" / file.name, file)
    # Named, so that only this check stands before the file.
    command = [sys.executable, "-m", "dupfind", "query", "abc def", "--index", ".dupfind"]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert time.monotonic() - started < 30
    assert done.returncode == 0
    assert "abc def crash" in done.stdout
    assert "is not used (" in done.stderr


def test_a_value_of_hundreds_of_megabytes_is_not_read(indexed: Path) -> None:
    with closing(database.connect(FOUND)) as connection, pytest.raises(sqlite3.DataError, match="too big"):
        connection.execute("SELECT length(replace(zeroblob(300000000), 'a', 'b'))").fetchone()


def without_types(table: str, statement: str) -> None:
    """Change a table as if its columns had no types, as an edit of the file's bytes does."""
    with closing(sqlite3.connect(FOUND, isolation_level=None)) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        (version,) = connection.execute("PRAGMA schema_version").fetchone()
        free = sql.replace("STRICT, WITHOUT", "WITHOUT").replace("STRICT", "").replace("NOT NULL", "")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (free, table))
        connection.execute(f"PRAGMA schema_version = {version + 1}")
    changed(
        statement,
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET sql = '{sql.replace(chr(39), chr(39) * 2)}' WHERE name = '{table}'",
        f"PRAGMA schema_version = {version + 2}",
    )


@pytest.mark.parametrize("value", ["x'00ff'", "NULL", "1.5"])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("record", "title"),
        ("record", "body"),
        ("record", "state"),
        ("record", "n_children"),
        ("encoding", "dim"),
        ("encoding", "title_weight"),
        ("encoding", "model"),
        ("embedding", "vector"),
        ("composed", "title"),
        ("terms", "title"),
        ("lines", "counted"),
        ("source", "name"),
        ("snapshot", "file"),
        ("snapshot", "bytes"),
    ],
)
def test_a_value_of_another_type_than_its_column_is_one_line_or_does_no_harm(
    indexed: Path, dupfind: Command, table: str, column: str, value: str
) -> None:
    without_types(table, f"UPDATE {table} SET {column} = {value}")
    for arguments in (*COMMANDS, ("doctor",)):
        ran = dupfind(*arguments)
        assert ran.code in (0, 1, 2), ran.err
        assert "Traceback" not in ran.err
