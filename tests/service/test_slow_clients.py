"""Clients that send slowly, read nothing, or come in great numbers, and the others that are answered all the same."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import h11
import pytest

from dupfind.collection.collection import Collection
from dupfind.service import connections
from dupfind.service.admission import Places, is_this_machine
from dupfind.service.middleware import Limits, Policy
from dupfind.service.responses import Refusal
from tests.support.clients import Client, serving
from tests.support.samples import WordEncoder, corpus
from tests.support.timing import HANGS_S

N_SLOW = 80
"""More than the places that there are for bodies."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("slow") / "index"
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(corpus(20), source="one")
    return place


def head(client: Client, *more: str, method: str = "POST", path: str = "/query") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{client.port}", "Content-Type: application/json"]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANGS_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def dripping(client: Client, n: int, *, reconnects: bool) -> Iterator[list[socket.socket]]:
    """Keep n clients that have sent a byte of a body of 100, each a further byte in every tenth of a second."""
    is_over = threading.Event()
    clients: list[socket.socket] = []

    def begin() -> socket.socket:
        connection = client.raw()
        connection.sendall(head(client, "Content-Length: 100") + b"{")
        return connection

    def drip() -> None:
        while not is_over.wait(0.1):
            for place, connection in enumerate(clients):
                try:
                    connection.sendall(b" ")
                except OSError:
                    if reconnects:
                        connection.close()
                        clients[place] = begin()

    clients += [begin() for _ in range(n)]
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield clients
    finally:
        is_over.set()
        thread.join()
        for connection in clients:
            connection.close()


@pytest.mark.parametrize("reconnects", [False, True])
def test_clients_that_send_their_bodies_slowly_keep_no_other_client_out(
    folder: Path, reconnects: bool
) -> None:
    with (
        serving(folder, WordEncoder(), Policy(limits=Limits(body_s=60))) as client,
        dripping(client, N_SLOW, reconnects=reconnects),
    ):
        for _ in range(20):
            assert client.get("/health").status == 200
            assert client.post("/query", {"text": "crash"}).status == 200
            time.sleep(0.05)


def test_the_slowest_body_gives_way_when_there_are_too_many(folder: Path) -> None:
    policy = Policy(limits=Limits(arriving=3, body_s=60))
    with serving(folder, WordEncoder(), policy) as client, ExitStack() as stack:
        slow = []
        for _ in range(4):
            slow.append(stack.enter_context(client.raw()))
            slow[-1].sendall(head(client, "Content-Length: 14") + b'{"text"')
            time.sleep(0.1)
        assert slow[0].recv(4096).startswith(b"HTTP/1.1 429 ")
        for connection in slow[1:]:
            connection.sendall(b': "ab"}')
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_the_body_of_a_peer_with_few_requests_does_not_give_way(folder: Path) -> None:
    policy = Policy(limits=Limits(arriving=3, body_s=60))
    with serving(folder, WordEncoder(), policy) as client, ExitStack() as stack:
        slow = []
        for peer in (
            "192.0.2.1",
            "192.0.2.2",
            "192.0.2.2",
            "192.0.2.2",
        ):  # as a proxy on this machine names them
            slow.append(stack.enter_context(client.raw()))
            slow[-1].sendall(head(client, "Content-Length: 14", f"X-Forwarded-For: {peer}") + b'{"text"')
            time.sleep(0.1)
        assert slow[1].recv(4096).startswith(b"HTTP/1.1 429 ")
        slow[0].sendall(b': "ab"}')
        assert slow[0].recv(4096).startswith(b"HTTP/1.1 200 ")


class Waiting(WordEncoder):
    """Encodes no text until `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
        assert self.go.wait(HANGS_S)
        return super().encode(texts, progress)


def received(connection: socket.socket) -> bytes:
    """All that comes until the connection is closed."""
    answer = b""
    with suppress(ConnectionError):
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_a_body_in_tiny_chunks_is_refused_after_a_thousand_of_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight such bodies that never ended kept all other clients waiting, and the service from ending."""
    parsed: list[int] = []
    next_event = h11.Connection.next_event

    def counted(self: h11.Connection) -> object:
        event = next_event(self)
        parsed.append(isinstance(event, h11.Data))
        return event

    monkeypatch.setattr(h11.Connection, "next_event", counted)
    with serving(folder, WordEncoder()) as client:
        for host, status in (("127.0.0.1", b" 400 "), ("evil.example", b" 403 ")):
            parsed.clear()
            start = head(client, "Transfer-Encoding: chunked").replace(b"127.0.0.1", host.encode())
            with client.raw() as connection:
                connection.sendall(start)
                if status == b" 403 ":  # the answer comes first, and the body goes on
                    assert status in connection.recv(65_536)
                with suppress(ConnectionError):
                    connection.sendall(b"1\r\nx\r\n" * 100_000)
                if status == b" 400 ":
                    answer = received(connection)
                    assert status in answer
                    assert b"the body comes in tiny chunks: send 256 bytes" in answer
            until(lambda: sum(parsed) > connections.FREE_CHUNKS)
            assert client.get("/health").status == 200
            assert sum(parsed) < connections.FREE_CHUNKS + 10  # the last ones may come in two parts


