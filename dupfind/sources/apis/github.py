"""Read issues and comments from GitHub's REST API, and duplicate events from GraphQL; also GitHub Enterprise."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dupfind.records import Comment, Record
from dupfind.sources.apis.api_client import Api
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Item, Page
from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.comments import embedded_comments
from dupfind.sources.json_formats.keys import inside, objects

PER_PAGE = 100
MAX_COMMENT_PAGES = 10
"""Pages of comments on one issue that are looked at for the name of its original."""

_CANONICAL = (
    "canonical { ... on Issue { number url repository { nameWithOwner } }"
    " ... on PullRequest { number url repository { nameWithOwner } } }"
)
_EVENTS = (
    "timelineItems(itemTypes: [MARKED_AS_DUPLICATE_EVENT, UNMARKED_AS_DUPLICATE_EVENT], last: 20) { nodes {"
    f" __typename ... on MarkedAsDuplicateEvent {{ {_CANONICAL} }} ... on UnmarkedAsDuplicateEvent {{ {_CANONICAL} }}"
    " } }"
)


def connect(url: ProjectUrl, token: Token) -> tuple[Api, str]:
    """Return the API client for a project's server, and the prefix of its REST paths; nothing is requested yet."""
    is_home = url.site == "https://github.com"
    base = "https://api.github.com" if is_home else f"{url.site}/api"
    return Api(base, token, token.header("Authorization", "Bearer {}")), "" if is_home else "/v3"


class GitHub:
    """One repository."""

    def __init__(self, url: ProjectUrl, token: Token) -> None:
        """Store the connection; nothing is requested yet."""
        self.api, self._root = connect(url, token)
        self._issues = f"{self._root}/repos/{url.project}/issues"
        self._project = url.project
        self._source = url.location
        self._has_token = token.secret is not None

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """Request a page of issues and pull requests; the API cannot list them apart."""
        params = {"state": "all", "sort": "updated", "direction": "asc", "per_page": str(PER_PAGE)}
        if since is not None:
            # "Updated after" may leave out the second itself.
            params["since"] = f"{since - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
        answer = self.api.get_changed(self._issues, params | dict(parse_qsl(more or "")), etag)
        if answer is None:
            return None
        items = [
            Item(
                text(issue["number"]),
                moment(issue.get("updated_at")),
                github.record(issue, source=self._source),
                issue,
            )
            for issue in self.api.issues_in(answer, None, _recognises)
        ]
        following = self.api.next_query(answer)
        return Page(items, None if following is None else urlencode(following), answer.headers.get("etag"))

    def complete(self, items: Sequence[Item]) -> Iterator[Record]:
        """Yield the records; events or else comments name the originals of issues that are closed, or labelled."""
        marked = [
            item.id
            for item in items
            if item.issue.get("state") == "closed" or github.is_open_duplicate(item.issue)
        ]
        events = self._events(marked) if marked and self._has_token else {}
        for item in items:
            issue_events = events.get(item.id, ())
            record = github.record(item.issue, source=self._source, events=issue_events)
            is_duplicate = record is not None and (
                record.resolution == "duplicate" or github.is_open_duplicate(item.issue)
            )
            if record is not None and is_duplicate and not record.duplicate_of:
                comments = self._comments(item)
                record = github.record(
                    item.issue, source=self._source, events=issue_events, comments=comments
                )
            if record is not None:
                yield record

    def count(self) -> int | None:
        """Count the issues: by GraphQL, or without a token by the search, which may lag behind."""
        if self._has_token:
            number = inside(self._repository("issues { totalCount }"), "issues", "totalCount")
        else:
            params = {"q": f"repo:{self._project} is:issue", "per_page": "1"}
            answer = self.api.get(f"{self._root}/search/issues", params).value
            number = None if inside(answer, "incomplete_results") else inside(answer, "total_count")
        return number if isinstance(number, int) else None

    def _comments(self, item: Item) -> list[Comment]:
        """Return the comments on an issue, oldest first."""
        comments: list[Comment] = []
        params: dict[str, str] | None = {"per_page": str(PER_PAGE)} if item.issue.get("comments", 1) else None
        for _ in range(MAX_COMMENT_PAGES):
            if params is None:
                break
            answer = self.api.get(f"{self._issues}/{item.id}/comments", params)
            comments += embedded_comments(answer.value, "created_at")
            params = self.api.next_query(answer)
        return comments

    def _events(self, numbers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Return the events that mark or unmark duplicates, by issue number."""
        repository = self._repository(" ".join(f"i{n}: issue(number: {n}) {{ {_EVENTS} }}" for n in numbers))
        return {number: objects(inside(repository, f"i{number}", "timelineItems")) for number in numbers}

    def _repository(self, fields: str) -> dict[str, Any]:
        """Query fields of the repository; an issue deleted meanwhile is missing from them."""
        owner, _, name = self._project.partition("/")
        query = f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
        answer = self.api.post("/graphql", {"query": query, "variables": {"owner": owner, "name": name}})
        repository = inside(answer.value, "data", "repository")
        if not isinstance(repository, dict):
            raise self.api.refusal(answer, "repository")
        return repository


def _recognises(issue: dict[str, Any]) -> bool:
    # The number becomes part of a GraphQL query.
    return github.recognises(issue) and type(issue["number"]) is int
