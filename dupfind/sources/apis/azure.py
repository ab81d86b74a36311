"""Read work items from Azure DevOps: ids by a query (WIQL), items in batches; relations name the originals."""

from datetime import UTC, datetime

from dupfind.sources.apis.credentials import basic
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.coerce import text
from dupfind.sources.json_formats import azure
from dupfind.sources.json_formats.keys import inside, objects

PER_PAGE = 200
"""The largest batch."""
_VERSION = "api-version=7.1"


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    """Request the ids of a page, then their items. A key is the last id among those of the time `since`."""
    query = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"
    if since is not None:
        at = f"'{since.astimezone(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')}'"
        query += f" AND [System.ChangedDate] >= {at}"
        query += f" AND ([System.ChangedDate] > {at} OR [System.Id] > {more})" if more else ""
    query += " ORDER BY [System.ChangedDate] ASC, [System.Id] ASC"
    path = project.path(f"/{{project}}/_apis/wit/wiql?timePrecision=true&$top={PER_PAGE}&{_VERSION}")
    answer = project.api.post(path, {"query": query})
    ids = [item.get("id") for item in project.api.issues_in(answer, "workItems", lambda item: True)]
    if not all(type(id) is int for id in ids):
        raise project.api.refusal(answer, "ids of work items")
    if not ids:
        return Listed([], None)
    batch = {"ids": ids, "$expand": "all", "errorPolicy": "omit"}  # else one deleted meanwhile refuses all
    answer = project.api.post(project.path(f"/{{project}}/_apis/wit/workitemsbatch?{_VERSION}"), batch)
    if not isinstance(inside(answer.value, "value"), list):
        raise project.api.refusal(answer, "work items")
    items = {text(item.get("id")): item for item in objects(answer.value["value"])}
    there = [items[str(id)] for id in ids if str(id) in items]
    if not all(map(azure.recognises, there)):
        raise project.api.refusal(answer, "work items")
    return Listed(there, str(ids[-1]))


SERVICE = ServiceTable(
    reader=azure,
    id="id",
    updated="fields/System.ChangedDate",
    credentials=lambda token: basic(token, f":{token.secret}"),
    listed=_listed,
)
