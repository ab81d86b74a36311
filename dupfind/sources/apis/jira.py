"""Read issues from Jira Cloud and Data Center by a JQL search; links name the originals."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dupfind.records import Record
from dupfind.sources.apis.api_client import Api
from dupfind.sources.apis.credentials import Token, bearer_or_user
from dupfind.sources.apis.incremental import Item, Page
from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats import jira
from dupfind.sources.json_formats.keys import inside
from dupfind.sources.restricted import is_restricted

PER_PAGE = 50
"""Few, as each issue comes with its comments."""
FIELDS = (
    "summary,description,status,resolution,created,updated,issuelinks,comment,resolutiondate,subtasks,votes,"
    "security"
)

_CREDENTIALS = bearer_or_user("JIRA_USER")
"""A token of Data Center, or a user of Cloud with a token."""


class Jira:
    """One project."""

    def __init__(self, url: ProjectUrl, token: Token, *, include_restricted: bool = False) -> None:
        """Store the connection; nothing is requested yet."""
        self._restricted = include_restricted
        self._site = url.site
        self._project = url.project
        self._source = url.location
        self._is_cloud: bool | None = None
        self.api = Api(f"{url.site}/rest/api", token, _CREDENTIALS(token))

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """Request a page of issues without a security level; Jira has no ETags."""
        params = {
            "jql": f"{self._jql(since)} ORDER BY updated ASC, key ASC",
            "maxResults": str(PER_PAGE),
            "fields": FIELDS,
        }
        if self._on_cloud():
            answer = self.api.get("/3/search/jql", params | ({"nextPageToken": more} if more else {}))
        else:
            answer = self.api.get("/2/search", params | {"startAt": more or "0"})
        items = [
            Item(
                text(issue["key"]),
                moment(inside(issue, "fields", "updated")),
                self._record(issue),
                issue,
                is_restricted(issue),
            )
            for issue in self.api.issues_in(answer, "issues", jira.recognises)
        ]
        return Page(items, _following(answer.value, more, len(items)))

    def complete(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield the records; a page holds everything."""
        return (item.record for item in items if item.record is not None)

    def count(self) -> int | None:
        """Count the issues; Cloud's number is approximate."""
        jql = self._jql(None)
        if self._on_cloud():
            answer = self.api.post("/3/search/approximate-count", {"jql": jql}).value
            number = inside(answer, "count")
        else:
            answer = self.api.get("/2/search", {"jql": jql, "maxResults": "0"}).value
            number = inside(answer, "total")
        return number if isinstance(number, int) else None

    def _record(self, issue: dict[str, Any]) -> Record | None:
        if is_restricted(issue) and not self._restricted:
            return None
        record = jira.record(issue, source=self._source)
        return None if record is None else replace(record, url=f"{self._site}/browse/{record.id}")

    def _jql(self, since: datetime | None) -> str:
        """Build the search. Times are milliseconds since 1970, since Jira reads dates in the user's time zone."""
        project = self._project.replace("\\", "\\\\").replace('"', '\\"')
        search = f'project = "{project}"' + ("" if self._restricted else " AND level IS EMPTY")
        return search if since is None else f"{search} AND updated >= {int(since.timestamp() * 1000)}"

    def _on_cloud(self) -> bool:
        """Return whether this is Jira Cloud, which has another search endpoint and other paging."""
        if self._is_cloud is None:
            answer = self.api.get("/2/serverInfo")
            if inside(answer.value, "version") is None:
                raise self.api.refusal(answer, "version of Jira")
            self._is_cloud = inside(answer.value, "deploymentType") == "Cloud"
        return self._is_cloud


def _following(page: dict[str, Any], more: str | None, n_issues: int) -> str | None:
    """Return the key of the next page: Cloud's token, or the number of issues before it."""
    total = page.get("total")
    if not isinstance(total, int):
        token = page.get("nextPageToken")
        return token if isinstance(token, str) and not page.get("isLast") else None
    end = int(more or 0) + n_issues
    return str(end) if n_issues and end < total else None
