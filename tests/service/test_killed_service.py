"""Two services of one index, one of which is killed while it writes: the other answers and writes, and another starts.

A service writes decisions alone: `POST /review/decide`. A webhook is checked, and changes nothing.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import permutations
from pathlib import Path

import pytest

from dupfind.cli.main import run
from dupfind.dedup.report import Parameters
from dupfind.storage import database, decisions
from dupfind.storage.row_checksums import wrong_rows
from dupfind.storage.store import Store
from tests.support.clients import Client
from tests.support.modules import import_line
from tests.support.paths import ROOT
from tests.support.samples import Command

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a service is killed by a signal"),
]

# Serves as the command does, and kills itself before a statement of a change, or after the change.
SERVE = (
    import_line(run, Parameters)
    + """
import os, signal, sys
from {storage} import database, writer

connect, unlock = database.connect, writer.unlock
moment, _, part = sys.argv[1].partition(", ")
n_before = int(bool(part))  # Python names the statement again where its trigger begins

def die(statement=""):
    global n_before
    if statement.startswith(moment):
        n_before -= 1
        if n_before < 0:
            os.kill(os.getpid(), signal.SIGKILL)

def watched(path, *, write=False, create=False):
    connection = connect(path, write=write, create=create)
    if write and moment != "unlock":
        connection.set_trace_callback(die)
    return connection

def dying(*arguments):
    if moment == "unlock":
        die(moment)
    unlock(*arguments)

def every_pair(score):
    return Parameters(score, -2)  # a tracker of so few issues has no questions otherwise

database.connect, writer.unlock = watched, dying
sys.modules[Parameters.__module__].Parameters = every_pair
sys.exit(run(["serve", "--review", "--port", "0", "--index", sys.argv[2]]))
"""
).format(storage=database.__name__.rpartition(".")[0])

MOMENTS = {
    "BEGIN IMMEDIATE": False,
    "DELETE FROM decision": False,
    "INSERT INTO decision": False,
    "INSERT INTO decision, its trigger": False,
    "COMMIT": False,
    "unlock": True,
}
"""What a service dies before, and whether its decision is there then."""

QUERY = {"text": "abc cafe dead beef", "k": 24}


@pytest.fixture
def index(here: Path, model: Path, dupfind: Command) -> Path:
    """Rows 1 and 2 are copies, 3 and 4, and so on: each two are a question of the review."""
    titles = [f"{first} {second}" for first, second in permutations(("abc", "cafe", "feed", "gab"), 2)]
    body = (
        "The reader of {0} waits for the lamp in reader_{1}.py and prints ERR_{1}00 as soon as {0} begins.\n"
        "After a restart the pump {1} stays silent until the valve number {1} opens for {0} once more."
    )
    texts = [(title, body.format(title, number)) for number, title in enumerate(titles, 11) for _ in range(2)]
    lines = [json.dumps({"id": n, "title": title, "body": text}) for n, (title, text) in enumerate(texts)]
    (here / "issues.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    return here / ".dupfind"


@contextmanager
def reviewing(index: Path, moment: str = "never") -> Iterator[tuple[subprocess.Popen[str], Client]]:
    command = [sys.executable, "-c", SERVE, moment, str(index)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            port: list[str] = []
            lines: list[str] = []
            while not port:
                lines.append(process.stderr.readline())
                assert lines[-1], lines
                port = re.findall(r"http://127\.0\.0\.1:(\d+)/", lines[-1])
            yield process, Client(int(port[0]))
        finally:
            process.kill()


def decide(client: Client, rows: tuple[int, int], answer: str) -> int:
    first, second = rows
    return client.post("/review/decide", {"first": first, "second": second, "answer": answer}).status


def answers(index: Path) -> dict[tuple[int, int], str]:
    """The decisions, each of which is whole."""
    with closing(Store.open(index / "dupfind.db")) as store, store.reading():
        assert store.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert list(wrong_rows(store)) == []
        found = decisions.decided_pairs(store)
        assert len(found) == store.one("SELECT count(*) FROM decision")
        return found


def test_a_service_that_is_killed_amid_a_write_leaves_all_or_nothing_of_it(index: Path) -> None:
    with reviewing(index) as (_, other):
        right = other.post("/query", QUERY).json["hits"]
        assert len(right) == 24
        for number, (moment, is_kept) in enumerate(MOMENTS.items()):
            rows, own = (2 * number + 1, 2 * number + 2), (2 * number + 13, 2 * number + 14)
            before = answers(index)
            with reviewing(index, moment) as (process, client):  # starts on what the last one left
                assert client.post("/query", QUERY).json["hits"] == right
                with pytest.raises((http.client.HTTPException, OSError)):
                    decide(client, rows, "same")
                assert process.wait() == -signal.SIGKILL
            after = answers(index)
            kept = {rows: "same"} if is_kept else {}
            assert after == before | kept, moment
            assert other.post("/query", QUERY).json["hits"] == right
            assert decide(other, own, "different") == 200, moment
            assert answers(index) == after | {own: "different"}
