"""Read the questions of a site of Stack Exchange, all of them or those with a tag; closings name the originals."""

from datetime import datetime

from dupfind.sources.apis.listing import Listing, by_number, counted_at
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import stackexchange
from dupfind.sources.json_formats.keys import inside, objects

_FIELDS = (
    "question.body;question.closed_details;question.comments;question.comment_count;comment.body;comment.owner;"
    "closed_details.original_questions;original_question.question_id"
)


def _which(project: Project) -> dict[str, str]:
    site, _, tag = project.url.project.partition("/")
    return {"site": site} | ({"tagged": tag} if tag else {})


def _filter(project: Project) -> str:
    """Return the name of the filter for the fields, which are left out otherwise; a filter never expires."""
    answer = project.api.get("/filters/create", {"base": "default", "include": _FIELDS, "unsafe": "false"})
    name = text(next((each.get("filter") for each in objects(inside(answer.value, "items"))), None))
    if not name:
        raise project.api.refusal(answer, "filter")
    return name


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    fields = project.known.get("filter") or project.known.setdefault("filter", _filter(project))
    pages = Listing(
        path="/questions",
        query=_which(project) | {"filter": fields, "order": "asc", "sort": "activity", "pagesize": "100"},
        since="min",
        at=lambda since: str(int(since.timestamp())),
        issues="items",
        pages=by_number("page", "has_more"),
        pause="backoff",
        recognises=stackexchange.recognises,
    )
    return pages(project, since, more, etag)


SERVICE = ServiceTable(
    reader=stackexchange,
    id="question_id",
    updated="last_activity_date",
    base="{site}/2.3",
    home="https://api.stackexchange.com/2.3",
    parameter="key",
    listed=_listed,
    count=lambda project: counted_at("/questions", "total", _which(project) | {"filter": "total"})(project),
)
