"""Build the ASGI application: the routes behind the request guard."""

from starlette.applications import Starlette
from starlette.types import ASGIApp

from dupfind.service.middleware import Policy, RequestGuard
from dupfind.service.pool import SearchPool
from dupfind.service.request_counts import RequestCounts, RequestMeter
from dupfind.service.responses import HANDLERS
from dupfind.service.review_routes import ReviewRoutes
from dupfind.service.routes import ROUTES


def application(
    pool: SearchPool,
    policy: Policy,
    review: ReviewRoutes | None = None,
    counts: RequestCounts | None = None,
) -> ASGIApp:
    """Build the application.

    Args:
        pool: Answers searches; the caller closes it.
        policy: Who may send requests, and how much.
        review: The review page's routes, the only ones that write; None for a service that writes nothing.
        counts: Counts the requests; None for a service of one process.
    """
    routes = [*ROUTES, *(() if review is None else review.routes)]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    app.router.redirect_slashes = False
    app.state.pool = pool
    app.state.counts = counts = counts or RequestCounts()
    # The guard is around the application, so that its headers are on error responses, too.
    return RequestMeter(RequestGuard(app, policy), counts)
