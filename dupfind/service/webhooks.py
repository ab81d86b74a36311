"""Read the issue from a tracker's webhook, in the formats of the trackers' own APIs.

GitLab's "issue events", Gitea's, Forgejo's and GitHub's "issues", Jira's `jira:issue_created` and `_updated`.
"""

from collections.abc import Mapping
from typing import Any

from dupfind.records import Record
from dupfind.sources.coerce import text
from dupfind.sources.comment_bounds import with_comments
from dupfind.sources.json_formats import github, gitlab, jira
from dupfind.sources.restricted import is_restricted

ISSUE_KINDS = frozenset({"issue", "work_item"})

EVENT_KEYS = frozenset({"hook_id", "object_kind", "sender", "webhookEvent"})
"""Every event has one: GitHub's greeting, GitLab's events, those of GitHub, Gitea and Forgejo, and Jira's."""


def is_webhook(fields: Mapping[str, Any]) -> bool:
    """Return whether an object comes from a tracker, and is not in the format of `POST /check`."""
    has_issue = isinstance(fields.get("object_attributes"), dict) or isinstance(fields.get("issue"), dict)
    is_check = "title" in fields or "issues" in fields
    return has_issue or not (is_check or EVENT_KEYS.isdisjoint(fields))


def webhook_record(fields: Mapping[str, Any]) -> Record | None:
    """Return the issue that was filed or changed; None for another event, a confidential issue or a pull request.

    Args:
        fields: An object for which `is_webhook` holds.

    Raises:
        ValueError: The issue has the format of no known tracker.
    """
    attributes = fields.get("object_attributes")
    if isinstance(attributes, dict):
        if text(fields.get("object_kind")) not in ISSUE_KINDS:
            return None
        # A GitLab webhook has as `url` what its API has as `web_url`.
        issue = {**attributes, "web_url": attributes.get("url"), "state": attributes.get("state") or "opened"}
        return _record(gitlab, "GitLab", issue)
    inner = fields.get("issue")
    if not isinstance(inner, dict):
        return None
    if jira.recognises(inner):
        return _record(jira, "Jira", inner)
    return _record(github, "Gitea or GitHub", inner)


def _record(format: Any, tracker: str, issue: dict[str, Any]) -> Record | None:
    if not format.recognises(issue):
        raise ValueError(
            f"the issue lacks keys that {tracker} sends: GitLab's, Gitea's, GitHub's and Jira's are known"
        )
    record: Record | None = None if is_restricted(issue) else format.record(issue, source="")
    return record and with_comments(record, no_comments=False, include_restricted=False)
