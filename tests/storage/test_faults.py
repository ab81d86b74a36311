"""A full disk, a read-only folder, a busy writer: one clear error or none, and nothing is lost."""

import errno
import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError, StoreError
from dupfind.records import Record
from dupfind.results import IndexRun
from dupfind.storage import publish, snapshot_rows
from dupfind.storage.snapshots import Snapshots
from tests.support import tmpfs
from tests.support.modules import after, import_line
from tests.support.samples import WordEncoder, corpus
from tests.support.snapshots import forget_snapshots
from tests.support.workers import RECORDS, STEPS, Workers, workers

pytestmark = pytest.mark.slow

QUERY = "crash of the sync worker"
NOBODY = 65534
HUNDRED = corpus(100)


@pytest.fixture(scope="module")
def worker() -> Iterator[Workers]:
    with workers() as started:
        yield started


def index(folder: Path, records: list[Record] = HUNDRED, source: str = "tracker") -> IndexRun:
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        run = collection.index(records, source=source)
        collection.publish(tail_limit=0)
        return run


def answers(folder: Path) -> list[tuple[str, float, float]]:
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        return [(hit.id, hit.score, hit.lexical) for hit in collection.search(QUERY, k=300)]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, float, float]]:
    folder = tmp_path_factory.mktemp("right")
    index(folder)
    return answers(folder)


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """No file may grow beyond this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(options: str) -> Iterator[Path]:
    """Mount a file system in memory, where that is permitted."""
    try:
        with tmpfs.tmpfs(options) as folder:
            yield folder
    except tmpfs.MountError as error:
        pytest.skip(str(error))


def trouble(work: Callable[[], object]) -> str | None:
    """Return the message of the StoreError that some work raises, or None."""
    try:
        work()
    except StoreError as error:
        return str(error)
    return None


def check_left(folder: Path) -> None:
    """Check that the rest of a failed run can be read, or is reported as empty."""
    message = trouble(lambda: answers(folder))
    if message is None:
        assert len(answers(folder)) in (0, 100)
    else:
        assert "`dupfind index SOURCE`" in message
    assert not list(folder.glob("snapshots/*.tmp"))


@pytest.mark.parametrize("limit", [*range(0, 64_000, 7_000), *range(64_000, 320_000, 16_000)])
def test_a_limit_on_file_sizes_stops_a_run_with_one_clear_error_and_it_goes_on_after(
    limit: int, tmp_path: Path, right: object
) -> None:
    folder = tmp_path / "index"
    with files_of_at_most(limit):
        message = trouble(lambda: index(folder))
    if message is not None:
        assert "cannot be" in message or "could not be" in message
        check_left(folder)
        index(folder)
    assert answers(folder) == right


def test_a_full_disk_stops_a_run_with_one_clear_error_and_it_goes_on_after(right: object) -> None:
    n_failed = 0
    with small_disk("size=1m") as disk:
        ballast = disk / "ballast"
        for free in [*range(0, 64, 8), *range(64, 1000, 78)]:
            ballast.write_bytes(bytes((1024 - free) << 10))
            message = trouble(lambda: index(disk / "index"))
            if message is not None:
                assert "cannot be" in message or "could not be" in message
                n_failed += 1
                ballast.unlink()
                check_left(disk / "index")
                index(disk / "index")
            assert answers(disk / "index") == right
            ballast.unlink(missing_ok=True)
            shutil.rmtree(disk / "index")
    assert 5 < n_failed < 20


def test_a_disk_that_fills_up_between_two_runs_costs_neither_records_nor_answers(right: object) -> None:
    with small_disk("size=1m") as disk:
        index(disk / "index")
        with pytest.raises(OSError, match="No space left"):
            (disk / "ballast").write_bytes(bytes(2 << 20))
        assert answers(disk / "index") == right
        assert trouble(lambda: index(disk / "index", corpus(300, seed=1), "another"))
        assert answers(disk / "index") == right
        (disk / "ballast").unlink()
        with Collection.create(disk / "index", encoder=WordEncoder()) as collection:
            assert collection.index(corpus(120), source="tracker").n_new == 20


class Failing:
    """Fails the nth time that it is called, as on a full disk, and works before and after."""

    def __init__(self, function: Callable[..., Any], nth: int) -> None:
        self._function = function
        self._left = nth

    def __call__(self, *args: Any, **more: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._function(*args, **more)


class FailingFile:
    """A file of which one write fails."""

    def __init__(self, file: IO[Any], nth: int) -> None:
        self._file = file
        self.write = Failing(file.write, nth)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "FailingFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.mark.parametrize("kind", ["flat", "scan"])
@pytest.mark.parametrize(
    ("call", "nth"),
    [
        ("write", 1),
        ("write", 4),
        ("write", 5),
        ("fsync", 1),
        ("fsync", 2),
        ("replace", 1),
        ("mkdir", 1),
        ("open", 1),
    ],
)
def test_a_snapshot_that_cannot_be_written_leaves_nothing_behind_and_takes_no_answer(
    kind: str, call: str, nth: int, tmp_path: Path, right: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "scan":
        monkeypatch.setattr(publish, "EXACT_LIMIT", 50)
    index(tmp_path)
    files = set((tmp_path / "snapshots").iterdir())
    opened = Path.open
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        forget_snapshots(collection.store)
        with monkeypatch.context() as patch:
            if call == "write":
                patch.setattr(
                    Path,
                    "open",
                    lambda path, mode="r": (
                        FailingFile(opened(path, mode), nth) if "w" in mode else opened(path, mode)
                    ),
                )
            elif call in ("mkdir", "open"):
                patch.setattr(Path, call, Failing(getattr(Path, call), nth))
            else:
                patch.setattr(os, call, Failing(getattr(os, call), nth))
            with pytest.raises(
                StoreError, match=r"No space left on device.*`dupfind index` again; the records are safe"
            ):
                collection.publish()
        assert set((tmp_path / "snapshots").iterdir()) == files
        assert answers(tmp_path) == right
        collection.publish()
        assert len(list((tmp_path / "snapshots").iterdir())) == 1
    assert answers(tmp_path) == right


def test_a_snapshot_that_the_database_cannot_name_is_taken_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(tmp_path)
    files = set((tmp_path / "snapshots").iterdir())
    with Collection.create(tmp_path, encoder=WordEncoder()) as collection:
        collection.store.connection.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON snapshot BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        forget_snapshots(collection.store)
        with pytest.raises(StoreError, match="disk full"):
            collection.publish()
    assert set((tmp_path / "snapshots").iterdir()) == files


def test_readers_go_on_while_a_writer_indexes_and_publishes(tmp_path: Path, worker: Workers) -> None:
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index(RECORDS[:10], source="tracker")
    with Collection.create(tmp_path / "whole", encoder=WordEncoder()) as collection:
        collection.index(RECORDS)
        scores = {hit.id: hit.score for hit in collection.search(QUERY, k=len(RECORDS))}
    places = {record.id: place for place, record in enumerate(RECORDS)}
    seen: list[list[int]] = [[], [], []]
    faults: list[BaseException] = []
    is_over = threading.Event()

    def read(numbers: list[int], stays: bool) -> None:
        reader = Collection.open(tmp_path / "index", encoder=WordEncoder())
        try:
            while not is_over.is_set():
                if not stays:
                    reader.close()
                    reader = Collection.open(tmp_path / "index", encoder=WordEncoder())
                hits = reader.search(QUERY, k=len(RECORDS))
                assert {hit.id: hit.score for hit in hits} == {hit.id: scores[hit.id] for hit in hits}
                assert max(places[hit.id] for hit in hits) == len(hits) - 1  # whole commits, and nothing but
                assert reader.info()["records"] >= len(hits)
                numbers.append(len(hits))
        except BaseException as error:
            faults.append(error)
        finally:
            reader.close()

    threads = [threading.Thread(target=read, args=(seen[n], n < 2)) for n in range(3)]
    for thread in threads:
        thread.start()
    code = worker.run("publish", tmp_path / "index", tmp_path / "log")
    is_over.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert code == 0
    for numbers in seen:
        assert numbers == sorted(numbers)
        assert numbers
    assert len(answers(tmp_path / "index")) == len(RECORDS)


def test_a_long_lived_reader_outlives_the_file_that_it_reads(tmp_path: Path) -> None:
    index(tmp_path)
    with Collection.open(tmp_path, encoder=WordEncoder()) as reader:
        with reader.store.reading():
            encoding = reader.store.encoding()
            query = WordEncoder().encode([QUERY, QUERY])
            assert isinstance(reader.searcher.retrieval.snapshots, Snapshots)
            reader.searcher.retrieval.snapshots.start(reader.store, encoding)
            for path in (tmp_path / "snapshots").iterdir():
                path.unlink()  # as a writer does that has published three generations meanwhile
            _, [(_, nearest)] = reader.searcher.retrieval.snapshots.nearest(
                reader.store, encoding, query.reshape(1, -1) / np.float32(2**0.5), 100
            )
        assert len(nearest) == 100


READ_ONLY = f"""
import os, sys
{import_line(WordEncoder, corpus, Collection, DupfindError)}
def use(folder):
    try:
        with Collection.open(folder, encoder=WordEncoder()) as collection:
            print(len(collection.search("worker crash", k=300)))
    except DupfindError as error:
        print("open:", error)
    try:
        Collection.create(folder, encoder=WordEncoder()).close()
    except DupfindError as error:
        print("create:", error)

