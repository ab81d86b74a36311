"""List the issues of a service by GET requests: the path, the query, and the key of the next page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dupfind.sources.apis.api_client import ApiResponse
from dupfind.sources.apis.service_table import Listed, Project
from dupfind.sources.coerce import quantity
from dupfind.sources.json_formats.keys import inside


@dataclass(frozen=True)
class Pages:
    """How the pages of a list are named.

    Attributes:
        query: Returns the query of the page with a key; of the first page for None.
        following: Returns the key of the page after an answer: given the answer, the key of its own page and the number
            of its issues; None at the last.
    """

    query: Callable[[str | None], Mapping[str, str]]
    following: Callable[[Project, ApiResponse, str | None, int], str | None]


def by_link() -> Pages:
    """Return pages that the header Link names."""

    def following(project: Project, answer: ApiResponse, more: str | None, n_issues: int) -> str | None:
        query = project.api.next_query(answer)
        return None if query is None else urlencode(query)

    return Pages(lambda more: dict(parse_qsl(more or "")), following)


def by_link_cursor(name: str) -> Pages:
    """Return pages with keys that the header Link has next to its address, and says whether they have results."""

    def following(project: Project, answer: ApiResponse, more: str | None, n_issues: int) -> str | None:
        link = project.api.next_link(answer) or {}
        return link.get(name) if link.get("results") == "true" else None

    return Pages(lambda more: {} if more is None else {name: more}, following)


def by_offset(name: str, total: str = "") -> Pages:
    """Return pages that begin at a number of issues.

    Args:
        name: The name of the parameter.
        total: The key of the number of all issues. Without one, only an empty page is the last.
    """

    def following(project: Project, answer: ApiResponse, more: str | None, n_issues: int) -> str | None:
        end = int(more or 0) + n_issues
        is_more = n_issues > 0 and (not total or end < quantity(inside(answer.value, total)))
        return str(end) if is_more else None

    return Pages(lambda more: {name: more or "0"}, following)


def by_number(name: str, announced: str = "", *, first: int = 1) -> Pages:
    """Return pages with numbers.

    Args:
        name: The name of the parameter.
        announced: The path of the key that says that there is another page. Without one, only an empty page is the
            last.
        first: The number of the first page.
    """

    def following(project: Project, answer: ApiResponse, more: str | None, n_issues: int) -> str | None:
        is_more = bool(inside(answer.value, *announced.split("."))) if announced else n_issues > 0
        return str(int(more or first) + 1) if is_more else None

    return Pages(lambda more: {name: more or str(first)}, following)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list of issues; see `service_table.Lister`.

    Attributes:
        path: Below the base; `Project.path` fills it.
        query: The query of each page.
        public: What leaves out issues for some people only.
        since: The parameter of the time of the last reading.
        at: Writes that time.
        issues: The path of the list's keys in an answer; "" if the answer is the list.
        pages: How the pages are named.
        recognises: Whether an object of the list is an issue.
        pause: The key of the seconds to wait before the next page.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    at: Callable[[datetime], str] = lambda since: f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    issues: str = ""
    pages: Pages
    recognises: Callable[[dict[str, Any]], bool]
    pause: str = ""

    def __call__(
        self, project: Project, since: datetime | None, more: str | None, etag: str | None
    ) -> Listed | None:
        """Request a page; None if the ETag still matches."""
        params = {**self.query, **({} if project.include_restricted else self.public)}
        if since is not None and self.since:
            params[self.since] = self.at(since)
        params |= self.pages.query(more)
        answer = project.api.get_changed(project.path(self.path), params, etag)
        if answer is None:
            return None
        issues = project.api.issues_in(answer, self.issues or None, self.recognises)
        if self.pause:
            project.api.wait(quantity(inside(answer.value, self.pause)))
        return Listed(
            issues, self.pages.following(project, answer, more, len(issues)), answer.headers.get("etag")
        )


def counted_at(
    path: str, key: str, query: Mapping[str, str], public: Mapping[str, str] | None = None
) -> Callable[[Project], int | None]:
    """Return the counting of issues by the number under a path of keys of an answer, such as "statistics.all".

    Args:
        path: Below the base.
        key: The path of keys; "header:NAME" for a header of the answer.
        query: The query.
        public: What leaves out issues for some people only.
    """

    def count(project: Project) -> int | None:
        params = {**query, **({} if project.include_restricted else public or {})}
        answer = project.api.get(project.path(path), params)
        number = (
            answer.headers.get(key.removeprefix("header:"))
            if key.startswith("header:")
            else inside(answer.value, *key.split("."))
        )
        is_number = type(number) is int or (
            isinstance(number, str) and number.isascii() and number.isdecimal()
        )
        return int(number) if number is not None and is_number and len(str(number)) <= 18 else None

    return count
