"""Fake services: small local servers that hold issues as a tracker does and can produce faults."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from dupfind.sources.apis import retry
from dupfind.sources.apis.service_forms import FORMS


class Request(NamedTuple):
    """A request that a server received."""

    method: str
    path: str
    pairs: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any

    @property
    def query(self) -> dict[str, str]:
        """The query's values by their names."""
        return dict(self.pairs)


class Reply(NamedTuple):
    """The reply to send: JSON, or raw bytes; `is_cut` omits the last bytes, `is_silent` sends nothing."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 (a NamedTuple's default, never changed)
    is_cut: bool = False
    is_silent: bool = False


Answer = Callable[[Request], Reply]


@dataclass
class Server:
    """A server; the replies in `faults` are sent first, one a request, and None lets the request through."""

    url: str
    answer: Answer
    requests: list[Request] = field(default_factory=list)
    faults: list[Reply | None] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        """The requested paths, in order."""
        return [request.path for request in self.requests]


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, parts.path, parse_qsl(parts.query), headers, body)
            server.requests.append(request)
            fault = server.faults.pop(0) if server.faults else None
            with suppress(ConnectionError):  # the client has closed the connection
                self._reply(server.answer(request) if fault is None else fault)
                self.wfile.flush()

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def _reply(self, reply: Reply) -> None:
            if reply.is_silent:
                server.ended.wait(30)
                self.close_connection = True
                return
            content = reply.value if isinstance(reply.value, bytes) else json.dumps(reply.value).encode()
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if reply.status != 304:
                self.wfile.write(content[: len(content) // 2] if reply.is_cut else content)
            self.close_connection = reply.is_cut

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server = Server(f"http://127.0.0.1:{listening.server_port}", answer)
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            listening.shutdown()
            thread.join()


def hasten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the waits that the program chooses itself, and every token of this machine."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.0)
    monkeypatch.setattr(retry, "LIMIT_WAIT_S", 0.0)
    for service, form in FORMS.items():
        for name in (*form.variables, *(f"{service.upper()}_{end}" for end in ("HOST", "USER", "KEY"))):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a proxy that must not be used
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")


class StoredIssue(NamedTuple):
    """An issue as every fake service stores it.

    Attributes:
        number: Its number.
        title: Its title.
        updated: When it changed last, "2024-01-03T09:12:00Z".
        original: The number of its marked original, or None.
        is_open: Whether it is open.
        is_pull: Whether it is a pull request, where there are such.
    """

    number: int
    title: str
    updated: str
    original: int | None = None
    is_open: bool = True
    is_pull: bool = False

    @property
    def body(self) -> str:
        """Its text."""
        return f"text of {self.number}"


ISSUES = (
    StoredIssue(1, "abc def crash", "2024-01-03T09:12:00Z"),
    StoredIssue(2, "bad cafe", "2024-02-03T09:12:00Z"),
    StoredIssue(3, "abc def crash again", "2024-03-03T09:12:00Z", original=1, is_open=False),
    StoredIssue(4, "feed the bee", "2024-04-03T09:12:00Z"),
    StoredIssue(5, "dead beef", "2024-05-03T09:12:00Z", is_open=False),
)


class Tracker:
    """The base of all fake services: issues in the order of their last change, a page at a time.

    Attributes:
        service: Its name in a location.
        path: The project in a location.
        project_name: The project of its records.
        order: In which it lists the issues.
        has_count: Whether it says how many issues there are.
        has_marks: Whether its issues name their originals.
        has_token: Whether it takes a token.
    """

    service = ""
    path = ""
    project_name: str | None = None
    order = "oldest first"
    has_count = True
    has_marks = True
    has_token = True

    def __init__(self, issues: tuple[StoredIssue, ...] = ISSUES, per_page: int = 2) -> None:
        self.issues = {issue.number: issue for issue in issues}
        self.per_page = per_page
        self.unlisted: set[int] = set()  # counted, and in no list
        self.restricted: set[int] = set()  # for some people only
        self.site = ""

    def put(self, *issues: StoredIssue) -> None:
        """Add or change issues."""
        self.issues.update((issue.number, issue) for issue in issues)

    def location(self) -> str:
        """Return its location for the command line."""
        return f"{self.service}:{self.site}/{self.path}".rstrip("/")

    def since(self, moment: str | None, *, is_whole: bool = True) -> list[StoredIssue]:
        """Return the issues that changed at or after a time; those for some people only if it is whole."""
        start = datetime.fromisoformat(moment) if moment else None
        hidden = self.unlisted if is_whole else self.unlisted | self.restricted
        listed = (issue for number, issue in self.issues.items() if number not in hidden)
        changed = sorted(listed, key=lambda issue: (issue.updated, issue.number))
        return [issue for issue in changed if start is None or datetime.fromisoformat(issue.updated) >= start]

    def number_of(self, *, is_whole: bool) -> int:
        """Count the issues."""
        return len(self.issues) if is_whole else len(self.issues.keys() - self.restricted)

    def real(self) -> list[StoredIssue]:
        """Return the issues without pull requests."""
        return [issue for issue in self.issues.values() if not issue.is_pull]

    def __call__(self, request: Request) -> Reply:
        """Answer."""
        raise NotImplementedError


class GitHub(Tracker):
    """GitHub Enterprise's REST and GraphQL; a page is named by a link."""

    service, path, project_name = "github", "owner/repo", "owner/repo"
    chatter = 0
    """The number of comments on a duplicate that do not name its original."""

    def __call__(self, request: Request) -> Reply:
        if request.path == "/api/graphql":
            return self._graphql(request.body["query"])
        if request.path == "/api/v3/search/issues":
            return Reply({"total_count": len(self.real()), "incomplete_results": False, "items": []})
        if request.path == "/api/v3/repos/owner/repo/issues":
            return self._issues(request)
        original = self.issues[int(request.path.split("/")[-2])].original
        bodies = ["me too"] * self.chatter + [f"Duplicate of #{original}"]
        comments = [{"body": body, "created_at": "2024-06-01T00:00:00Z"} for body in bodies]
        return self._page(request, comments)

    def _issues(self, request: Request) -> Reply:
        since = request.query.get("since", "")
        issues = [
            issue for issue in self.since(None) if issue.updated > since
        ]  # GitHub says "after", and not "at or after"
        etag = f'W/"{hash(tuple(issues))}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(None, 304)
        return self._page(request, [self.shown(issue) for issue in issues], ETag=etag)

    def _page(self, request: Request, issues: list[dict[str, Any]], **headers: str) -> Reply:
        page = int(request.query.get("page", 1))
        start = (page - 1) * self.per_page
        if start + self.per_page < len(issues):
            # GitHub names the repository by its number in links.
            path = request.path.replace("/repos/owner/repo/", "/repositories/7/")
            headers["Link"] = f'<{self.site}{path}?page={page + 1}>; rel="next"'
        return Reply(issues[start : start + self.per_page], headers=headers)

    def shown(self, issue: StoredIssue) -> dict[str, Any]:
        """As REST shows it."""
        return {
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": "open" if issue.is_open else "closed",
            "state_reason": None if issue.is_open else "duplicate" if issue.original else "completed",
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": issue.updated,
            "closed_at": None if issue.is_open else issue.updated,
            "html_url": f"{self.site}/owner/repo/issues/{issue.number}",
            "labels": [{"name": "duplicate"}] if issue.is_open and issue.original else [],
            "comments": 0 if issue.original is None else 1,
            **({"pull_request": {"url": "x"}} if issue.is_pull else {}),
        }

    def _graphql(self, query: str) -> Reply:
        if "totalCount" in query:
            return Reply({"data": {"repository": {"issues": {"totalCount": len(self.real())}}}})
        timelines = {
            f"i{number}": {**self._timeline(issue), "comments": self.said(issue, query)}
            for number, issue in self.issues.items()
        }
        return Reply(
            {
                "data": {
                    "repository": {
                        name: timeline for name, timeline in timelines.items() if f"{name}:" in query
                    }
                }
            }
        )

    @staticmethod
    def said(issue: StoredIssue, query: str) -> dict[str, Any] | None:
        """Return the comments on a duplicate, where a query names them."""
        if issue.original is None or "comments(first: 30)" not in query:
            return None
        comment = {"body": "me too", "createdAt": "2024-06-01T00:00:00Z", "author": {"login": "ann"}}
        return {"nodes": [comment]}

    def _timeline(self, issue: StoredIssue) -> dict[str, Any]:
        originals = [] if issue.original is None else [issue.original]
        return {
            "timelineItems": {
                "nodes": [
                    {
                        "__typename": "MarkedAsDuplicateEvent",
                        "canonical": {"number": number, "repository": {"nameWithOwner": "owner/repo"}},
                    }
                    for number in originals
                ]
            }
        }


