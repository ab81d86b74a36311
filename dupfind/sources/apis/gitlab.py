"""Read issues from GitLab's REST API; links name the originals."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode

from dupfind.records import Record
from dupfind.sources.apis.api_client import Api
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Item, Page
from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats import gitlab
from dupfind.sources.json_formats.keys import inside
from dupfind.sources.restricted import is_restricted

PER_PAGE = 100


class GitLab:
    """One project."""

    def __init__(self, url: ProjectUrl, token: Token, *, include_restricted: bool = False) -> None:
        """Store the connection; nothing is requested yet."""
        self._restricted = include_restricted
        self._which = {"scope": "all"} if include_restricted else {"scope": "all", "confidential": "false"}
        # GitLab accepts a path as an id, with its slashes as %2F.
        self._project = f"/projects/{quote(url.project, safe='')}"
        self._source = url.location
        self.api = Api(f"{url.site}/api/v4", token, token.header("PRIVATE-TOKEN"))

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """Request a page of issues, those that are not confidential."""
        params = self._which | {"order_by": "updated_at", "sort": "asc", "per_page": str(PER_PAGE)}
        if since is not None:
            params["updated_after"] = since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        answer = self.api.get_changed(f"{self._project}/issues", params | dict(parse_qsl(more or "")), etag)
        if answer is None:
            return None
        items = [
            Item(
                text(issue["iid"]),
                moment(issue.get("updated_at")),
                gitlab.record(issue, source=self._source)
                if self._restricted or not is_restricted(issue)
                else None,
                issue,
                is_restricted(issue),
            )
            for issue in self.api.issues_in(answer, None, gitlab.recognises)
        ]
        following = self.api.next_query(answer)
        return Page(items, None if following is None else urlencode(following), answer.headers.get("etag"))

    def complete(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield the records; a page holds everything."""
        return (item.record for item in items if item.record is not None)

    def count(self) -> int | None:
        """Count the issues that are not confidential."""
        answer = self.api.get(f"{self._project}/issues_statistics", self._which).value
        number = inside(answer, "statistics", "counts", "all")
        return number if isinstance(number, int) else None
