"""Read issues from Bitbucket Cloud's API; comments name the originals of those in the state "duplicate"."""

from datetime import UTC
from typing import Any

from dupfind.sources.apis.credentials import bearer_or_user
from dupfind.sources.apis.listing import Listing, by_number, counted_at
from dupfind.sources.apis.service_table import Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import bitbucket
from dupfind.sources.json_formats.keys import inside

_ISSUES = "/repositories/{project}/issues"


def _with_comments(project: Project, issue: dict[str, Any]) -> dict[str, Any]:
    if issue.get("state") != "duplicate":
        return issue
    path = project.path(_ISSUES + "/{id}/comments", id=text(issue["id"]))
    answer = project.api.get(path, {"pagelen": "100"})
    return {**issue, "timeline": inside(answer.value, "values")}


SERVICE = ServiceTable(
    reader=bitbucket,
    id="id",
    updated="updated_on",
    base="{site}/2.0",
    home="https://api.bitbucket.org/2.0",
    credentials=bearer_or_user("BITBUCKET_USER"),
    listed=Listing(
        path=_ISSUES,
        query={"sort": "updated_on", "pagelen": "50"},
        since="q",
        at=lambda since: f"updated_on >= {since.astimezone(UTC).isoformat()}",
        issues="values",
        pages=by_number("page", "next"),
        recognises=bitbucket.recognises,
    ),
    whole=_with_comments,
    count=counted_at(_ISSUES, "size", {"pagelen": "1"}),
)
