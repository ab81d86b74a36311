"""Read an issue of a GitHub repository with all its comments, by GraphQL, and write to it, by REST."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from dupfind.errors import SourceError
from dupfind.integrations.github.thread import GitHubComment, GitHubIssue
from dupfind.records import Record
from dupfind.sources.apis.api_client import Refused
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.github import connect
from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.sources.coerce import moment, optional, state, text
from dupfind.sources.json_formats.github import event_marks, is_mark
from dupfind.sources.json_formats.keys import inside, objects

MAX_PAGES = 100
"""Most pages of comments that are read of an issue, a hundred comments each."""

_ACTOR = "{ login __typename }"
_QUERY = f"""
query($owner: String!, $name: String!, $number: Int!, $after: String) {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{
    title body state locked createdAt updatedAt url author {_ACTOR}
    labels(first: 100) {{ nodes {{ name }} }}
    timelineItems(
      itemTypes: [MARKED_AS_DUPLICATE_EVENT, UNMARKED_AS_DUPLICATE_EVENT, COMMENT_DELETED_EVENT], last: 100
    ) {{ nodes {{ __typename ... on CommentDeletedEvent {{ actor {_ACTOR} deletedCommentAuthor {_ACTOR} }} }} }}
    comments(first: 100, after: $after) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        url body authorAssociation author {_ACTOR} editor {_ACTOR}
        reactions(content: THUMBS_DOWN, first: 100) {{ nodes {{ user {{ login }} }} }}
      }}
    }}
  }} }}
}}
"""
_MEMBERS = ("OWNER", "MEMBER", "COLLABORATOR")
_ROLES = ("admin", "maintain", "write", "triage")

_log = logging.getLogger("dupfind.integrations.github")


class Gone(SourceError):
    """A number has no issue in the repository: the issue was deleted or transferred, or is a pull request."""


class GitHubRepository:
    """The issues of one repository. Read and write inside of `api.session()`."""

    def __init__(self, place: ProjectUrl, token: Token, source: str, project: str = "") -> None:
        """Set up the access to a repository; no request is sent.

        Args:
            place: The server and the project.
            token: The token of the account that comments.
            source: The name of the repository's source in the index.
            project: The name of the repository in the index; "" for that of `place`.
        """
        self.api, root = connect(place, token)
        self._root = f"{root}/repos/{place.project}"
        self._place = place
        self.source = source
        self.project = project or place.project

    def thread(self, number: int) -> GitHubIssue:
        """Read an issue and all comments on it, a page of a hundred comments per request.

        Raises:
            Gone: The repository has no such issue, or the number is a pull request's.
            SourceError: GitHub refuses, or its answer cannot be used.
        """
        pages = self._pages(number)
        viewer, issue = next(pages)
        comments = _comments(issue)
        for _, issue_page in pages:
            comments += _comments(issue_page)
        events = objects(issue.get("timelineItems"))
        deletions = [event for event in events if event.get("__typename") == "CommentDeletedEvent"]
        labels = frozenset(text(label.get("name")) for label in objects(issue.get("labels")))
        return GitHubIssue(
            record=self._record(number, issue),
            number=number,
            author=_login(issue.get("author")),
            viewer=viewer,
            labels=labels,
            is_marked=bool(event_marks(events)) or any(map(is_mark, labels)),
            is_locked=issue.get("locked") is True,
            comment_deleted=any(
                _login(event.get("deletedCommentAuthor")) == viewer != _login(event.get("actor"))
                for event in deletions
            ),
            comments=tuple(comments),
        )

    def is_member(self, login: str) -> bool:
        """Whether a person may triage issues of the repository; False where GitHub does not permit the question."""
        try:
            permission = self.api.get(f"{self._root}/collaborators/{quote(login, safe='')}/permission").value
        except Refused as error:
            if error.status == 403:
                _log.warning("the thumbs-down of %s does not count: %s", login, error)
            elif error.status != 404:  # the account does not exist any more
                raise
            return False
        return inside(permission, "role_name") in _ROLES or inside(permission, "permission") in _ROLES

    def add_comment(self, number: int, body: str) -> None:
        """Write a comment on an issue.

        Raises:
            Uncertain: The answer was lost, so the comment may exist or not: read the issue again.
            SourceError: GitHub refuses.
        """
        self.api.change("POST", f"{self._root}/issues/{number}/comments", {"body": body}, once=True)

    def edit_comment(self, comment: GitHubComment, body: str) -> None:
        """Replace the text of a comment."""
        self.api.change("PATCH", f"{self._root}/issues/comments/{comment.id}", {"body": body})

    def delete_comment(self, comment: GitHubComment) -> None:
        """Delete a comment; do nothing if it is deleted already."""
        self._delete(f"{self._root}/issues/comments/{comment.id}")

    def add_label(self, number: int, label: str) -> None:
        """Put a label on an issue; GitHub creates a label that the repository does not have."""
        self.api.change("POST", f"{self._root}/issues/{number}/labels", {"labels": [label]})

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off an issue; do nothing if it is off already."""
        self._delete(f"{self._root}/issues/{number}/labels/{quote(label, safe='')}")

    def _delete(self, path: str) -> None:
        try:
            self.api.change("DELETE", path)
        except Refused as error:
            if error.status != 404:
                raise

    def _pages(self, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield our login, and the issue with one page of its comments, page by page."""
        owner, _, name = self._place.project.partition("/")
        variables: dict[str, Any] = {"owner": owner, "name": name, "number": number, "after": None}
        for _ in range(MAX_PAGES):
            answer = self.api.post("/graphql", {"query": _QUERY, "variables": variables})
            issue = inside(answer.value, "data", "repository", "issue")
            viewer = inside(answer.value, "data", "viewer", "login")
            if not isinstance(issue, dict) or not isinstance(viewer, str):
                refusal = self.api.refusal(answer, f"issue {number} of {self._place.project}")
                is_repository = isinstance(inside(answer.value, "data", "repository"), dict)
                raise Gone(str(refusal)) if is_repository and issue is None else refusal
            yield viewer, issue
            page = inside(issue, "comments", "pageInfo")
            after = inside(page, "endCursor")
            # A repeated cursor would give the same page again.
            if not inside(page, "hasNextPage") or not isinstance(after, str) or after == variables["after"]:
                return
            variables["after"] = after

    def _record(self, number: int, issue: dict[str, Any]) -> Record:
        return Record(
            id=str(number),
            title=text(issue.get("title")),
            body=text(issue.get("body")),
            source=self.source,
            project=self.project,
            state=state(issue.get("state")),
            created=moment(issue.get("createdAt")),
            updated=moment(issue.get("updatedAt")),
            url=optional(issue.get("url")),
        )


def _comments(issue: dict[str, Any]) -> list[GitHubComment]:
    return [
        GitHubComment(
            id=int(number),
            body=text(node.get("body")).replace("\r\n", "\n").strip(),
            author=_login(node.get("author")),
            is_member=node.get("authorAssociation") in _MEMBERS,
            objectors=tuple(
                login
                for reaction in objects(node.get("reactions"))
                if (login := _login(reaction.get("user")))
            ),
            is_edited=_login(node.get("editor")) not in ("", _login(node.get("author"))),
        )
        for node in objects(issue.get("comments"))
        # The number is read from the URL: `databaseId` has 32 bits, too few for GitHub's comments.
        for _, _, number in [text(node.get("url")).rpartition("#issuecomment-")]
        if number.isascii() and number.isdecimal()
    ]


def _login(actor: Any) -> str:
    """Return a login as REST and `viewer` write it; "" for a deleted account."""
    login = text(inside(actor, "login"))
    is_bot = inside(actor, "__typename") == "Bot" and not login.endswith("[bot]")
    return f"{login}[bot]" if is_bot else login
