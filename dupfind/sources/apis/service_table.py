"""A service as data: where it lists its issues, which reader reads them, and what is particular to it."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from dupfind.records import Record, Ref
from dupfind.sources.apis.api_client import Api, Refused
from dupfind.sources.apis.credentials import Credentials, Token, no_credentials
from dupfind.sources.apis.incremental import Item, Page
from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats.keys import inside, is_pull_request
from dupfind.sources.json_formats.registry import JsonFormat
from dupfind.sources.restricted import is_restricted

_GONE = 404
_log = logging.getLogger("dupfind.services")


@dataclass
class Project:
    """One project of a service, and the connection to it.

    Attributes:
        api: Sends the requests.
        url: Its location.
        include_restricted: Whether to request issues that the service shows to some people only, too.
        known: What was requested once for all pages, such as the number of the project.
    """

    api: Api
    url: ProjectUrl
    include_restricted: bool = False
    known: dict[str, Any] = field(default_factory=dict)

    def path(self, form: str, **values: str) -> str:
        """Return a path with the project in it: "/projects/{project}/issues"; its parts are percent-encoded."""
        own = {"project": quote(self.url.project), "key": quote(self.url.project, safe="")}
        return form.format(**own, **{name: quote(value, safe="") for name, value in values.items()})


class Listed(NamedTuple):
    """A page as a service lists it.

    Attributes:
        issues: The objects of its issues.
        more: The key of the next page; None at the last.
        etag: The ETag of the answer.
    """

    issues: Sequence[dict[str, Any]]
    more: str | None
    etag: str | None = None


Lister = Callable[[Project, datetime | None, str | None, str | None], Listed | None]
"""Requests the page with a key of the issues that changed since a time; None if the ETag still matches."""


@dataclass(frozen=True, kw_only=True)
class ServiceTable:
    """What is particular to a service.

    Attributes:
        reader: Makes the record of an issue, as in a file.
        listed: Requests a page.
        id: The key of an issue's id, or a path such as "fields/key".
        updated: The key of the time of its last change.
        order: Of the issues. Newest first, the reading ends at the first page that is older than the last one.
        credentials: The headers that carry the token.
        parameter: The parameter that carries the token, where no header can.
        base: The address of the API; "{site}" stands for that of the server.
        home: The address of the API of the default host, if it is another.
        headers: Further headers.
        whole: Returns an issue with what needs a further request, such as its comments.
        count: Counts the issues; None where the service does not.
        address: The address of an issue where the reader knows none: "{site}/issue/{id}".
    """

    reader: JsonFormat
    listed: Lister
    id: str
    updated: str
    credentials: Credentials = no_credentials
    order: Literal["oldest first", "newest first", "none"] = "oldest first"
    parameter: str = ""
    base: str = "{site}"
    home: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    whole: Callable[[Project, dict[str, Any]], dict[str, Any]] | None = None
    count: Callable[[Project], int | None] | None = None
    address: str = ""


class TableTracker:
    """One project of a service that a table describes; see `incremental.Tracker`."""

    def __init__(
        self, table: ServiceTable, url: ProjectUrl, token: Token, *, include_restricted: bool = False
    ) -> None:
        """Store the connection; nothing is requested yet."""
        self._table = table
        base = table.home if table.home is not None and url.is_home else table.base.format(site=url.site)
        own = {table.parameter: token.secret} if table.parameter and token.secret else {}
        self.api = Api(base, token, {**table.headers, **table.credentials(token)}, own)
        self._project = Project(self.api, url, include_restricted)

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """Request a page of issues that changed at or after `since`; None if the ETag still matches."""
        listed = self._table.listed(self._project, since, more, etag)
        if listed is None:
            return None
        items = [self._item(issue) for issue in listed.issues]
        following = listed.more
        if self._table.order == "newest first" and _ends_before(items, since):
            following = None
        return Page(items, following, listed.etag, self._table.order == "oldest first")

    def complete(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield the records, with what needs further requests."""
        for item in items:
            whole = self._table.whole
            try:
                record = item.record if whole is None else self._record(whole(self._project, item.issue))
            except Refused as error:
                if error.status != _GONE:
                    raise
                _log.warning("left out an issue that is gone since its page was listed: %s", error)
                continue
            if record is not None:
                yield record

    def count(self) -> int | None:
        """Count the issues; None if the service does not report it."""
        return None if self._table.count is None else self._table.count(self._project)

    def _item(self, issue: dict[str, Any]) -> Item:
        for_some = is_restricted(issue)
        record = self._record(issue)
        hidden: Ref | None = None
        if for_some and not self._project.include_restricted and record is not None:
            hidden, record = record.ref, None
        is_in_trash = record is None and not for_some and not is_pull_request(issue)
        id, updated = (inside(issue, *path.split("/")) for path in (self._table.id, self._table.updated))
        return Item(text(id), moment(updated), record, issue, for_some, is_in_trash, hidden)

    def _record(self, issue: dict[str, Any]) -> Record | None:
        record = self._table.reader.record(issue, source=self._project.url.location)
        if record is None or record.url is not None or not self._table.address:
            return record
        return replace(
            record, url=self._table.address.format(site=self._project.url.site, id=quote(record.id))
        )


def _ends_before(items: Sequence[Item], since: datetime | None) -> bool:
    """Return whether the last issue of a page changed before a time; pinned ones may stand above newer ones."""
    updated = items[-1].updated if items else None
    return since is not None and updated is not None and updated < since
