"""Each JSON type at each field of each request body and webhook: the service answers or refuses, and never fails."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from dupfind.collection.collection import Collection
from dupfind.dedup.report import Parameters
from dupfind.review.reviewer import Reviewer
from dupfind.review.session import Review
from dupfind.service.openapi import DOCUMENT
from dupfind.service.review_routes import ReviewRoutes
from tests.support.clients import Client, serving
from tests.support.hooks import GITEA, GITLAB, JIRA
from tests.support.samples import WordEncoder, corpus

VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e300, 10**40, "", "x", "\ud800", "\0"),
    *([], [None], [[]], [{}], ["x"], [1], {}, {"x": {}}, {"": []}, {"nodes": [{}]}, {"total": []}),
]
"""Values of each JSON type, with the edges of numbers and texts."""

COMMENT = {
    "id": 1,
    "body": "Duplicate of #22",
    "created_at": "2026-03-02T09:12:31Z",
    "user": {"login": "ada"},
}
CLOSED_GITLAB = GITLAB["object_attributes"] | {
    "state": "closed",
    "closed_at": "2026-03-02 09:12:31 UTC",
    "references": {"short": "#23", "full": "team/queue#23"},
    "_links": {"closed_as_duplicate_of": "https://gitlab.example.com/api/v4/projects/5/issues/22"},
    "notes": [COMMENT],
    "user_notes_count": 1,
    "upvotes": 0,
}
CLOSED_GITHUB = GITEA["issue"] | {
    "state": "closed",
    "state_reason": "duplicate",
    "closed_at": "2026-03-02T09:12:31Z",
    "repository_url": "https://api.github.com/repos/team/queue",
    "labels": [{"name": "duplicate"}],
    "pull_request": {"merged": None},
    "comments": [COMMENT],
    "timeline": [
        {
            "event": "marked_as_duplicate",
            "__typename": "MarkedAsDuplicateEvent",
            "canonical": {"number": 22, "url": "https://github.com/team/queue/issues/22"},
        }
    ],
    "events": [{"event": "commented", **COMMENT}],
    "sub_issues_summary": {"total": 1},
    "reactions": {"total_count": 1},
}
ADF = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "It dies.", "marks": [{"type": "code"}]}]}
    ],
}
DONE_IN_JIRA = JIRA["issue"]["fields"] | {
    "description": ADF,
    "resolution": {"name": "Duplicate"},
    "resolutiondate": "2026-03-02T09:12:31.000+0000",
    "issuelinks": [
        {
            "type": {"name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"},
            "outwardIssue": {"key": "QUEUE-22"},
        }
    ],
    "comment": {"total": 1, "comments": [{"body": ADF, "created": "2026-03-02T09:12:31.000+0000"}]},
    "votes": {"votes": 1},
    "subtasks": [{"key": "QUEUE-24"}],
}
GREETING = {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {}, "sender": {"login": "ada"}}
ISSUE = {
    "title": "Worker dies",
    "body": "",
    "id": "7",
    "source": "here",
    "project": "p",
    "created_at": "2026-03-01",
    "state": "open",
    "url": "https://example.org/7",
}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "gitlab": ("/check", GITLAB | {"object_attributes": CLOSED_GITLAB}),
    "gitea and github": ("/check", GITEA | {"issue": CLOSED_GITHUB}),
    "jira": ("/check", JIRA | {"issue": JIRA["issue"] | {"fields": DONE_IN_JIRA}}),
    "greeting": ("/check", GREETING),
    "new issue": ("/check", ISSUE | {"k": 2}),
    "new issues": ("/check", {"issues": [ISSUE, ISSUE], "k": 2}),
    "text": ("/query", {"text": "Worker dies", "k": 2, "min_score": 0.1, "fold": True, "why": True}),
    "title": ("/query", {"title": "Worker dies", "body": "", "project": "p", "source": "s", "exact": False}),
    "id": ("/query", {"id": "3", "state": "open", "before": "2026-03-01", "project": None, "source": "here"}),
    "decision": ("/review/decide", {"first": 1, "second": 2, "answer": "unsure", "why": ""}),
    "undo": ("/review/undo", {}),
}


NOT_IN_A_SCHEMA = ("must be a date", "no word")
"""Reasons of a refusal that the OpenAPI document cannot express."""

VALIDATORS = {
    route: Draft202012Validator(DOCUMENT["components"]["schemas"][name])
    for route, name in (("/query", "Question"), ("/check", "Draft"))
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder: Path = tmp_path_factory.mktemp("types") / "index"
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(10), source="here")
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        review = Review.begin(Reviewer(collection, "ann"), Parameters(-1, -2))
        with serving(folder, WordEncoder(), review=ReviewRoutes(review)) as client:
            yield client


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each field and list element in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (key,)
        yield from ((key, *path) for path in paths(child))


def with_value(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


@pytest.mark.slow
@pytest.mark.parametrize("name", BODIES)
def test_each_json_type_at_each_field_is_answered_or_refused(client: Client, name: str) -> None:
    route, body = BODIES[name]
    validator = VALIDATORS.get(route)
    assert client.post(route, body).status in (200, 404, 409)
    for path in paths(body):
        for value in VALUES:
            changed = with_value(body, path, value)
            response = client.post(route, changed)
            assert response.status < 500, (path, value, response.text)
            assert response.status == 200 or response.json["error"], (path, value)
            if validator is not None and not any(line in response.text for line in NOT_IN_A_SCHEMA):
                is_valid = validator.is_valid(json.loads(json.dumps(changed)))
                assert is_valid == (response.status != 400), (path, value, response.text)


@pytest.mark.parametrize("value", VALUES)
def test_any_json_value_is_refused_as_a_body_but_an_object(client: Client, value: object) -> None:
    for route in sorted({route for route, _ in BODIES.values()}):
        response = client.post(route, value)
        is_undo = route == "/review/undo" and isinstance(value, dict)
        assert response.status in ({409} if is_undo else {400}), (route, response.text)


@pytest.mark.parametrize("value", VALUES)
def test_a_kind_of_event_that_is_no_text_is_not_an_issue(client: Client, value: object) -> None:
    response = client.post("/check", GITLAB | {"object_kind": value})
    assert (response.status, response.json.get("findings")) == (200, []), response.text


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/check", {"issue": None}),
        ("/check", {"issue": {}}),
        ("/check", {"object_attributes": None}),
        ("/check", {"object_kind": "issue", "object_attributes": {"title": "a"}}),
        ("/check", {"sender": {}, "issues": []}),
        ("/query", {}),
        ("/query", {"text": None, "title": None, "body": None, "id": None}),
        ("/query", {"text": "a", "id": "1"}),
        ("/query", {"text": "a", "body": "b"}),
    ],
)
def test_what_the_service_refuses_is_not_valid_by_the_document(
    client: Client, route: str, body: dict[str, Any]
) -> None:
    assert client.post(route, body).status == 400
    assert not VALIDATORS[route].is_valid(body)