class GitLab(Tracker):
    """GitLab's REST."""

    service, path, project_name = "gitlab", "group/sub/project", "group/sub/project"

    def __call__(self, request: Request) -> Reply:
        project = "/api/v4/projects/group/sub/project"  # the path's %2F is unquoted by nobody but this class
        path = request.path.replace("%2F", "/")
        is_whole = "confidential" not in request.query
        assert request.query.get("confidential", "false") == "false"
        if path == f"{project}/issues_statistics":
            return Reply({"statistics": {"counts": {"all": self.number_of(is_whole=is_whole)}}})
        assert path == f"{project}/issues"
        issues = self.since(request.query.get("updated_after"), is_whole=is_whole)
        page = int(request.query.get("page", 1))
        start = (page - 1) * self.per_page
        headers = {}
        if start + self.per_page < len(issues):
            headers["Link"] = f'<{self.site}{request.path}?page={page + 1}&per_page=100>; rel="next"'
        return Reply([self._shown(issue) for issue in issues[start : start + self.per_page]], headers=headers)

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        api = f"{self.site}/api/v4/projects/7/issues/"
        return {
            "id": 7000 + issue.number,
            "iid": issue.number,
            "project_id": 7,
            "title": issue.title,
            "description": issue.body,
            "state": "opened" if issue.is_open else "closed",
            "created_at": "2024-01-01T00:00:00.000Z",
            "updated_at": issue.updated,
            "web_url": f"{self.site}/group/sub/project/-/issues/{issue.number}",
            "confidential": issue.number in self.restricted,
            "references": {"full": f"group/sub/project#{issue.number}"},
            "_links": {"closed_as_duplicate_of": f"{api}{issue.original}" if issue.original else None},
        }


