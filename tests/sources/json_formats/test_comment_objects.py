"""The comments of each JSON format reach its records, without private ones and without the issue's own text."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dupfind.records import Comment
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.registry import JSON_FORMATS, detect, issues_in

AT = "2024-05-01T12:00:00Z"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SAID = "The hinge squeaks on cold days"

GITHUB: dict[str, Any] = {
    "number": 4,
    "title": "door",
    "state": "open",
    "body": "b",
    "html_url": "https://github.com/o/r/issues/4",
    "created_at": AT,
}
TRELLO_CARD = {"id": "c", "idShort": 4, "name": "door", "desc": "b", "idList": "l"}
WEKAN_CARD = {"_id": "c", "title": "door", "listId": "l", "archived": False, "cardNumber": 4}
JIRA_FIELDS = {"summary": "door", "description": "b", "status": {"name": "Open"}}
AZURE_FIELDS = {"System.Title": "door", "System.State": "New"}
TASK = {"name": "door", "status": {"value": "open"}, "description": {"raw": "b"}}
POSTS = [{"raw": "b", "created_at": AT}, {"raw": SAID, "created_at": AT, "post_type": 1}]

WITH_COMMENT: dict[str, dict[str, Any]] = {
    "github-rest": {**GITHUB, "comments": [{"body": SAID, "created_at": AT, "user": {"login": "ann"}}]},
    "gh": {
        "number": 4,
        "title": "door",
        "state": "OPEN",
        "url": "https://github.com/o/r/issues/4",
        "createdAt": AT,
        "comments": {"nodes": [{"body": SAID, "createdAt": AT, "author": {"login": "ann"}}]},
    },
    "gitlab-rest": {
        "iid": 4,
        "title": "door",
        "state": "opened",
        "web_url": "https://gitlab.example.org/g/p/-/issues/4",
        "notes": [
            {"body": "changed the description", "system": True, "created_at": AT},
            {"body": SAID, "system": False, "created_at": AT},
        ],
    },
    "gitlab-export": {
        "iid": 4,
        "title": "door",
        "state": "opened",
        "description": "b",
        "notes": [
            {"note": "assigned to @ann", "system": True, "created_at": AT},
            {"note": SAID, "system": False, "created_at": AT},
        ],
    },
    "jira-rest": {
        "key": "DO-4",
        "fields": {**JIRA_FIELDS, "comment": {"comments": [{"body": SAID, "created": AT}]}},
    },
    "redmine-rest": {
        "id": 4,
        "subject": "door",
        "tracker": {"id": 1},
        "status": {"id": 1, "name": "New"},
        "journals": [{"notes": "", "created_on": AT}, {"notes": SAID, "created_on": AT}],
    },
    "bugzilla-rest": {
        "id": 4,
        "summary": "door",
        "product": "p",
        "status": "NEW",
        "resolution": "",
        "comments": [
            {"count": 0, "text": "b", "creation_time": AT},
            {"count": 1, "text": SAID, "creation_time": AT},
        ],
    },
    "mantisbt-rest": {
        "id": 4,
        "summary": "door",
        "status": {"name": "new"},
        "view_state": {"name": "public"},
        "notes": [{"text": SAID, "created_at": AT, "view_state": {"id": 10, "name": "public"}}],
    },
    "linear": {
        "identifier": "DO-4",
        "title": "door",
        "comments": {"nodes": [{"body": SAID, "createdAt": AT}]},
    },
    "beads-jsonl": {
        "id": "bd-4",
        "title": "door",
        "priority": 1,
        "created_at": AT,
        "issue_type": "bug",
        "comments": [{"text": SAID, "author": "ann", "created_at": AT}],
    },
    "trello": {**TRELLO_CARD, "comments": [{"body": SAID, "date": AT}]},
    "wekan": {**WEKAN_CARD, "comments": [{"body": SAID, "createdAt": AT}]},
    "azure-rest": {
        "id": 4,
        "fields": AZURE_FIELDS,
        "comments": [{"text": f"<div>{SAID}</div>", "createdDate": AT}],
    },
    "youtrack": {
        "idReadable": "DO-4",
        "summary": "door",
        "comments": [
            {"text": "gone", "created": 1714564700000, "deleted": True},
            {"text": SAID, "created": 1714564800000, "author": {"login": "ann"}},
        ],
    },
    "sourceforge": {
        "ticket_num": 4,
        "summary": "door",
        "status": "open",
        "discussion_thread": {"posts": [{"text": SAID, "timestamp": AT}]},
    },
    "launchpad": {
        "title": "door",
        "self_link": "https://api.example.org/bugs/4",
        "id": 4,
        "date_created": AT,
        "duplicate_of_link": None,
        "description": "b",
        "messages": [{"content": "b", "date_created": AT}, {"content": SAID, "date_created": AT}],
    },
    "conduit": {
        "id": 4,
        "phid": "PHID-TASK-1",
        "fields": TASK,
        "transactions": [
            {"type": "status", "comments": []},
            {"type": "comment", "comments": [{"content": {"raw": SAID}, "dateCreated": 1714564800}]},
        ],
    },
    "discourse": {
        "id": 4,
        "title": "door",
        "slug": "door",
        "posts_count": 2,
        "post_stream": {"posts": [*POSTS, {"raw": "closed", "created_at": AT, "post_type": 3}]},
    },
    "zendesk": {
        "id": 4,
        "subject": "door",
        "description": "b",
        "requester_id": 1,
        "via": {},
        "comments": [
            {"body": "b", "public": True, "created_at": AT},
            {"body": "ask finance", "public": False, "created_at": AT},
            {"body": SAID, "public": True, "created_at": AT},
        ],
    },
    "freshdesk": {
        "id": 4,
        "subject": "door",
        "requester_id": 1,
        "responder_id": 2,
        "conversations": [{"body_text": SAID, "private": False, "created_at": AT}],
    },
    "pivotal": {
        "id": 4,
        "name": "door",
        "current_state": "started",
        "story_type": "bug",
        "comments": [{"text": SAID, "created_at": AT}],
    },
    "shortcut": {
        "id": 4,
        "name": "door",
        "story_type": "bug",
        "workflow_state_id": 1,
        "comments": [{"text": SAID, "created_at": AT}],
    },
    "monday": {
        "id": "4",
        "name": "door",
        "column_values": [],
        "updates": [
            {"text_body": SAID, "created_at": "2024-05-01T12:00:00Z"},
            {"text_body": "b", "created_at": "2024-05-01T11:00:00Z"},
        ],
    },
    "bitbucket": {
        "id": 4,
        "title": "door",
        "content": "b",
        "status": "open",
        "kind": "bug",
        "created_on": AT,
        "timeline": [{"event": "commented", "body": SAID, "created_at": AT}],
    },
}


@pytest.mark.parametrize("kind", WITH_COMMENT)
def test_the_comments_of_people_reach_the_record(kind: str) -> None:
    issue = WITH_COMMENT[kind]
    assert detect([issue]) == kind
    record = JSON_FORMATS[kind].record(issue, source="s")
    assert record is not None
    seen = [comment for comment in record.comments if not comment.is_restricted]
    assert seen == [Comment(SAID, NOON)]


def test_the_comments_of_boards_reach_their_cards() -> None:
    action = {"type": "commentCard", "date": AT, "data": {"text": SAID, "card": {"id": "c"}}}
    trello = {"name": "B", "cards": [TRELLO_CARD], "lists": [], "actions": [action]}
    comment = {"cardId": "c", "text": SAID, "createdAt": AT}
    wekan = {"title": "B", "cards": [WEKAN_CARD], "lists": [], "comments": [comment]}
    for kind, board in (("trello", trello), ("wekan", wekan)):
        [card] = issues_in(board) or []
        record = JSON_FORMATS[kind].record(card, source="s")
        assert record is not None
        assert record.comments == (Comment(SAID, NOON),)


def test_documents_of_jira_become_text_once() -> None:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "a *b* {c}"}]}
    document = {"type": "doc", "content": [paragraph]}
    fields = {**JIRA_FIELDS, "comment": {"comments": [{"body": document, "created": AT}]}}
    record = JSON_FORMATS["jira-rest"].record({"key": "DO-4", "fields": fields}, source="s")
    assert record is not None
    assert [comment.text.strip() for comment in record.comments] == ["a *b* {c}"]


def test_wiki_markup_of_jira_becomes_markdown() -> None:
    fields = {**JIRA_FIELDS, "comment": {"comments": [{"body": "h2. Steps", "created": AT}]}}
    record = JSON_FORMATS["jira-rest"].record({"key": "DO-4", "fields": fields}, source="s")
    assert record is not None
    assert [comment.text for comment in record.comments] == ["## Steps"]


@pytest.mark.parametrize(
    "mark",
    [
        {"is_private": True},
        {"private": True},
        {"internal": True},
        {"confidential": True},
        {"private_notes": "1"},
        {"public": False},
        {"jsdPublic": False},
        {"view_state": {"id": 50, "name": "private"}},
        {"visibility": {"type": "role", "value": "Staff"}},
        {"visibility": {"$type": "LimitedVisibility", "permittedGroups": [{"name": "staff"}]}},
        {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]},
        {"properties": {"internal": True}},
        {"visible": False},
        {"Is Internal Note": True},
        {"isInternalNote": "true"},
        {"type": "internal"},
        {"note_type": "private"},
        {"noteType": "Private_Note"},
        {"privacy": "Private"},
        {"access": "internal"},
        {"visibility": "group"},
        {"visibility": "staff"},
        {"isprivate": 1},
        {"PUBLIC": "false"},
        {"is-hidden": "yes"},
    ],
)
def test_a_comment_for_some_people_only_is_restricted(mark: dict[str, Any]) -> None:
    [comment] = comments_in([{"body": "x", **mark}])
    assert comment.is_restricted


@pytest.mark.parametrize(
    "mark",
    [
        {"is_private": False},
        {"public": True},
        {"public": None},
        {"view_state": {"id": 10, "name": "public"}},
        {"visibility": {"$type": "UnlimitedVisibility"}},
        {"visibility": None},
        {"internal": False},
        {"properties": [{"key": "sd.public.comment", "value": {"internal": False}}, {"key": "x"}]},
        {"visible": True},
        {"visible": None},
        {"is_internal_note": 0},
        {"type": "comment"},
        {"note_type": "public"},
        {"privacy": "public"},
        {"access": "everyone"},
        {"visibility": "all"},
        {"public": ""},
    ],
)
def test_a_comment_for_all_is_not_restricted(mark: dict[str, Any]) -> None:
    [comment] = comments_in([{"body": "x", **mark}])
    assert not comment.is_restricted


@pytest.mark.parametrize(
    "author",
    [
        {"user": {"login": "tidy[bot]", "type": "User"}},
        {"user": {"login": "tidy", "type": "Bot"}},
        {"author": {"login": "github-actions"}},
        {"author": {"__typename": "Bot", "login": "tidy"}},
        {"author": {"is_bot": True, "login": "tidy"}},
        {"role": "bot"},
        {"author": "tidy-bot"},
        {"system": True},
    ],
)
def test_a_program_is_known_by_its_type_or_its_name(author: dict[str, Any]) -> None:
    [comment] = comments_in([{"body": "x", **author}])
    assert comment.is_by_program


@pytest.mark.parametrize(
    "author",
    [
        {"user": {"login": "abbot", "type": "User"}},
        {"author": "robot-fan"},
        {"role": "member"},
        {"author": {"login": "talbot", "is_bot": False}},
        {},
    ],
)
def test_a_person_is_no_program(author: dict[str, Any]) -> None:
    [comment] = comments_in([{"body": "x", **author}])
    assert not comment.is_by_program


@pytest.mark.parametrize("value", [None, 3, "three", {}, {"comments": 3}, [1, None], {"totalCount": 2}])
def test_what_is_no_list_of_comments_has_none(value: Any) -> None:
    assert comments_in(value) == ()


def test_texts_alone_are_comments() -> None:
    assert comments_in(["one", "two"]) == (Comment("one"), Comment("two"))


@pytest.mark.parametrize(
    ("mark", "is_there"),
    [
        ({"is_deleted": True}, False),
        ({"isSpam": True}, False),
        ({"deleted_at": "2024-05-02T12:00:00Z"}, False),
        ({"status": "deleted"}, False),
        ({"isMinimized": True, "minimizedReason": "off-topic"}, False),
        ({"isMinimized": True, "minimizedReason": "SPAM"}, False),
        ({"isMinimized": True, "minimizedReason": "resolved"}, True),
        ({"isMinimized": False, "minimizedReason": ""}, True),
        ({"is_deleted": False, "deleted_at": None, "status": "published"}, True),
        ({"deleted": 3}, True),
        ({"deleted_at": "0000-00-00 00:00:00"}, True),  # MySQL writes no time so
        ({"deleted_at": "null", "removed_at": "-"}, True),
        ({"deleted_at": 1714651200}, False),
        ({"is_deleted": 1}, False),
        ({"isSpam": "true"}, False),
        ({"is_deleted": 0, "is_spam": "f"}, True),
    ],
)
def test_deleted_comments_spam_and_unwanted_ones_are_none(mark: dict[str, object], is_there: bool) -> None:
    assert bool(comments_in([{"body": "the lamp hums", **mark}])) is is_there
