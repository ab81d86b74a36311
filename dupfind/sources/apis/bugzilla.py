"""Read bugs from Bugzilla's REST API, or its JSON-RPC before 5.1; the first comment of a bug is its text."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.apis.api_client import Api, ApiResponse
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Item, Page
from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats import bugzilla
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import inside
from dupfind.sources.restricted import is_restricted

PER_PAGE = 50
"""Few, as the comments on all bugs of a page come in one answer."""
FIELDS = (
    "id,summary,product,status,resolution,is_open,dupe_of,creation_time,last_change_time,groups,"
    "cf_last_resolved,comment_count,votes,blocks"
)

_BEFORE_HEADERS = re.compile(r"[1-4]\.|5\.0\b")
"""Versions that take a token as a parameter alone."""


class Bugzilla:
    """One product."""

    def __init__(self, url: ProjectUrl, token: Token, *, include_restricted: bool = False) -> None:
        """Store the connection; nothing is requested yet."""
        self._restricted = include_restricted
        # A bug of a group is not for everybody, whoever's token this is.
        self._which = {"product": url.project}
        if not include_restricted:
            self._which |= {"f1": "bug_group", "o1": "isempty"}
        self._site = url.site
        self._source = url.location
        self._key = token.secret
        self._takes_header: bool | None = None if token.secret else True
        self.api = Api(url.site, token, token.header("X-BUGZILLA-API-KEY"))

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """Request a page of bugs; a site may return fewer than the limit, so only an empty page is the last."""
        params = self._which | {
            "include_fields": FIELDS,
            "order": "changeddate,bug_id",
            "limit": str(PER_PAGE),
            "offset": more or "0",
        }
        if since is not None:
            params["last_change_time"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        if self._has_header():
            answer = self.api.get_changed("/rest/bug", params, etag)
        else:
            answer = self._call("Bug.search", params | {"include_fields": FIELDS.split(",")})
        if answer is None:
            return None
        items = [
            Item(
                text(bug["id"]),
                moment(bug.get("last_change_time")),
                self._record(bug),
                bug,
                is_restricted(bug),
            )
            for bug in self.api.issues_in(answer, "bugs", _recognises)
        ]
        end = int(more or 0) + len(items)
        return Page(items, str(end) if items else None, answer.headers.get("etag"))

    def complete(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield the records with the text of each bug, and what people wrote after it."""
        if not items:
            return
        first, *other_ids = (item.id for item in items)
        fields = "text,is_private,creation_time"
        if self._has_header():
            params = "&".join([f"include_fields={fields}", *(f"ids={id}" for id in other_ids)])
            answer = self.api.get(f"/rest/bug/{first}/comment?{params}")
        else:
            which = {"ids": [first, *other_ids], "include_fields": fields.split(",")}
            answer = self._call("Bug.comments", which)
        bugs = inside(answer.value, "bugs")
        if not isinstance(bugs, dict):
            raise self.api.refusal(answer, "comments")
        for item in items:
            record = self._record(item.issue, comments_in(inside(bugs, item.id, "comments")))
            if record is not None:
                yield record

    def count(self) -> int | None:
        """Count the bugs, where the site can (Bugzilla 5.2 and bugzilla.mozilla.org)."""
        if not self._has_header():
            return None
        params = self._which | {"count_only": "1", "include_fields": "id", "limit": "1"}
        number = text(inside(self.api.get("/rest/bug", params).value, "bug_count"))
        return int(number) if re.fullmatch(r"[0-9]{1,18}", number) else None

    def _has_header(self) -> bool:
        """Return whether the site takes a token in a header: Bugzilla from 5.1, and bugzilla.mozilla.org."""
        if self._takes_header is None:
            version = text(inside(self.api.get("/rest/version").value, "version"))
            self._takes_header = _BEFORE_HEADERS.match(version) is None
        return self._takes_header

    def _call(self, method: str, params: dict[str, Any]) -> ApiResponse:
        """Call a method by POST, so that the token is a parameter and yet in no address, which servers log."""
        body = {"method": method, "params": [{**params, "Bugzilla_api_key": self._key}], "id": 1}
        answer = self.api.post("/jsonrpc.cgi", body)
        result = inside(answer.value, "result")
        if not isinstance(result, dict):
            raise self.api.refusal(answer, f"result of {method}")
        return answer._replace(value=result)

    def _record(self, bug: dict[str, Any], comments: Sequence[Comment] = ()) -> Record | None:
        if is_restricted(bug) and not self._restricted:
            return None
        return bugzilla.record(bug, source=self._source, comments=comments, base=self._site)


def _recognises(bug: dict[str, Any]) -> bool:
    return bugzilla.recognises(bug) and type(bug["id"]) is int
