"""Fake services in the documented forms of those that a table describes; the base is in `fake_services`."""

import re
from datetime import UTC, datetime
from typing import Any

from tests.support.fake_services import Reply, Request, StoredIssue, Tracker

CREATED = "2024-01-01T00:00:00Z"


def seconds(at: str) -> int:
    """Return a time as seconds since 1970."""
    return int(datetime.fromisoformat(at).timestamp())


class Listed(Tracker):
    """A service that lists the issues in an order, a page with each answer."""

    def ordered(self, since: str | None = None, *, is_whole: bool = True) -> list[StoredIssue]:
        """Return the issues in the order of the service."""
        issues = self.since(since, is_whole=is_whole)
        if self.order == "newest first":
            return issues[::-1]
        return issues if self.order == "oldest first" else sorted(issues, key=lambda it: -it.number)

    def part(self, issues: list[StoredIssue], start: int) -> tuple[list[StoredIssue], bool]:
        """Return a page, and whether there is another."""
        return issues[start : start + self.per_page], start + self.per_page < len(issues)


class Azure(Listed):
    """Azure DevOps: WIQL gives ids, a batch the items."""

    service, path, project_name = "azure", "org/The Project", "The Project"
    has_count = False

    def __call__(self, request: Request) -> Reply:
        assert request.method == "POST"
        assert request.query["api-version"] == "7.1"
        root, _, name = request.path.partition("/_apis/wit/")
        assert root.replace("%20", " ") == "/org/The Project"
        if name == "workitemsbatch":
            assert request.body["errorPolicy"] == "omit"
            there = [self.issues.get(id) for id in reversed(request.body["ids"])]
            return Reply({"value": [None if issue is None else self._shown(issue) for issue in there]})
        assert name == "wiql"
        assert request.query["timePrecision"] == "true"
        query = request.body["query"]
        assert "[System.TeamProject] = @project" in query
        assert query.endswith("ORDER BY [System.ChangedDate] ASC, [System.Id] ASC")
        since = re.search(r"ChangedDate\] >= '([^']+)'", query)
        last = re.search(r"ChangedDate\] > '([^']+)' OR \[System.Id\] > (\d+)", query)
        issues = self.since(since[1] if since else None)
        if last:
            issues = [
                it for it in issues if seconds(it.updated) > seconds(last[1]) or it.number > int(last[2])
            ]
        ids = [it.number for it in issues[: min(self.per_page, int(request.query["$top"]))]]
        return Reply({"queryType": "flat", "workItems": [{"id": id, "url": "x"} for id in ids]})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        link = {"rel": "System.LinkTypes.Duplicate-Reverse", "url": f"{self.site}/_apis/x/{issue.original}"}
        return {
            "id": issue.number,
            "fields": {
                "System.Title": issue.title,
                "System.Description": f"<div>{issue.body}</div>",
                "System.TeamProject": self.project_name,
                "System.State": "New" if issue.is_open else "Closed",
                "System.CreatedDate": CREATED,
                "System.ChangedDate": issue.updated,
            },
            "relations": [link] if issue.original else [],
            "_links": {"html": {"href": f"{self.site}/org/_workitems/edit/{issue.number}"}},
        }


class Gitea(Listed):
    """Gitea's REST: the newest number first, whatever changed."""

    service, path, project_name = "gitea", "owner/repo", "owner/repo"
    order = "none"

    def __call__(self, request: Request) -> Reply:
        issues = "/api/v1/repos/owner/repo/issues"
        if request.path.endswith("/comments"):
            number = int(request.path.removeprefix(f"{issues}/").removesuffix("/comments"))
            body = f"Duplicate of #{self.issues[number].original}"
            return Reply(
                [{"body": body, "created_at": self.issues[number].updated, "user": {"login": "ann"}}]
            )
        assert request.path == issues
        assert (request.query["state"], request.query["type"]) == ("all", "issues")
        page = int(request.query.get("page", 1))
        listed, _ = self.part(self.ordered(request.query.get("since")), (page - 1) * self.per_page)
        headers = {"X-Total-Count": str(self.number_of(is_whole=True))}
        return Reply([self._shown(issue) for issue in listed], headers=headers)

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": 900 + issue.number,
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": "open" if issue.is_open else "closed",
            "created_at": CREATED,
            "updated_at": issue.updated,
            "closed_at": None if issue.is_open else issue.updated,
            "html_url": f"{self.site}/owner/repo/issues/{issue.number}",
            "repository": {"full_name": "owner/repo"},
            "labels": [],
            "comments": 1 if issue.original else 0,
            "pull_request": None,
        }


