"""GitHub: issues and comments by REST, and by GraphQL the events that mark duplicates; GitHub Enterprise too."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dupfind.records import Record
from dupfind.sources.apis.api_client import Api
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Item, Page
from dupfind.sources.apis.project_url import Place
from dupfind.sources.coerce import moment, text
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.comments import Comment
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


def connected(place: Place, token: Token) -> tuple[Api, str]:
    """The API of a place's server, and what the paths of its REST begin with; nothing is asked yet."""
    is_home = place.site == "https://github.com"
    base = "https://api.github.com" if is_home else f"{place.site}/api"
    return Api(base, token, token.header("Authorization", "Bearer {}")), "" if is_home else "/v3"


class GitHub:
    """One repository."""

    def __init__(self, place: Place, token: Token) -> None:
        """Take note of a repository; nothing is asked yet."""
        self.api, self._root = connected(place, token)
        self._issues = f"{self._root}/repos/{place.project}/issues"
        self._project = place.project
        self._source = place.location
        self._has_token = token.secret is not None

    def page(self, since: datetime | None, more: str | None, etag: str | None) -> Page | None:
        """A page of issues and pull requests, which are not told apart by what can be asked for."""
        asked = {"state": "all", "sort": "updated", "direction": "asc", "per_page": str(PER_PAGE)}
        if since is not None:
            # "Updated after" may leave out the second itself.
            asked["since"] = f"{since - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
        answer = self.api.get_changed(self._issues, asked | dict(parse_qsl(more or "")), etag)
        if answer is None:
            return None
        items = [
            Item(
                text(issue["number"]),
                moment(issue.get("updated_at")),
                github.record(issue, source=self._source),
                issue,
            )
            for issue in self.api.listed(answer, None, _recognises)
        ]
        following = self.api.next_query(answer)
        return Page(items, None if following is None else urlencode(following), answer.headers.get("etag"))

    def completed(self, items: Sequence[Item]) -> Iterator[Record]:
        """The records, those of closed issues with the originals that events or else comments name."""
        closed = [item.id for item in items if item.issue.get("state") == "closed"]
        events = self._events(closed) if closed and self._has_token else {}
        for item in items:
            marks = events.get(item.id, ())
            found = github.record(item.issue, source=self._source, events=marks)
            if found is not None and found.resolution == "duplicate" and not found.duplicate_of:
                said = self._comments(item)
                found = github.record(item.issue, source=self._source, events=marks, comments=said)
            if found is not None:
                yield found

    def count(self) -> int | None:
        """How many issues there are: by GraphQL, or without a token by the search, which may lag behind."""
        if self._has_token:
            number = inside(self._repository("issues { totalCount }"), "issues", "totalCount")
        else:
            asked = {"q": f"repo:{self._project} is:issue", "per_page": "1"}
            said = self.api.get(f"{self._root}/search/issues", asked).value
            number = None if inside(said, "incomplete_results") else inside(said, "total_count")
        return number if isinstance(number, int) else None

    def _comments(self, item: Item) -> list[Comment]:
        """The comments on an issue, oldest first."""
        comments: list[Comment] = []
        asked: dict[str, str] | None = {"per_page": str(PER_PAGE)} if item.issue.get("comments", 1) else None
        for _ in range(MAX_COMMENT_PAGES):
            if asked is None:
                break
            answer = self.api.get(f"{self._issues}/{item.id}/comments", asked)
            comments += [
                Comment(text(said.get("body")), moment(said.get("created_at")))
                for said in objects(answer.value)
            ]
            asked = self.api.next_query(answer)
        return comments

    def _events(self, numbers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """The marks and their withdrawals on issues, by number."""
        said = self._repository(" ".join(f"i{n}: issue(number: {n}) {{ {_EVENTS} }}" for n in numbers))
        return {number: objects(inside(said, f"i{number}", "timelineItems")) for number in numbers}

    def _repository(self, wanted: str) -> dict[str, Any]:
        """Fields of the repository; an issue that has gone since it was listed is none of them."""
        owner, _, name = self._project.partition("/")
        query = f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {wanted} }} }}"
        answer = self.api.post("/graphql", {"query": query, "variables": {"owner": owner, "name": name}})
        repository = inside(answer.value, "data", "repository")
        if not isinstance(repository, dict):
            raise self.api.refusal(answer, "repository")
        return repository


def _recognises(issue: dict[str, Any]) -> bool:
    return github.recognises(issue) and type(issue["number"]) is int
