"""Read issues from the API of Gitea and Forgejo, thus of Codeberg; comments on closed issues name the originals."""

from typing import Any

from dupfind.sources.apis.credentials import header
from dupfind.sources.apis.listing import Listing, by_number, counted_at
from dupfind.sources.apis.service_table import Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.keys import objects

_ISSUES = "/repos/{project}/issues"
_ALL = {"state": "all", "type": "issues"}


def _recognises(issue: dict[str, Any]) -> bool:
    return github.recognises(issue) and type(issue["number"]) is int


def _with_comments(project: Project, issue: dict[str, Any]) -> dict[str, Any]:
    """Return an issue with its comments where one may name its original."""
    may_be_marked = issue.get("state") == "closed" or github.is_open_duplicate(issue)
    if not may_be_marked or not issue.get("comments"):
        return issue
    answer = project.api.get(project.path(_ISSUES + "/{number}/comments", number=text(issue["number"])))
    return {**issue, "comments": objects(answer.value)}


SERVICE = ServiceTable(
    reader=github,
    id="number",
    updated="updated_at",
    base="{site}/api/v1",
    credentials=header("Authorization", "token {}"),
    order="none",
    listed=Listing(
        path=_ISSUES,
        query=_ALL | {"limit": "50"},
        since="since",
        pages=by_number("page"),
        recognises=_recognises,
    ),
    whole=_with_comments,
    count=counted_at(_ISSUES, "header:x-total-count", _ALL | {"limit": "1"}),
)
