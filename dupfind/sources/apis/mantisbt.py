"""Read issues from MantisBT's REST API; relationships name the originals."""

from datetime import datetime

from dupfind.errors import SourceError
from dupfind.sources.apis.credentials import header
from dupfind.sources.apis.listing import Listing, by_number
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import mantisbt
from dupfind.sources.json_formats.keys import inside, objects


def _number(project: Project) -> str:
    """Return the number of the project, which the API takes in place of its name."""
    answer = project.api.get("/projects")
    projects = inside(answer.value, "projects")
    if not isinstance(projects, list):
        raise project.api.refusal(answer, "list of projects")
    name = project.url.project
    for each in objects(projects):
        if name in (text(each.get("name")), text(each.get("id"))):
            return text(each.get("id"))
    names = ", ".join(text(each.get("name")) for each in objects(projects)[:10])
    raise SourceError(
        f"{project.api} has no project {name}: name one of {names or 'those that a token may see'}"
    )


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    number = project.known.get("number") or project.known.setdefault("number", _number(project))
    pages = Listing(
        path="/issues",
        query={"project_id": number, "page_size": "50"},
        issues="issues",
        pages=by_number("page"),
        recognises=mantisbt.recognises,
    )
    return pages(project, since, more, etag if more is None else None)


SERVICE = ServiceTable(
    reader=mantisbt,
    id="id",
    updated="updated_at",
    base="{site}/api/rest",
    credentials=header("Authorization"),
    order="newest first",
    listed=_listed,
    address="{site}/view.php?id={id}",
)
