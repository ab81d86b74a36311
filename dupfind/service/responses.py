"""Refusals: what the service will not do, as one line of JSON with the status that says why."""

import json
import logging
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dupfind.errors import DupfindError, TextError
from dupfind.json_output import SCHEMA_VERSION

_log = logging.getLogger("dupfind")


class Refusal(Exception):
    """A request that is not answered, with an HTTP status and one line for a person."""

    def __init__(self, status: int, line: str) -> None:
        """Say why not, and the way out."""
        super().__init__(line)
        self.status = status


def json_response(
    fields: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """JSON in ASCII, which holds a lone surrogate as an escape where UTF-8 could not."""
    return Response(json.dumps(fields), status, headers, "application/json")


def refusal_response(refusal: Refusal) -> Response:
    """The one shape of every error."""
    headers = {401: {"www-authenticate": "Bearer"}, 429: {"retry-after": "1"}}.get(refusal.status)
    return json_response({"schema_version": SCHEMA_VERSION, "error": str(refusal)}, refusal.status, headers)


async def on_refusal(_: Request, error: Exception) -> Response:
    """A route refused."""
    assert isinstance(error, Refusal)
    return refusal_response(error)


async def on_http(_: Request, error: Exception) -> Response:
    """No such path, or not with this method."""
    assert isinstance(error, HTTPException)
    response = refusal_response(Refusal(error.status_code, f"{error.detail}: see /openapi.json"))
    response.headers.update(error.headers or {})
    return response


async def on_dupfind(_: Request, error: Exception) -> Response:
    """The index cannot answer; what the question lacks is the client's matter."""
    return refusal_response(Refusal(400 if isinstance(error, TextError) else 503, str(error)))


async def on_anything(_: Request, error: Exception) -> Response:
    """A bug: the log has it, the client learns nothing of our insides."""
    _log.error("a request failed: %r", error)
    return refusal_response(Refusal(500, "the service failed at this request; its log says where"))


HANDLERS = {Refusal: on_refusal, HTTPException: on_http, DupfindError: on_dupfind, Exception: on_anything}
