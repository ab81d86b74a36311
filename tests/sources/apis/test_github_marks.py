"""Which comment on GitHub names the original of an issue, where no event does."""

from typing import Any

import pytest

from dupfind.records import Ref
from dupfind.sources.open import Mapping, open_source
from tests.support.fake_services import GitHub, Reply, Request, StoredIssue, hasten, serving

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


class Talk(GitHub):
    """A repository whose issue 3 is closed, with this text and these comments, and without events."""

    body, reason = "x", "completed"
    said_on_it: tuple[str, ...] = ()

    def __call__(self, request: Request) -> Reply:
        if request.path.endswith("/issues/3/comments"):
            at = "2024-01-01T00:00:00Z"
            return self._page(request, [{"body": body, "created_at": at} for body in self.said_on_it])
        return super().__call__(request)

    def shown(self, issue: StoredIssue) -> dict[str, Any]:
        shown = {**super().shown(issue), "comments": 0, "state_reason": None}
        if issue.number != 3:
            return shown
        closing = {"state": "closed", "state_reason": self.reason, "closed_at": "2024-01-01T00:00:00Z"}
        return {**shown, **closing, "comments": len(self.said_on_it), "body": self.body}

    def said(self, issue: StoredIssue, query: str) -> dict[str, Any] | None:  # type: ignore[override]
        _, _, rest = query.partition("i3:")
        if (
            issue.number != 3
            or "comments(first: 30)" not in rest.partition("issue(")[2].partition("issue(")[0]
        ):
            return None
        at = "2024-01-01T00:00:00Z"
        return {"nodes": [{"body": body, "createdAt": at} for body in self.said_on_it[:30]]}

    def _timeline(self, issue: StoredIssue) -> dict[str, Any]:
        return {"timelineItems": {"nodes": []}}

    def marks(self, mapping: Mapping | None = None) -> tuple[Ref, ...]:
        with serving(self) as server:
            self.site = server.url
            by_id = {it.id: it.duplicate_of for it in open_source(self.location(), mapping or Mapping())}
        return by_id["3"]


@pytest.mark.parametrize("has_token", [False, True])
def test_a_comment_on_github_goes_before_the_text_of_its_issue(
    monkeypatch: pytest.MonkeyPatch, has_token: bool
) -> None:
    if has_token:
        monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    tracker = Talk(per_page=100)
    tracker.body, tracker.reason, tracker.said_on_it = "Duplicate of #5", "duplicate", ("Duplicate of #1",)
    assert tracker.marks() == (Ref("owner/repo", "1"),)
    tracker.said_on_it = ()
    assert tracker.marks() == (Ref("owner/repo", "5"),)


@pytest.mark.parametrize("reason", ["completed", "duplicate"])
def test_the_last_comment_on_github_that_names_an_original_counts(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    tracker = Talk(per_page=100)
    tracker.reason = reason
    tracker.said_on_it = ("Duplicate of #5", *["me too"] * 40, "Sorry, it is a duplicate of #1")
    assert tracker.marks() == (Ref("owner/repo", "1"),)


def test_comments_on_github_mark_the_same_without_the_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    tracker = Talk(per_page=100)
    tracker.said_on_it = ("Duplicate of #1",)
    for mapping in (Mapping(), Mapping(no_comments=True)):
        assert tracker.marks(mapping) == (Ref("owner/repo", "1"),)
