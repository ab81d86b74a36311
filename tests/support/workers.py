"""Jobs on a collection in a separate process, which a test can kill at any moment or at a named point.

`python -m tests.support.workers` reads one job a line and forks for each, so that it imports only once.
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dupfind.collection import indexing
from dupfind.collection.collection import Collection
from dupfind.records import Record
from dupfind.storage import database
from dupfind.storage.writer import Writer
from dupfind.text.boilerplate import NOTHING, LineCounter
from tests.support.paths import ROOT
from tests.support.samples import WordEncoder, corpus
from tests.support.template_tracker import template_tracker
from tests.support.timing import HANGS_S

BATCH = 16
RECORDS = corpus(192)
TEMPLATE = "\n".join(
    f"Please tell us what you {verb} before it went wrong." for verb in ("did", "saw", "wanted")
)
WITH_TEMPLATE = [replace(record, body=f"{TEMPLATE}\n{record.body}") for record in RECORDS[::2]]
TRACKER = template_tracker(190)
STEPS = (64, 128, 192)


class Slow(WordEncoder):
    """Encodes slowly, and logs each batch first."""

    def __init__(self, log: Path, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self._log = log

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[Any]:
        note(self._log, "encoded", list(texts))
        time.sleep(0.002)
        return super().encode(texts, progress)


def note(log: Path, event: str, value: Any) -> None:
    """Append a line to a log in one write, which a kill cannot undo."""
    with log.open("ab", buffering=0) as file:
        file.write(json.dumps([event, value]).encode() + b"\n")


def notes(log: Path) -> list[tuple[str, Any]]:
    """Return the lines of a log."""
    return [tuple(json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


def index(folder: Path, log: Path) -> None:
    """Index in three steps with a snapshot after each; log committed batches."""
    indexing.BATCH = BATCH
    write = Writer.write

    def write_and_note(self: Writer, source_id: int, encoding_id: int, entries: Any, *rest: Any) -> None:
        write(self, source_id, encoding_id, entries, *rest)
        note(log, "committed", [entry.record.id for entry, _ in entries])

    Writer.write = write_and_note  # type: ignore[method-assign, assignment]
    with Collection.create(folder, encoder=Slow(log)) as collection:
        for end in STEPS:
            collection.index(RECORDS[:end], source="tracker")
            collection.publish(tail_limit=0)


def rebuild(folder: Path, log: Path) -> None:
    """Encode everything again with another model."""
    indexing.BATCH = BATCH
    with Collection.create(folder, encoder=Slow(log, seed=1), rebuild=True) as collection:
        collection.rebuild()


def recompose(folder: Path, log: Path) -> None:
    """Index records with a template, which is found at the end; then they are encoded again without it."""
    indexing.BATCH = BATCH
    indexing.AHEAD = 0
    LineCounter.boilerplate = lambda self: NOTHING  # type: ignore[method-assign]
    with Collection.create(folder, encoder=Slow(log)) as collection:
        collection.index(WITH_TEMPLATE, source="tracker", complete=True)


def tracker(folder: Path, log: Path) -> None:
    """Index a tracker in small batches; it is composed with what its first records teach, and settled at the end."""
    indexing.BATCH = BATCH
    indexing.AHEAD = 0
    with Collection.create(folder, encoder=Slow(log)) as collection:
        collection.index(TRACKER, source="tracker", complete=True)


def upgrade(folder: Path, log: Path) -> None:
    """Bring a database to the newest revision."""
    from dupfind.storage import migrate

    migrate.upgrade(folder / "dupfind.db")


def renew(folder: Path, log: Path) -> None:
    """Index the records of a file in small batches into an index that an older dupfind made."""
    indexing.BATCH = BATCH
    records = [
        Record(id=id, title=title, body=body)
        for id, title, body in json.loads((folder / "records.json").read_text())
    ]
    with Collection.create(folder, encoder=Slow(log)) as collection:
        collection.index(records, source="tracker", complete=True)


def hold(folder: Path, log: Path) -> None:
    """Hold the writer's lock, in the middle of a transaction, until killed."""
    with Collection.create(folder, encoder=WordEncoder()) as collection, collection.store.changing():
        collection.store.connection.execute("UPDATE record SET title = 'never committed'")
        note(log, "holding", os.getpid())
        time.sleep(60)


