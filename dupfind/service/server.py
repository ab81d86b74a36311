"""Run uvicorn on a bound socket, with limits for its connections and an orderly end on signals."""

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from dupfind.service.connections import TimedProtocol

IDLE_S = 30
"""Seconds that a connection may stay open between two requests."""

LEAVE_S = 0.5
"""Seconds that running requests have to end when the service stops; those that are not done by then are given up."""


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a socket that is bound and does not listen yet.

    Args:
        host: An address or a name.
        port: 0 for any free port.
        shared: Whether other processes of this user may bind the same address; the kernel distributes connections.

    Raises:
        OSError: The address is in use, or does not belong to this machine.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind)
    try:
        if sys.platform == "win32":  # there SO_REUSEADDR lets another program take the address over
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # a restart need not wait for old connections in TIME_WAIT
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


class _Server(uvicorn.Server):
    """A server that ends normally on SIGINT and SIGTERM; uvicorn's own raises the signal again after its end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal, at once at the second; outside of the main thread, handle none."""
        if threading.current_thread() is not threading.main_thread():  # Python sets handlers only there
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self.handle_exit) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)


def serve(app: ASGIApp, bound: socket.socket, started: Callable[[Callable[[], None]], object]) -> None:
    """Answer requests until SIGINT or SIGTERM; running requests then have `LEAVE_S` to end.

    Args:
        app: The application.
        bound: From `listen`.
        started: Called when the server accepts requests, with a function that stops it.
    """
    config = uvicorn.Config(
        app,
        http=TimedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=cast("int", LEAVE_S),  # it goes to asyncio, which takes parts of a second
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True

    async def run() -> None:
        serving = asyncio.ensure_future(server.serve(sockets=[bound]))
        while not server.started and not serving.done():  # uvicorn gives no event for its start
            await asyncio.sleep(0.01)
        if server.started:
            started(stop)
        await serving

    asyncio.run(run())
