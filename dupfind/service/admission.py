"""Places for requests: bodies that arrive slowly give way to others, and no peer takes all places for answers."""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.types import Scope

from dupfind.service.responses import Refusal

HEALTH = "/health"
"""The path with places of its own: it is answered while all others are taken."""


def peer_of(scope: Scope) -> str:
    """Return the address of a request's sender; of a request through a proxy, the address that the proxy names."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def is_this_machine(peer: str) -> bool:
    """Return whether a peer is any program on this machine, perhaps a proxy with many clients behind it."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    # Python before 3.13 takes ::ffff:127.0.0.1, which a service at "::" sees, for another machine.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def busiest(peers: list[str]) -> str:
    """Return the peer that occurs most often, the earliest of equals."""
    return Counter(peers).most_common(1)[0][0]


class Arrivals:
    """Requests whose bodies arrive. One too many takes the place of the slowest request of the busiest peer.

    Clients that send a body byte by byte therefore take the places of each other, and not of clients that send it at
    once.
    """

    def __init__(self, limit: int, within_s: float) -> None:
        """Set the number of places, and the seconds within which a body must arrive."""
        self._limit = limit
        self._within_s = within_s
        self._open: dict[asyncio.Timeout, str] = {}  # oldest first

    @asynccontextmanager
    async def place(self, peer: str) -> AsyncIterator[None]:
        """Keep a place while a body arrives.

        Raises:
            Refusal: The body did not arrive in time, or another request has taken the place.
        """
        has_given_way = False
        try:
            async with asyncio.timeout(self._within_s) as limit:
                if len(self._open) >= self._limit:
                    self._give_way()
                self._open[limit] = peer
                try:
                    yield
                finally:
                    has_given_way = self._open.pop(limit, None) is None
        except TimeoutError:
            if has_given_way:
                raise Refusal(
                    429, "too many requests arrive at the same time: send the body at once, in a second"
                ) from None
            raise Refusal(408, f"the request did not arrive within {self._within_s:g} s") from None

    def _give_way(self) -> None:
        peer = busiest(list(self._open.values()))
        slowest = next(limit for limit, own in self._open.items() if own == peer)
        del self._open[slowest]
        slowest.reschedule(asyncio.get_running_loop().time())


class Places:
    """Requests that have arrived, and run or wait."""

    def __init__(self, limit: int, per_peer: int) -> None:
        """Set the number of places, and how many of them one other machine may take."""
        self._limit = limit
        self._per_peer = per_peer
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, peer: str) -> Iterator[None]:
        """Keep a place while a request is answered.

        Raises:
            Refusal: All places are taken, or all that this peer may take.
        """
        self.require_free(peer)
        self._taken[peer] += 1
        try:
            yield
        finally:
            self._taken[peer] -= 1
            if not self._taken[peer]:
                del self._taken[peer]

    def require_free(self, peer: str) -> None:
        """Raise a Refusal if `place` would."""
        n_taken = self._taken.total()
        if n_taken >= self._limit:
            raise Refusal(429, f"{n_taken} requests are waiting already: try again in a second")
        if self._taken[peer] >= self._per_peer and not is_this_machine(peer):
            raise Refusal(
                429, f"{self._per_peer} requests of this client are waiting already: try again in a second"
            )