class Jira(Tracker):
    """Jira Data Center's REST, version 2, and Cloud's, version 3."""

    service, path, project_name = "jira", "PROJ", "PROJ"

    def __init__(
        self, issues: tuple[StoredIssue, ...] = ISSUES, per_page: int = 2, *, is_cloud: bool = False
    ) -> None:
        super().__init__(issues, per_page)
        self.is_cloud = is_cloud

    def __call__(self, request: Request) -> Reply:
        if request.path == "/rest/api/2/serverInfo":
            return Reply({"version": "10.0", "deploymentType": "Cloud" if self.is_cloud else "Server"})
        if request.path == "/rest/api/3/search/approximate-count" and self.is_cloud:
            return Reply({"count": self.number_of(is_whole=b"level IS EMPTY" not in request.body)})
        assert request.path == ("/rest/api/3/search/jql" if self.is_cloud else "/rest/api/2/search")
        jql = request.query["jql"]
        assert jql.startswith('project = "PROJ"')
        is_whole = "level IS EMPTY" not in jql
        after = jql.partition("updated >= ")[2].split(" ")[0]
        issues = [
            issue
            for issue in self.since(None, is_whole=is_whole)
            if not after or datetime.fromisoformat(issue.updated).timestamp() * 1000 >= int(after)
        ]
        start = int(request.query.get("nextPageToken" if self.is_cloud else "startAt", 0))
        end = start + min(self.per_page, int(request.query["maxResults"]))
        value: dict[str, Any] = {"issues": [self._shown(issue) for issue in issues[start:end]]}
        if not self.is_cloud:
            value["total"] = len(issues) if end > start else self.number_of(is_whole=is_whole)
        elif end < len(issues):
            value["nextPageToken"] = str(end)
        return Reply(value)

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        link = {
            "type": {"name": "Duplicate", "outward": "duplicates", "inward": "is duplicated by"},
            "outwardIssue": {"key": f"PROJ-{issue.original}"},
        }
        return {
            "key": f"PROJ-{issue.number}",
            "self": f"{self.site}/rest/api/2/issue/{issue.number}",
            "fields": {
                "summary": issue.title,
                "description": issue.body,
                "status": {"name": "x", "statusCategory": {"key": "new" if issue.is_open else "done"}},
                "resolution": {"name": "Duplicate"} if issue.original else None,
                "created": "2024-01-01T00:00:00.000+0000",
                "updated": issue.updated.replace("Z", ".000+0000"),
                "issuelinks": [link] if issue.original else [],
                "security": {"name": "Staff"} if issue.number in self.restricted else None,
            },
        }


