"""Every revision is reached from the one before with every row still there, also when it is killed."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from dupfind.collection.collection import Collection
from dupfind.errors import StoreError, StoreTooNew
from dupfind.records import Comment
from dupfind.storage import database, migrate, row_checksums, writer
from dupfind.storage.row_checksums import wrong_rows
from dupfind.storage.store import Store
from dupfind.text.fingerprint import text_fingerprint
from tests.support.answers import everything
from tests.support.modules import after, before
from tests.support.samples import WORDS, WordEncoder, corpus, record
from tests.support.workers import Workers, workers

pytestmark = pytest.mark.slow


def revisions() -> list[str]:
    """The names of all revisions, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(migrate.migrations()))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


STEPS = list(zip([None, *revisions()], revisions()))  # noqa: B905
"""Each revision with the one before."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Workers]:
    with workers() as started:
        yield started


def tables(connection: sqlite3.Connection) -> list[str]:
    """The tables that hold rows of their own: not SQLite's, Alembic's, or the word search's shadows."""
    names = connection.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'main'").fetchall()
    return sorted(
        name for name, kind in names if kind != "shadow" and not name.startswith(("sqlite_", "alembic_"))
    )


def filled(path: Path, revision: str | None) -> dict[str, list[tuple[object, ...]]]:
    """Make a database of a revision, if any, with a row in every table, and give the rows."""
    if revision is None:
        return {}
    migrate.upgrade(path, revision)
    values = {"INTEGER": 1, "TEXT": "x", "REAL": 0.5, "BLOB": b"\0\0\x80\x3f", "": "x"}
    with closing(sqlite3.connect(path)) as connection:
        for table in tables(connection):
            columns = connection.execute(f"SELECT name, type FROM pragma_table_info('{table}')").fetchall()
            names = ", ".join(name for name, _ in columns)
            marks = ", ".join("?" for _ in columns)
            connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({marks})", [values[kind] for _, kind in columns]
            )
        connection.commit()
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return rows(path)


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables(connection)
        }


