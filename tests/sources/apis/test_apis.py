"""Every service: all of it is read, then what changed, with the duplicates that it marks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.apis import incremental
from dupfind.sources.apis.github import _groups
from dupfind.sources.apis.incremental import Item
from dupfind.sources.open import Mapping, Source, open_source
from dupfind.sources.source import SourceChanges
from tests.support.fake_services import (
    ISSUES,
    Bugzilla,
    GitHub,
    GitLab,
    Jira,
    Redmine,
    Reply,
    Server,
    StoredIssue,
    Tracker,
    hasten,
    serving,
)
from tests.support.table_services import TABLE_SERVICES, Linear

pytestmark = pytest.mark.slow

SERVICES: list[Callable[[], Tracker]] = [
    *(GitHub, GitLab, Jira, lambda: Jira(is_cloud=True), Bugzilla, Redmine),
    *TABLE_SERVICES,
]
NAMES = [
    *("github", "gitlab", "jira", "jira-cloud", "bugzilla", "redmine"),
    *(make.service for make in TABLE_SERVICES),
]

every_service = pytest.mark.parametrize("make", SERVICES, ids=NAMES)
every_service_that_counts = pytest.mark.parametrize(
    "make",
    [pytest.param(make, id=name) for make, name in zip(SERVICES, NAMES, strict=True) if make().has_count],
)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@contextmanager
def served(tracker: Tracker) -> Iterator[Server]:
    with serving(tracker) as server:
        tracker.site = server.url
        yield server


def changes(source: Source, cursor: str | None = None) -> SourceChanges:
    assert source.changes is not None
    return source.changes(cursor)


def number(record: Record) -> int:
    return int(record.id.rpartition("-")[2])


def read_all(tracker: Tracker) -> str:
    """Read everything, and give the cursor after it."""
    since = changes(open_source(tracker.location()))
    n_records = sum(1 for _ in since)
    cursor = since.cursor(n_records)
    assert cursor is not None
    return cursor


@every_service
def test_a_service_gives_every_issue_with_its_time_state_page_and_marks(make: Callable[[], Tracker]) -> None:
    tracker = make()
    with served(tracker):
        source = open_source(tracker.location())
        records = list(source)
    assert source.total == (5 if tracker.has_count else None)
    assert source.name == source.location == tracker.location()
    if tracker.order == "oldest first":
        assert [number(record) for record in records] == [1, 2, 3, 4, 5]
    records.sort(key=number)
    assert [number(record) for record in records] == [1, 2, 3, 4, 5]
    assert {record.project for record in records} == {tracker.project_name}
    first, third = records[0], records[2]
    assert (first.title, first.body, first.state) == ("abc def crash", "text of 1", "open")
    assert first.updated == datetime(2024, 1, 3, 9, 12, tzinfo=UTC)
    assert first.url is not None
    assert first.url.startswith(tracker.site)
    assert third.state == "closed"
    marks = {number(record): record.duplicate_of for record in records if record.duplicate_of}
    assert marks == ({3: (first.ref,)} if tracker.has_marks else {})


@every_service
def test_the_next_reading_asks_only_for_what_changed(make: Callable[[], Tracker]) -> None:
    tracker = make()
    with served(tracker):
        cursor = read_all(tracker)
        tracker.put(
            StoredIssue(2, "bad cafe, again", "2024-06-03T09:12:00Z"),
            StoredIssue(6, "a new one", "2024-06-04T09:12:00Z"),
        )
        again = changes(open_source(tracker.location()), cursor)
        records = list(again)
    # The last change known is read once more: a service may show another of the same moment late.
    found = [(number(record), record.title) for record in records]
    expected = [(5, "dead beef"), (2, "bad cafe, again"), (6, "a new one")]
    assert (found if tracker.order == "oldest first" else sorted(found)) == (
        expected if tracker.order == "oldest first" else sorted(expected)
    )


@every_service
def test_more_issues_of_one_moment_than_a_page_holds_are_all_read_once(make: Callable[[], Tracker]) -> None:
    tracker = make()
    tracker.issues.clear()
    tracker.put(*(StoredIssue(n, f"imported {n}", "2024-01-01T00:00:00Z") for n in range(1, 8)))
    tracker.put(StoredIssue(8, "later", "2024-01-02T00:00:00Z"))
    with served(tracker):
        records = list(open_source(tracker.location()))
    assert sorted(map(number, records)) == list(range(1, 9))


@every_service
def test_an_issue_that_changes_while_it_is_read_hides_no_other_and_is_read_again(
    make: Callable[[], Tracker],
) -> None:
    tracker = make()
    with served(tracker):
        first = changes(open_source(tracker.location()))
        records = []
        for record in first:
            records.append(record)
            if len(records) == 2:  # page numbers would now pass over the third
                tracker.put(StoredIssue(1, "changed meanwhile", "2024-07-01T00:00:00Z"))
        again = changes(open_source(tracker.location()), first.cursor(len(records)))
        later = list(again)
    if tracker.order == "oldest first":
        assert sorted(map(number, records)) == [1, 2, 3, 4, 5]
    assert {number(record) for record in (*records, *later)} == {1, 2, 3, 4, 5}
    assert "changed meanwhile" in [record.title for record in later]


@every_service
def test_a_cursor_stands_for_what_was_kept_and_not_for_what_was_read(make: Callable[[], Tracker]) -> None:
    tracker = make()
    with served(tracker):
        first = changes(open_source(tracker.location()))
        assert len(list(first)) == 5
        assert first.cursor(1) is None
        if tracker.order != "oldest first":  # its last page may hold the earliest change
            assert first.cursor(4) is None
            assert first.cursor(5) is not None
            return
        cursor = first.cursor(2)
        left = [number(record) for record in changes(open_source(tracker.location()), cursor)]
    assert left == [2, 3, 4, 5]


@every_service
def test_what_is_gone_is_noticed_and_what_is_there_is_named(make: Callable[[], Tracker]) -> None:
    tracker = make()
    with served(tracker):
        cursor = read_all(tracker)
        assert changes(open_source(tracker.location()), cursor).present(5) is None
        del tracker.issues[2]
        again = changes(open_source(tracker.location()), cursor if tracker.has_count else None)
        if not tracker.has_count:  # then only a reading of everything shows it
            assert len(list(again)) == 4
        present = again.present(5)
    assert present is not None
    assert sorted(int(ref.id.rpartition("-")[2]) for ref in present) == [1, 3, 4, 5]


@every_service_that_counts
def test_a_service_that_lists_fewer_than_it_counts_takes_nothing_away(
    make: Callable[[], Tracker], caplog: pytest.LogCaptureFixture
) -> None:
    tracker = make()
    del tracker.issues[1]
    tracker.unlisted = {2}
    with served(tracker):
        assert changes(open_source(tracker.location())).present(5) is None
    assert "counts 4 issues and lists 3 of them: nothing is taken for gone" in caplog.text


@every_service
def test_a_service_without_any_issue_left_takes_nothing_away(make: Callable[[], Tracker]) -> None:
    tracker = make()  # a token that ran out shows a public project with nothing in it
    tracker.issues.clear()
    with served(tracker):
        source = open_source(tracker.location())
        assert list(source) == []
        assert changes(source).present(5) is None


@every_service
@pytest.mark.parametrize(
    "body", [{"message": "sorry", "error": True}, [], ["x"], {"issues": 7, "bugs": 7}, None]
)
def test_an_answer_that_is_something_else_is_an_error_that_says_where(
    make: Callable[[], Tracker], body: object
) -> None:
    tracker = make()
    with served(tracker) as server:
        source = open_source(tracker.location())
        server.faults = [Reply(body)]
        if body == [] and tracker.service in ("github", "gitlab", "gitea", "codeberg", "youtrack"):
            return  # an empty list of issues
        with pytest.raises(SourceError, match=f"{server.url}/.* gave no") as raised:
            list(source)
    assert "sorry" in str(raised.value) or body != {"message": "sorry", "error": True}


@every_service
def test_what_was_read_before_a_fault_is_given_before_its_error(make: Callable[[], Tracker]) -> None:
    tracker = make()
    with served(tracker) as server:
        reading = changes(open_source(tracker.location()))
        stream = iter(reading)
        records = [number(next(stream)), number(next(stream))]
        server.faults = [Reply(b"<html>")]
        with pytest.raises(SourceError, match="HTML"):
            next(stream)
        again = changes(open_source(tracker.location()), reading.cursor(2))
        records += [number(record) for record in again]
    if tracker.order == "oldest first":
        assert records == [1, 2, 2, 3, 4, 5]
    assert sorted(set(records)) == [1, 2, 3, 4, 5]


def test_github_leaves_out_pull_requests() -> None:
    tracker = GitHub((*ISSUES, StoredIssue(6, "a pull request", "2024-06-01T00:00:00Z", is_pull=True)))
    with served(tracker):
        assert [record.id for record in open_source(tracker.location())] == ["1", "2", "3", "4", "5"]


def test_github_names_the_original_by_its_events_where_there_is_a_token_else_by_a_comment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tracker = GitHub()
    with served(tracker) as server:
        [by_comment] = [it.duplicate_of for it in open_source(tracker.location()) if it.duplicate_of]
        assert "/api/graphql" not in server.paths
        assert "/api/v3/repos/owner/repo/issues/3/comments" in server.paths
        server.requests.clear()
        monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
        [by_event] = [it.duplicate_of for it in open_source(tracker.location()) if it.duplicate_of]
        assert not any(path.endswith("/comments") for path in server.paths)
    assert by_comment == by_event == (Ref("owner/repo", "1"),)


def test_github_gives_the_first_comments_where_there_is_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = GitHub()
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    with served(tracker):
        said = [[comment.text for comment in record.comments] for record in open_source(tracker.location())]
        without = open_source(tracker.location(), Mapping(no_comments=True))
        silent = [record.comments for record in without]
        marked = [record.duplicate_of for record in without if record.duplicate_of]
    assert [texts for texts in said if texts] == [["me too"]]
    assert silent == [()] * 5
    assert marked == [(Ref("owner/repo", "1"),)]


def test_bugzilla_gives_the_comments_after_the_text_without_private_ones() -> None:
    tracker = Bugzilla()

    def said(mapping: Mapping) -> list[str]:
        record = next(iter(open_source(tracker.location(), mapping)))
        return [comment.text for comment in record.comments]

    with served(tracker):
        assert said(Mapping()) == ["me too"]
        assert said(Mapping(include_restricted=True)) == ["me too", "staff only"]
        assert said(Mapping(no_comments=True)) == []


@pytest.mark.parametrize("version", ["5.0.6", "5.1.2", "5.2", "20240101.1"])
def test_bugzilla_takes_a_token_in_a_header_from_5_1_and_before_that_in_the_body_of_a_post(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("BUGZILLA_TOKEN", "t0ken")
    tracker = Bugzilla()
    tracker.version = version
    with served(tracker) as server:
        records = list(open_source(tracker.location()))
        read = [request for request in server.requests if request.path != "/rest/version"]
    assert [number(record) for record in records] == [1, 2, 3, 4, 5]
    assert records[0].body == "text of 1"
    if version == "5.0.6":
        assert {request.path for request in read} == {"/jsonrpc.cgi"}
        assert {request.body["params"][0]["Bugzilla_api_key"] for request in read} == {"t0ken"}
    else:
        assert {request.method for request in read} == {"GET"}
        assert {request.headers["x-bugzilla-api-key"] for request in read} == {"t0ken"}
    assert not any("t0ken" in value for request in read for _, value in request.pairs)


def test_github_is_asked_for_one_version_of_its_api() -> None:
    tracker = GitHub()
    with served(tracker) as server:
        open_source(tracker.location())
        assert {request.headers["x-github-api-version"] for request in server.requests} == {"2022-11-28"}


def test_the_comments_of_many_issues_of_github_come_in_several_answers() -> None:
    items = [Item(str(n), None, None, {"comments": n_comments}) for n, n_comments in enumerate([25] * 60)]
    groups = list(_groups(items))
    assert [item for group in groups for item in group] == items
    assert [len(group) for group in groups] == [28, 28, 4]
    assert list(_groups([])) == []


@pytest.mark.parametrize("has_token", [False, True])
def test_github_names_the_original_of_an_open_issue_with_a_label(
    monkeypatch: pytest.MonkeyPatch, has_token: bool
) -> None:
    if has_token:
        monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    labelled = StoredIssue(3, "the same", "2024-06-01T00:00:00Z", original=1, is_open=True)
    tracker = GitHub((StoredIssue(1, "first", "2024-05-01T00:00:00Z"), labelled))
    with served(tracker):
        marked = {
            it.id: (it.state, it.duplicate_of) for it in open_source(tracker.location()) if it.duplicate_of
        }
    assert marked == {"3": ("open", (Ref("owner/repo", "1"),))}


def test_github_names_the_original_on_a_later_page_of_comments() -> None:
    tracker = GitHub()
    tracker.chatter = 5
    with served(tracker):
        [marks] = [it.duplicate_of for it in open_source(tracker.location()) if it.duplicate_of]
    assert marks == (Ref("owner/repo", "1"),)


def test_github_is_asked_with_an_etag_and_nothing_is_read_where_nothing_changed() -> None:
    tracker = GitHub(per_page=100)
    with served(tracker) as server:
        cursor = read_all(tracker)
        second = changes(open_source(tracker.location()), cursor)
        n_records = len(list(second))
        server.requests.clear()
        third = changes(open_source(tracker.location()), second.cursor(n_records))
        assert list(third) == []
        asked = [it for it in server.requests if it.path.endswith("/issues") and "since" in it.query]
        assert [it.headers.get("if-none-match") is not None for it in asked] == [True]
        tracker.put(StoredIssue(9, "new", "2024-09-01T00:00:00Z"))
        fourth = changes(open_source(tracker.location()), third.cursor(0))
        assert "9" in [record.id for record in fourth]


@every_service
def test_a_change_in_the_future_hides_no_later_one(make: Callable[[], Tracker]) -> None:
    tracker = make()  # somebody's clock was wrong
    tracker.put(StoredIssue(6, "from the future", "2150-01-01T00:00:00Z"))
    with served(tracker):
        cursor = read_all(tracker)
        tracker.put(StoredIssue(7, "new", f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"))
        again = changes(open_source(tracker.location()), cursor)
        assert sorted(number(record) for record in again) == [6, 7]


def test_a_cursor_that_cannot_be_read_reads_everything() -> None:
    tracker = Redmine()
    with served(tracker):
        assert len(list(changes(open_source(tracker.location()), '{"since": "yesterday"}'))) == 5


def test_a_service_that_keeps_no_order_is_read_page_by_page() -> None:
    class Shuffled(Redmine):
        def since(self, moment: str | None, *, is_whole: bool = True) -> list[StoredIssue]:
            return super().since(moment, is_whole=is_whole)[::-1]

    tracker = Shuffled()
    with served(tracker):
        assert sorted(record.id for record in open_source(tracker.location())) == ["1", "2", "3", "4", "5"]


def test_a_service_that_gives_the_same_page_for_ever_is_an_error() -> None:
    class Stuck(Redmine):
        def since(self, moment: str | None, *, is_whole: bool = True) -> list[StoredIssue]:
            return [next(iter(self.issues.values()))] * 9

    tracker = Stuck()
    with served(tracker), pytest.raises(SourceError, match="the same page again and again"):
        list(open_source(tracker.location()))


def test_pages_of_issues_in_the_trash_end_no_reading_and_are_no_pull_requests() -> None:
    tracker = Linear()
    tracker.put(*(StoredIssue(n, f"trash {n}", "2024-02-01T00:00:00Z") for n in range(11, 30)))
    with served(tracker):
        source = open_source(tracker.location())
        assert sorted(map(number, source)) == [1, 2, 3, 4, 5]
        assert source.counts.n_pull_requests == 0


def test_a_reading_of_too_many_pages_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "MAX_PAGES", 2)
    tracker = Redmine()
    with served(tracker):
        reading = changes(open_source(tracker.location()))
        with pytest.raises(SourceError, match="more than 2 pages: run the same command again to read on"):
            list(reading)
        again = changes(open_source(tracker.location()), reading.cursor(3))
        assert [record.id for record in again] == ["3", "4", "5"]


def test_options_for_tables_are_refused() -> None:
    with pytest.raises(SourceError, match="leave the options for tables out"):
        open_source("github:owner/repo", Mapping(table="issues"))
