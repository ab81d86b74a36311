"""Read tickets from Zendesk's incremental export, which has the archived ones, too."""

from datetime import UTC, datetime, timedelta

from dupfind.sources.apis.credentials import bearer_or_user
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.json_formats import zendesk
from dupfind.sources.json_formats.keys import inside

_LATEST = timedelta(seconds=90)
"""The export refuses a start within the last minute; this leaves some time for clocks that differ."""


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    latest = datetime.now(UTC) - _LATEST
    start = 0 if since is None else int(min(since, latest).timestamp())
    where = {"cursor": more} if more else {"start_time": str(start)}
    path = "/api/v2/incremental/tickets/cursor.json"
    answer = project.api.get(path, where | {"per_page": "1000", "exclude_deleted": "true"})
    tickets = project.api.issues_in(answer, "tickets", zendesk.FORMAT.recognises)
    after = inside(answer.value, "after_cursor")
    is_last = inside(answer.value, "end_of_stream") is not False
    return Listed(tickets, after if isinstance(after, str) and not is_last else None)


SERVICE = ServiceTable(
    reader=zendesk.FORMAT,
    id="id",
    updated="updated_at",
    credentials=bearer_or_user("ZENDESK_USER", "{user}/token:{secret}"),
    order="none",
    listed=_listed,
    address="{site}/agent/tickets/{id}",
)
