"""Repository and number are read from an event of GitHub Actions, and no text that people wrote."""

import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.integrations.github.event import read_event


def environment(
    name: str, home: str = "https://github.com", repository: str = "owner/repo"
) -> dict[str, str]:
    return {"GITHUB_EVENT_NAME": name, "GITHUB_SERVER_URL": home, "GITHUB_REPOSITORY": repository}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "event.json"


def written(file: Path, payload: Any) -> Path:
    file.write_text(json.dumps(payload), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", ["issues", "issue_comment"])
def test_an_event_about_an_issue_names_it(file: Path, name: str) -> None:
    event = read_event(written(file, {"issue": {"number": 57, "title": "$(touch x)"}}), environment(name))
    assert (event.place.location, event.number, event.is_backlog) == ("github:owner/repo", 57, False)


def test_a_server_of_ones_own_is_known_by_its_address(file: Path) -> None:
    there = environment("issues", "https://git.example.org")
    event = read_event(written(file, {"issue": {"number": 1}}), there)
    assert event.place.location == "github:https://git.example.org/owner/repo"


def test_a_comment_on_a_pull_request_is_about_no_issue(file: Path) -> None:
    payload = {"issue": {"number": 57, "pull_request": {"url": "x"}}}
    event = read_event(written(file, payload), environment("issue_comment"))
    assert (event.number, event.is_backlog) == (None, False)


@pytest.mark.parametrize("name", ["workflow_dispatch", "schedule"])
def test_started_by_hand_it_is_about_the_backlog(file: Path, name: str) -> None:
    event = read_event(file, environment(name))
    assert (event.number, event.is_backlog) == (None, True)


@pytest.mark.parametrize("name", ["push", "pull_request_target", ""])
def test_any_other_event_is_an_error(file: Path, name: str) -> None:
    with pytest.raises(SourceError, match="run this on one of issues, issue_comment"):
        read_event(file, environment(name))


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"issue": {"number": "57"}},
        {"issue": {"number": True}},
        {"issue": {"number": -1}},
        {"issue": []},
        [],
        None,
    ],
)
def test_a_payload_that_names_no_issue_is_an_error(file: Path, payload: Any) -> None:
    with pytest.raises(SourceError):
        read_event(written(file, payload), environment("issues"))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_not_json_is_an_error(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SourceError, match="is no event of GitHub Actions"):
        read_event(file, environment("issues"))


def test_a_file_that_is_not_there_is_an_error(file: Path) -> None:
    with pytest.raises(SourceError, match="is no event of GitHub Actions"):
        read_event(file, environment("issues"))


@pytest.mark.parametrize(
    ("home", "repository"),
    [
        ("https://github.com", "owner"),
        ("http://github.com", "owner/repo"),
        ("file:///etc", "owner/repo"),
        ("https://ann:secret@github.com", "owner/repo"),
        ("https://github.com", "owner/repo/../other"),
    ],
)
def test_an_invalid_repository_is_an_error(file: Path, home: str, repository: str) -> None:
    with pytest.raises(SourceError):
        read_event(written(file, {"issue": {"number": 57}}), environment("issues", home, repository))