class Codeberg(Gitea):
    """Forgejo, which speaks as Gitea does."""

    service = "codeberg"


class Linear(Listed):
    """Linear's GraphQL."""

    service, path, project_name = "linear", "LAR", "LAR"
    order, has_count = "newest first", False

    def __call__(self, request: Request) -> Reply:
        assert (request.method, request.path) == ("POST", "/graphql")
        chosen = request.body["variables"]["filter"]
        assert chosen["team"] == {"key": {"eq": "LAR"}}
        start = int(request.body["variables"]["after"] or 0)
        issues, is_more = self.part(self.ordered(chosen.get("updatedAt", {}).get("gte")), start)
        return Reply(
            {
                "data": {
                    "issues": {
                        "nodes": [self._shown(issue) for issue in issues],
                        "pageInfo": {"hasNextPage": is_more, "endCursor": str(start + self.per_page)},
                    }
                }
            }
        )

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        relation = {"type": "duplicate", "relatedIssue": {"identifier": f"LAR-{issue.original}"}}
        return {
            "identifier": f"LAR-{issue.number}",
            "title": issue.title,
            "description": issue.body,
            "url": f"{self.site}/x/issue/LAR-{issue.number}",
            "trashed": issue.title.startswith("trash") or None,
            "createdAt": CREATED,
            "updatedAt": issue.updated,
            "state": {"name": "x", "type": "started" if issue.is_open else "completed"},
            "relations": {"nodes": [relation] if issue.original else []},
            "comments": {"nodes": []},
        }


class YouTrack(Listed):
    """YouTrack's REST."""

    service, path, project_name = "youtrack", "LAR", "LAR"
    order, has_count = "newest first", False

    def __call__(self, request: Request) -> Reply:
        assert request.path == "/api/issues"
        assert request.query["query"] == "project: {LAR} sort by: updated desc"
        issues, _ = self.part(self.ordered(), int(request.query["$skip"]))
        return Reply([self._shown(issue) for issue in issues])

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        at = seconds(issue.updated) * 1000
        link = {
            "direction": "OUTWARD",
            "linkType": {
                "name": "Duplicate",
                "sourceToTarget": "duplicates",
                "targetToSource": "is duplicated by",
            },
            "issues": [{"idReadable": f"LAR-{issue.original}"}],
        }
        limits = {"$type": "LimitedVisibility", "permittedGroups": [{"id": "1-1"}], "permittedUsers": []}
        return {
            "idReadable": f"LAR-{issue.number}",
            "summary": issue.title,
            "description": issue.body,
            "created": seconds(CREATED) * 1000,
            "updated": at,
            "resolved": None if issue.is_open else at,
            "votes": 0,
            "customFields": [],
            "links": [link] if issue.original else [],
            "visibility": limits if issue.number in self.restricted else {"$type": "UnlimitedVisibility"},
            "comments": [],
        }


class Zendesk(Listed):
    """Zendesk's incremental export."""

    service, path = "zendesk", ""
    order, has_count, has_marks = "none", False, False

    def __call__(self, request: Request) -> Reply:
        assert request.path == "/api/v2/incremental/tickets/cursor.json"
        query = request.query
        assert query["exclude_deleted"] == "true"
        assert ("cursor" in query) != ("start_time" in query)
        since = query["cursor"] if "cursor" in query else f"{query['start_time']}|0"
        assert int(query.get("start_time", 0)) < datetime.now(UTC).timestamp() - 60
        after = tuple(map(int, since.split("|")))
        changed = [it for it in self.since(None) if (seconds(it.updated), it.number) > after]
        issues, is_more = self.part(changed, 0)
        end = f"{seconds(issues[-1].updated)}|{issues[-1].number}" if issues else since
        return Reply(
            {
                "tickets": [self._shown(issue) for issue in issues],
                "after_cursor": end,
                "end_of_stream": not is_more,
            }
        )

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": issue.number,
            "subject": issue.title,
            "raw_subject": issue.title,
            "description": issue.body,
            "status": "open" if issue.is_open else "closed",
            "requester_id": 7,
            "via": {"channel": "web"},
            "created_at": CREATED,
            "updated_at": issue.updated,
        }


