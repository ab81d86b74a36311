"""The pages: files of the package, sent as they are."""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HERE = Path(__file__).parent
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


async def page(request: Request) -> Response:
    """One of the files; a path without a suffix is a page."""
    name = Path(request.url.path.lstrip("/") or "page")
    name = name if name.suffix else name.with_suffix(".html")
    return Response(_read(name.name), media_type=_KINDS[name.suffix])


def static(*paths: str) -> tuple[Route, ...]:
    """The routes of some files."""
    return tuple(Route(path, page, methods=["GET"]) for path in paths)


PAGE = static("/", "/page.css", "/page.js")
"""The page where one types an issue and sees its duplicates."""


@cache
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
