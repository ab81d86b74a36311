"""Tests of `POST /check`: one new issue, several, or a tracker's webhook."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dupfind.check.gate import check
from dupfind.check.results import fields
from dupfind.collection.collection import Collection
from tests.support.clients import Client, serving
from tests.support.hooks import GITEA, GITLAB, HOOKS, JIRA, NAMES
from tests.support.samples import WordEncoder, corpus, record

TITLE, BODY = "Worker dies at start", "The redis password holds a percent sign."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("check") / "index"
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(corpus(30), source="one")
        collection.index([record("9", TITLE, BODY, state="open")], source="two")
    return place


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder, WordEncoder()) as client:
        yield client


def test_a_new_issue_is_checked_as_the_library_checks_it(client: Client, folder: Path) -> None:
    response = client.post("/check", {"title": TITLE, "body": BODY, "k": 2})
    with Collection.open(folder, encoder=WordEncoder()) as collection:
        [finding] = check(collection, [record("", TITLE, BODY)], k=2)
        assert response.json["findings"] == [json.loads(json.dumps(fields(finding)))]
    [original, _] = response.json["findings"][0]["originals"]
    assert (original["source"], original["id"]) == ("two", "9")
    assert "to the letter" in original["why"]


def test_several_new_issues_are_compared_with_each_other(client: Client) -> None:
    response = client.post(
        "/check",
        {
            "issues": [
                {"id": "a", "title": "Purple zebra stripes"},
                {"id": "b", "title": "Purple zebra stripes fade"},
            ]
        },
    )
    first, second = response.json["findings"]
    assert (first["id"], second["id"]) == ("a", "b")
    assert second["originals"][0]["id"] == "a"
    assert second["originals"][0]["new"]


def test_issues_without_an_id_are_named_by_their_place(client: Client) -> None:
    issues = [{"title": "Purple zebra stripes"}, {"title": "Green snakes sing in the rain"}] * 2
    response = client.post("/check", {"issues": issues[:3]})
    first, other, copy = response.json["findings"]
    assert [first["id"], other["id"], copy["id"]] == ["issues:1", "issues:2", "issues:3"]
    assert (copy["originals"][0]["id"], copy["originals"][0]["new"]) == ("issues:1", True)
    assert (copy["verdict"], other["verdict"]) == ("likely", None)


@pytest.mark.parametrize("tracker", HOOKS)
def test_a_webhook_is_checked_as_it_is_sent(client: Client, tracker: str) -> None:
    response = client.post("/check", HOOKS[tracker])
    assert response.status == 200, response.text
    [finding] = response.json["findings"]
    assert (finding["project"], finding["id"]) == NAMES[tracker]
    assert finding["title"] == TITLE
    assert finding["originals"][0]["id"] == "9"


@pytest.mark.parametrize("tracker", HOOKS)
def test_an_edited_issue_is_not_its_own_duplicate(tmp_path: Path, tracker: str) -> None:
    project, id = NAMES[tracker]
    with Collection.create(tmp_path / "index", encoder=WordEncoder()) as collection:
        collection.index([record(id, TITLE, BODY, project=project), *corpus(5)], source="here")
    with serving(tmp_path / "index", WordEncoder()) as client:
        [finding] = client.post("/check", HOOKS[tracker]).json["findings"]
    assert finding["source"] == "here"
    assert id not in {original["id"] for original in finding["originals"]}


def test_other_events_and_hidden_issues_have_no_finding(client: Client) -> None:
    hidden, note, pull = copy.deepcopy((GITLAB, GITLAB, GITEA))
    hidden["object_attributes"]["confidential"] = True
    note["object_kind"] = "note"
    pull["issue"]["pull_request"] = {
        "merged": False,
        "html_url": "https://gitea.example.com/team/queue/pulls/23",
    }
    greeting = {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {}, "sender": {"login": "a"}}
    pushes = [
        {"object_kind": "push", "after": "0", "project": {}},
        {"ref": "main", "commits": [], "sender": {}},
    ]
    release = {"webhookEvent": "jira:version_released", "version": {}}
    for event in (hidden, note, pull, greeting, *pushes, release):
        response = client.post("/check", event)
        assert response.status == 200
        assert response.json["findings"] == []
        assert response.json["verdict"] is None


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({}, "needs a title"),
        ({"title": 3}, "title must be a string"),
        ({"title": "a", "colour": "b"}, "unknown field 'colour'"),
        ({"title": "a", "sender": "b"}, "unknown field 'sender'"),
        ({"issues": [{"title": "a"}], "hook_id": 1}, "'hook_id' next to issues"),
        ({"title": "a", "created_at": "soon"}, "date"),
        ({"title": "a", "k": 0}, "1 to 100"),
        ({"issues": []}, "1 to 20"),
        ({"issues": [{"title": "a"}] * 21}, "1 to 20"),
        ({"issues": ["a"]}, "object"),
        ({"issues": {"title": "a"}}, "1 to 20"),
        ({"issues": [{"title": "a"}], "title": "b"}, "'title' next to issues"),
        ({"issue": {}}, "lacks keys that Gitea or GitHub sends"),
        ({"object_kind": "issue", "object_attributes": {"title": "a"}}, "lacks keys that GitLab sends"),
    ],
)
def test_an_invalid_issue_is_a_400_with_one_clear_line(client: Client, body: object, line: str) -> None:
    response = client.post("/check", body)
    assert response.status == 400
    assert line in response.json["error"]


@pytest.mark.parametrize("tracker", HOOKS)
@pytest.mark.parametrize("odd", [None, 3, [], {}, "x", {"deep": [{}]}, "\ud800"])
def test_a_webhook_of_odd_values_is_never_an_internal_error(
    client: Client, tracker: str, odd: object
) -> None:
    inner = {"gitlab": GITLAB["object_attributes"], "gitea": GITEA["issue"], "jira": JIRA["issue"]["fields"]}
    for key in inner[tracker]:
        event = copy.deepcopy(HOOKS[tracker])
        issue = event["object_attributes"] if tracker == "gitlab" else event["issue"]
        (issue["fields"] if tracker == "jira" else issue)[key] = odd
        response = client.post("/check", event)
        assert response.status in (200, 400), (key, response.text)
