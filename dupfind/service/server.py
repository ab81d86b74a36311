"""The server: uvicorn on a socket of ours, with patience for slow clients that ends, and an end in good order."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 10.0
"""Seconds in which a request's headers must have come, from the first byte or from the opening of a connection."""

IDLE_S = 30
"""Seconds that a connection may stay open between two requests."""

LEAVE_S = 10
"""Seconds that requests at hand have to end when the service is told to stop."""


class TimedProtocol(H11Protocol):
    """HTTP/1.1 that hangs up on a client whose headers do not come, which uvicorn alone would wait for for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client is there, and owes a request."""
        super().connection_made(transport)
        self._owe()

    def data_received(self, data: bytes) -> None:
        """A part of a request came; its headers may still be incomplete."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._settle()
        elif self.cycle is None or self.cycle.response_complete:
            self._owe()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone, and owes nothing."""
        self._settle()
        super().connection_lost(exc)

    def _owe(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_S, self.transport.close)

    def _settle(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that is bound and not yet listening.

    Args:
        host: An address or a name.
        port: 0 for one that is free.
        shared: Whether others of this user may be bound to the same address; the kernel deals out connections.

    Raises:
        OSError: The address is taken, or not this machine's.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


class _Server(uvicorn.Server):
    """A server for which SIGINT and SIGTERM are the ordinary end: uvicorn's own would die of them once more."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal, at the second one at once; only a main thread hears them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ends = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(end, self.handle_exit) for end in ends]
        try:
            yield
        finally:
            for end, handler in zip(ends, before, strict=True):
                signal.signal(end, handler)


def serve(app: ASGIApp, bound: socket.socket, started: Callable[[Callable[[], None]], object]) -> None:
    """Answer until SIGINT or SIGTERM; requests at hand are answered first.

    Args:
        app: The application.
        bound: From `listen`.
        started: Called when requests are taken, with a function that stops the server.
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
        timeout_graceful_shutdown=LEAVE_S,
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True

    async def run() -> None:
        serving = asyncio.ensure_future(server.serve(sockets=[bound]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            started(stop)
        await serving

    asyncio.run(run())