class MantisBT(Listed):
    """MantisBT's REST."""

    service, path, project_name = "mantisbt", "Lark Q", "Lark Q"
    order, has_count = "newest first", False

    def __call__(self, request: Request) -> Reply:
        if request.path == "/api/rest/projects":
            return Reply({"projects": [{"id": 3, "name": "Other"}, {"id": 4, "name": "Lark Q"}]})
        assert request.path == "/api/rest/issues"
        assert request.query["project_id"] == "4"
        start = (int(request.query["page"]) - 1) * self.per_page
        return Reply({"issues": [self._shown(issue) for issue in self.part(self.ordered(), start)[0]]})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        relation = {"id": 1, "type": {"id": 0, "name": "duplicate-of"}, "issue": {"id": issue.original}}
        return {
            "id": issue.number,
            "summary": issue.title,
            "description": issue.body,
            "project": {"id": 4, "name": "Lark Q"},
            "status": {"id": 10, "name": "new" if issue.is_open else "closed"},
            "view_state": {"id": 50, "name": "private"}
            if issue.number in self.restricted
            else {"id": 10, "name": "public"},
            "relationships": [relation] if issue.original else [],
            "created_at": CREATED,
            "updated_at": issue.updated,
        }


class Sentry(Listed):
    """Sentry's API, whose pages have cursors in the header Link."""

    service, path, project_name = "sentry", "org/shop", "shop"
    order, has_count, has_marks = "newest first", False, False

    def __call__(self, request: Request) -> Reply:
        if request.path == "/api/0/projects/org/shop/":
            return Reply({"id": "45", "slug": "shop"})
        assert request.path == "/api/0/organizations/org/issues/"
        assert (request.query["project"], request.query["sort"]) == ("45", "date")
        start = int(request.query.get("cursor", "0:0:0").split(":")[1])
        issues, is_more = self.part(self.ordered(), start)
        results, cursor = str(is_more).lower(), f"0:{start + self.per_page}:0"
        link = f'<https://elsewhere.example/>; rel="next"; results="{results}"; cursor="{cursor}"'
        return Reply([self._shown(issue) for issue in issues], headers={"Link": link})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": str(800 + issue.number),
            "shortId": f"SHOP-{issue.number}",
            "title": issue.title,
            "culprit": None,
            "metadata": {"value": issue.body},
            "status": "unresolved" if issue.is_open else "resolved",
            "permalink": f"{self.site}/issues/{issue.number}",
            "project": {"slug": "shop"},
            "firstSeen": CREATED,
            "lastSeen": issue.updated,
        }


class Bitbucket(Listed):
    """Bitbucket Cloud's API."""

    service, path, project_name = "bitbucket", "space/repo", "space/repo"

    def __call__(self, request: Request) -> Reply:
        root = "/2.0/repositories/space/repo/issues"
        if request.path.endswith("/comments"):
            number = int(request.path.removeprefix(f"{root}/").removesuffix("/comments"))
            text = f"Duplicate of #{self.issues[number].original}"
            return Reply({"values": [{"content": {"raw": text}, "created_on": self.issues[number].updated}]})
        assert request.path == root
        if request.query["pagelen"] == "1":
            return Reply({"size": self.number_of(is_whole=True), "values": []})
        assert request.query["sort"] == "updated_on"
        since = request.query.get("q", "").removeprefix("updated_on >= ") or None
        page = int(request.query["page"])
        issues, is_more = self.part(self.ordered(since), (page - 1) * self.per_page)
        following = {"next": f"https://elsewhere.example/?page={page + 1}"} if is_more else {}
        return Reply({"values": [self._shown(issue) for issue in issues], **following})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": issue.number,
            "title": issue.title,
            "content": {"raw": issue.body, "html": f"<p>{issue.body}</p>"},
            "kind": "bug",
            "state": "new" if issue.is_open else "duplicate" if issue.original else "resolved",
            "repository": {"full_name": "space/repo"},
            "links": {"html": {"href": f"{self.site}/space/repo/issues/{issue.number}"}},
            "created_on": CREATED,
            "updated_on": issue.updated,
        }


