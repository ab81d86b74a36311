"""Read issues from Redmine's REST API, without those of subprojects; relations name the originals."""

from dupfind.sources.apis.credentials import header
from dupfind.sources.apis.listing import Listing, by_offset, counted_at
from dupfind.sources.apis.service_table import ServiceTable
from dupfind.sources.json_formats import redmine

_ISSUES = "/projects/{key}/issues.json"
_ALL = {"status_id": "*", "subproject_id": "!*"}
_PUBLIC = {"is_private": "0"}

SERVICE = ServiceTable(
    reader=redmine,
    id="id",
    updated="updated_on",
    credentials=header("X-Redmine-API-Key"),
    address="{site}/issues/{id}",
    listed=Listing(
        path=_ISSUES,
        query=_ALL | {"include": "relations", "sort": "updated_on:asc,id:asc", "limit": "100"},
        public=_PUBLIC,
        since="updated_on",
        at=lambda since: f">={since:%Y-%m-%dT%H:%M:%SZ}",
        issues="issues",
        pages=by_offset("offset", "total_count"),
        recognises=redmine.recognises,
    ),
    count=counted_at(_ISSUES, "total_count", _ALL | {"limit": "1"}, _PUBLIC),
)
