"""A database is opened for what it is, and nothing else is taken for one."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dupfind import interruption
from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.errors import DupfindError, StoreError
from dupfind.storage import database, migrate
from dupfind.storage.store import Store
from dupfind.storage.writer import Writer
from tests.support.modules import import_line
from tests.support.samples import WordEncoder, corpus

pytestmark = pytest.mark.slow

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE ticket (id INTEGER PRIMARY KEY, summary TEXT)")
        connection.execute("INSERT INTO ticket VALUES (1, 'worker crash')")
        connection.commit()


def newer_other_program(path: Path) -> None:
    other_program(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 7")
        connection.execute("PRAGMA user_version = 99")


def random_bytes(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(20_000))


def cut_header(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\x10\0\x02\x02")


@pytest.mark.parametrize("make", [other_program, newer_other_program, random_bytes, cut_header])
def test_a_foreign_file_is_refused_and_left_as_it_is(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "dupfind.db"
    make(path)
    before = path.read_bytes()
    for opened in (Store.open, Writer.open):
        with pytest.raises(StoreError, match="is not a dupfind index"):
            opened(path)
    assert path.read_bytes() == before


def test_an_empty_file_is_no_index_to_a_reader_and_becomes_one_to_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "dupfind.db"
    path.touch()
    with pytest.raises(StoreError, match="`dupfind index SOURCE`"):
        Store.open(path)
    assert path.stat().st_size == 0
    Writer.open(path).close()
    assert Store.open(path).n_records() == 0


def test_a_missing_index_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no index at .*`dupfind index SOURCE`"):
        Collection.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("place", ["dupfind.db", "."])
def test_a_folder_where_a_file_should_be_or_the_reverse_is_refused(place: str, tmp_path: Path) -> None:
    if place == ".":
        (tmp_path / "index").write_text("a file")
    else:
        (tmp_path / "index" / place).mkdir(parents=True)
    with pytest.raises(StoreError):
        Collection.open(tmp_path / "index")
    with pytest.raises(StoreError):
        Collection.create(tmp_path / "index")


def test_the_index_inside_of_a_folder_is_named(tmp_path: Path) -> None:
    Collection.create(tmp_path / ".dupfind").close()
    with pytest.raises(StoreError) as error:
        Collection.open(tmp_path)
    assert str(error.value) == f"no index at {tmp_path}: the folder's index is {tmp_path / '.dupfind'}"


@pytest.mark.parametrize("below", ["", "index"])
def test_a_file_in_the_place_of_an_index_is_not_taken_for_a_full_disk(below: str, tmp_path: Path) -> None:
    (tmp_path / "tracker.db").write_text("a file")
    with pytest.raises(StoreError, match="an index is a folder, and this is a file or lies in one"):
        Collection.create(tmp_path / "tracker.db" / below)


@pytest.mark.parametrize("place", [None, 5, ["index"]])
def test_a_place_that_is_no_path_is_refused(
    place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for use in (Collection.open, Collection.create):
        with pytest.raises(StoreError, match="is no index: give a folder, or a URL of PostgreSQL"):
            use(place)
    assert list(tmp_path.iterdir()) == []


def test_a_path_with_every_awkward_character_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c#d%20e'f\"g;h&mode=rwc ü日"
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(3))
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        assert len(collection) == 3
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_every_connection_distrusts_the_file_and_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "dupfind.db"
    migrate.upgrade(path)
    for write in (False, True):
        with closing(database.connect(path, write=write)) as connection:
            pragmas = {
                name: connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("trusted_schema", "cell_size_check", "mmap_size", "foreign_keys", "synchronous")
            }
            assert pragmas == {
                "trusted_schema": 0,
                "cell_size_check": 1,
                "mmap_size": 0,
                "foreign_keys": 1,
                "synchronous": 2,
            }
            if not write:
                with pytest.raises(sqlite3.OperationalError, match="readonly"):
                    connection.execute("DELETE FROM record")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of 200 records with one snapshot, wholly in its main file."""
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(corpus(200), source="tracker")
    return tmp_path / "index"


def read(folder: Path, what: Callable[[Collection], object]) -> None:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        what(collection)


def write(folder: Path, what: Callable[[WritableCollection], object]) -> None:
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        what(collection)


def trouble(work: Callable[[], object]) -> str | None:
    """Work, and give the message of the error of ours that comes of it, None where none does."""
    try:
        work()
    except DupfindError as error:
        return str(error)
    return None


