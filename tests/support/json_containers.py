"""The corpus as JSON: what the APIs and exports of trackers contain."""

import json
from pathlib import Path
from typing import Any

from tests.support.corpus import Issue, corpus, corpus_issues, originals
from tests.support.csv_containers import berlin_time

API = "https://api.github.com/repos/example/kiln"
PAGE = "https://github.com/example/kiln"


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def plain_jsonl(folder: Path) -> Path:
    path = folder / "plain.jsonl"
    original_of = originals()
    lines = (
        {
            "id": issue["number"],
            **{key: issue[key] for key in ("title", "body", "status")},
            "duplicate_of": original_of.get(issue["number"]),
        }
        for issue in corpus_issues()
    )
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def github_user(login: str) -> dict[str, Any]:
    return {"login": login, "id": 1_000 + sum(login.encode()), "type": "User", "site_admin": False}


def github_issue(issue: Issue, *, is_pull: bool = False) -> dict[str, Any]:
    """Return an issue as `GET /repos/O/R/issues` writes it, among whose issues are pull requests."""
    number, is_open = issue["number"], issue["status"] == "open"
    reasons = {None: None, "fixed": "completed", "duplicate": "duplicate"}
    fields = {
        "url": f"{API}/issues/{number}",
        "repository_url": API,
        "comments_url": f"{API}/issues/{number}/comments",
        "html_url": f"{PAGE}/{'pull' if is_pull else 'issues'}/{number}",
        "id": 2_000_000 + number,
        "node_id": f"I_{number}",
        "number": number,
        "title": issue["title"],
        "user": github_user(issue["reporter"]),
        "labels": [{"id": len(label), "name": label, "color": "ededed"} for label in issue["labels"]],
        "state": issue["status"],
        "locked": False,
        "assignee": None,
        "milestone": None,
        "comments": len(issue["comments"]),
        "created_at": issue["created"],
        "updated_at": issue["updated"],
        "closed_at": None if is_open else issue["updated"],
        "author_association": "NONE",
        "body": issue["body"] or None,
        "reactions": {"url": f"{API}/issues/{number}/reactions", "total_count": 0},
        "state_reason": reasons.get(issue.get("resolution"), "not_planned"),
    }
    if is_pull:
        fields["pull_request"] = {"url": f"{API}/pulls/{number}", "merged_at": None}
    return fields


def github_comments() -> list[dict[str, Any]]:
    """Return all comments as `GET /repos/O/R/issues/comments` writes them, oldest first within an issue."""
    comments = [(issue["number"], comment) for issue in corpus_issues() for comment in issue["comments"]]
    base_url = corpus()["base_url"]
    return [
        {
            "url": f"{API}/issues/comments/{id}",
            "html_url": f"{PAGE}/issues/{number}#issuecomment-{id}",
            "issue_url": f"{API}/issues/{number}",
            "id": id,
            "node_id": f"IC_{id}",
            "user": github_user(comment["author"]),
            "created_at": comment["created"],
            "updated_at": comment["created"],
            "author_association": "MEMBER",
            "body": comment["text"].replace(base_url, f"{PAGE}/issues/"),
        }
        for id, (number, comment) in enumerate(comments, start=1)
    ]


def github_issues() -> list[dict[str, Any]]:
    """Return the 24 issues and the pull request."""
    return [*map(github_issue, corpus_issues()), github_issue(corpus()["pull_request"], is_pull=True)]


def github_rest(folder: Path) -> Path:
    write_json(folder / "github-rest-comments.json", github_comments())
    return write_json(folder / "github-rest-issues.json", github_issues())


def gh(folder: Path) -> Path:
    """Write what `gh issue list --json` prints, which lists no pull requests."""

    def gh_comment(comment: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": comment["node_id"],
            "author": {"login": comment["user"]["login"]},
            "body": comment["body"],
            "createdAt": comment["created_at"],
            "isMinimized": False,
            "url": comment["html_url"],
        }

    def gh_issue(issue: dict[str, Any]) -> dict[str, Any]:
        return {
            "author": {"login": issue["user"]["login"], "is_bot": False},
            "body": issue["body"] or "",
            "closed": issue["state"] == "closed",
            "closedAt": issue["closed_at"],
            "comments": [gh_comment(it) for it in comments if it["issue_url"] == issue["url"]],
            "createdAt": issue["created_at"],
            "labels": issue["labels"],
            "number": issue["number"],
            "state": issue["state"].upper(),
            "stateReason": (issue["state_reason"] or "").upper(),
            "title": issue["title"],
            "updatedAt": issue["updated_at"],
            "url": issue["html_url"],
        }

    comments = github_comments()
    return write_json(
        folder / "gh-issue-list.json", [gh_issue(it) for it in github_issues() if "pull_request" not in it]
    )