def publish(folder: Path, log: Path) -> None:
    """Index a few more records and publish, repeatedly."""
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        for end in range(len(collection), len(RECORDS) + 1, 7):
            collection.index(RECORDS[:end], source="tracker")
            collection.publish(tail_limit=0)


JOBS = {job.__name__: job for job in (index, rebuild, recompose, tracker, upgrade, renew, hold, publish)}


def die_at(point: str, nth: int) -> None:
    """Let this process be killed when it reaches a point for the nth time.

    Args:
        point: "sql PATTERN" for a statement that matches, before it runs; "before NAME" and "after NAME" for a
            call of a function, as the functions of `modules` write them.
        nth: 1 for the first time.
    """
    left = nth

    def reach() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    kind, _, name = point.partition(" ")
    if kind == "sql":
        connect = database.connect

        def traced(*args: Any, **more: Any) -> Any:
            connection = connect(*args, **more)
            connection.set_trace_callback(lambda statement: reach() if re.search(name, statement) else None)
            return connection

        database.connect = traced
        return
    module, _, path = name.partition(":")
    owner: Any = import_module(module)
    *parents, last = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    function = getattr(owner, last)

    def called(*args: Any, **more: Any) -> Any:
        if kind == "before":
            reach()
        result = function(*args, **more)
        if kind == "after":
            reach()
        return result

    setattr(owner, last, called)


class Workers:
    """A process that forks for each job."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.cpu_s = 0.0
        """Seconds of processor time of the last job that has ended."""
        self._process = process
        self._pid = 0

    def start(
        self, job: str, folder: Path, log: Path, point: str = "", nth: int = 0, *, cpu_s: float = 0.0
    ) -> int:
        """Start a job and return its process id; call `finish` before the next one.

        Args:
            job: One of `JOBS`.
            folder: That of the index.
            log: The file of its notes.
            point: Where it is killed; see `die_at`.
            nth: See `die_at`.
            cpu_s: Seconds of processor time after which it is killed; 0 for never.
        """
        spec = {
            "job": job,
            "folder": str(folder),
            "log": str(log),
            "point": point,
            "nth": nth,
            "cpu_s": cpu_s,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(spec).encode() + b"\n")
        self._process.stdin.flush()
        self._pid = int(self._read())
        return self._pid

    def finish(self) -> int:
        """Wait for the job's end and return its exit code, negative for a signal; a job that hangs is killed."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], HANGS_S)[0]:
            os.kill(self._pid, signal.SIGKILL)
        code, cpu_s = self._read().split()
        self.cpu_s = float(cpu_s)
        return int(code)

    def run(
        self, job: str, folder: Path, log: Path, point: str = "", nth: int = 0, *, cpu_s: float = 0.0
    ) -> int:
        """Run a job to its end or to its kill, and return its exit code; see `start`."""
        self.start(job, folder, log, point, nth, cpu_s=cpu_s)
        return self.finish()

    def kill(self, pid: int) -> int:
        """Kill a job that may have ended already, and return its exit code."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return self.finish()

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def workers() -> Iterator[Workers]:
    """Start the process that forks, and end it after the test."""
    # Without a buffer, a line that was not read yet is still in the pipe, where `select` sees it.
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as process:
        yield Workers(process)
        assert process.stdin is not None
        process.stdin.close()


def _work(spec: dict[str, Any]) -> int:
    try:
        if spec["point"]:
            die_at(spec["point"], spec["nth"])
        # The signal of this timer ends a process as SIGKILL does, wherever it is.
        signal.setitimer(signal.ITIMER_PROF, spec["cpu_s"])
        JOBS[spec["job"]](Path(spec["folder"]), Path(spec["log"]))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    """Fork for each job; print the child's process id, and its exit code after its end."""
    import_module("alembic.command")
    import_module("sqlalchemy")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(_work(json.loads(line)))
        print(pid, flush=True)
        _, status, used = os.wait4(pid, 0)
        print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, flush=True)


if __name__ == "__main__":
    main()
