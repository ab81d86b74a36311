"""Read issues of a team from Linear's GraphQL API; relations name the originals."""

from datetime import datetime
from typing import Any

from dupfind.sources.apis.credentials import header
from dupfind.sources.apis.service_table import Listed, Project, ServiceTable
from dupfind.sources.json_formats import linear
from dupfind.sources.json_formats.keys import inside

# Linear counts the objects that a query may return: 50 issues with these lists are half of what it allows.
_QUERY = """
query($filter: IssueFilter!, $after: String) {
  issues(filter: $filter, first: 50, after: $after, orderBy: updatedAt, includeArchived: true) {
    nodes {
      identifier title description url trashed createdAt updatedAt completedAt canceledAt state { name type }
      relations(first: 10) { nodes { type relatedIssue { identifier } } }
      comments(first: 30) { nodes { body createdAt user { name } botActor { name } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def _listed(project: Project, since: datetime | None, more: str | None, etag: str | None) -> Listed | None:
    chosen: dict[str, Any] = {"team": {"key": {"eq": project.url.project}}}
    if since is not None:
        chosen["updatedAt"] = {"gte": since.isoformat()}
    answer = project.api.post("/graphql", {"query": _QUERY, "variables": {"filter": chosen, "after": more}})
    issues = project.api.issues_in(answer, "data.issues.nodes", linear.recognises)
    following = inside(answer.value, "data", "issues", "pageInfo")
    end = inside(following, "endCursor") if inside(following, "hasNextPage") else None
    return Listed(issues, end if isinstance(end, str) else None)


SERVICE = ServiceTable(
    reader=linear,
    id="identifier",
    updated="updatedAt",
    home="https://api.linear.app",
    credentials=header("Authorization"),
    order="newest first",
    listed=_listed,
)