def gitlab_issues() -> list[dict[str, Any]]:
    original_of = originals()
    api = "https://gitlab.example.org/api/v4/projects/7/issues"

    def gitlab_issue(issue: Issue) -> dict[str, Any]:
        number, is_open = issue["number"], issue["status"] == "open"
        original = original_of.get(number)
        return {
            "id": 900 + number,
            "iid": number,
            "project_id": 7,
            "title": issue["title"],
            "description": issue["body"],
            "state": "opened" if is_open else "closed",
            "created_at": issue["created"],
            "updated_at": issue["updated"],
            "closed_at": None if is_open else issue["updated"],
            "labels": issue["labels"],
            "author": {"username": issue["reporter"]},
            "issue_type": "issue",
            "web_url": f"https://gitlab.example.org/example/kiln/-/issues/{number}",
            "references": {"short": f"#{number}", "full": f"example/kiln#{number}"},
            "_links": {
                "self": f"{api}/{number}",
                "closed_as_duplicate_of": None if original is None else f"{api}/{original}",
            },
        }

    return list(map(gitlab_issue, corpus_issues()))


def gitlab_rest(folder: Path) -> Path:
    return write_json(folder / "gitlab-rest-issues.json", gitlab_issues())


def jira_issues() -> list[dict[str, Any]]:
    """Return the issues as version 2 of Jira's REST API writes them; both ends of a link name it."""
    pairs = corpus()["duplicates"]
    kind = {"id": "10002", "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}

    def key(number: int) -> dict[str, str]:
        return {"id": str(10_000 + number), "key": f"KILN-{number}"}

    def jira_issue(issue: Issue) -> dict[str, Any]:
        number, is_open, resolution = issue["number"], issue["status"] == "open", issue.get("resolution")
        links = [
            {
                "id": str(id),
                "type": kind,
                **({"outwardIssue": key(b)} if a == number else {"inwardIssue": key(a)}),
            }
            for id, (a, b) in enumerate(pairs, start=1)
            if number in (a, b)
        ]
        return {
            **key(number),
            "self": f"https://jira.example.org/rest/api/2/issue/{10_000 + number}",
            "fields": {
                "summary": issue["title"],
                "description": issue["body"] or None,
                "status": {
                    "name": "To Do" if is_open else "Done",
                    "statusCategory": {"key": "new" if is_open else "done"},
                },
                "resolution": None if resolution is None else {"name": resolution.capitalize()},
                "created": issue["created"].replace("Z", ".000+0000"),
                "updated": issue["updated"].replace("Z", ".000+0000"),
                "issuetype": {"name": "Bug" if issue["kind"] == "bug" else "Story"},
                "labels": issue["labels"],
                "issuelinks": links,
            },
        }

    return list(map(jira_issue, corpus_issues()))


def jira_page() -> dict[str, Any]:
    """Return the one page that `GET /rest/api/2/search` gives."""
    return {"expand": "schema,names", "startAt": 0, "maxResults": 50, "total": 24, "issues": jira_issues()}


def jira_rest(folder: Path) -> Path:
    return write_json(folder / "jira-rest.json", jira_page())


def jira_adf(folder: Path) -> Path:
    """Write version 3 of Jira's REST API: pages of documents, one after the other."""
    issues = jira_issues()
    for issue in issues:
        body = issue["fields"]["description"]
        content = [{"type": "text", "text": body}] if body else []
        document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": content}]}
        issue["fields"]["description"] = document
    pages = [{"issues": issues[:10]}, {"issues": issues[10:]}]
    path = folder / "jira3.json"
    path.write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    return path


def redmine_rest(folder: Path) -> Path:
    pairs = corpus()["duplicates"]

    def redmine_issue(issue: Issue) -> dict[str, Any]:
        number = issue["number"]
        return {
            "id": number,
            "project": {"id": 1, "name": "kiln"},
            "tracker": {"id": 1, "name": "Bug"},
            "status": {"id": 1, "name": "x", "is_closed": issue["status"] == "closed"},
            "subject": issue["title"],
            "description": issue["body"],
            "created_on": issue["created"],
            "updated_on": issue["updated"],
            "relations": [
                {"id": 1, "issue_id": a, "issue_to_id": b, "relation_type": "duplicates", "delay": None}
                for a, b in pairs
                if number in (a, b)
            ],
        }

    issues = list(map(redmine_issue, corpus_issues()))
    return write_json(
        folder / "redmine.json", {"issues": issues, "total_count": 24, "offset": 0, "limit": 100}
    )


def bugzilla_rest(folder: Path) -> Path:
    original_of = originals()

    def bug(issue: Issue) -> dict[str, Any]:
        texts = [issue["body"], *(comment["text"] for comment in issue["comments"])]
        return {
            "id": issue["number"],
            "summary": issue["title"],
            "product": "kiln",
            "groups": [],
            "status": "NEW" if issue["status"] == "open" else "RESOLVED",
            "resolution": (issue.get("resolution") or "").upper(),
            "dupe_of": original_of.get(issue["number"]),
            "creation_time": issue["created"],
            "last_change_time": issue["updated"],
            "comments": [{"count": n, "text": text, "is_private": False} for n, text in enumerate(texts)],
        }

    return write_json(folder / "bugzilla.json", {"bugs": list(map(bug, corpus_issues()))})


def mantisbt_rest(folder: Path) -> Path:
    original_of = originals()

    def mantisbt_issue(issue: Issue) -> dict[str, Any]:
        number = issue["number"]
        links = [(0, "duplicate-of", original_of[number])] if number in original_of else []
        links += [
            (4, "has-duplicate", other) for other, original in original_of.items() if original == number
        ]
        return {
            "id": number,
            "summary": issue["title"],
            "description": issue["body"],
            "project": {"id": 1, "name": "kiln"},
            "status": {"id": 80, "name": "resolved" if issue["status"] == "closed" else "feedback"},
            "resolution": {"id": 1, "name": issue.get("resolution") or "open"},
            "view_state": {"id": 10, "name": "public"},
            "created_at": berlin_time(issue["created"], "%Y-%m-%dT%H:%M:%S%z"),
            "updated_at": berlin_time(issue["updated"], "%Y-%m-%dT%H:%M:%S%z"),
            "relationships": [{"type": {"id": k, "name": n}, "issue": {"id": i}} for k, n, i in links],
        }

    return write_json(folder / "mantis.json", {"issues": list(map(mantisbt_issue, corpus_issues()))})


def linear_graphql(folder: Path) -> Path:
    original_of = originals()

    def linear_issue(issue: Issue) -> dict[str, Any]:
        number = issue["number"]
        links = [{"type": "duplicate", "relatedIssue": {"identifier": f"KIL-{original_of.get(number)}"}}]
        return {
            "identifier": f"KIL-{number}",
            "title": issue["title"],
            "description": issue["body"],
            "state": {"name": "x", "type": "backlog" if issue["status"] == "open" else "completed"},
            "createdAt": issue["created"],
            "updatedAt": issue["updated"],
            "url": f"https://linear.app/kiln/issue/KIL-{number}",
            "relations": {"nodes": links if number in original_of else []},
        }

    nodes = list(map(linear_issue, corpus_issues()))
    return write_json(folder / "linear.json", {"data": {"issues": {"nodes": nodes}}})


def bitbucket(folder: Path) -> Path:
    def bitbucket_issue(issue: Issue) -> dict[str, Any]:
        return {
            "id": issue["number"],
            "title": issue["title"],
            "content": issue["body"],
            "kind": issue["kind"],
            "status": issue.get("resolution", "resolved") if issue["status"] == "closed" else "new",
            "created_on": issue["created"],
            "updated_on": issue["updated"],
        }

    issues = corpus_issues()
    comments = [
        {
            "id": id,
            "issue": issue["number"],
            "content": comment["text"],
            "created_on": comment["created"],
            "user": None,
        }
        for issue in issues
        for id, comment in enumerate(issue["comments"])
    ]
    export = {"milestones": [], "attachments": [], "comments": comments, "meta": {}, "logs": []}
    return write_json(folder / "db-1.0.json", {**export, "issues": list(map(bitbucket_issue, issues))})
