"""Every service: what it sends and what it survives, with the same faults for each."""

import base64
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.sources.apis import api_client
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.incremental import Changes
from dupfind.sources.apis.project_url import parse
from dupfind.sources.apis.retry import ATTEMPTS
from dupfind.sources.apis.service_forms import FORMS
from dupfind.sources.apis.service_table import TableTracker
from dupfind.sources.open import Mapping, open_source
from tests.support.fake_services import (
    Bugzilla,
    GitHub,
    GitLab,
    Jira,
    Redmine,
    Reply,
    Request,
    Server,
    Tracker,
    hasten,
    serving,
)
from tests.support.paths import ROOT
from tests.support.table_services import TABLE_SERVICES, Discourse, Launchpad, MantisBT, YouTrack

pytestmark = pytest.mark.slow

SERVICES: list[type[Tracker]] = [GitHub, GitLab, Jira, Bugzilla, Redmine, *TABLE_SERVICES]
TOKEN = "s3cr3t-t0ken"

every_service = pytest.mark.parametrize("make", SERVICES, ids=[make.service for make in SERVICES])


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@contextmanager
def served(tracker: Tracker) -> Iterator[Server]:
    with serving(tracker) as server:
        tracker.site = server.url
        yield server


def error_after(tracker: Tracker, server: Server, *faults: Reply) -> str:
    """Open, then read with faults; return the error."""
    source = open_source(tracker.location())
    server.faults = list(faults)
    with pytest.raises(SourceError) as raised:
        list(source)
    message = str(raised.value)
    assert "\n" not in message
    assert TOKEN not in message
    return message


