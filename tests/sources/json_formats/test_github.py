import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dupfind.records import Comment, Record, Ref
from dupfind.sources.json_formats import gh, github
from dupfind.sources.json_formats.registry import detect
from tests.support import json_containers
from tests.support.corpus import corpus
from tests.support.json_containers import github_comments, github_issues

ISSUE: dict[str, Any] = {
    "number": 6,
    "title": "boom",
    "body": None,
    "state": "closed",
    "state_reason": "completed",
    "html_url": "https://github.com/o/r/issues/6",
    "repository_url": "https://api.github.com/repos/o/r",
    "created_at": "2024-01-03T09:12:00Z",
    "closed_at": "2024-01-10T00:00:00Z",
    "labels": [],
    "comments": 1,
}
AT_CLOSING = datetime(2024, 1, 9, tzinfo=UTC)
MARK = Comment("Duplicate of #2", AT_CLOSING)


def read(*comments: Comment, **changes: Any) -> Record:
    events = changes.pop("events_apart", ())
    record = github.record({**ISSUE, **changes}, source="s", comments=comments, events=events)
    assert record is not None
    return record


def test_an_issue_of_the_rest_api() -> None:
    record = read()
    assert (record.ref, record.title, record.body) == (Ref("o/r", "6"), "boom", "")
    assert (record.state, record.resolution, record.url) == ("closed", "completed", ISSUE["html_url"])
    assert record.created == datetime(2024, 1, 3, 9, 12, tzinfo=UTC)


def test_a_repository_is_also_told_by_the_page_or_by_gitea() -> None:
    assert read(repository_url=None).project == "o/r"
    assert (
        read(repository_url=None, html_url="https://ghe.example/api/v3/repos/o/r/issues/6").project == "o/r"
    )
    assert read(repository_url=None, repository={"full_name": "a/b"}).project == "a/b"


@pytest.mark.parametrize(
    "pull", [{"url": "https://api.github.com/repos/o/r/pulls/6"}, {"html_url": None, "diff_url": "x"}]
)
def test_a_pull_request_is_no_issue(pull: object) -> None:
    assert github.record({**ISSUE, "pull_request": pull}, source="s") is None
    assert gh.record({"number": 1, "title": "x", "url": "https://github.com/o/r/pull/1"}, source="s") is None


@pytest.mark.parametrize("pull", [None, {}, {"html_url": None}])
def test_an_empty_pull_request_is_an_issue(pull: object) -> None:
    assert read(pull_request=pull).id == "6"


@pytest.mark.parametrize(
    "changes",
    [
        {"state_reason": "duplicate"},
        {"labels": [{"name": "Duplicate"}]},
        {"labels": [{"name": "Resolution: Duplicate"}]},
        {"events": [{"event": "marked_as_duplicate"}]},
    ],
)
def test_a_comment_names_the_original_of_what_is_closed_as_a_duplicate(changes: dict[str, Any]) -> None:
    late = MARK._replace(at=datetime(2025, 1, 1, tzinfo=UTC))
    assert read(late, **changes).duplicate_of == (Ref("o/r", "2"),)
    assert read(late, **changes).resolution == "duplicate"
    assert read(late).duplicate_of == ()


@pytest.mark.parametrize(
    "label",
    ["duplicate", "Duplicate", "status: duplicate", "X-duplicate", "type/duplicate", "possible duplicate"],
)
def test_an_open_issue_with_a_label_and_a_persons_comment_is_a_duplicate(label: str) -> None:
    record = read(MARK, labels=[{"name": label}], state="open", state_reason=None, closed_at=None)
    assert record.duplicate_of == (Ref("o/r", "2"),)
    assert (record.state, record.resolution) == ("open", None)