USES: dict[str, Callable[[Path], None]] = {
    "search": lambda folder: read(folder, lambda c: c.search("crash of the sync worker", k=50)),
    "len": lambda folder: read(folder, len),
    "find": lambda folder: read(folder, lambda c: c.find("7")),
    "newest": lambda folder: read(folder, lambda c: c.newest()),
    "info": lambda folder: read(folder, lambda c: c.info()),
    "index": lambda folder: write(
        folder, lambda c: c.index(corpus(210, seed=1), source="tracker", complete=True)
    ),
    "publish": lambda folder: write(folder, lambda c: c.publish(tail_limit=0)),
    "rebuild": lambda folder: write(folder, lambda c: c.rebuild()),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("seed", [*range(6), 14])
def test_a_damaged_database_is_an_error_with_a_way_out_or_does_no_harm(
    index: Path, seed: int, use: str
) -> None:
    rng = np.random.default_rng(seed)
    path = index / "dupfind.db"
    whole = path.read_bytes()
    if seed % 3 == 0:
        path.write_bytes(whole[: int(rng.integers(100, len(whole)))])
    else:
        content = bytearray(whole)
        for _ in range(20):
            place = int(rng.integers(100, len(whole) - 200))
            content[place : place + 200] = rng.bytes(200)
        path.write_bytes(content)
    message = trouble(lambda: USES[use](index))
    assert message is None or "`dupfind" in message or "run the same command" in message


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "table", ["record", "source", "mark", "encoding", "embedding", "vector", "words", "snapshot", "run"]
)
def test_a_missing_table_is_an_error_with_a_way_out_or_does_no_harm(
    index: Path, table: str, use: str
) -> None:
    with closing(sqlite3.connect(index / "dupfind.db")) as connection:
        connection.execute(f"DROP TABLE {table}")
    message = trouble(lambda: USES[use](index))
    if message is not None:
        assert f"{table} is missing" in message
        assert "`dupfind" in message or "run the same command" in message


INTERRUPTED = """
import signal, sys, threading
{imports}
signal.signal(signal.SIGINT, signal.default_int_handler)
store = {opened}
try:
    with store.{block}():
        print("busy", flush=True)
        store.connection.execute({endless!r})
except KeyboardInterrupt:
    print("KeyboardInterrupt")
store.close()
"""


@pytest.mark.parametrize(("kind", "block"), [(Store, "reading"), (Store, "watching"), (Writer, "changing")])
def test_ctrl_c_inside_of_sqlite_is_ctrl_c_to_a_program_that_uses_the_library(
    index: Path, kind: type[Store], block: str
) -> None:
    program = INTERRUPTED.format(
        imports=f"from pathlib import Path\n{import_line(kind)}",
        opened=f"{kind.__name__}.open(Path({str(index / 'dupfind.db')!r}))",
        block=block,
        endless=ENDLESS,
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("KeyboardInterrupt\n", "")


def test_a_statement_in_another_thread_is_given_up(index: Path) -> None:
    store = Store.open(index / "dupfind.db")
    errors: list[type[BaseException]] = []

    def endless() -> None:
        try:
            with interruption.working(store.connection, lambda: True), store.watching():
                store.connection.execute(ENDLESS)
        except BaseException as error:
            errors.append(type(error))

    thread = threading.Thread(target=endless)
    thread.start()
    thread.join(60)
    store.close()
    assert errors == [interruption.GivenUp]


def test_a_database_that_cannot_be_read_now_is_not_called_damaged(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = index / "dupfind.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # in WAL mode no writer locks readers out
    monkeypatch.setattr(database, "_opened", {})
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 0)
    with closing(database.connect(path)) as connection, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(database, "connect", lambda _: Lent(connection))
        assert database.fault() is None
        with pytest.raises(
            StoreError, match=r"cannot be read \(database is locked\): run the same command again"
        ):
            database.check_schema(connection, path, database.REVISION)
        connection.set_progress_handler(lambda: True, 1)
        with pytest.raises(KeyboardInterrupt):
            database.check_schema(connection, path, database.REVISION)
        with pytest.raises(KeyboardInterrupt):
            database.fault()


class Lent:
    """A connection that its user does not close."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute

    def close(self) -> None:
        """Leave it open."""


def test_the_log_takes_tens_of_megabytes_until_its_pages_move_into_the_database(tmp_path: Path) -> None:
    path = tmp_path / database.DATABASE
    with closing(Writer.open(path)) as writer:
        connection = writer.connection
        for number in range(6):
            with writer.changing():
                connection.executemany(
                    "INSERT INTO reported (parameters, row_id, created) VALUES (?, ?, '')",
                    ((f"{number} {part} {'x' * 100_000}", part) for part in range(40)),
                )
        assert path.with_name(path.name + "-wal").stat().st_size > 20_000_000
        assert path.stat().st_size < 2_000_000
    assert path.stat().st_size > 20_000_000


@pytest.mark.parametrize("end", ["", "-journal", "-wal", "-shm"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "loop", "device"])
def test_what_is_no_file_in_the_place_of_one_is_refused_at_once(tmp_path: Path, end: str, kind: str) -> None:
    """SQLite opens a journal that is a pipe, and waits for its writer."""
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.index(corpus(3), source="a")
    odd = tmp_path / f"dupfind.db{end}"
    odd.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "folder":
        odd.mkdir()
    else:
        odd.symlink_to(odd.name if kind == "loop" else "/dev/null")
    for write in (False, True):
        with pytest.raises(StoreError, match=r"is no file: move it away|cannot be opened \(.*levels"):
            database.connect(tmp_path / "dupfind.db", write=write, create=write)
