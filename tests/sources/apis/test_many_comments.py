"""An issue with comments without end: of each service a bounded number is requested, kept and put into the record."""

import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from itertools import count
from typing import Any

import httpx2
import pytest

from dupfind.records import Record
from dupfind.sources.apis import github
from dupfind.sources.apis.api_client import ApiResponse
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Changes, Item
from dupfind.sources.apis.project_url import parse
from dupfind.sources.apis.registry import tracker_of
from dupfind.sources.apis.service_forms import FORMS
from dupfind.sources.comment_bounds import N_READ_CHARACTERS, N_READ_COMMENTS
from tests.support.fake_services import ISSUES, Bugzilla, GitHub, Jira, Request, Tracker
from tests.support.table_services import TABLE_SERVICES

LONG = "The reader waits for a lamp. " * 200
N_COMMENTS = 2_000
LISTS = {
    "github": ("comments", "nodes"),
    "gitea": ("",),
    "bitbucket": ("values",),
    "bugzilla": ("comments",),
    "jira": ("comment",),
    "jira-cloud": ("comment",),
    "youtrack": ("comments",),
    "linear": ("nodes",),
    "trello": ("actions",),
    "discourse": ("posts",),
}
"""The services that give comments, and the keys of their lists; "" where the answer is the list."""
WITHOUT_LISTS = {
    *("azure", "gitlab", "launchpad", "mantisbt", "redmine", "sentry", "stackexchange", "zendesk"),
    *("codeberg", "forgejo"),  # Gitea's reader
}
STAND_INS: dict[str, Callable[[], Tracker]] = {
    "github": GitHub,
    "bugzilla": Bugzilla,
    "jira": Jira,
    "jira-cloud": lambda: Jira(is_cloud=True),
    **{make.service: make for make in TABLE_SERVICES if make.service in LISTS},
}


def comment(number: int) -> dict[str, Any]:
    """A comment in the words of every service, a long one."""
    text = f"{number}: {LONG}"
    return {
        **dict.fromkeys(("body", "text", "raw", "cooked"), text),
        "content": {"raw": text},
        "post_number": number,
        "created_at": "2024-06-01T00:00:00Z",
        "creation_time": "2024-06-01T00:00:00Z",
    }


def filled(value: Any, keys: tuple[str, ...], is_comments: bool) -> Any:
    """Return an answer with many comments in each list under these keys."""
    if isinstance(value, list):
        is_list = is_comments and "" in keys
        return many(value) if is_list else [filled(inner, keys, is_comments) for inner in value]
    if not isinstance(value, dict):
        return value
    changed = {key: filled(inner, keys, is_comments) for key, inner in value.items()}
    for key in keys:
        if isinstance(value.get(key), list) and (key not in ("nodes", "values") or is_comments):
            changed[key] = many(value[key])
        elif key == "comment" and "summary" in value:
            changed[key] = {"comments": many([]), "total": N_COMMENTS}
    return {
        key: filled(inner, keys, True) if key == "comments" and isinstance(inner, dict) else changed[key]
        for key, inner in changed.items()
    }


def many(before: list[Any]) -> list[Any]:
    """Return what is there, and so many comments."""
    if before and "data" in before[0]:  # Trello's
        data = {**before[0]["data"], "text": LONG}
        return before + [{**before[0], "data": data}] * N_COMMENTS
    return before + [comment(number) for number in range(2, N_COMMENTS)]


class Replayed:
    """A service whose stand-in is called without a network, and adds comments to its answers."""

    def __init__(self, name: str) -> None:
        self.keys = LISTS[name]
        self.paths: list[str] = []
        self.stand_in: Tracker = STAND_INS[name]()
        self.stand_in.site = "http://127.0.0.1:1"
        self.stand_in.issues = {issue.number: issue for issue in ISSUES}
        self.is_many = False

    def read(self) -> list[Record]:
        self.paths.clear()
        tracker = tracker_of(parse(self.stand_in.location()), Token("t0ken", "hint"))
        tracker.api._request = self._asked  # type: ignore[method-assign]
        tracker.api.session = nullcontext  # type: ignore[method-assign, assignment]
        return list(Changes(tracker, None))

    def _asked(self, method: str, url: httpx2.URL, **more: Any) -> ApiResponse:
        path = url.raw_path.decode().partition("?")[0].replace("%20", " ")
        self.paths.append(path)
        reply = self.stand_in(Request(method, path, url.params.multi_items(), {}, more.get("json")))
        value = filled(reply.value, self.keys, path.endswith("/comments")) if self.is_many else reply.value
        return ApiResponse(value, httpx2.Headers(reply.headers), str(url))


