"""The guard before every route: who may ask, how much at a time, and which headers go out with each answer."""

import asyncio
import ipaddress
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dupfind.service.responses import Refusal, refusal_response

PUBLIC = frozenset({"/", "/page.css", "/page.js", "/review", "/review.css", "/review.js", "/openapi.json"})
"""What holds nothing of an index, and so needs no token: a browser fetches the page before its script knows one."""

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
    """What one client may cost the others.

    Attributes:
        body: Bytes of a request.
        body_s: Seconds in which they must have come.
        answer_s: Seconds that an answer may take.
        pending: Requests that are worked on or wait; more are told to come back.
    """

    body: int = 1 << 20
    body_s: float = 10.0
    answer_s: float = 30.0
    pending: int = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom the service answers.

    Attributes:
        token: What a client must bear; None where only this machine can ask.
        hosts: Names of the service beside localhost and addresses. A page of another site whose name was made to
            point here (DNS rebinding) bears that name, and never an address.
        limits: What is too much.
    """

    token: str | None = None
    hosts: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)


class RequestGuard:
    """ASGI middleware that turns away what the policy does not allow, and reads each body whole."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        """Stand before an application."""
        self._app = app
        self._policy = policy
        self._n_pending = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def sealed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            self._admit(scope)
            if self._n_pending >= self._policy.limits.pending:
                raise Refusal(429, f"{self._n_pending} requests are waiting already: come back in a second")
            self._n_pending += 1
            try:
                body = await self._body(receive)
                async with asyncio.timeout(self._policy.limits.answer_s):
                    await self._app(scope, _once(body, receive), sealed)
            finally:
                self._n_pending -= 1
        except TimeoutError:
            if not has_begun:
                late = Refusal(
                    503, f"no answer within {self._policy.limits.answer_s:g} s: the machine is busy"
                )
                await refusal_response(late)(scope, receive, sealed)
        except Refusal as refusal:
            await refusal_response(refusal)(scope, receive, sealed)

    def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0].lower()):
            raise Refusal(
                403,
                f"this service is not called {', '.join(hosts) or 'nothing'}: see `dupfind serve --allow-host`",
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (
            f"http://{hosts[0].lower()}",
            f"https://{hosts[0].lower()}",
        ):
            raise Refusal(403, f"pages of {origin} may not ask this service")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Refusal(403, "pages of other sites may not ask this service")
        if self._policy.token is not None and scope["path"] not in PUBLIC:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not secrets.compare_digest(
                given.strip().encode(), self._policy.token.encode()
            ):
                raise Refusal(401, "send the service's token: Authorization: Bearer ...")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._policy.limits.body:
            raise self._too_large()

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].removesuffix(".")
        if name == "localhost" or name in self._policy.hosts:
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    async def _body(self, receive: Receive) -> bytes:
        """All that the client sends, within limits of size and time."""
        parts: list[bytes] = []
        n_bytes = 0
        try:
            async with asyncio.timeout(self._policy.limits.body_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal(400, "the request broke off")
                    parts.append(message.get("body", b""))
                    n_bytes += len(parts[-1])
                    if n_bytes > self._policy.limits.body:
                        raise self._too_large()
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise Refusal(408, f"the request did not come within {self._policy.limits.body_s:g} s") from None

    def _too_large(self) -> Refusal:
        return Refusal(413, f"a request may have {self._policy.limits.body:,} bytes: send one issue's text")


def _once(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read already, and then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
