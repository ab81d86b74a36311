"""The application: routes behind the guard, over one desk."""

from starlette.applications import Starlette
from starlette.types import ASGIApp

from dupfind.service.middleware import Policy, RequestGuard
from dupfind.service.pool import SearchPool
from dupfind.service.responses import HANDLERS
from dupfind.service.review_routes import ReviewRoutes
from dupfind.service.routes import ROUTES


def application(desk: SearchPool, policy: Policy, booth: ReviewRoutes | None = None) -> ASGIApp:
    """Put the service together; whoever made the desk closes it. Only with a booth is anything ever written."""
    routes = [*ROUTES, *(() if booth is None else booth.routes)]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    app.router.redirect_slashes = False
    app.state.desk = desk
    return RequestGuard(app, policy)  # around all of it: its headers go out with a failure, too
