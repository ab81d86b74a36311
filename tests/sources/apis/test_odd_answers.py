"""Whatever stands in an answer, what comes of it is a record or an error of one line."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import httpx2
import pytest

from dupfind.errors import SourceError
from dupfind.sources.apis.api_client import ApiResponse
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Changes
from dupfind.sources.apis.project_url import parse
from dupfind.sources.apis.registry import tracker_of
from tests.support.fake_services import ISSUES, Bugzilla, GitHub, GitLab, Jira, Redmine, Request, Tracker
from tests.support.table_services import TABLE_SERVICES

pytestmark = pytest.mark.slow

ODD = (None, True, -1, "", "http://[", 10**400, ["x"], {"a": 1}, {"nodes": [1]})

Place = tuple[str | int, ...]


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Where something stands in a value."""
    yield here
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*here, key))


def put(value: Any, place: Place, odd: object) -> Any:
    """A value with something else in one place."""
    if not place:
        return odd
    copied: Any = value.copy()
    copied[place[0]] = put(value[place[0]], place[1:], odd)
    return copied


class Replayed:
    """A service whose stand-in is called without a network; the answer of one turn may be another."""

    def __init__(self, stand_in: Tracker, *, turn: int = -1, wrong: object = None) -> None:
        self.stand_in = stand_in
        self.turn = turn
        self.wrong = wrong
        self.answers: list[Any] = []
        self.tracker = tracker_of(parse(stand_in.location()), Token("t0ken", "hint"))
        self.tracker.api._request = self._asked  # type: ignore[method-assign]
        self.tracker.api.session = nullcontext  # type: ignore[method-assign, assignment]

    def read(self) -> None:
        changes = Changes(self.tracker, None)
        list(changes)
        changes.present(2)

    def _asked(self, method: str, url: httpx2.URL, **more: Any) -> ApiResponse:
        path = url.raw_path.decode().partition("?")[0].replace("%20", " ")
        request = Request(method, path, url.params.multi_items(), {}, more.get("json"))
        try:
            reply = self.stand_in(request)
        except (KeyError, ValueError, AssertionError):  # what a wrong answer led to is not there
            raise SourceError("404") from None
        self.answers.append(reply.value)
        is_wrong = len(self.answers) == self.turn + 1
        return ApiResponse(self.wrong if is_wrong else reply.value, httpx2.Headers(reply.headers), str(url))


@pytest.mark.parametrize(
    "make",
    [GitHub, GitLab, Jira, lambda: Jira(is_cloud=True), Bugzilla, Redmine, *TABLE_SERVICES],
    ids=[
        *("github", "gitlab", "jira", "jira-cloud", "bugzilla", "redmine"),
        *(make.service for make in TABLE_SERVICES),
    ],
)
def test_whatever_stands_in_an_answer_it_is_a_record_or_an_error_of_one_line(
    make: Callable[[], Tracker],
) -> None:
    stand_in = make()
    stand_in.site = "http://127.0.0.1:1"
    stand_in.issues = {3: ISSUES[2]}
    right = Replayed(stand_in)
    right.read()
    errors = []
    for turn, answer in enumerate(right.answers):
        for wrong in (put(answer, place, odd) for place in places(answer) for odd in ODD):
            try:
                Replayed(stand_in, turn=turn, wrong=wrong).read()
            except SourceError as error:
                errors.append(str(error))
    assert errors
    assert not any("\n" in error for error in errors)
