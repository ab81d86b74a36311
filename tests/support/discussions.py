"""A stand-in for GitHub where issues are talked about: comments, thumbs, labels, and who may do what."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from tests.support.fake_services import GitHub, Reply, Request, StoredIssue

BOT = "github-actions[bot]"
ROOT = "/api/v3/repos/owner/repo"


@dataclass(frozen=True)
class Said:
    """A comment."""

    id: int
    body: str
    author: str
    association: str = "NONE"
    thumbs_down: tuple[str, ...] = ()
    editor: str = ""


@dataclass
class Talk:
    """What belongs to an issue beside its title."""

    body: str = ""
    author: str = "ann"
    comments: list[Said] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    is_locked: bool = False


class Discussions(GitHub):
    """GitHub Enterprise with everything that a suggestion has to do with; comments come two a page."""

    def __init__(self, issues: dict[StoredIssue, str]) -> None:
        super().__init__(tuple(issues), per_page=100)
        self.talks = {issue.number: Talk(body) for issue, body in issues.items()}
        self.roles = {"ann": "read", "max": "triage"}
        self.viewer = BOT
        self.writes: list[tuple[str, str]] = []
        self._ids = 3_000_000_000  # beyond 32 bits, as GitHub's are

    def say(self, number: int, body: str, author: str, association: str = "NONE") -> Said:
        """Write a comment."""
        self._ids += 1
        self.talks[number].comments.append(Said(self._ids, body, author, association))
        return self.talks[number].comments[-1]

    def thumb(self, number: int, login: str) -> None:
        """Put a thumbs-down on our comment."""
        comments = self.talks[number].comments
        [place] = [at for at, said in enumerate(comments) if said.author == self.viewer]
        comments[place] = replace(comments[place], thumbs_down=(*comments[place].thumbs_down, login))

    def ours(self, number: int) -> list[str]:
        """The texts of our comments on an issue."""
        return [said.body for said in self.talks[number].comments if said.author == self.viewer]

    def __call__(self, request: Request) -> Reply:
        if request.method == "POST" and request.path == "/api/graphql" and "viewer" in request.body["query"]:
            return self._thread(request.body["variables"])
        if request.method in ("POST", "PATCH", "DELETE") and request.path.startswith(ROOT):
            self.writes.append((request.method, unquote(request.path.removeprefix(ROOT))))
            return self._write(request)
        if request.path.endswith("/permission"):
            role = self.roles.get(request.path.split("/")[-2])
            return Reply({"message": "Not Found"}, 404) if role is None else Reply({"role_name": role})
        return super().__call__(request)

    def shown(self, issue: StoredIssue) -> dict[str, Any]:
        talk = self.talks[issue.number]
        labels = [{"name": name} for name in talk.labels]
        return super().shown(issue) | {"body": talk.body, "created_at": issue.updated, "labels": labels}

    def _write(self, request: Request) -> Reply:
        path = [unquote(part) for part in request.path.removeprefix(f"{ROOT}/issues/").split("/")]
        if path[0] == "comments":
            found = [
                (talk, place)
                for talk in self.talks.values()
                for place, said in enumerate(talk.comments)
                if said.id == int(path[1])
            ]
            if not found:
                return Reply({"message": "Not Found"}, 404)
            [(talk, place)] = found
            if request.method == "DELETE":
                del talk.comments[place]
                return Reply(b"", 204)
            talk.comments[place] = replace(
                talk.comments[place], body=request.body["body"], editor=self.viewer
            )
            return Reply({"id": int(path[1])})
        talk = self.talks[int(path[0])]
        if path[1] == "comments":
            return Reply({"id": self.say(int(path[0]), request.body["body"], self.viewer).id}, 201)
        if request.method == "DELETE":
            if path[2] not in talk.labels:
                return Reply({"message": "Label does not exist"}, 404)
            talk.labels.remove(path[2])
        else:
            talk.labels += [name for name in request.body["labels"] if name not in talk.labels]
        return Reply([{"name": name} for name in talk.labels])

    def _thread(self, asked: dict[str, Any]) -> Reply:
        kept = self.issues.get(asked["number"])
        if kept is None or kept.is_pull:
            words = f"Could not resolve to an Issue with the number of {asked['number']}."
            nothing = {"viewer": {"login": self.viewer}, "repository": {"issue": None}}
            return Reply({"data": nothing, "errors": [{"type": "NOT_FOUND", "message": words}]})
        talk = self.talks[kept.number]
        start = int(asked["after"] or 0)
        end = start + 2
        page = {"hasNextPage": end < len(talk.comments), "endCursor": str(end)}
        issue = {
            "title": kept.title,
            "body": talk.body,
            "state": "OPEN" if kept.is_open else "CLOSED",
            "locked": talk.is_locked,
            "createdAt": kept.updated,
            "url": f"{self.site}/owner/repo/issues/{kept.number}",
            "author": actor(talk.author),
            "labels": {"nodes": [{"name": name} for name in talk.labels]},
            "timelineItems": {"nodes": talk.events},
            "comments": {
                "pageInfo": page,
                "nodes": [_shown(said, kept.number) for said in talk.comments[start:end]],
            },
        }
        return Reply({"data": {"viewer": {"login": self.viewer}, "repository": {"issue": issue}}})


def actor(login: str) -> dict[str, str] | None:
    """Who did something, as GraphQL shows people and programs; one who is gone is nobody."""
    if not login:
        return None
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login.removesuffix("[bot]"), "__typename": kind}


def _shown(said: Said, number: int) -> dict[str, Any]:
    return {
        "url": f"https://git.example.org/owner/repo/issues/{number}#issuecomment-{said.id}",
        "body": said.body,
        "authorAssociation": said.association,
        "author": actor(said.author),
        "editor": actor(said.editor),
        "reactions": {"nodes": [{"user": {"login": login}} for login in said.thumbs_down]},
    }
