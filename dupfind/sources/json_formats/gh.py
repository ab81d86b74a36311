"""The output of `gh issue list --json`, and issues of GitHub's GraphQL API, which have the same keys."""

from collections.abc import Sequence
from typing import Any

from dupfind.records import Comment, Record
from dupfind.sources.json_formats import github
from dupfind.sources.json_formats.comment_objects import comments_in
from dupfind.sources.json_formats.keys import counted, objects

_NAMES = {
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "closed_at": "closedAt",
    "state_reason": "stateReason",
    "html_url": "url",
    "events": "timelineItems",
}


def recognises(issue: dict[str, Any]) -> bool:
    """Return whether an object has keys that only gh and GraphQL use; the user chooses which are present."""
    address = issue.get("url")
    return (
        {"number", "title"} <= issue.keys()
        and "html_url" not in issue
        and (
            "stateReason" in issue
            or issue.get("state") in ("OPEN", "CLOSED", "MERGED")
            or (isinstance(address, str) and "/issues/" in address and "createdAt" in issue)
        )
    )


def record(issue: dict[str, Any], *, source: str, comments: Sequence[Comment] = ()) -> Record | None:
    """Return the record of an issue; None for a pull request.

    The user chooses the fields with --json, so any of them may be missing.
    """
    if issue.get("isPullRequest") or "/pull/" in str(issue.get("url")):
        return None
    # gh writes what REST writes, under other names.
    reaction_groups = objects(issue.get("reactionGroups"))
    renamed = {
        "title": "",
        "body": "",
        **issue,
        **({} if "body" in issue else {"body": issue.get("bodyText")}),
        "comments": counted(issue.get("comments")),
        "reactions": sum(counted(group.get("users")) for group in reaction_groups)
        or counted(issue.get("reactions")),
        "sub_issues_summary": issue.get("subIssuesSummary") or issue.get("subIssues"),
    }
    renamed.update({new: issue.get(old) for new, old in _NAMES.items()})
    all_comments = (*comments_in(issue.get("comments")), *comments)
    return github.record(renamed, source=source, comments=all_comments)