class Redmine(Tracker):
    """Redmine's REST."""

    service, path, project_name = "redmine", "larkq", "larkq"

    def __call__(self, request: Request) -> Reply:
        assert request.path == "/projects/larkq/issues.json"
        assert request.query["status_id"] == "*"
        is_whole = "is_private" not in request.query
        issues = self.since(request.query.get("updated_on", "").removeprefix(">=") or None, is_whole=is_whole)
        start = int(request.query.get("offset", 0))
        end = start + min(self.per_page, int(request.query["limit"]))
        total = self.number_of(is_whole=is_whole) if request.query["limit"] == "1" else len(issues)
        return Reply({"issues": [self._shown(issue) for issue in issues[start:end]], "total_count": total})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        relation = {"issue_id": issue.number, "issue_to_id": issue.original, "relation_type": "duplicates"}
        return {
            "id": issue.number,
            "project": {"id": 1, "name": "larkq"},
            "tracker": {"id": 1, "name": "Bug"},
            "status": {"id": 1, "name": "x", "is_closed": not issue.is_open},
            "subject": issue.title,
            "description": issue.body,
            "is_private": issue.number in self.restricted,
            "created_on": "2024-01-01T00:00:00Z",
            "updated_on": issue.updated,
            "relations": [relation] if issue.original else [],
        }


class Bugzilla(Tracker):
    """Bugzilla's REST, and the JSON-RPC of a version whose REST takes no token in a header."""

    service, path, project_name = "bugzilla", "Lark Q", "Lark Q"

    version = "20240101.1"

    def __call__(self, request: Request) -> Reply:
        if request.path == "/rest/version":
            return Reply({"version": self.version})
        if request.path == "/jsonrpc.cgi":
            [params] = request.body["params"]
            method = request.body["method"]
            assert isinstance(params["include_fields"], list)
            pairs = {name: str(value) for name, value in params.items()}
            id_pairs = [("ids", str(id)) for id in params.get("ids", ())]
            path = {"Bug.search": "/rest/bug", "Bug.comments": "/comment"}[method]
            reply = self(Request("GET", path, [*pairs.items(), *id_pairs], {}, None))
            return Reply({"result": reply.value, "error": None, "id": 1})
        if request.path.endswith("/comment"):
            numbers = [int(value) for name, value in request.pairs if name == "ids" and value.isdecimal()]
            numbers += [int(part) for part in request.path.split("/") if part.isdecimal()]
            bodies = {
                str(n): {
                    "comments": [
                        {"text": self.issues[n].body, "is_private": False},
                        {"text": "me too", "is_private": False},
                        {"text": "staff only", "is_private": True},
                    ]
                }
                for n in numbers
            }
            return Reply({"bugs": bodies})
        assert request.path == "/rest/bug"
        assert request.query["product"] == "Lark Q"
        is_whole = request.query.get("f1") != "bug_group"
        if "count_only" in request.query:
            return Reply({"bug_count": self.number_of(is_whole=is_whole)} if self.has_count else {"bugs": []})
        issues = self.since(request.query.get("last_change_time"), is_whole=is_whole)
        start = int(request.query.get("offset", 0))
        end = start + min(self.per_page, int(request.query["limit"]))
        return Reply({"bugs": [self._shown(issue) for issue in issues[start:end]]})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": issue.number,
            "summary": issue.title,
            "product": "Lark Q",
            "status": "NEW" if issue.is_open else "RESOLVED",
            "resolution": "" if issue.is_open else "DUPLICATE" if issue.original else "FIXED",
            "is_open": issue.is_open,
            "dupe_of": issue.original,
            "creation_time": "2024-01-01T00:00:00Z",
            "last_change_time": issue.updated,
            "groups": ["staff"] if issue.number in self.restricted else [],
        }
