"""Webhooks: the issue in what a tracker sends when somebody files one, by the shapes of the trackers' own APIs.

GitLab's "issue events", Gitea's, Forgejo's and GitHub's "issues", Jira's `jira:issue_created` and `_updated`.
"""

from collections.abc import Mapping
from typing import Any

from dupfind.records import Record
from dupfind.sources.json_formats import github, gitlab, jira

_ISSUES = frozenset({"issue", "work_item"})

_EVENTS = frozenset({"hook_id", "object_kind", "sender", "webhookEvent"})
"""Keys of which every event has one: GitHub's greeting, GitLab's events, those of GitHub, Gitea and Forgejo, Jira's."""


def is_webhook(fields: Mapping[str, Any]) -> bool:
    """Whether an object is what a tracker sends, and no question of ours."""
    has_issue = isinstance(fields.get("object_attributes"), dict) or isinstance(fields.get("issue"), dict)
    is_question = "title" in fields or "issues" in fields
    return has_issue or not (is_question or _EVENTS.isdisjoint(fields))


def sent_record(fields: Mapping[str, Any]) -> Record | None:
    """The issue that was filed or changed; None for another event, a confidential issue or a pull request.

    Args:
        fields: For which `is_webhook` holds.

    Raises:
        ValueError: It is of no tracker that is known.
    """
    about = fields.get("object_attributes")
    if isinstance(about, dict):
        if fields.get("object_kind") not in _ISSUES:
            return None
        # GitLab names in a webhook what its API calls `web_url`.
        issue = {**about, "web_url": about.get("url"), "state": about.get("state") or "opened"}
        return _record(gitlab, "GitLab", issue)
    inner = fields.get("issue")
    if not isinstance(inner, dict):
        return None
    if jira.recognises(inner):
        return _record(jira, "Jira", inner)
    return _record(github, "Gitea or GitHub", inner)


def _record(shape: Any, tracker: str, issue: dict[str, Any]) -> Record | None:
    if not shape.recognises(issue):
        raise ValueError(
            f"the issue lacks keys that {tracker} sends: GitLab's, Gitea's, GitHub's and Jira's are known"
        )
    found: Record | None = shape.record(issue, source="")
    return found
