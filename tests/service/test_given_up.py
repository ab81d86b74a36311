"""Work ends with its request, the health of the service is answered meanwhile, and a signal is heard."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dupfind import interruption
from dupfind.cli.main import main
from dupfind.collection.collection import Collection
from dupfind.service.middleware import Limits, Policy
from dupfind.storage.store import Store
from tests.support.clients import serving
from tests.support.modules import import_line

pytestmark = pytest.mark.slow

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
HANGS_S = 60
SOON_S = 8
"""Seconds in place of two: the machine of a test is busy. Nothing here ended at all before it was given up."""


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> "list[type[BaseException]]":
    """The errors by which endless lookups of an issue have ended."""
    errors: list[type[BaseException]] = []

    def forever(collection: Collection, *_: object, **__: object) -> None:
        try:
            with collection.store.reading():
                collection.store.connection.execute(ENDLESS)
        except BaseException as error:
            errors.append(type(error))
            raise

    monkeypatch.setattr(Collection, "find", forever)
    return errors


@contextmanager
def in_threads(n: int, call: Callable[[], object]) -> Iterator[None]:
    threads = [threading.Thread(target=call) for _ in range(n)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(HANGS_S)
        assert not thread.is_alive()


def until(holds: Callable[[], bool], within_s: float = HANGS_S) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_request_over_its_time_limit_is_stopped_in_the_middle_of_a_statement(
    indexed: Path, ended: "list[type[BaseException]]"
) -> None:
    with serving(Path(".dupfind"), policy=Policy(limits=Limits(answer_s=0.5))) as client:
        assert client.get("/issues/1").status == 503
        until(lambda: ended == [interruption.GivenUp])
        assert client.post("/query", {"text": "abc def"}).status == 200


def test_health_is_answered_while_every_thread_works(
    indexed: Path, ended: "list[type[BaseException]]"
) -> None:
    with serving(Path(".dupfind"), policy=Policy(limits=Limits(answer_s=8))) as client:
        with in_threads(4, lambda: client.get("/issues/1")):
            time.sleep(0.5)
            assert client.get("/health").status == 200
            assert not ended
        until(lambda: len(ended) >= 2)  # two threads work, and calls that wait for one are cancelled


def test_work_that_is_given_up_ends_between_two_stages(indexed: Path) -> None:
    store = Store.open(Path(".dupfind") / "dupfind.db")
    is_over = [False]
    with interruption.working(store.connection, lambda: is_over[0]):
        with store.reading():
            interruption.check()
        is_over[0] = True
        with pytest.raises(interruption.GivenUp):
            interruption.check()
        with pytest.raises(interruption.GivenUp), store.reading():
            pass
    with store.reading():
        assert store.n_records() == 4
    store.close()


SERVE = f"""
import sys
{import_line(Collection, main)}
def forever(collection, *_, **__):
    print("busy", file=sys.stderr, flush=True)
    WORK
Collection.find = forever
main()
"""
IN_SQLITE = f"collection.store.connection.execute({ENDLESS!r})"
IN_PYTHON = "while True: pass"


@pytest.mark.parametrize("work", [IN_SQLITE, IN_PYTHON])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_service_ends_soon_after_a_signal_also_in_the_middle_of_a_request(
    indexed: Path, work: str, sent: signal.Signals
) -> None:
    command = [sys.executable, "-c", SERVE.replace("WORK", work), "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stderr is not None
            address = process.stderr.readline().split(" at ", 1)[1].split(";")[0]
            request = f"import urllib.request; urllib.request.urlopen({address + 'issues/1'!r})"
            with subprocess.Popen([sys.executable, "-c", request], stderr=subprocess.DEVNULL):
                assert process.stderr.readline() == "busy\n"
                process.send_signal(sent)
                started = time.monotonic()
                assert process.wait(HANGS_S) == 0
                assert time.monotonic() - started < SOON_S
        finally:
            process.kill()


COMMAND = f"""
import sys, threading
{import_line(Store, main)}
begin = Store.encoding
def forever(store):
    print("busy", file=sys.stderr, flush=True)
    store.connection.execute({ENDLESS!r})
Store.encoding = forever
main()
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "abc"),
        ("check", "--title", "abc def"),
        ("report", "-o", "report.html"),
        ("info",),
        ("index", "issues.jsonl"),
        ("doctor",),
    ],
)
def test_ctrl_c_soon_ends_a_command_also_inside_of_sqlite(indexed: Path, arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments, "--index", ".dupfind"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        encoding="utf-8",
        env=os.environ | {"DUPFIND_NO_SERVICE": "1"},
    ) as process:
        try:
            assert process.stderr is not None
            while (line := process.stderr.readline()) != "busy\n":
                assert line
            process.send_signal(signal.SIGINT)
            started = time.monotonic()
            assert process.wait(HANGS_S) == 130
            assert time.monotonic() - started < SOON_S
            assert process.stderr.read() == "dupfind: interrupted; finished work is saved\n"
        finally:
            process.kill()
