"""Services of an index in a database: each alone answers like the command, and a killed one takes nothing with it."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
import pytest

from dupfind.collection.collection import Collection
from dupfind.errors import StoreError
from dupfind.search.match import SearchRequest
from dupfind.service.pool import SearchPool
from dupfind.storage.database_url import index_place
from tests.postgresql.test_command_line import END_ALL, ISSUES, sql
from tests.support.samples import Command, WordEncoder, corpus
from tests.support.timing import HANGS_S


@contextmanager
def service(url: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that serves, and its address."""
    command = [sys.executable, "-m", "dupfind", "serve", "--port", "0", "--index", url, *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            address = re.search(r"http://\S+", process.stderr.readline())
            assert address is not None
            yield process, address[0].rstrip("/;")
        finally:
            process.kill()


def hits(address: str, question: str) -> list[dict[str, Any]]:
    body = json.dumps({"text": question, "k": 5, "exact": True}).encode()
    request = Request(f"{address}/query", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=HANGS_S) as answer:  # an address of this test
        found: list[dict[str, Any]] = json.load(answer)["hits"]
        return found


def retried(addresses: list[str], question: str) -> list[dict[str, Any]]:
    """What a client behind a proxy does: on an error, the same request once more, to the next service."""
    for address in addresses:
        try:
            return hits(address, question)
        except (URLError, ConnectionError):
            continue
    raise AssertionError("no service answers")


@pytest.mark.slow
def test_one_of_two_services_is_killed_and_no_request_is_lost(
    dupfind: Command, here: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    assert dupfind("index", ISSUES, "--index", database, "--model", model).code == 0
    questions = ["login page is slow", "crash on start", "password"]
    expected = {
        question: dupfind("query", question, "-k", "5", "--index", database, "--json").json["hits"]
        for question in questions
    }
    with ExitStack() as stack:
        (first, one), (_, other) = (stack.enter_context(service(database)) for _ in range(2))
        for question in questions:
            assert hits(one, question) == hits(other, question) == expected[question]
        for number in range(12):
            if number == 4:
                first.send_signal(signal.SIGKILL)
            question = questions[number % 3]
            assert retried([one, other] if number % 2 else [other, one], question) == expected[question]
        # What is written meanwhile is found at once.
        with Collection.create(database) as collection:
            collection.index([{"id": "new", "title": "zeppelin hangar"}], source="later")
        assert hits(other, "zeppelin hangar")[0]["id"] == "new"


def test_a_service_connects_again_after_its_connections_are_lost(database: str) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(corpus(60), source="one")
        expected = [hit.id for hit in collection.search("worker crash")]
    pool = SearchPool(index_place(database), WordEncoder())
    try:
        for _ in range(3):
            sql(database, END_ALL)
            request = SearchRequest("worker crash", 10)
            found = asyncio.run(
                pool.search(request, lambda _, __, response: [hit.id for hit in response.hits])
            )
            assert found == expected
            assert asyncio.run(pool.summary())["records"] == 60
    finally:
        pool.close()


def test_a_database_that_is_gone_is_an_error_of_one_line(database: str) -> None:
    with Collection.create(database, encoder=WordEncoder()) as collection:
        collection.index(corpus(20), source="one")
    pool = SearchPool(index_place(database), WordEncoder())
    try:
        sql(database, END_ALL, "ALTER SCHEMA dupfind RENAME TO elsewhere")
        with pytest.raises(StoreError, match="no index at"):
            asyncio.run(pool.summary())
        sql(database, "ALTER SCHEMA elsewhere RENAME TO dupfind")
        assert asyncio.run(pool.summary())["records"] == 20
    finally:
        pool.close()


@pytest.mark.slow
def test_several_workers_answer_alike_and_show_no_password(
    dupfind: Command, here: Path, database: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPFIND_CACHE", str(here / "cache"))
    url = database.replace("postgres:@", "postgres:secret@") + "&schema=issues"
    for place in (here / "index", url):
        assert dupfind("index", ISSUES, "--index", place, "--model", model).code == 0
    questions = ["login page is slow", "crash on start", "password"]
    expected = {
        question: dupfind("query", question, "-k", "5", "--index", here / "index", "--json").json["hits"]
        for question in questions
    }
    with service(url, "--workers", "2") as (process, address):
        workers = psutil.Process(process.pid).children(recursive=True)
        assert len(workers) == 2
        assert not [word for worker in workers for word in worker.cmdline() if "secret" in word]
        for question in questions * 2:
            assert hits(address, question) == expected[question]
        workers[0].kill()
        workers[0].wait()
        for question in questions * 4:  # a connection to the killed one waits for the worker that replaces it
            assert retried([address] * 3, question) == expected[question]
        assert workers[1].is_running()


def test_workers_of_a_database_that_is_not_there_are_one_line(dupfind: Command, tmp_path: Path) -> None:
    url = f"postgresql://me:secret@/x?host={tmp_path}"
    ran = dupfind("serve", "--workers", "2", "--port", "0", "--index", url)
    assert ran.code == 2
    assert "cannot be reached" in ran.err.splitlines()[-1]
    assert "secret" not in ran.err
