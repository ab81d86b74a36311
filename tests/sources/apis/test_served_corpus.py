"""The shared corpus, served page by page as GitHub, GitLab and Jira answer: what is recovered is the truth."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dupfind.records import Record
from dupfind.sources.open import open_source
from tests.support.corpus import needs_corpus, truth
from tests.support.fake_services import Reply, Request, hasten, serving
from tests.support.paths import TRACKERS

pytestmark = needs_corpus

PER_PAGE = 7


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def recorded(name: str) -> Any:
    return json.loads((TRACKERS / name).read_text(encoding="utf-8"))


def page(issues: list[dict[str, Any]], since: str, start: int, time_of: Any) -> list[dict[str, Any]]:
    """A page of what changed at or after a moment, which is written as the service writes times."""
    changed = sorted((it for it in issues if time_of(it) >= since), key=lambda it: (time_of(it), str(it)))
    return changed[start : start + PER_PAGE]


def github(request: Request) -> Reply:
    issues, comments = recorded("github-rest-issues.json"), recorded("github-rest-comments.json")
    if request.path.endswith("/comments"):
        issue = request.path.removesuffix("/comments").rpartition("/")[2]
        return Reply([it for it in comments if it["issue_url"].endswith(f"/issues/{issue}")])
    if request.path.endswith("/search/issues"):
        return Reply({"total_count": sum("pull_request" not in it for it in issues)})
    number = int(request.query.get("page", 1))
    found = page(issues, request.query.get("since", ""), (number - 1) * PER_PAGE, lambda it: it["updated_at"])
    link = f'<{request.path}?page={number + 1}>; rel="next"'
    return Reply(found, headers={"Link": link} if len(found) == PER_PAGE else {})


def gitlab(request: Request) -> Reply:
    issues = recorded("gitlab-rest-issues.json")
    if request.path.endswith("/issues_statistics"):
        return Reply({"statistics": {"counts": {"all": len(issues)}}})
    number = int(request.query.get("page", 1))
    since = request.query.get("updated_after", "").replace(".000Z", "Z")
    found = page(issues, since, (number - 1) * PER_PAGE, lambda it: it["updated_at"])
    link = f'<{request.path}?page={number + 1}>; rel="next"'
    return Reply(found, headers={"Link": link} if len(found) == PER_PAGE else {})


def jira(request: Request) -> Reply:
    answer = recorded("jira-rest.json")
    if request.path.endswith("/serverInfo"):
        return Reply({"version": "9.12.0", "deploymentType": "Server"})
    return Reply(answer | {"issues": answer["issues"][int(request.query.get("startAt", 0)) :]})


def read(service: str, path: str, answer: Any) -> Iterator[Record]:
    with serving(answer) as server:
        yield from open_source(f"{service}:{server.url}/{path}")


@pytest.mark.parametrize(
    ("service", "path", "answer"),
    [
        ("github", "example/larkq", github),
        ("gitlab", "example/larkq", gitlab),
        ("jira", "LARK", jira),
    ],
)
def test_a_served_corpus_gives_its_issues_and_their_marks(service: str, path: str, answer: Any) -> None:
    records = {int(it.id.rpartition("-")[2]): it for it in read(service, path, answer)}
    said = truth()
    assert set(records) == {issue["number"] for issue in said["issues"]}
    for issue in said["issues"]:
        record = records[issue["number"]]
        assert (record.title, record.body) == (issue["title"], issue["body"])
        assert record.created is not None
        assert f"{record.created:%Y-%m-%dT%H:%M:%SZ}" == issue["created"]
        assert (record.state == "closed") == (issue["status"] == "closed")
    marks = sorted(
        [number, int(ref.id.rpartition("-")[2])] for number, it in records.items() for ref in it.duplicate_of
    )
    assert marks == sorted(said["duplicates"])
