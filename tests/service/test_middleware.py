"""Tests of the request guard: other sites, rebinding names, missing tokens, too large or too slow requests."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.service import connections
from dupfind.service.middleware import Limits, Policy
from tests.support.clients import Client, serving
from tests.support.samples import WordEncoder, corpus
from tests.support.timing import HANGS_S

TOKEN = "0123456789abcdef"


class BlockingEncoder(WordEncoder):
    """An encoder that blocks on texts with the word "wait" until `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.n_waiting = 0

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        if any("wait" in text for text in texts):
            self.n_waiting += 1
            assert self.go.wait(30)
        return super().encode(texts, progress)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("middleware") / "index"
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(corpus(20), source="one")
    return place


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder, WordEncoder(), Policy(None, {"issues.example.org"}, Limits(body=20_000))) as client:
        yield client


@pytest.fixture(scope="module")
def locked(folder: Path) -> Iterator[Client]:
    with serving(folder, WordEncoder(), Policy(TOKEN)) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:{}", "127.0.0.1:{}", "[::1]:{}", "issues.example.org", "localhost."]
)
def test_its_own_names_and_addresses_are_answered(client: Client, host: str) -> None:
    assert client.get("/health", Host=host.format(client.port)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example.com",
        "rebound.example.com:{}",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "127.0.0.1@example.com",
        "",
        "localhost:x",
        "[::1",
    ],
)
def test_a_rebinding_host_header_is_refused(client: Client, host: str) -> None:
    response = client.get("/health", Host=host.format(client.port))
    assert response.status in (400, 403)
    assert "records" not in response.text


def test_another_site_s_page_is_refused(client: Client) -> None:
    own = f"http://127.0.0.1:{client.port}"
    assert client.post("/query", {"text": "crash"}, Origin=own).status == 200
    for origin in ("http://example.com", "null", own + "0", "http://127.0.0.1"):
        assert client.post("/query", {"text": "crash"}, Origin=origin).status == 403
    assert client.request("GET", "/health", headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert client.request("GET", "/health", headers={"Sec-Fetch-Site": "same-origin"}).status == 200


def test_no_site_is_ever_allowed_by_cors(client: Client) -> None:
    response = client.request(
        "OPTIONS", "/query", headers={"Origin": "http://x.org", "Access-Control-Request-Method": "POST"}
    )
    assert response.status == 403
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/health", "/names", "/issues/1", "/nothing"])
@pytest.mark.parametrize(
    "credentials", [None, "", TOKEN, f"Basic {TOKEN}", "Bearer ", f"Bearer {TOKEN}x", "Bearer ä"]
)
def test_without_the_token_nothing_of_the_index_is_sent(
    locked: Client, path: str, credentials: str | None
) -> None:
    response = locked.request(
        "GET", path, headers={} if credentials is None else {"Authorization": credentials}
    )
    assert response.status == 401
    assert response.headers["www-authenticate"] == "Bearer"


def test_with_the_token_the_index_is_sent(locked: Client) -> None:
    assert locked.get("/health", Authorization=f"Bearer {TOKEN}").status == 200
    assert locked.post("/query", {"text": "crash"}, Authorization=f"bearer {TOKEN}").status == 200


def test_every_answer_forbids_scripts_frames_and_sniffing(client: Client, locked: Client) -> None:
    for response in (
        client.get("/health"),
        client.get("/nothing"),
        client.get("/health", Host="x.org"),
        locked.get("/health"),
        client.post("/query", b"{"),
    ):
        assert response.headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'; "
        )
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["content-type"] == "application/json"
        assert "server" not in response.headers


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jsonp"],
)
def test_only_json_is_read(client: Client, kind: str) -> None:
    assert client.request("POST", "/query", b'{"text": "a"}', {"Content-Type": kind}).status == 415


def test_a_body_that_is_too_large_is_refused_announced_or_not(client: Client) -> None:
    large = b'{"text": "' + b"x" * 10_000_000 + b'"}'
    with client.raw() as connection:
        connection.sendall(_head(client, f"Content-Length: {len(large)}"))
        assert b" 413 " in connection.recv(4096)
    with client.raw() as connection:
        connection.sendall(_head(client, "Transfer-Encoding: chunked"))
        try:
            for _ in range(20):
                connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        except OSError:
            pass  # it hung up
        assert b" 413 " in connection.recv(4096)
    assert client.get("/health").status == 200


@pytest.mark.parametrize(
    "lengths",
    [
        ("Content-Length: 25", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 25"),
        ("content-length: 4", "X-Between: 1", "transfer-encoding: CHUNKED"),
        ("Transfer-Encoding: chunked", "Content-Length: 0", "Authorization: Bearer x"),
    ],
)
def test_a_request_with_two_lengths_is_refused_and_smuggles_no_second_one(
    client: Client, lengths: tuple[str, ...]
) -> None:
    chunk = b'11\r\n{"text": "crash"}\r\n0\r\n\r\n'
    second = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\n\r\n".encode()
    for sent in (_head(client, *lengths) + chunk + second, _head(client, *lengths)):
        with client.raw() as connection:
            connection.sendall(sent)
            answer = b""
            while received := connection.recv(65_536):  # b"" only where the connection is closed
                answer += received
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"connection: close" in answer.lower()
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"send only one of them" in answer
        assert b"records" not in answer
    with client.raw() as connection:  # one length alone, and two requests in one piece
        connection.sendall(_head(client, "Transfer-Encoding: chunked") + chunk + second)
        answer = b""
        while answer.count(b"HTTP/1.1 200 ") < 2:
            received = connection.recv(65_536)
            assert received
            answer += received


def test_a_body_that_does_not_come_is_not_waited_for(folder: Path) -> None:
    with serving(folder, WordEncoder(), Policy(limits=Limits(body_s=0.2))) as client:
        with client.raw() as connection:
            connection.sendall(_head(client, "Content-Length: 100") + b'{"te')
            assert b" 408 " in connection.recv(4096)
        assert client.get("/openapi.json").status == 200


def test_headers_that_do_not_come_are_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADERS_S", 0.3)

    with client.raw() as silent, client.raw() as slow, client.raw() as second:
        second.sendall(_head(client, "Content-Length: 14") + b'{"text": "ab"}')
        assert second.recv(15) == b"HTTP/1.1 200 OK"
        second.sendall(b"GET /hea")  # the next request of a connection that was fine
        with suppress(ConnectionError):  # on a busy machine its time is over before the last byte
            for byte in b"GET /health HTT":
                slow.sendall(bytes([byte]))
                time.sleep(0.01)
        for connection in (silent, slow, second):
            with suppress(ConnectionError):
                while connection.recv(65_536):
                    pass  # the rest of an answer, and then the end
    assert client.get("/health").status == 200


SILENT = """
import resource, socket, sys
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
connections = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(60)]
print("open", flush=True)
sys.stdin.read()
"""
"""Opens connections on which nothing is ever sent."""


def test_silent_clients_cannot_use_up_the_files_of_the_service(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEADERS_S", 1.0)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    command = [sys.executable, "-c", SILENT, str(client.port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as silent:
        assert silent.stdout is not None
        # Fewer than the silent connections: they are accepted in order, so a later client waits until some are closed.
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 30, limits[1]))
        try:
            assert silent.stdout.readline() == "open\n"
            deadline = time.monotonic() + HANGS_S
            while not _is_answered(client):
                assert time.monotonic() < deadline
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            silent.communicate("")


def _is_answered(client: Client) -> bool:
    try:
        return client.request("GET", "/openapi.json", timeout=5).status == 200
    except OSError:
        return False


def test_a_client_that_leaves_in_the_middle_harms_nobody(client: Client) -> None:
    for part in (
        b"",
        b"POST",
        _head(client, "Content-Length: 100"),
        _head(client, "Content-Length: 14") + b"{",
    ):
        connection = client.raw()
        connection.sendall(part)
        connection.close()
    assert client.get("/health").status == 200


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x00\xa5", b"GET\r\n\r\n", b"\0" * 100, b"A" * 100_000])
def test_invalid_http_is_refused(client: Client, sent: bytes) -> None:
    with client.raw() as connection:
        connection.sendall(sent)
        assert b" 400 " in connection.recv(4096)
    assert client.get("/health").status == 200


def test_more_requests_than_can_wait_get_a_429(folder: Path) -> None:
    encoder = BlockingEncoder()
    with serving(folder, encoder, Policy(limits=Limits(pending=3))) as client:
        codes: list[int] = []
        threads = [
            threading.Thread(target=lambda: codes.append(client.post("/query", {"text": "wait here"}).status))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        refused = client.get("/openapi.json")  # which waits for nobody
        while refused.status != 429 and time.monotonic() < deadline:
            refused = client.get("/openapi.json")
        encoder.go.set()
        for thread in threads:
            thread.join()
        assert refused.status == 429
        assert refused.headers["retry-after"] == "1"
        assert codes == [200, 200, 200]


def test_an_answer_that_takes_too_long_is_given_up(folder: Path) -> None:
    encoder = BlockingEncoder()
    with serving(folder, encoder, Policy(limits=Limits(answer_s=0.2))) as client:
        response = client.post("/query", {"text": "wait here"})
        encoder.go.set()
        assert response.status == 503
        assert "within 0.2 s" in response.json["error"]
        deadline = time.monotonic() + 30  # on a busy machine any answer may take longer than that
        while client.post("/query", {"text": "crash"}).status != 200:
            assert time.monotonic() < deadline


def test_a_failure_of_the_service_is_sealed_reveals_nothing_and_is_survived(folder: Path) -> None:
    class Broken(WordEncoder):
        def encode(
            self, texts: Sequence[str], progress: Callable[[int], None] | None = None
        ) -> NDArray[np.float32]:
            raise RuntimeError("secret")

    with serving(folder, Broken()) as client:
        response = client.post("/query", {"text": "crash"})
        assert (response.status, response.headers["x-content-type-options"]) == (500, "nosniff")
        assert "secret" not in response.text
        assert client.get("/health").status == 200


def _head(client: Client, *more: str) -> bytes:
    lines = [
        "POST /query HTTP/1.1",
        f"Host: 127.0.0.1:{client.port}",
        "Content-Type: application/json",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
