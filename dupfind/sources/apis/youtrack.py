"""Read issues from YouTrack's REST API; links name the originals."""

from datetime import datetime

from dupfind.sources.apis.credentials import header
from dupfind.sources.apis.listing import Listing, by_offset
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.json_formats import youtrack

_FIELDS = (
    "idReadable,summary,description,created,updated,resolved,votes,commentsCount,"
    "visibility($type,permittedGroups(id),permittedUsers(id)),customFields(name,value(name,isResolved)),"
    "links(direction,linkType(name,sourceToTarget,targetToSource),issues(idReadable)),"
    "comments(text,created,deleted,author(login),visibility($type,permittedGroups(id),permittedUsers(id)))"
)
PER_PAGE = 50
"""Few, as each issue comes with its comments."""


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    """Request a page. A search by time would be in the time zone of the token's user, so the order has to do."""
    name = project.url.project.replace("}", "")
    search = {"query": f"project: {{{name}}} sort by: updated desc", "fields": _FIELDS, "$top": str(PER_PAGE)}
    pages = Listing(path="/issues", query=search, pages=by_offset("$skip"), recognises=youtrack.recognises)
    return pages(project, since, more, etag)


SERVICE = ServiceTable(
    reader=youtrack,
    id="idReadable",
    updated="updated",
    base="{site}/api",
    credentials=header("Authorization", "Bearer {}"),
    order="newest first",
    listed=_listed,
    address="{site}/issue/{id}",
)
