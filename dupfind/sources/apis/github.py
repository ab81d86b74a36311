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
from dupfind.sources.comment_bounds import N_READ_COMMENTS
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import counted, inside, objects

PER_PAGE = 100
API_VERSION = "2022-11-28"
"""The version of REST that is asked for; servers that know no versions ignore it."""
MAX_COMMENT_PAGES = 10
"""Pages of comments on one issue that are looked at for the name of its original."""
MAX_COMMENT_CHARACTERS = 65_536
"""Characters of a comment that are kept; GitHub takes no longer ones, but another server may."""
MAX_COMMENTS_OF_ANSWER = 700
"""Comments that one answer of GraphQL holds: GitHub's longest have 64 KiB, and 50 MiB are read of an answer."""

_CANONICAL = (
    "canonical { ... on Issue { number url repository { nameWithOwner } }"
    " ... on PullRequest { number url repository { nameWithOwner } } }"
)
_EVENTS = (
    "timelineItems(itemTypes: [MARKED_AS_DUPLICATE_EVENT, UNMARKED_AS_DUPLICATE_EVENT], last: 20) { nodes {"
    f" __typename ... on MarkedAsDuplicateEvent {{ {_CANONICAL} }} ... on UnmarkedAsDuplicateEvent {{ {_CANONICAL} }}"
    " } }"
)


_COMMENTS = (
    f"comments(first: {N_READ_COMMENTS}) {{ nodes {{ body createdAt author {{ login __typename }} }} }}"
)


def connect(url: ProjectUrl, token: Token) -> tuple[Api, str]:
    """Return the API client for a project's server, and the prefix of its REST paths; nothing is requested yet."""
    is_home = url.site == "https://github.com"
    base = "https://api.github.com" if is_home else f"{url.site}/api"
    headers = {"X-GitHub-Api-Version": API_VERSION} | token.header("Authorization", "Bearer {}")
    return Api(base, token, headers), "" if is_home else "/v3"


class GitHub:
    """One repository."""

    def __init__(self, url: ProjectUrl, token: Token, *, no_comments: bool = False) -> None:
        """Store the connection; nothing is requested yet."""
        self._no_comments = no_comments
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
        """Yield the records; events or else comments name the originals of issues that are closed, or labelled.

        With a token, one query gives the events and the first comments of all issues. The later ones of a closed
        issue are read, too, unless an event names its original: the last comment that names one counts. Without a
        token the limit of requests is so low that only the comments on duplicates are read.
        """
        fields = {item.id: self._further_fields(item.issue) for item in items} if self._has_token else {}
        further: dict[str, Any] = {}
        for group in _groups([item for item in items if fields.get(item.id)]):
            further |= self._further({item.id: fields[item.id] for item in group})
        for item in items:
            nodes = further.get(item.id)
            events = objects(inside(nodes, "timelineItems"))
            comments: Sequence[Comment] = comments_in(inside(nodes, "comments"))
            record = github.record(item.issue, source=self._source, events=events)
            if record is None:
                continue
            is_named = bool(github.canonicals(events, record.ref))
            if not is_named and self._may_be_marked(item, record) and not _has_all(item, nodes):
                comments = self._comments(item)
            record = github.record(item.issue, source=self._source, events=events, comments=comments)
            if record is not None:
                yield record

    def _may_be_marked(self, item: Item, record: Record) -> bool:
        """Return whether all comments on an issue are wanted, since one may name its original."""
        is_duplicate = record.resolution == "duplicate" or github.is_open_duplicate(item.issue)
        return is_duplicate or (self._has_token and record.state == "closed")

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
            comments += [
                comment._replace(text=comment.text[:MAX_COMMENT_CHARACTERS])
                for comment in comments_in(answer.value)[:PER_PAGE]
            ]
            params = self.api.next_query(answer)
        return comments

    def _further_fields(self, issue: dict[str, Any]) -> str:
        """Return what is queried of an issue: the events that mark duplicates, and its first comments."""
        may_be_marked = issue.get("state") == "closed" or github.is_open_duplicate(issue)
        has_comments = (may_be_marked or not self._no_comments) and bool(issue.get("comments", 1))
        return " ".join((_EVENTS,) * may_be_marked + (_COMMENTS,) * has_comments)

    def _further(self, fields: dict[str, str]) -> dict[str, Any]:
        """Return the queried fields of issues, by issue number."""
        repository = self._repository(
            " ".join(f"i{n}: issue(number: {n}) {{ {names} }}" for n, names in fields.items())
        )
        return {number: repository.get(f"i{number}") for number in fields}

    def _repository(self, fields: str) -> dict[str, Any]:
        """Query fields of the repository; an issue deleted meanwhile is missing from them."""
        owner, _, name = self._project.partition("/")
        query = f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
        answer = self.api.post("/graphql", {"query": query, "variables": {"owner": owner, "name": name}})
        repository = inside(answer.value, "data", "repository")
        if not isinstance(repository, dict):
            raise self.api.refusal(answer, "repository")
        return repository


def _groups(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Divide issues so that the first comments of each group fit into one answer."""
    group: list[Item] = []
    n_comments = 0
    for item in items:
        n_own = min(N_READ_COMMENTS, counted(item.issue.get("comments")))
        if group and n_comments + n_own > MAX_COMMENTS_OF_ANSWER:
            yield group
            group, n_comments = [], 0
        group.append(item)
        n_comments += n_own
    if group:
        yield group


def _has_all(item: Item, nodes: Any) -> bool:
    """Return whether an issue has no comments but those among its queried fields."""
    n_comments = item.issue.get("comments", 1)
    return not n_comments or (
        inside(nodes, "comments") is not None and counted(n_comments) <= N_READ_COMMENTS
    )


def _recognises(issue: dict[str, Any]) -> bool:
    # The number becomes part of a GraphQL query.
    return github.recognises(issue) and type(issue["number"]) is int
