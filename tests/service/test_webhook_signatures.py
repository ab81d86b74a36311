"""Tests of webhooks' signatures: which tracker sends which header, and what a request without one may do."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dupfind.collection.collection import Collection
from dupfind.service.middleware import Policy
from tests.support.clients import Answer, Client, serving
from tests.support.hooks import GITEA, GITLAB, HOOKS, JIRA
from tests.support.samples import WordEncoder, corpus

TOKEN, SECRET = "0123456789abcdef", "It's a Secret to Everybody"
ISSUE = {"title": "Worker dies at start"}


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed(event: dict[str, Any], tracker: str, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """Return an event's bytes, and the headers that its tracker sends."""
    body = json.dumps(event).encode()
    sha1 = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    sha256 = signature(body, secret)
    headers = {
        "github": {"X-Hub-Signature": f"sha1={sha1}", "X-Hub-Signature-256": f"sha256={sha256}"},
        "gitea": {"X-Gitea-Signature": sha256, "X-Hub-Signature": f"sha1={sha1}"},
        "gitlab": {"X-Gitlab-Token": secret},
        "jira": {"X-Hub-Signature": f"sha256={sha256}"},
    }
    return body, headers[tracker]


EVENTS = {"github": GITEA, "gitea": GITEA, "gitlab": GITLAB, "jira": JIRA}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("signatures") / "index"
    with Collection.create(place, encoder=WordEncoder()) as collection:
        collection.index(corpus(10), source="one")
    return place


@pytest.fixture(scope="module")
def beyond(folder: Path) -> Iterator[Client]:
    """A service as other machines reach it: with a token, and a secret for webhooks."""
    with serving(folder, WordEncoder(), Policy(TOKEN, webhook_secret=SECRET)) as client:
        yield client


@pytest.fixture(scope="module")
def loopback(folder: Path) -> Iterator[Client]:
    """A service without a token, as for a proxy on the same machine, and a secret for webhooks."""
    with serving(folder, WordEncoder(), Policy(webhook_secret=SECRET)) as client:
        yield client


def refused(answer: Answer, line: str) -> bool:
    return answer.status == 401 and line in answer.json["error"]


def test_a_signature_of_githubs_documentation_is_computed_alike() -> None:
    expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signature(b"Hello, World!") == expected


@pytest.mark.parametrize("tracker", EVENTS)
def test_a_signed_webhook_needs_no_token(beyond: Client, loopback: Client, tracker: str) -> None:
    body, headers = signed(EVENTS[tracker], tracker)
    for client in (beyond, loopback):
        response = client.post("/check", body, **headers)
        assert response.status == 200, response.text
        assert len(response.json["findings"]) == 1


@pytest.mark.parametrize("tracker", EVENTS)
def test_a_wrong_signature_is_refused(beyond: Client, loopback: Client, tracker: str) -> None:
    body, headers = signed(EVENTS[tracker], tracker, secret="another secret of this length")
    for client in (beyond, loopback):
        assert refused(client.post("/check", body, **headers), "signature")
    if tracker != "gitlab":  # whose header says nothing about the body
        body, headers = signed(EVENTS[tracker], tracker)
        for client in (beyond, loopback):
            assert refused(client.post("/check", body + b" ", **headers), "signature")


def test_an_older_or_odd_signature_is_refused(beyond: Client) -> None:
    body, headers = signed(GITEA, "github")
    sha1 = headers["X-Hub-Signature"]
    digest = signature(body)
    for name, value in (
        ("X-Hub-Signature", sha1),
        ("X-Hub-Signature-256", sha1),
        ("X-Hub-Signature-256", digest),
        ("X-Hub-Signature-256", f"sha256={digest[:-1]}"),
        ("X-Hub-Signature-256", f"md5={digest}"),
        ("X-Hub-Signature-256", ""),
        ("X-Gitea-Signature", f"sha256={digest}"),
        ("X-Gitlab-Token", digest),
        ("X-Gitlab-Token", "\xe9"),
        ("X-Gitlab-Token", ""),
    ):
        assert refused(beyond.post("/check", body, **{name: value}), "signature"), (name, value)


@pytest.mark.parametrize("tracker", HOOKS)
def test_a_webhook_without_a_signature_is_refused_unless_it_bears_the_token(
    beyond: Client, loopback: Client, tracker: str
) -> None:
    event = HOOKS[tracker]
    assert refused(beyond.post("/check", event), "Authorization: Bearer")
    assert beyond.post("/check", event, Authorization=f"Bearer {TOKEN}").status == 200
    assert refused(loopback.post("/check", event), "signature")


def test_the_token_is_enough_beside_a_wrong_signature(beyond: Client) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Gitlab-Token": "wrong"}
    assert beyond.post("/check", GITLAB, **headers).status == 200


def test_a_signature_opens_nothing_but_the_check_of_a_webhook(beyond: Client) -> None:
    body, headers = signed(ISSUE, "github")
    assert refused(beyond.post("/check", body, **headers), "only a webhook")
    assert refused(beyond.post("/query", body, **headers), "Authorization: Bearer")
    assert beyond.get("/health", **signed({}, "gitlab")[1]).status == 401
    assert beyond.post("/check", ISSUE, Authorization=f"Bearer {TOKEN}").status == 200


def test_issues_of_this_machine_need_no_signature(loopback: Client) -> None:
    assert loopback.post("/check", ISSUE).status == 200
    assert loopback.post("/check", {"issues": [ISSUE]}, **{"X-Gitlab-Token": "wrong"}).status == 200


def test_without_a_secret_no_signature_replaces_the_token(folder: Path) -> None:
    body, headers = signed(GITEA, "github", secret="")
    with serving(folder, WordEncoder(), Policy(TOKEN)) as client:
        assert refused(client.post("/check", body, **headers), "Authorization: Bearer")
        assert refused(client.post("/check", body, **{"X-Gitlab-Token": ""}), "Authorization: Bearer")
        assert client.post("/check", body, Authorization=f"Bearer {TOKEN}").status == 200
    with serving(folder, WordEncoder()) as client:
        assert client.post("/check", body, **headers).status == 200