class Discourse(Listed):
    """A Discourse forum, the topic with the last post first."""

    service, path = "discourse", ""
    order, has_count, has_marks = "newest first", False, False
    in_hidden_category: frozenset[int] = frozenset()

    def __call__(self, request: Request) -> Reply:
        if request.path.startswith("/c/"):
            id = int(request.path.removeprefix("/c/").removesuffix("/show.json"))
            if id not in (5, 6):
                return Reply({"errors": ["not found"]}, 404)
            return Reply({"category": {"id": id, "read_restricted": id == 6}})
        if request.path.startswith("/t/"):
            issue = self.issues[int(request.path.removeprefix("/t/").removesuffix(".json"))]
            post = {"post_type": 1, "cooked": f"<p>{issue.body}</p>", "created_at": CREATED}
            return Reply({**self._shown(issue), "post_stream": {"posts": [post]}})
        assert request.path == "/latest.json"
        assert request.query["order"] == "activity"
        page = int(request.query["page"])
        issues, is_more = self.part(self.ordered(), page * self.per_page)
        listed: dict[str, Any] = {"topics": [self._shown(issue) for issue in issues]}
        if is_more:
            listed["more_topics_url"] = f"/latest?page={page + 1}"
        return Reply({"users": [], "topic_list": listed})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": issue.number,
            "title": issue.title,
            "slug": "x",
            "posts_count": 1,
            "closed": not issue.is_open,
            "visible": issue.number not in self.restricted,
            "category_id": 6 if issue.number in self.in_hidden_category else 5,
            "created_at": CREATED,
            "bumped_at": issue.updated,
            "last_posted_at": issue.updated,
        }


class StackExchange(Listed):
    """The API of Stack Exchange, which names fields by a filter."""

    service, path = "stackexchange", "stackoverflow/larks"
    has_url = False

    def __call__(self, request: Request) -> Reply:
        if request.path == "/2.3/filters/create":
            assert "question.body" in request.query["include"].split(";")
            return Reply({"items": [{"filter": "!abc", "filter_type": "safe"}]})
        assert request.path == "/2.3/questions"
        assert (request.query["site"], request.query["tagged"]) == ("stackoverflow", "larks")
        if request.query["filter"] == "total":
            return Reply({"total": self.number_of(is_whole=True)})
        assert request.query["filter"] == "!abc"
        assert (request.query["sort"], request.query["order"]) == ("activity", "asc")
        least, page = int(request.query.get("min", 0)), int(request.query["page"])
        changed = [it for it in self.since(None) if seconds(it.updated) >= least]
        issues, is_more = self.part(changed, (page - 1) * self.per_page)
        return Reply({"items": [self._shown(issue) for issue in issues], "has_more": is_more, "backoff": 0})

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "question_id": issue.number,
            "title": issue.title.replace("&", "&amp;"),
            "body": f"<p>{issue.body}</p>",
            "link": f"{self.site}/questions/{issue.number}",
            "creation_date": seconds(CREATED),
            "last_activity_date": seconds(issue.updated),
        }
        if not issue.is_open:
            shown |= {"closed_date": seconds(issue.updated), "closed_reason": "Duplicate"}
        if issue.original:
            shown["closed_details"] = {"original_questions": [{"question_id": issue.original}]}
        return shown


