"""Tests of worker processes: a dead one is replaced, and none is left when the service ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil
import pytest

from dupfind.service.discovery import find
from tests.support.clients import Client
from tests.support.hooks import GITLAB
from tests.support.samples import Command
from tests.support.timing import HANGS_S

pytestmark = pytest.mark.slow

WORKERS = 2

Service = subprocess.Popen[str]


@pytest.fixture
def index(here: Path, model: Path, dupfind: Command) -> Path:
    lines = (json.dumps({"id": n, "title": f"abc def crash {n}"}) for n in range(20))
    (here / "issues.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    return here / ".dupfind"


@contextmanager
def workers_serving(index: Path, *options: str) -> Iterator[tuple[Service, Client]]:
    command = [sys.executable, "-P", "-m", "dupfind", "serve", "--index", str(index), "--port", "0"]
    command += ["--workers", str(WORKERS), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            [port] = re.findall(r"http://127\.0\.0\.1:(\d+)/", stderr(process).readline())
            yield process, Client(int(port))
        finally:
            with suppress(psutil.NoSuchProcess):
                for child in children(process):
                    child.kill()
            process.kill()


def stderr(process: Service) -> IO[str]:
    assert process.stderr is not None
    return process.stderr


def children(process: Service) -> list[psutil.Process]:
    return list(psutil.Process(process.pid).children())


def workers(process: Service) -> set[int]:
    return {child.pid for child in children(process)}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANGS_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ids(client: Client) -> list[str]:
    response = client.post("/query", {"text": "abc def crash 7", "k": 5})
    assert response.status == 200, response.text
    return [hit["id"] for hit in response.json["hits"]]


def test_each_worker_answers_as_one_service_does(index: Path, dupfind: Command) -> None:
    with workers_serving(index) as (process, client):
        assert len(workers(process)) == WORKERS
        first = ids(client)
        assert all(ids(client) == first for _ in range(20))
        service = find(index)
        assert service is not None
        assert service.port == client.port
        alone = dupfind("query", "abc def crash 7", "-k", 5, "--json", "--no-service")
        assert [hit["id"] for hit in alone.json["hits"]] == first


def test_a_token_and_names_reach_every_worker(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "0123456789abcdef")
    with workers_serving(index, "--token-env", "SECRET", "--allow-host", "Issues.Example") as (
        process,
        client,
    ):
        for _ in range(12):
            assert client.get("/health").status == 401
            headers = {"Authorization": "Bearer 0123456789abcdef", "Host": "issues.example"}
            assert client.get("/health", **headers).status == 200
        arguments = [part for pid in workers(process) for part in psutil.Process(pid).cmdline()]
        assert "0123456789abcdef" not in arguments


def test_the_secret_of_webhooks_reaches_every_worker(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "0123456789abcdef")
    monkeypatch.setenv("SECRET", "fedcba9876543210")
    with workers_serving(index, "--token-env", "TOKEN", "--webhook-secret-env", "SECRET") as (
        process,
        client,
    ):
        for _ in range(12):
            assert client.post("/check", GITLAB).status == 401
            assert client.post("/check", GITLAB, **{"X-Gitlab-Token": "fedcba9876543210"}).status == 200
        arguments = [part for pid in workers(process) for part in psutil.Process(pid).cmdline()]
        assert "fedcba9876543210" not in arguments


def test_another_takes_the_place_of_a_worker_that_dies(index: Path) -> None:
    with workers_serving(index) as (process, client):
        before = workers(process)
        os.kill(min(before), signal.SIGKILL)
        for _ in range(20):  # connections to its socket wait for the next one
            assert ids(client)
        until(lambda: len(workers(process)) == WORKERS and workers(process) != before)
        assert "is replaced" in stderr(process).readline()


def test_each_worker_counts_the_requests_of_all_also_after_one_has_died(index: Path) -> None:
    def n_queries(client: Client) -> int:
        # A connection to the socket of the dead worker waits until the next one has started.
        text = client.request("GET", "/metrics", timeout=HANGS_S).text
        return int(re.findall(r'requests_total{route="/query",status="200"} (\d+)', text)[0])

    with workers_serving(index) as (process, client):
        for n in range(1, 13):
            assert ids(client)
            until(lambda n=n: n_queries(client) == n)  # type: ignore[misc] # counted once the answer is sent
        before = workers(process)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(workers(process)) == WORKERS and workers(process) != before)
        assert {n_queries(client) for _ in range(12)} == {12}


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_ends(index: Path, end: signal.Signals) -> None:
    with workers_serving(index) as (process, client):
        assert ids(client)
        left = children(process)
        process.send_signal(end)
        assert process.wait(HANGS_S) == 0
        assert not psutil.wait_procs(left, HANGS_S)[1]
        assert not (index / "service.json").exists()
        assert stderr(process).read() == ""


def test_workers_end_with_one_that_is_killed(index: Path) -> None:
    with workers_serving(index) as (process, client):
        assert ids(client)
        left = children(process)
        process.kill()
        assert not psutil.wait_procs(left, HANGS_S)[1]
        assert find(index) is None


def test_an_error_at_the_start_is_reported_once(index: Path, dupfind: Command) -> None:
    for path in (index / "models").rglob("model.safetensors"):
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    ran = dupfind("serve", "--port", 0, "--workers", WORKERS, "--index", index)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "is not the model that built the index" in ran.err


def test_a_review_has_one_process(index: Path, dupfind: Command) -> None:
    ran = dupfind("serve", "--port", 0, "--workers", WORKERS, "--review", "--index", index)
    assert ran.code == 2
    assert "--review" in ran.err
    assert "--workers" in ran.err


def test_the_port_of_another_service_is_taken(index: Path, dupfind: Command) -> None:
    with workers_serving(index) as (_, client):
        ran = dupfind("serve", "--port", client.port, "--workers", WORKERS, "--index", index)
        assert ran.code == 2
        assert f"cannot listen at 127.0.0.1:{client.port}" in ran.err


def test_workers_take_no_module_from_the_current_folder(index: Path, here: Path) -> None:
    (here / "uvicorn.py").write_text("raise SystemExit('a stranger has run')", encoding="utf-8")
    with workers_serving(index) as (_, client):
        assert ids(client)
