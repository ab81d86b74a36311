"""Read issues from Redmine's REST API, with the relations that name their originals."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from dupfind.records import Record
from dupfind.sources.apis.api_client import Api, ApiResponse
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Item, Page
from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats import redmine
from dupfind.sources.json_formats.keys import inside
from dupfind.sources.restricted import is_restricted

PER_PAGE = 100


class Redmine:
    """One project, without its subprojects."""

    def __init__(self, url: ProjectUrl, token: Token, *, include_restricted: bool = False) -> None:
        """Store the connection; nothing is requested yet."""
        self._restricted = include_restricted
        self._which = {"status_id": "*", "subproject_id": "!*"} | (
            {} if include_restricted else {"is_private": "0"}
        )
        self._issues = f"/projects/{quote(url.project, safe='')}/issues.json"
        self._site = url.site
        self._source = url.location
        self.api = Api(url.site, token, token.header("X-Redmine-API-Key"))

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """Request a page of issues that are not private."""
        params = self._which | {
            "include": "relations",
            "sort": "updated_on:asc,id:asc",
            "limit": str(PER_PAGE),
            "offset": more or "0",
        }
        if since is not None:
            params["updated_on"] = f">={since:%Y-%m-%dT%H:%M:%SZ}"
        answer = self.api.get_changed(self._issues, params, etag)
        if answer is None:
            return None
        items = [
            Item(
                text(issue["id"]),
                moment(issue.get("updated_on")),
                redmine.record(issue, source=self._source, base=self._site)
                if self._restricted or not is_restricted(issue)
                else None,
                issue,
                is_restricted(issue),
            )
            for issue in self.api.issues_in(answer, "issues", redmine.recognises)
        ]
        end = int(more or 0) + len(items)
        has_more = bool(items) and end < (_total(answer) or 0)
        return Page(items, str(end) if has_more else None, answer.headers.get("etag"))

    def complete(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield the records; a page holds everything."""
        return (item.record for item in items if item.record is not None)

    def count(self) -> int | None:
        """Count the issues that are not private."""
        return _total(self.api.get(self._issues, self._which | {"limit": "1"}))


def _total(answer: ApiResponse) -> int | None:
    total = inside(answer.value, "total_count")
    return total if isinstance(total, int) else None
