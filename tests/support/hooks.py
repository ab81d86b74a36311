"""Webhook bodies of GitLab, Gitea and Jira for a new issue, in the format of recorded deliveries."""

from typing import Any

GITLAB: dict[str, Any] = {
    "object_kind": "issue",
    "event_type": "issue",
    "user": {"id": 1, "name": "Ada", "username": "ada", "email": "[REDACTED]"},
    "project": {
        "id": 5,
        "name": "Queue",
        "web_url": "https://gitlab.example.com/team/queue",
        "path_with_namespace": "team/queue",
        "default_branch": "main",
    },
    "object_attributes": {
        "id": 301,
        "iid": 23,
        "title": "Worker dies at start",
        "description": "The redis password holds a percent sign.",
        "state": "opened",
        "state_id": 1,
        "action": "open",
        "confidential": False,
        "created_at": "2026-03-01 09:12:31 UTC",
        "updated_at": "2026-03-01 09:12:31 UTC",
        "project_id": 5,
        "author_id": 1,
        "assignee_ids": [],
        "labels": [],
        "severity": "unknown",
        "time_estimate": 0,
        "url": "https://gitlab.example.com/team/queue/-/issues/23",
    },
    "labels": [],
    "changes": {},
    "repository": {"name": "Queue", "url": "git@gitlab.example.com:team/queue.git"},
    "assignees": [],
}

GITEA: dict[str, Any] = {
    "action": "opened",
    "number": 23,
    "issue": {
        "id": 301,
        "url": "https://gitea.example.com/api/v1/repos/team/queue/issues/23",
        "html_url": "https://gitea.example.com/team/queue/issues/23",
        "number": 23,
        "user": {"id": 1, "login": "ada", "email": "ada@noreply.example.com"},
        "original_author": "",
        "title": "Worker dies at start",
        "body": "The redis password holds a percent sign.",
        "ref": "",
        "labels": [],
        "milestone": None,
        "assignee": None,
        "assignees": None,
        "state": "open",
        "is_locked": False,
        "comments": 0,
        "created_at": "2026-03-01T09:12:31Z",
        "updated_at": "2026-03-01T09:12:31Z",
        "closed_at": None,
        "due_date": None,
        "pull_request": None,
        "repository": {"id": 5, "name": "queue", "owner": "team", "full_name": "team/queue"},
    },
    "repository": {
        "id": 5,
        "name": "queue",
        "full_name": "team/queue",
        "html_url": "https://gitea.example.com/team/queue",
    },
    "sender": {"id": 1, "login": "ada"},
    "commit_id": "",
}

JIRA: dict[str, Any] = {
    "timestamp": 1772356351000,
    "webhookEvent": "jira:issue_created",
    "issue_event_type_name": "issue_created",
    "user": {"accountId": "5b10", "displayName": "Ada", "active": True},
    "issue": {
        "id": "10301",
        "self": "https://jira.example.com/rest/api/2/issue/10301",
        "key": "QUEUE-23",
        "fields": {
            "issuetype": {"id": "10004", "name": "Bug", "subtask": False},
            "project": {"id": "10000", "key": "QUEUE", "name": "Queue"},
            "resolution": None,
            "priority": {"name": "Medium"},
            "labels": [],
            "issuelinks": [],
            "assignee": None,
            "status": {"name": "To Do", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}},
            "description": "The redis password holds a percent sign.",
            "summary": "Worker dies at start",
            "created": "2026-03-01T09:12:31.000+0000",
            "updated": "2026-03-01T09:12:31.000+0000",
        },
    },
    "changelog": {"id": "10500", "items": []},
}

HOOKS = {"gitlab": GITLAB, "gitea": GITEA, "jira": JIRA}
NAMES = {"gitlab": ("team/queue", "23"), "gitea": ("team/queue", "23"), "jira": ("QUEUE", "QUEUE-23")}
"""Project and id of the issue in an index."""