@pytest.mark.parametrize(("n_chunks", "size"), [(connections.FREE_CHUNKS - 1, 1), (2_000, 300)])
def test_a_body_in_a_few_small_chunks_or_in_many_larger_ones_is_read(
    folder: Path, n_chunks: int, size: int
) -> None:
    body = b'{"text": "crash", "k": 1' + b" " * (n_chunks * size - 25) + b"}"
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    with serving(folder, WordEncoder()) as client, client.raw() as connection:
        connection.sendall(head(client, "Transfer-Encoding: chunked", "Connection: close"))
        connection.sendall(b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n")
        assert received(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("rest", [b"no chunk\r\n", b"1\r\nx\r\n" * (connections.FREE_CHUNKS + 9)])
def test_headers_and_what_is_no_body_in_one_packet_have_one_answer(
    folder: Path, caplog: pytest.LogCaptureFixture, rest: bytes
) -> None:
    """The application starts after the answer, and its own would have come in the middle of a closed connection."""
    with serving(folder, WordEncoder()) as client, client.raw() as connection:
        start = head(client, "Transfer-Encoding: chunked").replace(b"127.0.0.1", b"evil.example")
        connection.sendall(start + rest)
        assert received(connection).startswith(b"HTTP/1.1 400 ")
        assert client.get("/health").status == 200
    assert not [record for record in caplog.records if record.exc_info]


def test_what_is_no_http_after_a_refusal_closes_the_connection_without_a_word(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(folder, WordEncoder()) as client, client.raw() as connection:
        connection.sendall(head(client, "Transfer-Encoding: chunked").replace(b"127.0.0.1", b"evil.example"))
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(65_536)
        assert b" 403 " in answer
        connection.sendall(b"no chunk\r\n")
        assert received(connection) == b""
        assert client.get("/health").status == 200
    assert not [record for record in caplog.records if record.exc_info]


def test_health_is_answered_while_all_other_places_are_taken_and_another_peer_has_a_place(
    folder: Path,
) -> None:
    encoder = Waiting()
    policy = Policy(limits=Limits(pending=4, per_peer=3))
    codes: list[int] = []

    def ask(peer: str) -> None:
        codes.append(client.post("/query", {"text": "crash"}, **{"X-Forwarded-For": peer}).status)

    with serving(folder, encoder, policy) as client:
        threads = [threading.Thread(target=ask, args=("192.0.2.1",)) for _ in range(3)]
        try:
            for thread in threads:
                thread.start()
            refused = {"X-Forwarded-For": "192.0.2.1"}
            until(lambda: client.get("/openapi.json", **refused).status == 429)
            assert "of this client" in client.get("/openapi.json", **refused).json["error"]
            assert client.get("/health", **refused).status == 200
            assert client.get("/openapi.json", **{"X-Forwarded-For": "192.0.2.2"}).status == 200
            assert client.get("/openapi.json").status == 200
            threads.append(threading.Thread(target=ask, args=("192.0.2.2",)))
            threads[-1].start()
            until(lambda: client.get("/openapi.json").status == 429)
            assert client.get("/health").status == 200
        finally:
            encoder.go.set()
            for thread in threads:
                thread.join()
    assert codes == [200] * 4


def test_the_own_machine_may_take_all_places_and_another_only_its_share() -> None:
    places = Places(limit=3, per_peer=1)
    with places.place("192.0.2.1"):
        with pytest.raises(Refusal, match="1 requests of this client"):
            places.require_free("192.0.2.1")
        with (
            places.place("127.0.0.1"),
            places.place("127.0.0.1"),
            pytest.raises(Refusal, match="3 requests are"),
        ):
            places.require_free("::1")
    with places.place("192.0.2.1"):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_own_machine_is_known_by_each_of_its_addresses(address: str) -> None:
    assert is_this_machine(address)


@pytest.mark.parametrize("address", ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "localhost", ""])
def test_another_machine_is_not_taken_for_the_own(address: str) -> None:
    assert not is_this_machine(address)


def test_connections_that_wait_are_closed_when_there_are_too_many(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 10)
    with serving(folder, WordEncoder()) as client, ExitStack() as stack:
        slow = stack.enter_context(client.raw())
        slow.sendall(head(client, "Content-Length: 14") + b'{"text"')
        assert client.get("/health").status == 200  # by now its request is running, so that it does not wait
        silent = [stack.enter_context(client.raw()) for _ in range(60)]
        assert client.get("/health").status == 200
        for connection in silent[:45]:
            connection.settimeout(HANGS_S)
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""
        slow.sendall(b': "ab"}')
        assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")
        silent[-1].sendall(head(client, method="GET", path="/health"))
        assert silent[-1].recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_reads_no_answer_keeps_no_place_and_is_cut_off(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "READ_S", 2.0)
    with serving(folder, WordEncoder(), Policy(limits=Limits(pending=1))) as client, client.raw() as deaf:
        deaf.settimeout(HANGS_S)
        request = head(client, method="GET", path="/openapi.json") * 100
        with pytest.raises(ConnectionError):  # noqa: PT012
            while True:
                deaf.sendall(request)
                assert client.get("/health").status == 200
        until(lambda: client.get("/openapi.json").status == 200)


def test_clients_that_read_no_answer_and_request_more_keep_no_other_client_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(connections, "READ_S", 60.0)
    with serving(folder, WordEncoder()) as client, ExitStack() as stack:
        for _ in range(4):
            deaf = stack.enter_context(client.raw())
            deaf.setblocking(False)
            request = head(client, method="GET", path="/openapi.json") * 100
            quiet_since = time.monotonic()
            while time.monotonic() - quiet_since < 0.5:  # until the service reads no more of its requests
                with suppress(BlockingIOError):
                    deaf.send(request)
                    quiet_since = time.monotonic()
        for _ in range(3):
            assert client.get("/health").status == 200
