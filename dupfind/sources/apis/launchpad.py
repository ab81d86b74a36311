"""Read the bugs of a project or package from Launchpad's API, each with its task, which has the state."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dupfind.sources.apis.api_client import Refused
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.coerce import quantity, text
from dupfind.sources.json_formats import launchpad
from dupfind.sources.json_formats.keys import inside

PER_PAGE = 75
_STATES = [
    *(
        "New",
        "Incomplete (with response)",
        "Incomplete (without response)",
        "Opinion",
        "Invalid",
        "Won't Fix",
    ),
    *("Expired", "Confirmed", "Triaged", "In Progress", "Fix Committed", "Fix Released"),
]


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    """Request a page of tasks, then the bug of each: only that says when it changed."""
    params = _which(since) | {"ws.size": [str(PER_PAGE)], "ws.start": [more or "0"]}
    answer = project.api.get(project.path("/{project}"), params)
    tasks = project.api.issues_in(answer, "entries", launchpad.recognises)
    bugs = [_with_bug(project, task) for task in tasks]
    end = int(more or 0) + len(tasks)
    is_more = bool(tasks) and bool(inside(answer.value, "next_collection_link"))
    return Listed([bug for bug in bugs if bug is not None], str(end) if is_more else None)


def _which(since: datetime | None) -> dict[str, list[str]]:
    which = {"ws.op": ["searchTasks"], "order_by": ["date_last_updated"], "omit_duplicates": ["false"]}
    at = {}
    if since is not None:  # what changed at the very time that is asked for is left out
        at["modified_since"] = [(since.astimezone(UTC) - timedelta(microseconds=1)).isoformat()]
    return which | {"status": _STATES} | at


def _with_bug(project: Project, task: dict[str, Any]) -> dict[str, Any] | None:
    """Return a task with its bug; None if the bug became private meanwhile."""
    id = text(task.get("bug_link")).rstrip("/").rpartition("/")[2]
    try:
        return {**task, "bug_data": project.api.get(f"/bugs/{quantity(id)}").value}
    except Refused:
        return None


def _count(project: Project) -> int | None:
    number = project.api.get(project.path("/{project}"), _which(None) | {"ws.show": ["total_size"]}).value
    return number if type(number) is int else None


SERVICE = ServiceTable(
    reader=launchpad,
    id="bug_data/id",
    updated="bug_data/date_last_updated",
    base="{site}/1.0",
    home="https://api.launchpad.net/1.0",
    listed=_listed,
    count=_count,
)