@pytest.mark.parametrize(
    "comment",
    [
        "Possible duplicate of #2",
        "Not a duplicate of #2",
        "Duplicate of #2?",
        "> Duplicate of #2",
        "Same as #2. Dup.",
    ],
)
def test_an_open_issue_is_no_duplicate_where_nobody_says_so_for_sure(comment: str) -> None:
    said = Comment(comment, AT_CLOSING)
    assert read(said, labels=[{"name": "duplicate"}], state="open", closed_at=None).duplicate_of == ()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"state_reason": "duplicate"},
        {"labels": [{"name": "not-a-duplicate"}]},
        {"labels": [{"name": "has duplicate"}]},
        {"labels": [{"name": "duplicates"}, {"name": "deduplicate"}]},
        {"labels": [{"name": "duplicate"}], "events": [{"event": "unmarked_as_duplicate"}]},
    ],
)
def test_a_comment_alone_marks_no_open_issue(changes: dict[str, Any]) -> None:
    assert read(MARK, **changes, state="open", closed_at=None).duplicate_of == ()


@pytest.mark.parametrize("user", [{"login": "dupes", "type": "Bot"}, {"login": "dupes[bot]"}])
def test_a_programs_comment_marks_no_open_issue(user: dict[str, str]) -> None:
    event = {
        "event": "commented",
        "body": "Duplicate of #3",
        "user": user,
        "created_at": "2024-01-09T00:00:00Z",
    }
    changes = {"labels": [{"name": "duplicate"}], "state": "open", "closed_at": None}
    assert read(timeline=[event], **changes).duplicate_of == ()
    assert read(timeline=[event, {**event, "user": {"login": "ann"}}], **changes).duplicate_of == (
        Ref("o/r", "3"),
    )


def test_an_issue_that_gh_lists_as_open_with_label_and_comment_is_a_duplicate() -> None:
    issue = {
        "number": 6,
        "title": "boom",
        "state": "OPEN",
        "url": "https://github.com/o/r/issues/6",
        "labels": [{"name": "duplicate"}],
        "comments": [{"author": {"login": "ann"}, "body": "Duplicate of #2"}],
    }
    record = gh.record(issue, source="s")
    assert record is not None
    assert record.duplicate_of == (Ref("o/r", "2"),)


def test_without_a_reason_only_a_comment_about_the_time_of_closing_counts() -> None:
    assert read(MARK).duplicate_of == (Ref("o/r", "2"),)
    assert read(MARK, labels=[{"name": "possible duplicate"}], closed_at=None).duplicate_of == ()
    assert read(Comment("Not a duplicate of #11", AT_CLOSING)).duplicate_of == ()


def test_an_unmarked_duplicate_is_none() -> None:
    events = [{"event": "marked_as_duplicate"}, {"event": "unmarked_as_duplicate"}]
    assert read(MARK, timeline=events).duplicate_of == ()


def test_a_timeline_has_the_comments_in_it() -> None:
    event = {"event": "commented", "body": "dup of #3", "created_at": "2024-01-09T00:00:00Z"}
    assert read(timeline=[event]).duplicate_of == (Ref("o/r", "3"),)


def test_the_events_of_graphql_name_the_original_and_take_it_back() -> None:
    canonical = {"number": 9, "repository": {"nameWithOwner": "o/other"}}
    marked = {"__typename": "MarkedAsDuplicateEvent", "canonical": canonical}
    assert read(MARK, events_apart=[marked]).duplicate_of == (Ref("o/other", "9"),)
    unmarked = {**marked, "__typename": "UnmarkedAsDuplicateEvent"}
    assert read(MARK, events_apart=[marked, unmarked]).duplicate_of == ()


@pytest.mark.parametrize(
    ("comment_text", "ref"),
    [
        ("Duplicate of O/R#2", Ref("o/r", "2")),
        ("Duplicate of a/b#2", Ref("a/b", "2")),
        ("Duplicate of https://github.com/o/r/issues/2", Ref("o/r", "2")),
    ],
)
def test_an_original_may_be_named_with_its_repository(comment_text: str, ref: Ref) -> None:
    assert read(Comment(comment_text, AT_CLOSING)).duplicate_of == (ref,)


