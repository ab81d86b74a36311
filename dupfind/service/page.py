"""The page where one types an issue and sees its duplicates: three files of the package, sent as they are."""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HERE = Path(__file__).parent
_KINDS = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}


async def page(request: Request) -> Response:
    """One of the three."""
    name = request.url.path.lstrip("/") or "page.html"
    return Response(_read(name), media_type=_KINDS[name])


PAGE = tuple(Route(path, page, methods=["GET"]) for path in ("/", "/page.css", "/page.js"))


@cache
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
