"""Counts of a service's requests by route, status and seconds, in memory that its worker processes share.

Each process writes to a row of its own, so no lock is needed, and each can read the sum of all rows. A worker that
takes the place of another one continues its row, so no count ever falls. The table has a fixed size: no text of a
request comes into it.
"""

import mmap
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROUTES = (
    "/query",
    "/check",
    "/issues/{id}",
    "/names",
    "/health",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/review",
    "/",
    "other",
)
"""Names of routes; "/" stands for the files of the page, too."""

STATUSES = (200, 400, 401, 403, 404, 405, 408, 409, 413, 415, 421, 429, 500, 503, 0)
"""Counted statuses; 0 stands for every other one."""

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram's buckets in seconds; a last bucket has none."""

_FILES = frozenset({"/", "/page.css", "/page.js", "/style.css", "/common.css", "/common.js", "/docs.css"})
_WIDTH = len(STATUSES) + len(BOUNDS_S) + 2  # the statuses, the buckets, the sum of seconds
_ROW_BYTES = len(ROUTES) * _WIDTH * 8

Counts = NDArray[np.float64]


class RequestCounts:
    """The row of one process, and the sum over all processes of the service."""

    def __init__(self, shared: int | None = None, place: int = 0) -> None:
        """Open the table.

        Args:
            shared: The descriptor of a file from `shared_table`; None for a service of one process.
            place: The row of this process.
        """
        memory = mmap.mmap(-1, _ROW_BYTES) if shared is None else mmap.mmap(shared, 0)
        self._rows: Counts = np.frombuffer(memory, np.float64).reshape(-1, len(ROUTES), _WIDTH)
        self._own = self._rows[place]

    def add(self, route: int, status: int, seconds: float) -> None:
        """Count one request.

        Args:
            route: Its place in `ROUTES`.
            status: The status of its answer.
            seconds: From its headers to the end of its answer.
        """
        counts = self._own[route]
        counts[STATUSES.index(status if status in STATUSES else 0)] += 1
        counts[len(STATUSES) + bisect_left(BOUNDS_S, seconds)] += 1
        counts[-1] += seconds

    def total(self) -> Counts:
        """Return the sum over all processes, (routes, statuses and buckets and seconds) float64."""
        total: Counts = self._rows.sum(axis=0)
        return total


@contextmanager
def shared_table(n_processes: int) -> Iterator[BinaryIO]:
    """Give a file without a name for the table of several processes, all zeros."""
    with TemporaryFile() as file:
        file.truncate(n_processes * _ROW_BYTES)
        yield file


class RequestMeter:
    """Count each request of an application, also one that is refused."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        """Wrap an application."""
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            self._counts.add(ROUTES.index(route_of(scope["path"])), status, time.monotonic() - started)


def route_of(path: str) -> str:
    """Return the name of a path's route, one of `ROUTES`."""
    if path in ROUTES[:-1]:
        return path
    if path in _FILES:
        return "/"
    if path.startswith("/issues/"):
        return "/issues/{id}"
    return "/review" if path.startswith("/review") else "other"


def statuses(counts: Counts) -> Sequence[tuple[int, int]]:
    """Return the statuses of a route that have occurred, and how often.

    Args:
        counts: The row of a route in `RequestCounts.total`.
    """
    return [(status, int(n)) for status, n in zip(STATUSES, counts, strict=False) if n]


def buckets(counts: Counts) -> list[int]:
    """Return how many requests of a route took at most each of `BOUNDS_S`, and last how many there were."""
    n_below = counts[len(STATUSES) : -1].cumsum()
    return [int(n) for n in n_below]
