"""Read issues of a project from Sentry's API: the errors that it grouped."""

from datetime import datetime

from dupfind.sources.apis.credentials import header
from dupfind.sources.apis.listing import Listing, by_link_cursor
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import sentry
from dupfind.sources.json_formats.keys import inside

DAYS = 90
"""The days of events that are asked for, which are those that Sentry keeps."""


def _number(project: Project) -> str:
    """Return the number of the project, which the list takes in place of its name."""
    answer = project.api.get(project.path("/projects/{project}/"))
    number = text(inside(answer.value, "id"))
    if not number:
        raise project.api.refusal(answer, "project")
    return number


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    number = project.known.get("number") or project.known.setdefault("number", _number(project))
    organization = project.url.project.partition("/")[0]
    pages = Listing(
        path=project.path("/organizations/{name}/issues/", name=organization),
        # Without a query of its own, only unresolved issues are listed.
        query={
            "project": number,
            "query": "",
            "sort": "date",
            "statsPeriod": f"{DAYS}d",
            "limit": "100",
        },
        pages=by_link_cursor("cursor"),
        recognises=sentry.FORMAT.recognises,
    )
    return pages(project, since, more, etag)


SERVICE = ServiceTable(
    reader=sentry.FORMAT,
    id="shortId",
    updated="lastSeen",
    base="{site}/api/0",
    credentials=header("Authorization", "Bearer {}"),
    order="newest first",
    listed=_listed,
)
