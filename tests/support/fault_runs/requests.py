"""Send a service requests that were damaged: it answers or refuses each, and never fails."""

import http.client
import json
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dupfind.collection.collection import Collection
from tests.support.clients import Client, serving
from tests.support.damage import damaged
from tests.support.fault_runs.tally import Tally, rounds
from tests.support.hooks import GITEA, GITLAB, JIRA
from tests.support.mutations import mutated
from tests.support.samples import WordEncoder, corpus

LIMIT_S = 60

BODIES: tuple[tuple[str, Any], ...] = (
    ("/query", {"text": "crash of the worker", "k": 5, "why": True, "fold": True}),
    ("/query", {"title": "crash", "body": "of the worker", "state": "open", "project": "a", "exact": True}),
    ("/query", {"id": "7", "source": "one", "before": "2024-01-20", "min_score": 0.1}),
    ("/check", {"title": "crash", "body": "of the worker"}),
    ("/check", {"issues": [{"id": "1", "title": "crash"}, {"title": "slow page", "body": "login"}], "k": 3}),
    ("/check", GITEA),
    ("/check", GITLAB),
    ("/check", JIRA),
)
PATHS = ("/issues/7", "/issues/7?source=one&project=a", "/names", "/health", "/", "/openapi.json", "/page.js")


def requests(rng: random.Random, seconds: float, folder: Path, most: int | None = None) -> Tally:
    """Send bodies with other fields, bodies with other bytes, paths, and bytes that are no HTTP.

    Args:
        rng: Decides on the damage.
        seconds: How long to go on, after the preparations.
        folder: An empty folder.
        most: Requests at most; None for as many as there is time for.
    """
    tally = Tally()
    with Collection.create(folder / "index", encoder=WordEncoder()) as collection:
        collection.index(corpus(60), source="one")
    with _without_warnings(), serving(folder / "index", WordEncoder()) as client:
        right = client.post("/query", BODIES[0][1]).json["hits"]
        connection = _connect(client)
        for number in rounds(seconds, most):
            kind = rng.randrange(10)
            tally.runs += 1
            if kind == 0:
                _send_bytes(client, rng, f"request {number}", tally)
                continue
            path, body = rng.choice(BODIES)
            method, data = "POST", b""
            if kind == 1:
                method = rng.choice(("GET", "GET", "HEAD", "PUT", "DELETE", "OPTIONS"))
                path = "/" + damaged(rng.choice(PATHS).encode(), rng).decode("latin-1")
                path = "".join(c if "!" <= c <= "~" else f"%{ord(c):02X}" for c in path)
            else:
                data = json.dumps(mutated(body, rng)).encode()
                data = damaged(data, rng) if kind == 2 else data
            connection = _send(client, connection, method, path, data, f"request {number}", tally)
        connection.close()
        with tally.expecting("wrong", "a query at the end"):
            assert client.post("/query", BODIES[0][1]).json["hits"] == right
    return tally


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep uvicorn's warning at each request that is no HTTP off standard error, where the faults are named."""
    logger = logging.getLogger("uvicorn.error")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _connect(client: Client) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", client.port, timeout=LIMIT_S)


def _send(
    client: Client,
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    data: bytes,
    note: str,
    tally: Tally,
) -> http.client.HTTPConnection:
    """Send a request, and return a connection for the next one."""
    note = f"{note}: {method} {path} {data[:300]!r}"
    try:
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
    except TimeoutError:
        tally.add("hangs", note)
    except (http.client.HTTPException, OSError) as error:
        tally.add("tracebacks", f"{note}: {error!r}")
    else:
        if response.status >= 500:
            tally.add("tracebacks", f"{note}: {response.status} {text[:200]!r}")
        elif not response.will_close:
            return connection
    connection.close()
    return _connect(client)


def _send_bytes(client: Client, rng: random.Random, note: str, tally: Tally) -> None:
    head = f"POST /query HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nContent-Type: application/json\r\n"
    body = b'{"text": "crash"}'
    sent = damaged(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body, rng)
    with client.raw() as connection:
        connection.settimeout(LIMIT_S)
        try:
            connection.sendall(sent)
            connection.shutdown(1)  # no more bytes come, so the service need not wait for any
            answer = connection.recv(65_536)
        except TimeoutError:
            tally.add("hangs", f"{note}: {sent!r}")
        except OSError:
            return  # it hung up
        else:
            if answer.startswith(b"HTTP/1.1 5"):
                tally.add("tracebacks", f"{note}: {sent!r}: {answer[:300]!r}")