def test_what_gh_lists_has_other_names_and_may_lack_any() -> None:
    listed = {"number": 5, "title": "a", "state": "CLOSED", "stateReason": "NOT_PLANNED"}
    record = gh.record(listed, source="s")
    assert record is not None
    assert (record.id, record.state, record.resolution, record.body) == ("5", "closed", "not_planned", "")
    assert (record.project, record.url, record.created) == (None, None, None)


def test_a_node_of_graphql_reads_like_what_gh_lists() -> None:
    canonical = {"number": 2, "url": "https://github.com/o/r/issues/2"}
    node = {
        "number": 6,
        "title": "a",
        "state": "CLOSED",
        "stateReason": "DUPLICATE",
        "url": "https://github.com/o/r/issues/6",
        "comments": {"nodes": [{"body": "dup of #3", "createdAt": "2024-01-09T00:00:00Z"}]},
        "labels": {"nodes": [{"name": "bug"}]},
        "timelineItems": {"nodes": [{"__typename": "MarkedAsDuplicateEvent", "canonical": canonical}]},
    }
    record = gh.record(node, source="s")
    assert record is not None
    assert record.duplicate_of == (Ref("o/r", "2"),)


def test_the_corpus_as_rest_and_as_gh(tmp_path: Path) -> None:
    comments: dict[str, list[Comment]] = {}
    for comment in github_comments():
        comments.setdefault(comment["issue_url"], []).append(Comment(comment["body"]))
    rest = github_issues()
    listed = json.loads(json_containers.gh(tmp_path).read_text("utf-8"))
    assert (detect(rest), detect(listed)) == ("github-rest", "gh")
    apart = [github.record(i, source="s", comments=comments.get(i["url"], ())) for i in rest]
    for records in (apart, [gh.record(issue, source="s") for issue in listed]):
        pairs = [[int(r.id), int(ref.id)] for r in records if r is not None for ref in r.duplicate_of]
        assert pairs == corpus()["duplicates"]
        assert sum(record is not None for record in records) == 24


def test_only_the_comment_with_which_an_issue_was_closed_marks_in_other_words() -> None:
    closing = Comment("See #2", AT_CLOSING)
    late = Comment("See #9 for what came of it", datetime(2026, 1, 1, tzinfo=UTC))
    early = Comment("See #8", datetime(2024, 1, 3, tzinfo=UTC))
    by_reason = {"state_reason": "duplicate"}
    assert read(early, closing, late, **by_reason).duplicate_of == (Ref("o/r", "2"),)
    assert read(late, closing, early, **by_reason).duplicate_of == (Ref("o/r", "2"),)
    assert read(early, late, **by_reason).duplicate_of == ()


def test_a_comment_for_some_people_only_marks_nothing() -> None:
    hidden = MARK._replace(is_restricted=True)
    assert read(hidden, state_reason="duplicate").duplicate_of == ()
    assert read(hidden).duplicate_of == ()


def test_the_text_of_an_issue_closed_as_a_duplicate_may_name_its_original() -> None:
    body = "The lamp hums.\n\nEdit: this is a duplicate of #2."
    assert read(body=body, state_reason="duplicate").duplicate_of == (Ref("o/r", "2"),)
    assert read(MARK._replace(text="Dup of #3"), body=body, state_reason="duplicate").duplicate_of == (
        Ref("o/r", "3"),
    )
    assert read(body=body).duplicate_of == ()


def test_an_issue_that_is_closed_in_favour_of_another_is_its_duplicate() -> None:
    said = Comment("Closing in favour of #2.", AT_CLOSING)
    assert read(said).duplicate_of == (Ref("o/r", "2"),)
    assert read(said._replace(at=datetime(2023, 1, 1, tzinfo=UTC))).duplicate_of == ()
    assert read(said._replace(is_by_program=True)).duplicate_of == ()
    assert read(Comment("See #2.", AT_CLOSING)).duplicate_of == ()
    elsewhere = Comment("Closing in favour of https://github.com/o/other/issues/2.", AT_CLOSING)
    assert read(elsewhere).duplicate_of == ()
