"""Read issues from GitLab's REST API; links name the originals."""

from dupfind.sources.apis.credentials import header
from dupfind.sources.apis.listing import Listing, by_link, counted_at
from dupfind.sources.apis.service_table import ServiceTable
from dupfind.sources.json_formats import gitlab

_PROJECT = "/projects/{key}"  # a path is an id, with its slashes as %2F
_PUBLIC = {"confidential": "false"}

SERVICE = ServiceTable(
    reader=gitlab,
    id="iid",
    updated="updated_at",
    base="{site}/api/v4",
    credentials=header("PRIVATE-TOKEN"),
    listed=Listing(
        path=f"{_PROJECT}/issues",
        query={"scope": "all", "order_by": "updated_at", "sort": "asc", "per_page": "100"},
        public=_PUBLIC,
        since="updated_after",
        at=lambda since: since.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        pages=by_link(),
        recognises=gitlab.recognises,
    ),
    count=counted_at(f"{_PROJECT}/issues_statistics", "statistics.counts.all", {"scope": "all"}, _PUBLIC),
)