use(sys.argv[2])  # imports what is imported late, while the interpreter's own files can be read
if int(sys.argv[3]):
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[3]))
use(sys.argv[1])
"""


def as_user(folder: Path, user: int) -> list[str]:
    """Search an index and try to write to it, as another user (0 for the same), and return the printed lines."""
    paths = os.pathsep.join(sys.path)
    with TemporaryDirectory() as spare:
        index(Path(spare))
        process = subprocess.run(
            [sys.executable, "-c", READ_ONLY, folder, spare, str(user)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )
    assert process.stderr == ""
    return process.stdout.splitlines()[1:]


def make(folder: Path, has_wal: bool, worker: Workers) -> str:
    """Make an index, with or without a writer that was killed and left its last commits in the WAL alone.

    Returns:
        How many records it has.
    """
    index(folder)
    if not has_wal:
        return "100"
    log = folder.parent / "log"
    assert worker.run("index", folder, log, after(snapshot_rows, "add_snapshot"), 1) == -9
    assert (folder / "dupfind.db-wal").stat().st_size > 0
    return str(2 * STEPS[0])


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that other users can enter; pytest's own are private."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
@pytest.mark.parametrize("has_wal", [False, True])
def test_a_folder_that_its_reader_cannot_write_is_read_and_not_written(
    has_wal: bool, public: Path, worker: Workers
) -> None:
    folder = public / "index"
    n_records = make(folder, has_wal, worker)
    for path in (folder, *folder.rglob("*")):  # its owner lets others read it
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    searched, created = as_user(folder, NOBODY)
    assert searched == n_records
    assert created.startswith(f"create: {folder} cannot be written")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_folder_that_its_reader_may_not_even_enter_is_a_clear_error(public: Path) -> None:
    folder = public / "index"
    index(folder)
    folder.chmod(0o700)
    opened, created = as_user(folder, NOBODY)
    assert opened.startswith("open: ")
    assert "permission" in opened.lower()
    assert created.startswith("create: ")


@pytest.mark.parametrize("has_wal", [False, True])
def test_an_index_on_a_read_only_disk_is_read_and_not_written(has_wal: bool, worker: Workers) -> None:
    with small_disk("size=4m") as disk:
        folder = disk / "index"
        n_records = make(folder, has_wal, worker)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        searched, created = as_user(folder, 0)
        assert searched == n_records
        assert created.startswith(f"create: {folder} cannot be written")


@pytest.mark.parametrize("has_shm", [False, True])
def test_a_wal_that_cannot_be_read_is_never_passed_over(has_shm: bool, worker: Workers) -> None:
    with small_disk("size=4m") as disk:
        folder = disk / "index"
        n_records = make(folder, True, worker)
        if not has_shm:
            (folder / "dupfind.db-shm").unlink()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        searched, _ = as_user(folder, 0)
        assert searched == n_records if has_shm else searched.startswith("open: ")