def set_token(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    for variable in FORMS[service].variables:
        monkeypatch.setenv(variable, TOKEN)


def test_the_services_of_this_suite_are_all_that_there_are() -> None:
    assert {make.service for make in SERVICES} | {"forgejo"} == set(FORMS)  # Forgejo is Codeberg's


@pytest.mark.parametrize("make", [make for make in SERVICES if make.has_token], ids=lambda make: make.service)
def test_each_request_carries_the_token_and_nothing_shows_it(
    make: type[Tracker], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    set_token(monkeypatch, make.service)
    caplog.set_level(logging.DEBUG)
    tracker = make()
    with served(tracker) as server:
        source = open_source(tracker.location())
        records = list(source)
        requests = list(server.requests)
    assert len(records) == 5
    for request in requests:
        in_headers = [value for value in request.headers.values() if is_in(value)]
        in_query = [name for name, value in request.pairs if TOKEN in value]
        assert in_headers or in_query == ["key"]
    assert TOKEN not in repr(source) + repr(records) + caplog.text


def is_in(value: str) -> bool:
    """Return whether a header has the token, as it is or as Basic hides it."""
    kind, _, coded = value.partition(" ")
    return TOKEN in value or (kind == "Basic" and TOKEN in base64.b64decode(coded).decode())


@every_service
def test_a_refused_token_is_an_error_with_the_way_to_give_one(
    make: type[Tracker], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_token(monkeypatch, make.service)
    tracker = make()
    with served(tracker) as server:
        words = f"bad {TOKEN}" if make.has_token else "bad luck"
        message = error_after(tracker, server, Reply({"message": words}, 401))
    variables = FORMS[make.service].variables
    assert f"answers 401 ({'bad ***' if make.has_token else 'bad luck'})" in message
    assert (f"set {variables[-1]}" if variables else "that everybody may read") in message


@every_service
@pytest.mark.parametrize("fault", [Reply({}, 429, {"Retry-After": "0"}), Reply(b"oh", 500), Reply(b"", 503)])
def test_a_limit_and_a_broken_server_are_waited_for(make: type[Tracker], fault: Reply) -> None:
    tracker = make()
    with served(tracker) as server:
        source = open_source(tracker.location())
        server.faults = [fault, fault]
        assert len(list(source)) == 5


@every_service
def test_a_server_that_stays_broken_is_an_error(make: type[Tracker]) -> None:
    tracker = make()
    with served(tracker) as server:
        message = error_after(tracker, server, *[Reply(b"<h1>oh</h1>", 500)] * ATTEMPTS)
    assert "answers 500" in message


@every_service
def test_a_page_that_is_no_json_is_an_error(make: type[Tracker]) -> None:
    tracker = make()
    with served(tracker) as server:
        assert "a page of HTML, not JSON" in error_after(tracker, server, Reply(b"<html>Sign in"))


@every_service
def test_a_redirect_to_another_host_is_an_error_and_carries_no_token(
    make: type[Tracker], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_token(monkeypatch, make.service)
    tracker = make()
    with serving(lambda _: Reply({})) as other, served(tracker) as server:
        leads_away = Reply({}, 302, {"Location": f"{other.url}/issues?x=1"})
        message = error_after(tracker, server, leads_away)
        assert other.requests == []
    assert f"leads to {other.url}/issues, which is not below" in message or "answers 302" in message


@every_service
def test_a_page_that_is_too_large_is_an_error(make: type[Tracker], monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = make()
    with served(tracker) as server:
        source = open_source(tracker.location())
        monkeypatch.setattr(api_client, "MAX_BYTES", 100_000)
        server.faults = [Reply(b" " * 1_000_000)]
        with pytest.raises(SourceError, match="gives more than 100,000 bytes"):
            list(source)


@every_service
def test_pages_that_never_end_are_an_error(make: type[Tracker]) -> None:
    tracker = make()
    with served(tracker) as server:
        source = open_source(tracker.location())
        server.answer = repeating(tracker)
        if make in (Jira, Redmine):  # whose answers say how many issues there are
            assert len(list(source)) == 2
            return
        with pytest.raises(SourceError, match="returns the same page again and again"):
            list(source)


def repeating(tracker: Tracker) -> Callable[[Request], Reply]:
    """Return a server that answers each path for ever as it did first."""
    first: dict[str, Reply] = {}

    def answer(request: Request) -> Reply:
        if request.path not in first:
            first[request.path] = tracker(request)
        return first[request.path]

    return answer


@pytest.mark.parametrize(
    "make",
    [GitLab, Jira, Bugzilla, Redmine, YouTrack, MantisBT, Discourse, Launchpad],
    ids=lambda make: make.service,
)
def test_an_issue_for_some_people_only_is_read_where_that_is_asked_for(make: type[Tracker]) -> None:
    tracker = make()
    tracker.restricted = {2}
    with served(tracker):
        read = {record.id for record in open_source(tracker.location())}
        all_of_them = {
            record.id for record in open_source(tracker.location(), Mapping(include_restricted=True))
        }
    assert sorted(id.rpartition("-")[2] for id in read) == ["1", "3", "4", "5"]
    assert sorted(id.rpartition("-")[2] for id in all_of_them) == ["1", "2", "3", "4", "5"]


def test_topics_in_a_category_for_some_people_only_are_read_where_that_is_asked_for() -> None:
    tracker = Discourse()
    tracker.in_hidden_category = frozenset({2, 4})
    with served(tracker) as server:
        source = open_source(tracker.location())
        assert sorted(record.id for record in source) == ["1", "3", "5"]
        assert source.counts.n_restricted == 2
        assert not {"/t/2.json", "/t/4.json"} & {request.path for request in server.requests}
        everything = open_source(tracker.location(), Mapping(include_restricted=True))
        assert sorted(record.id for record in everything) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("status", [404, 403])
def test_a_topic_that_is_gone_since_its_page_ends_no_reading_and_a_refused_one_does(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = Discourse()
    with served(tracker) as server:
        server.answer = lambda request: (
            Reply({"errors": ["gone"]}, status) if request.path == "/t/3.json" else tracker(request)
        )
        source = open_source(tracker.location())
        if status == 403:
            with pytest.raises(SourceError, match="answers 403"):
                list(source)
        else:
            assert sorted(record.id for record in source) == ["1", "2", "4", "5"]
            assert "/t/3.json answers 404" in caplog.text


def test_the_service_that_the_documentation_shows_reads_issues() -> None:
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/sources.md").read_text(encoding="utf-8"), re.DOTALL
    )
    [shown] = [block for block in blocks if "ServiceTable(" in block]
    assert len(shown.splitlines()) < 60
    names: dict[str, Any] = {}
    exec(shown, names)
    redmine = Redmine()

    def cardbox(request: Request) -> Reply:
        if request.path == "/api/boxes/larkq":
            return Reply({"n_cards": 5})
        assert request.path == "/api/boxes/larkq/cards"
        start = (int(request.query["page"]) - 1) * 2
        query = {"status_id": "*", "limit": "2", "offset": str(start)}
        since = {"updated_on": request.query["updated_since"]} if "updated_since" in request.query else {}
        listed = redmine(Request("GET", "/projects/larkq/issues.json", [*(query | since).items()], {}, None))
        return Reply({"cards": listed.value["issues"]})

    with serving(cardbox) as server:
        redmine.site = server.url
        tracker = TableTracker(names["SERVICE"], parse(redmine.location()), Token(None, ""))
        with tracker.api.session():
            assert tracker.count() == 5
        assert [record.id for record in Changes(tracker, None)] == ["1", "2", "3", "4", "5"]