def shape(path: Path) -> list[tuple[str, ...]]:
    """Every table, index and trigger as the database spells it."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2").fetchall()


def test_the_newest_revision_is_the_one_that_the_schema_names() -> None:
    assert [int(name) for name in revisions()] == list(range(1, database.REVISION + 1))


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_every_row_survives_an_upgrade(before: str | None, after: str, tmp_path: Path) -> None:
    old = filled(tmp_path / "dupfind.db", before)
    assert all(old.values())
    migrate.upgrade(tmp_path / "dupfind.db", after)
    new = rows(tmp_path / "dupfind.db")
    if after == "0006":
        assert new["lines"] == []  # so that the next run composes every record again
        del old["lines"]
        assert new["composed"] == [(row_id, *text) for row_id, text in zip([1], old["words"], strict=True)]
    if after == "0007":
        assert new["cursor"] == []  # so that services are read again, with their comments
        del old["cursor"]
    assert {table: len(new[table]) for table in old} == {table: len(kept) for table, kept in old.items()}
    with closing(database.connect(tmp_path / "dupfind.db")) as connection:
        assert database.index_header(connection) == (database.APPLICATION_ID, int(after))
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        if after == "0008":
            assert list(wrong_rows(Store(tmp_path / "dupfind.db", connection))) == []


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_a_kill_before_any_statement_of_an_upgrade_is_recovered_from(
    before: str | None, after: str, tmp_path: Path, worker: Workers
) -> None:
    start = tmp_path / "start"
    start.mkdir()
    old = filled(start / "dupfind.db", before)
    right = tmp_path / "right"
    shutil.copytree(start, right)
    migrate.upgrade(right / "dupfind.db")
    for nth in count(1):
        folder = tmp_path / str(nth)
        shutil.copytree(start, folder)
        code = worker.run("upgrade", folder, tmp_path / "log", "sql .", nth)
        if code == 0:
            break
        assert code == -9
        file = folder / "dupfind.db"
        if before is not None:
            assert rows(file) in (
                old,
                rows(right / "dupfind.db"),
            )  # the old revision whole, or the new one
        migrate.upgrade(file)
        assert shape(file) == shape(right / "dupfind.db")
        assert rows(file) == rows(right / "dupfind.db")
        shutil.rmtree(folder)
    assert nth > 10


def before_revision_6(connection: sqlite3.Connection) -> None:
    """Keep of words and comments what older revisions had, the composed texts, and no checksums."""
    connection.execute("DROP TABLE comment_terms")
    connection.execute("DROP TABLE comment_words")
    connection.execute("ALTER TABLE record DROP COLUMN comments")
    connection.execute("DROP TABLE words")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (title, body, tokenize = 'porter unicode61')")
    connection.execute("INSERT INTO words (rowid, title, body) SELECT row_id, title, body FROM composed")
    connection.execute("DROP TABLE composed")
    for table in row_checksums.KEYS.keys() & set(tables(connection)):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN checksum")


def at_revision_4(path: Path) -> None:
    """Take from a database what revisions 5 to 8 added."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before_revision_6(connection)
        connection.execute("DROP TABLE lines")
        for column in ("learned_up_to", "settled_up_to"):
            connection.execute(f"ALTER TABLE source ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
        connection.execute("UPDATE terms SET names = x''")
        connection.execute("UPDATE alembic_version SET version_num = '0004'")
        connection.execute("PRAGMA user_version = 4")


def at_revision_3(path: Path) -> None:
    """Take from a database what revisions 4 to 8 added."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before_revision_6(connection)
        connection.execute("DROP TABLE lines")
        for column in ("learned_up_to", "settled_up_to"):
            connection.execute(f"ALTER TABLE source ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
        connection.execute("DROP INDEX run_source")
        for column in ("text_fingerprint", "closed", "n_children", "n_responses"):
            connection.execute(f"ALTER TABLE record DROP COLUMN {column}")
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
        connection.execute("PRAGMA user_version = 3")


def test_an_old_index_gets_the_fingerprints_of_its_whole_texts_and_the_rest_when_it_is_read_again(
    tmp_path: Path,
) -> None:
    long = "the disk is full " * 12_000
    records = [
        record("1", "Größe der Platte", "Sie ist\nvoll."),
        record("2", "Größe der Platte Sie", "ist voll."),
        record("3", "Disk", f"{long} on host 1"),
        record("4", "Disk", f"{long} on host 2"),
        record("5", "???", ""),
    ]
    right = [text_fingerprint(whole.title, whole.body) for whole in records]
    assert right[0] == right[1]
    assert right[2] != right[3]
    encoder = WordEncoder()
    with Collection.create(tmp_path, encoder=encoder) as collection:
        collection.index(records)
        rows_of_records = list(collection.store.text_fingerprints(range(1, 6)))
        assert list(collection.store.text_fingerprints(rows_of_records).values()) == right
    at_revision_3(tmp_path / "dupfind.db")
    with Collection.create(tmp_path, encoder=encoder) as collection:
        # A text that was cut says nothing about the part that is gone.
        assert list(collection.store.text_fingerprints(rows_of_records).values()) == [*right[:2], "", "", ""]
        encoder.encoded.clear()
        run = collection.index(records)
        assert (run.n_same, run.n_changed, run.n_new, encoder.encoded) == (5, 0, 0, [])
        assert list(collection.store.text_fingerprints(rows_of_records).values()) == right


FRAMES = """java.lang.IllegalStateException: pool is closed
\tat org.acme.pool.Pool.borrow(Pool.java:17)
\tat org.acme.worker.Worker.run(Worker.java:10)"""
OLD_RECORDS = [
    *corpus(60),
    *(
        record(
            f"long {n}",
            f"Worker {n} fails",
            "\n".join(f"{word} {word[::-1]}{n} went wrong on host{n}" for word in WORDS * 9)
            + f"\n{FRAMES}\nsee ERR_POOL_{n}\n日本語の検索が遅い",
            comments=(Comment(f"host{n} prints ERR_LATE_{n} here"),),
        )
        for n in range(20)
    ),
]
QUERIES = ["crash of the worker", "ERR_POOL_7", "ERR_LATE_7", "検索", FRAMES]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that the present dupfind made."""
    folder = tmp_path_factory.mktemp("fresh")
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(OLD_RECORDS, source="tracker", complete=True)
    return folder


@pytest.mark.parametrize("older", [at_revision_3, at_revision_4])
def test_a_service_is_read_anew_after_an_upgrade_because_its_comments_were_not(
    older: Callable[[Path], None], fresh: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "old"
    shutil.copytree(fresh, folder)
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection, connection:
        connection.execute("INSERT INTO cursor (source_id, document) SELECT id, 'page 7' FROM source")
    older(folder / "dupfind.db")
    migrate.upgrade(folder / "dupfind.db")
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        assert connection.execute("SELECT count(*) FROM cursor").fetchall() == [(0,)]


@pytest.mark.parametrize("older", [at_revision_3, at_revision_4])
def test_the_next_run_makes_the_words_of_an_old_index_those_of_a_fresh_one(
    older: Callable[[Path], None], fresh: Path, tmp_path: Path
) -> None:
    folder, encoder = tmp_path / "old", WordEncoder()
    shutil.copytree(fresh, folder)
    older(folder / "dupfind.db")
    migrate.upgrade(folder / "dupfind.db")
    with Collection.open(folder, encoder=encoder) as collection:  # title and body are found as they were
        assert {hit.id for hit in collection.search("crash start", k=80) if hit.lexical} >= {
            old.id for old in OLD_RECORDS[:60] if "crash" in f"{old.title} {old.body}".split()
        }
        kept = "SELECT count(*) FROM words WHERE rest || names || trace <> ''"
        assert collection.store.one(kept) == 0
    encoder.encoded.clear()
    with Collection.create(folder, encoder=encoder) as collection:
        run = collection.index(OLD_RECORDS, source="tracker", complete=True)
    assert (run.n_same, run.n_recomposed, encoder.encoded) == (len(OLD_RECORDS), 0, [])
    assert everything(folder, encoder, QUERIES) == everything(fresh, encoder, QUERIES)


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        ("sql INSERT INTO composed", 1),
        ("sql DROP TABLE words", 1),
        ("sql user_version = 6", 1),
        ("sql TABLE comment_terms", 1),
        ("sql DELETE FROM words", 1),
        ("sql INSERT INTO words", 30),
        ("sql INTO terms", 70),
        ("sql INTO lines", 40),
        (before(writer, "Writer.recompose"), 1),
        (before(writer, "Writer.recompose"), 2),
        (after(writer, "Writer.recompose"), 1),
    ],
)
def test_a_run_that_was_killed_while_it_renewed_an_old_index_goes_on(
    point: str, nth: int, fresh: Path, tmp_path: Path, worker: Workers
) -> None:
    folder = tmp_path / "old"
    shutil.copytree(fresh, folder)
    at_revision_4(folder / "dupfind.db")
    with (folder / "records.json").open("w") as file:
        json.dump([[old.id, old.title, old.body] for old in OLD_RECORDS], file)
    assert worker.run("renew", folder, tmp_path / "log", point, nth) == -9
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert worker.run("renew", folder, tmp_path / "log") == 0
    assert words_of(folder) == words_of(fresh)


