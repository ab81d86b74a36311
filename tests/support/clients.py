"""A service on loopback in a thread of this process, and a client that sends exactly what a test passes."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from dupfind.encoders.load import Encoder
from dupfind.service.app import application
from dupfind.service.discovery import ServiceFile
from dupfind.service.middleware import Policy
from dupfind.service.pool import SearchPool
from dupfind.service.review_routes import ReviewRoutes
from dupfind.service.server import listen, serve


class Answer(NamedTuple):
    """A response of the service."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)


class Client:
    """Sends requests to a service on loopback."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read().decode("utf-8"),
            )
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, fields: object, **headers: str) -> Answer:
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        return self.request("POST", path, body, {"Content-Type": "application/json", **headers})

    def raw(self) -> socket.socket:
        """A connection on which nothing has been sent yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@contextmanager
def serving(
    folder: Path,
    encoder: Encoder | None = None,
    policy: Policy | None = None,
    review: ReviewRoutes | None = None,
    *,
    announced: bool = False,
) -> Iterator[Client]:
    """A service of an index, running while the block runs."""
    pool = SearchPool(folder, encoder)
    policy = policy or Policy()
    with listen("127.0.0.1", 0) as bound:
        is_up = threading.Event()
        stops = []

        def started(stop: Any) -> None:
            stops.append(stop)
            is_up.set()

        app = application(pool, policy, review)
        thread = threading.Thread(target=serve, args=(app, bound, started))
        thread.start()
        port = bound.getsockname()[1]
        file = ServiceFile(folder, "127.0.0.1", port, policy.token) if announced else None
        try:
            assert is_up.wait(30)
            yield Client(port)
        finally:
            if file is not None:
                file.close()
            for stop in stops:
                stop()
            thread.join()
            pool.close()
