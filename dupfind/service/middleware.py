"""ASGI middleware before every route: who may send requests, how much at a time, and the headers of each response."""

import asyncio
import ipaddress
import re
import secrets
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dupfind.service.admission import HEALTH, Arrivals, Places, peer_of
from dupfind.service.responses import Refusal, refusal_response
from dupfind.service.webhook_signatures import has_signature, is_signed

PUBLIC = frozenset(
    {
        *("/", "/page.css", "/page.js", "/style.css", "/common.css", "/common.js"),
        *("/review", "/review.css", "/review.js", "/openapi.json", "/docs", "/docs.css"),
    }
)
"""Paths without data of an index, which need no token: a browser loads the page before its script knows the token."""

WEBHOOKS = "/check"
"""The path that takes webhooks."""

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for the requests of one service.

    Attributes:
        body: Bytes of a request's body.
        body_s: Seconds within which the body must arrive.
        arriving: Requests whose bodies arrive at the same time; one more takes the place of the slowest.
        answer_s: Seconds that an answer may take.
        pending: Requests that run or wait at the same time; further ones get status 429.
        per_peer: How many of them may come from one address that is not this machine's own.
        health: Requests for `admission.HEALTH` that wait at the same time; they take no other places.
    """

    body: int = 1 << 20
    body_s: float = 10.0
    arriving: int = 64
    answer_s: float = 30.0
    pending: int = 64
    per_peer: int = 32
    health: int = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """Which requests the service answers.

    Attributes:
        token: Bearer token that clients must send; None for a service that only this machine can reach.
        hosts: Names of the service in addition to localhost and IP addresses. A hostile page whose name resolves to
            this machine (DNS rebinding) sends its own name as the host, never an address.
        limits: Sizes and times.
        webhook_secret: Secret with which trackers sign webhooks, ASCII. A signed webhook needs no token; without a
            signature it needs the token, on every address. None: webhooks are requests as any other.
    """

    token: str | None = None
    hosts: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)
    webhook_secret: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What the sender of an admitted request may send to `WEBHOOKS`.

    Attributes:
        may_check: New issues: the request bears the token, or the service has none.
        may_send_webhook: A webhook: the request bears the token or is signed, or no secret is set.
    """

    may_check: bool
    may_send_webhook: bool


class RequestGuard:
    """Refuse the requests that the policy does not allow, and read each body before the application runs."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        """Wrap an application."""
        self._app = app
        self._policy = policy
        limits = policy.limits
        self._arrivals = Arrivals(limits.arriving, limits.body_s)
        self._places = Places(limits.pending, limits.per_peer)
        self._health_places = Places(limits.health, limits.per_peer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False
        limits = self._policy.limits
        place = ExitStack()

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                place.close()  # the work is done; a client that does not read keeps no place
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            is_open, bears_token = self._check_headers(scope)
            peer = peer_of(scope)
            places = self._health_places if scope["path"] == HEALTH else self._places
            places.require_free(peer)  # before a body is read that nobody will use
            async with self._arrivals.place(peer):
                body = await self._read_body(receive)
            scope["state"] = {
                **scope.get("state", {}),
                "access": self._access(scope, body, is_open, bears_token),
            }
            with place:
                place.enter_context(places.place(peer))
                async with asyncio.timeout(limits.answer_s):
                    await self._app(scope, _replay(body, receive), send_with_headers)
        except TimeoutError:
            if not has_started:  # a status that was sent cannot be changed
                refusal = Refusal(503, f"no answer within {limits.answer_s:g} s: the machine is busy")
                await refusal_response(refusal)(scope, receive, send_with_headers)
        except Refusal as refusal:
            await refusal_response(refusal)(scope, receive, send_with_headers)

    def _check_headers(self, scope: Scope) -> tuple[bool, bool]:
        """Check lengths, host, origin and token.

        Returns:
            Whether the request needs no token or bears it, and whether it bears it. Only a webhook that may be signed
            goes on without.

        Raises:
            Refusal: One of them is wrong.
        """
        headers = Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:
            # A proxy may go by the other one and see another end of the request (RFC 9112, 6.1: request smuggling).
            line = "a request has Content-Length or Transfer-Encoding: send only one of them"
            raise Refusal(400, line, closes=True)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_own_host(hosts[0].lower()):
            raise Refusal(
                403,
                f"the host of this service is not {', '.join(hosts) or 'nothing'}: see `dupfind serve --allow-host`",
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (
            f"http://{hosts[0].lower()}",
            f"https://{hosts[0].lower()}",
        ):
            raise Refusal(403, f"pages of {origin} may not use this service")
        # "none" is an address that the user entered; other programs send no such header.
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Refusal(403, "pages of other sites may not use this service")
        bears_token = self._bears_token(headers)
        is_open = self._policy.token is None or scope["path"] in PUBLIC or bears_token
        if not is_open and not (self._takes_signatures(scope) and has_signature(headers)):
            raise Refusal(401, "send the service's token: Authorization: Bearer ...")
        # A chunked body names no length; `_read_body` counts its bytes.
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._policy.limits.body:
            raise self._too_large()
        return is_open, bears_token

    def _bears_token(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if self._policy.token is None or scheme.lower() != "bearer":
            return False
        # compare_digest fails at text that is not ASCII; bytes may hold anything.
        return secrets.compare_digest(token.strip().encode(), self._policy.token.encode())

    def _takes_signatures(self, scope: Scope) -> bool:
        return self._policy.webhook_secret is not None and scope["path"] == WEBHOOKS

    def _access(self, scope: Scope, body: bytes, is_open: bool, bears_token: bool) -> Access:
        """Return what a request may send; raises a Refusal for a wrong signature in place of a token."""
        secret = self._policy.webhook_secret
        if secret is None or not self._takes_signatures(scope) or bears_token:
            return Access(is_open, is_open)
        has_signed = is_signed(Headers(scope=scope), body, secret)
        if not is_open and not has_signed:
            raise wrong_signature()
        return Access(is_open, has_signed)

    def _is_own_host(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].removesuffix(".")  # "localhost." is the same name, written with the root of DNS
        if name == "localhost" or name in self._policy.hosts:
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    async def _read_body(self, receive: Receive) -> bytes:
        """Return the body, within the limit of size."""
        parts: list[bytes] = []
        n_bytes = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refusal(400, "the request ended before its body was complete")
            parts.append(message.get("body", b""))
            n_bytes += len(parts[-1])
            if n_bytes > self._policy.limits.body:
                raise self._too_large()
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self) -> Refusal:
        return Refusal(
            413, f"a request may have at most {self._policy.limits.body:,} bytes: send one issue's text"
        )


def wrong_signature() -> Refusal:
    """Return the refusal of a webhook that neither is signed nor bears the token."""
    return Refusal(
        401,
        "the webhook has no signature by this service's secret: give the tracker the secret of --webhook-secret-env",
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was already read, and then the later messages."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
