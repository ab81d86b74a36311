"""HTTP/1.1 with limits for late headers, clients that do not read, bodies in tiny chunks, and open connections."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from dupfind.service.admission import busiest

try:
    import resource
except ModuleNotFoundError:  # Windows, where a socket is no file
    HAS_LIMITS = False
else:
    HAS_LIMITS = True

HEADERS_S = 10.0
"""Seconds within which a request's headers must arrive, from its first byte or from the opening of the connection."""

READ_S = 10.0
"""Seconds within which a client must read on, while more of an answer is ready than the buffers hold."""

MAX_CONNECTIONS = 512
"""Open connections of one process, in no case more than half of the files that it may open."""

FREE_CHUNKS = 1_024
"""Chunks of any size that a body may have, such as a client makes of each token of JSON; they cost as much as 1 MB."""

CHUNK_BYTES = 256
"""Bytes that each chunk after these must have on average. A chunk costs the time of a kB, also one of one byte."""

_MAX_HEADERS = 1 << 16  # bytes
_TINY = f"the body comes in tiny chunks: send {CHUNK_BYTES} bytes or more in each"


class _Connection(h11.Connection):
    """A connection that takes a body in tiny chunks for an error: a few of them would keep all others waiting."""

    has_tiny_chunks = False

    _n_chunks = 0
    _n_bytes = 0

    def next_event(self) -> Any:
        """Parse the next event.

        Raises:
            RemoteProtocolError: It is no HTTP, or one tiny chunk too many.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._n_chunks = self._n_bytes = 0
        elif isinstance(event, h11.Data):
            self._n_chunks += event.chunk_start
            self._n_bytes += len(event.data)
            if self._n_chunks > FREE_CHUNKS + self._n_bytes // CHUNK_BYTES:
                self.has_tiny_chunks = True
                raise h11.RemoteProtocolError(_TINY)
        return event


class TimedProtocol(H11Protocol):
    """HTTP/1.1 with limits that uvicorn lacks.

    uvicorn alone waits for headers for ever, and for clients that read nothing: they would use up the open files of the
    process. One connection too many closes the one that waits longest for a request, or for a client that does not
    read, of the busiest peer.
    """

    conn: _Connection
    _header_timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None
    _waits_since = 0.0
    _is_aborted = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take the arguments of uvicorn's own."""
        super().__init__(*arguments, **options)
        self.conn = _Connection(h11.SERVER, _MAX_HEADERS)

    def connection_made(self, transport: Any) -> None:
        """Start the timer of the first request, and close another connection if there are too many."""
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        self._start_header_timer()
        self._make_room()

    def data_received(self, data: bytes) -> None:
        """Stop the timer when the headers are complete; start it with the first bytes of a later request."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:  # uvicorn makes a new cycle for each complete set of headers
            self._stop_header_timer()
        elif self._is_waiting:
            self._start_header_timer()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; if the answer has begun, such as to a body that was too large, only close."""
        if self.cycle is not None:
            self.cycle.disconnected = True  # the application may still be about to answer
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(_TINY if self.conn.has_tiny_chunks else msg)
        else:
            self._abort()

    def on_response_complete(self) -> None:
        """Remember since when the connection waits for its next request."""
        self._waits_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Start the timer of a client that does not read."""
        super().pause_writing()
        self._read_timer = self.loop.call_later(READ_S, self._abort)

    def resume_writing(self) -> None:
        """Stop it."""
        self._stop_read_timer()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._stop_header_timer()
        self._stop_read_timer()
        super().connection_lost(exc)

    @property
    def _is_waiting(self) -> bool:
        """Whether no request is being read, answered or waited for."""
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> None:
        still_open = [
            each for each in self.connections if isinstance(each, TimedProtocol) and not each._is_aborted
        ]
        if len(still_open) <= most_connections():
            return
        # A client that does not read its answers may have sent its next request, which waits for it.
        waiting = sorted(
            (each for each in still_open if each._is_waiting or each._read_timer is not None),
            key=lambda each: each._waits_since,
        )
        peers = [each.client[0] if each.client else "" for each in waiting]
        waiting[peers.index(busiest(peers))]._abort()

    def _abort(self) -> None:
        """Close the connection without waiting until the client has read what is sent."""
        self._is_aborted = True
        self.transport.abort()

    def _start_header_timer(self) -> None:
        if self._header_timer is None:
            self._header_timer = self.loop.call_later(HEADERS_S, self._abort)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None


def most_connections() -> int:
    """Return how many connections may be open."""
    if not HAS_LIMITS:
        return MAX_CONNECTIONS
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if limit == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, limit // 2)
