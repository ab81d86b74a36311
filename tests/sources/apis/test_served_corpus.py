"""The corpus, served page by page as GitHub, GitLab and Jira answer: the records equal the corpus."""

from collections.abc import Iterator
from typing import Any

import pytest

from dupfind.records import Record
from dupfind.sources.open import open_source
from tests.support import json_containers
from tests.support.corpus import corpus, corpus_issues
from tests.support.fake_services import Reply, Request, hasten, serving

PER_PAGE = 7


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def page(issues: list[dict[str, Any]], since: str, start: int, time_of: Any) -> list[dict[str, Any]]:
    """Return a page of the issues that changed at or after a time, in the form of the service's own times."""
    changed = sorted((it for it in issues if time_of(it) >= since), key=lambda it: (time_of(it), str(it)))
    return changed[start : start + PER_PAGE]


def github(request: Request) -> Reply:
    issues, comments = json_containers.github_issues(), json_containers.github_comments()
    if request.path.endswith("/comments"):
        issue = request.path.removesuffix("/comments").rpartition("/")[2]
        return Reply([it for it in comments if it["issue_url"].endswith(f"/issues/{issue}")])
    if request.path.endswith("/search/issues"):
        return Reply({"total_count": sum("pull_request" not in it for it in issues)})
    number = int(request.query.get("page", 1))
    listed = page(
        issues, request.query.get("since", ""), (number - 1) * PER_PAGE, lambda it: it["updated_at"]
    )
    link = f'<{request.path}?page={number + 1}>; rel="next"'
    return Reply(listed, headers={"Link": link} if len(listed) == PER_PAGE else {})


def gitlab(request: Request) -> Reply:
    issues = json_containers.gitlab_issues()
    if request.path.endswith("/issues_statistics"):
        return Reply({"statistics": {"counts": {"all": len(issues)}}})
    number = int(request.query.get("page", 1))
    since = request.query.get("updated_after", "").replace(".000Z", "Z")
    listed = page(issues, since, (number - 1) * PER_PAGE, lambda it: it["updated_at"])
    link = f'<{request.path}?page={number + 1}>; rel="next"'
    return Reply(listed, headers={"Link": link} if len(listed) == PER_PAGE else {})


def jira(request: Request) -> Reply:
    answer = json_containers.jira_page()
    if request.path.endswith("/serverInfo"):
        return Reply({"version": "9.12.0", "deploymentType": "Server"})
    return Reply(answer | {"issues": answer["issues"][int(request.query.get("startAt", 0)) :]})


def read(service: str, path: str, answer: Any) -> Iterator[Record]:
    with serving(answer) as server:
        yield from open_source(f"{service}:{server.url}/{path}")


@pytest.mark.parametrize(
    ("service", "path", "answer"),
    [
        ("github", "example/kiln", github),
        ("gitlab", "example/kiln", gitlab),
        ("jira", "KILN", jira),
    ],
)
def test_a_served_corpus_gives_its_issues_and_their_marks(service: str, path: str, answer: Any) -> None:
    records = {int(it.id.rpartition("-")[2]): it for it in read(service, path, answer)}
    issues = corpus_issues()
    assert set(records) == {issue["number"] for issue in issues}
    for issue in issues:
        record = records[issue["number"]]
        assert (record.title, record.body) == (issue["title"], issue["body"])
        assert record.created is not None
        assert f"{record.created:%Y-%m-%dT%H:%M:%SZ}" == issue["created"]
        assert (record.state == "closed") == (issue["status"] == "closed")
    marks = sorted(
        [number, int(ref.id.rpartition("-")[2])] for number, it in records.items() for ref in it.duplicate_of
    )
    assert marks == sorted(corpus()["duplicates"])