class Trello(Listed):
    """Trello's API: the newest card first, whatever changed."""

    service, path, project_name = "trello", "b0a4d", "The board"
    order, has_count = "none", False

    def __call__(self, request: Request) -> Reply:
        if request.path == "/1/boards/b0a4d":
            lists = [{"id": "l1", "name": "To do"}, {"id": "l2", "name": "Done"}]
            assert request.query["card_fields"] == "idShort,shortLink"
            cards = [
                {"id": self._id(it), "idShort": it.number, "shortLink": f"s{it.number}"}
                for it in self.ordered()
            ]
            return Reply({"id": "x", "name": self.project_name, "lists": lists, "cards": cards})
        assert request.path == "/1/boards/b0a4d/cards"
        assert (request.query["filter"], request.query["actions"]) == ("all", "commentCard")
        before = request.query.get("before", "~")
        issues = [issue for issue in self.ordered() if self._id(issue) < before]
        return Reply([self._shown(issue) for issue in issues[: self.per_page]])

    @staticmethod
    def _id(issue: StoredIssue) -> str:
        return f"{seconds(CREATED):08x}{issue.number:016x}"

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        comment = {
            "type": "commentCard",
            "date": issue.updated,
            "data": {"text": f"Duplicate of #{issue.original}", "card": {"id": self._id(issue)}},
        }
        return {
            "id": self._id(issue),
            "idShort": issue.number,
            "shortLink": f"s{issue.number}",
            "name": issue.title,
            "desc": issue.body,
            "idList": "l1" if issue.is_open else "l2",
            "closed": False,
            "labels": [],
            "dateLastActivity": issue.updated,
            "shortUrl": f"{self.site}/c/s{issue.number}",
            "actions": [comment] if issue.original else [],
        }


class Launchpad(Listed):
    """Launchpad's API: tasks, and a bug for each."""

    service, path = "launchpad", "larkq"
    has_token = False

    def __call__(self, request: Request) -> Reply:
        if request.path.startswith("/1.0/bugs/"):
            return Reply(self._bug(self.issues[int(request.path.rpartition("/")[2])]))
        assert request.path == "/1.0/larkq"
        assert (request.query["ws.op"], request.query["omit_duplicates"]) == ("searchTasks", "false")
        assert ("status", "Fix Released") in request.pairs
        if "ws.show" in request.query:
            return Reply(self.number_of(is_whole=True))
        assert request.query["order_by"] == "date_last_updated"
        start = int(request.query["ws.start"])
        since = request.query.get("modified_since")  # which leaves out what changed at this very time
        issues = [
            it
            for it in self.ordered()
            if not since or datetime.fromisoformat(it.updated) > datetime.fromisoformat(since)
        ]
        issues, is_more = self.part(issues, start)
        following = {"next_collection_link": "https://elsewhere.example/"} if is_more else {}
        return Reply({"entries": [self._task(issue) for issue in issues], "total_size": 5, **following})

    def _task(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "title": f'Bug #{issue.number} in Lark Q: "{issue.title}"',
            "self_link": f"{self.site}/1.0/larkq/+bug/{issue.number}",
            "bug_link": f"{self.site}/1.0/bugs/{issue.number}",
            "web_link": f"{self.site}/larkq/+bug/{issue.number}",
            "status": "New" if issue.is_open else "Fix Released",
            "date_created": CREATED,
            "date_closed": None if issue.is_open else issue.updated,
        }

    def _bug(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": issue.number,
            "title": issue.title,
            "description": issue.body,
            "self_link": f"{self.site}/1.0/bugs/{issue.number}",
            "web_link": f"{self.site}/bugs/{issue.number}",
            "duplicate_of_link": f"{self.site}/1.0/bugs/{issue.original}" if issue.original else None,
            "date_created": CREATED,
            "date_last_updated": issue.updated,
            "information_type": "Private" if issue.number in self.restricted else "Public",
        }


TABLE_SERVICES: list[type[Tracker]] = [
    *(
        Azure,
        Gitea,
        Codeberg,
        Linear,
        YouTrack,
        Zendesk,
        MantisBT,
        Sentry,
        Bitbucket,
        Discourse,
        StackExchange,
    ),
    *(Trello, Launchpad),
]