@pytest.mark.parametrize("name", STAND_INS)
def test_a_record_has_the_first_comments_of_many_and_no_more_is_requested(name: str) -> None:
    service = Replayed(name)
    plain = service.read()
    few = len(service.paths)
    service.is_many = True
    records = service.read()
    assert [record.id for record in records] == [record.id for record in plain]
    n_read = [sum(not one.is_restricted for one in record.comments) for record in records]
    assert max(n_read) == N_READ_COMMENTS
    for record in records:
        assert len(record.comments) <= 2 * N_READ_COMMENTS  # restricted ones count apart
        assert all(len(one.text) <= N_READ_CHARACTERS for one in record.comments)
    assert len(service.paths) <= few + len(records)


def test_every_service_is_tested_or_gives_no_lists_of_comments() -> None:
    assert set(STAND_INS) == set(LISTS)
    assert set(LISTS) - {"jira-cloud"} | WITHOUT_LISTS == set(FORMS)


def test_pages_of_comments_without_end_are_read_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = tracker_of(parse("github:owner/repo"), Token("t0ken", "hint"))
    assert isinstance(tracker, github.GitHub)
    pages = count(2)

    def endless(path: str, params: object = None) -> ApiResponse:
        """A page that has more comments than were asked for, and names another one."""
        link = f'<https://api.github.com{path}?page={next(pages)}>; rel="next"'
        page = [{"body": "x" * (2 * github.MAX_COMMENT_CHARACTERS)}] * (3 * github.PER_PAGE)
        return ApiResponse(page, {"link": link}, f"https://api.github.com{path}")

    monkeypatch.setattr(tracker.api, "get", endless)
    kept = tracker._comments(Item("7", None, None, {"comments": 10**6}))
    assert next(pages) == 2 + github.MAX_COMMENT_PAGES
    assert len(kept) == github.MAX_COMMENT_PAGES * github.PER_PAGE
    assert {len(one.text) for one in kept} == {github.MAX_COMMENT_CHARACTERS}


def test_memory_does_not_grow_with_the_pages_of_issues() -> None:
    """Of a page that was read, what stays in memory is what its records have."""

    def peak(n_pages: int) -> int:
        tracker = tracker_of(parse("jira:http://127.0.0.1:1/PROJ"), Token("t0ken", "hint"))
        stand_in = Jira()
        stand_in.site = "http://127.0.0.1:1"
        stand_in.issues = {1: ISSUES[0]}
        shown: dict[str, Any] = {}

        def page(method: str, url: httpx2.URL, **more: Any) -> ApiResponse:
            pairs = [*url.params.multi_items(), ("startAt", "0")]
            reply = stand_in(Request(method, url.path, pairs, {}, more.get("json")))
            if not url.path.endswith("/search"):
                return ApiResponse(reply.value, {}, str(url))
            start = int(url.params["startAt"])
            shown.update(reply.value["issues"][0])
            comments = [{"body": f"{number} {LONG * 10}", "created": None} for number in range(20)]
            fields = {**shown["fields"], "comment": {"comments": comments}}
            issue = {**shown, "key": f"PROJ-{start + 1}", "fields": fields}
            return ApiResponse({"issues": [issue], "total": n_pages}, {}, str(url))

        tracker.api._request = page  # type: ignore[method-assign]
        tracker.api.session = nullcontext  # type: ignore[method-assign, assignment]
        tracemalloc.start()
        try:
            assert sum(len(record.comments) for record in Changes(tracker, None)) == 20 * n_pages
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(2), peak(20)
    assert large < small + 2 * 10 * len(LONG) * 20  # two pages; ten times as many were read
