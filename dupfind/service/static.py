"""Serve the pages' files from the package."""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HERE = Path(__file__).parent
_STYLE = _HERE.parent / "reports/style.css"
_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


async def page(request: Request) -> Response:
    """Return one of the files; a path without a suffix is an HTML page."""
    name = Path(request.url.path.lstrip("/") or "page")
    name = name if name.suffix else name.with_suffix(".html")
    return Response(_read(name.name), media_type=_MEDIA_TYPES[name.suffix])


def static(*paths: str) -> tuple[Route, ...]:
    """Return the routes of some files."""
    return tuple(Route(path, page, methods=["GET"]) for path in paths)


PAGE = static("/", "/page.css", "/page.js", "/style.css", "/common.css", "/common.js", "/docs.css")
"""The search page, which finds duplicates while a person types an issue, and the files that the pages share.

The page of a report has the same style.css.
"""


@cache
def _read(name: str) -> str:
    return (_STYLE if name == _STYLE.name else _HERE / name).read_text(encoding="utf-8")
