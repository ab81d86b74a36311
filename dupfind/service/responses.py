"""Build JSON responses; every refused request is one line of JSON with an HTTP status."""

import json
import logging
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dupfind.errors import DupfindError, TextError
from dupfind.json_output import SCHEMA_VERSION
from dupfind.json_types import ErrorJson

_log = logging.getLogger("dupfind")


class Refusal(Exception):
    """A refused request."""

    def __init__(self, status: int, line: str, *, closes: bool = False) -> None:
        """Take the HTTP status, one line for a person (reason and way out), and whether the connection closes."""
        super().__init__(line)
        self.status = status
        self.closes = closes


def json_response(
    fields: Mapping[str, object], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return JSON in ASCII: it escapes a lone surrogate, which UTF-8 cannot encode."""
    return Response(json.dumps(fields), status, headers, "application/json")


def refusal_response(refusal: Refusal) -> Response:
    """Return the response to a refused request."""
    headers = dict({401: {"www-authenticate": "Bearer"}, 429: {"retry-after": "1"}}.get(refusal.status, {}))
    if refusal.closes:
        headers["connection"] = "close"
    fields: ErrorJson = {"schema_version": SCHEMA_VERSION, "error": str(refusal)}
    return json_response(fields, refusal.status, headers)


async def on_refusal(_: Request, error: Exception) -> Response:
    """Respond to a refusal by a route."""
    assert isinstance(error, Refusal)
    return refusal_response(error)


async def on_http(_: Request, error: Exception) -> Response:
    """Respond to an unknown path or a wrong method."""
    assert isinstance(error, HTTPException)
    response = refusal_response(Refusal(error.status_code, f"{error.detail}: see /docs and /openapi.json"))
    response.headers.update(error.headers or {})
    return response


async def on_dupfind(_: Request, error: Exception) -> Response:
    """Respond to an error of the library: a query without a word is the client's fault, all else the index's."""
    return refusal_response(Refusal(400 if isinstance(error, TextError) else 503, str(error)))


async def on_anything(_: Request, error: Exception) -> Response:
    """Respond to a bug: details go to the log, none to the client."""
    _log.error("a request failed: %r", error)
    return refusal_response(Refusal(500, "the service failed at this request; its log says where"))


HANDLERS = {Refusal: on_refusal, HTTPException: on_http, DupfindError: on_dupfind, Exception: on_anything}