def words_of(folder: Path) -> list[tuple[object, ...]]:
    """The composed texts, words, terms and lines of all records."""
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        return connection.execute(
            "SELECT id, c.title, c.body, w.title, w.body, rest, w.names, trace, t.title, t.body, t.names, counted,"
            " asked, left_out FROM record r LEFT JOIN composed c USING (row_id) LEFT JOIN words w ON w.rowid = row_id"
            " LEFT JOIN terms t USING (row_id) LEFT JOIN lines USING (row_id) WHERE died IS NULL ORDER BY 1"
        ).fetchall()


def test_a_database_at_the_newest_revision_is_not_touched(tmp_path: Path) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index([record("1", "worker crash")])
    before = sha256((tmp_path / "dupfind.db").read_bytes()).digest()
    migrate.upgrade(tmp_path / "dupfind.db")
    assert sha256((tmp_path / "dupfind.db").read_bytes()).digest() == before


def test_an_upgrade_that_breaks_a_foreign_key_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(migrate.migrations(), tmp_path / "migrations")
    last = revisions()[-1]
    (tmp_path / "migrations" / "versions" / "9999_breaks.py").write_text(
        f'from alembic import op\nrevision = "9999"\ndown_revision = "{last}"\n'
        "def upgrade():\n"
        "    op.execute('DELETE FROM source')\n"
        "    op.execute('PRAGMA user_version = 9999')\n"
    )
    path = tmp_path / "dupfind.db"
    before = filled(path, last)
    monkeypatch.setattr(migrate, "migrations", lambda: tmp_path / "migrations")
    monkeypatch.setattr(database, "REVISION", 9999)
    with pytest.raises(StoreError, match="would break table"):
        migrate.upgrade(path)
    assert rows(path) == before
    monkeypatch.undo()
    Store.open(path).close()


@pytest.mark.parametrize("opened", [Collection.open, Collection.create])
def test_a_database_of_a_newer_dupfind_is_refused_and_stays_as_it_is(
    opened: Callable[[Path], Collection], tmp_path: Path
) -> None:
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index([record("1", "worker crash")])
    path = tmp_path / "dupfind.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = sha256(path.read_bytes()).digest()
    with pytest.raises(StoreTooNew, match=r"revision 99.*upgrade dupfind"):
        opened(tmp_path)
    assert sha256(path.read_bytes()).digest() == before


def test_a_database_of_an_older_dupfind_is_read_after_an_upgrade_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(tmp_path / "dupfind.db")
    monkeypatch.setattr(database, "REVISION", database.REVISION + 1)
    with pytest.raises(StoreError, match="`dupfind index` upgrades it"):
        Store.open(tmp_path / "dupfind.db")
