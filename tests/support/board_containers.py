"""The corpus as boards, and as JSON of trackers whose export is one object or names everything by its address."""

import json
import re
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from tests.support.corpus import Issue, corpus, corpus_issues, originals
from tests.support.json_containers import API, PAGE, github_comments, github_issues, write_json

_FENCE = re.compile(r"```\n(.*?)\n```", re.DOTALL)


def as_html(text: str) -> str:
    """Write Markdown of paragraphs and code in fences as HTML."""
    parts = _FENCE.split(text)
    for at, part in enumerate(parts):
        paragraphs = escape(part).strip("\n").replace("\n\n", "</p><p>").replace("\n", "<br>")
        parts[at] = f"<pre>{escape(part)}</pre>" if at % 2 else f"<p>{paragraphs}</p>" if paragraphs else ""
    return "".join(parts)


def milliseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp()) * 1000


def trello_board() -> dict[str, Any]:
    """Return a board of which one list is open and one is done; the id of a card begins with its time."""

    def card(issue: Issue) -> dict[str, Any]:
        number, seconds = issue["number"], milliseconds(issue["created"]) // 1000
        return {
            "id": f"{seconds:08x}{number:016x}",
            "idShort": number,
            "idList": "open" if issue["status"] == "open" else "done",
            "name": issue["title"],
            "desc": issue["body"],
            "closed": False,
            "dateLastActivity": issue["updated"],
            "labels": [{"name": label} for label in issue["labels"]],
            "shortLink": f"card{number}",
            "shortUrl": f"https://trello.com/c/card{number}",
        }

    cards = list(map(card, corpus_issues()))
    base_url = corpus()["base_url"]
    actions = [
        {
            "type": "commentCard",
            "date": comment["created"],
            "data": {
                "text": comment["text"].replace(base_url, "https://trello.com/c/card"),
                "card": {"id": made["id"], "idShort": made["idShort"]},
            },
        }
        for made, issue in zip(cards, corpus_issues(), strict=True)
        for comment in issue["comments"]
    ]
    lists = [{"id": "open", "name": "To do"}, {"id": "done", "name": "Done"}]
    head = {"id": "5f0000000000000000000000", "name": "kiln", "desc": "All of it", "closed": False}
    return {**head, "labels": [], "lists": lists, "actions": actions[::-1], "cards": cards}


def trello(folder: Path) -> Path:
    return write_json(folder / "board.json", trello_board())


def wekan(folder: Path) -> Path:
    def card(issue: Issue) -> dict[str, Any]:
        return {
            "_id": f"c{issue['number']}",
            "cardNumber": issue["number"],
            "title": issue["title"],
            "description": issue["body"],
            "listId": "a",
            "archived": issue["status"] != "open",
            "createdAt": issue["created"],
            "modifiedAt": issue["updated"],
            "labelIds": [],
        }

    comments = [
        {
            "_id": f"k{n}",
            "cardId": f"c{issue['number']}",
            "createdAt": comment["created"],
            "text": comment["text"],
        }
        for issue in corpus_issues()
        for n, comment in enumerate(issue["comments"])
    ]
    for comment in comments:
        comment["text"] = comment["text"].replace(corpus()["base_url"], "#")
    board = {
        "_format": "wekan-board-1.0.0",
        "_id": "b",
        "title": "kiln",
        "lists": [{"_id": "a", "title": "All"}],
    }
    return write_json(
        folder / "wekan.json", {**board, "cards": list(map(card, corpus_issues())), "comments": comments}
    )


def youtrack(folder: Path) -> Path:
    original_of = originals()
    kind = {"name": "Duplicate", "sourceToTarget": "is duplicated by", "targetToSource": "duplicates"}

    def youtrack_issue(issue: Issue) -> dict[str, Any]:
        number, is_open = issue["number"], issue["status"] == "open"
        state = {"name": (issue.get("resolution") or "Open").capitalize(), "isResolved": not is_open}
        links = [
            {"direction": "INWARD", "linkType": kind, "issues": [{"idReadable": f"KILN-{original}"}]}
            for original in [original_of.get(number)]
            if original
        ]
        links += [
            {"direction": "OUTWARD", "linkType": kind, "issues": [{"idReadable": f"KILN-{other}"}]}
            for other, original in original_of.items()
            if original == number
        ]
        return {
            "id": f"2-{number}",
            "idReadable": f"KILN-{number}",
            "summary": issue["title"],
            "description": issue["body"],
            "created": milliseconds(issue["created"]),
            "updated": milliseconds(issue["updated"]),
            "resolved": None if is_open else milliseconds(issue["updated"]),
            "customFields": [{"name": "State", "value": state}],
            "links": links,
        }

    return write_json(folder / "youtrack.json", list(map(youtrack_issue, corpus_issues())))


def azure_rest(folder: Path) -> Path:
    original_of = originals()

    def work_item(issue: Issue) -> dict[str, Any]:
        number, is_open = issue["number"], issue["status"] == "open"
        text_key = "Microsoft.VSTS.TCM.ReproSteps" if issue["kind"] == "bug" else "System.Description"
        address = "https://dev.azure.com/kiln/_apis/wit/workItems"
        relations = [{"rel": "System.LinkTypes.Related", "url": f"{address}/1"}]
        relations += [
            {"rel": "System.LinkTypes.Duplicate-Reverse", "url": f"{address}/{original_of[number]}"}
            for _ in range(number in original_of)
        ]
        return {
            "id": number,
            "url": f"{address}/{number}",
            "fields": {
                "System.TeamProject": "kiln",
                "System.Title": issue["title"],
                text_key: as_html(issue["body"]),
                "System.State": "Active" if is_open else "Closed",
                "System.Reason": issue.get("resolution") or "New",
                "System.CreatedDate": issue["created"],
                "System.ChangedDate": issue["updated"],
            },
            "_links": {"html": {"href": f"https://dev.azure.com/kiln/_workitems/edit/{number}"}},
            "relations": relations,
        }

    items = list(map(work_item, corpus_issues()))
    return write_json(folder / "workitems.json", {"count": len(items), "value": items})


def sourceforge(folder: Path) -> Path:
    """Write the export of a tracker, with one state that only its list of names calls closed."""

    def ticket(issue: Issue) -> dict[str, Any]:
        closed = (
            "put-to-rest" if issue.get("resolution") == "wontfix" else f"closed-{issue.get('resolution')}"
        )
        times = (issue[key].replace("T", " ").removesuffix("Z") for key in ("created", "updated"))
        return {
            "_id": f"{issue['number']:024x}",
            "ticket_num": issue["number"],
            "summary": issue["title"],
            "description": issue["body"],
            "status": "open-accepted" if issue["status"] == "open" else closed,
            **dict(zip(("created_date", "mod_date"), times, strict=True)),
            "private": False,
            "discussion_thread": {
                "_id": "d",
                "posts": [{"text": it["text"], "timestamp": it["created"]} for it in issue["comments"]],
            },
        }

    names = {"open_status_names": "open open-accepted", "closed_status_names": "closed put-to-rest"}
    return write_json(
        folder / "bugs.json", {"tickets": list(map(ticket, corpus_issues())), "milestones": [], **names}
    )


def github_archive(folder: Path) -> Path:
    """Write a migration archive as a folder: two files of issues, and comments that are numbered apart."""

    def archived(issue: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "issue",
            "url": issue["html_url"],
            "repository": PAGE,
            "user": f"https://github.com/{issue['user']['login']}",
            "labels": [f"{PAGE}/labels/{label['name'].replace(' ', '%20')}" for label in issue["labels"]],
            **{key: issue[key] for key in ("title", "body", "created_at", "updated_at", "closed_at")},
        }

    issues = [archived(issue) for issue in github_issues() if "pull_request" not in issue]
    comments = [
        {
            "type": "issue_comment",
            "url": comment["html_url"],
            "issue": comment["html_url"].partition("#")[0],
            "user": f"https://github.com/{comment['user']['login']}",
            "body": comment["body"],
            "created_at": comment["created_at"],
        }
        for comment in github_comments()
    ]
    for comment in comments:
        number = int(comment["issue"].rpartition("/")[2])
        comment["created_at"] = issues[number - 1]["updated_at"]  # nobody waits before closing a duplicate
    write_json(folder / "issues_000001.json", issues[:13])
    write_json(folder / "issues_000002.json", issues[13:])
    write_json(folder / "issue_comments_000001.json", comments)
    return folder


def gh_archive(folder: Path) -> Path:
    """Write events: each issue open, then as it is now, then its comments, and a push between them."""
    comments = github_comments()
    lines = []
    for number, issue in enumerate(github_issues()):
        events: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
            ("opened", {**issue, "state": "open", "state_reason": None, "closed_at": None}, None)
        ]
        events.append(("edited", issue, None))
        events += [("created", issue, it) for it in comments if it["issue_url"] == issue["url"]]
        for at, (action, seen, comment) in enumerate(events):
            kind = "IssuesEvent" if comment is None else "IssueCommentEvent"
            payload = {"action": action, "issue": seen, **({} if comment is None else {"comment": comment})}
            event = {"id": f"{number:05}{at}", "type": kind, "actor": {"login": "x"}, "payload": payload}
            event |= {"repo": {"name": "example/kiln"}, "created_at": f"2026-01-01T00:00:{at:02}Z"}
            lines.append(event)
    push = {**lines[0], "type": "PushEvent", "payload": {"commits": [{"message": "a"}]}}
    lines.insert(5, push)
    path = folder / "2026-01-01-0.json"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def metadata_backup(folder: Path) -> Path:
    """Write a file for each issue, in which the issue and its events stand next to each other."""
    (folder / "issues").mkdir()
    for issue in github_issues():
        events = [
            {"event": "commented", "actor": it["user"], "created_at": it["created_at"], "body": it["body"]}
            for it in github_comments()
            if it["issue_url"] == issue["url"]
        ]
        wrapped = {"type": "issue", "issue": issue, "events": events}
        write_json(folder / "issues" / f"{issue['number']}.json", wrapped)
    return folder


def perceval(folder: Path) -> Path:
    """Write what Perceval prints of a repository, a line for each issue, with its comments inside."""
    lines = []
    for issue in github_issues()[:24]:
        data = {**issue, "comments_data": [it for it in github_comments() if it["issue_url"] == issue["url"]]}
        item = {"backend_name": "GitHub", "category": "issue", "origin": PAGE, "uuid": "x", "tag": API}
        lines.append(json.dumps({**item, "updated_on": 1.0, "data": data}))
    path = folder / "perceval.json"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def gitlab_export(folder: Path) -> Path:
    """Write the folder that GitLab exports, in which a note of GitLab names the original."""
    original_of = originals()
    project = folder / "tree" / "project"
    project.mkdir(parents=True)

    def line(issue: Issue) -> str:
        number, is_open = issue["number"], issue["status"] == "open"
        notes = [
            {"note": it["text"], "system": False, "created_at": it["created"]} for it in issue["comments"]
        ]
        if number in original_of:
            note = f"marked this issue as a duplicate of #{original_of[number]}"
            notes.append({"note": note, "system": True, "created_at": issue["updated"]})
        fields = {
            "id": 900 + number,
            "iid": number,
            "title": issue["title"],
            "description": issue["body"],
            "state": "opened" if is_open else "closed",
            "confidential": False,
            "created_at": issue["created"],
            "updated_at": issue["updated"],
            "closed_at": None if is_open else issue["updated"],
            "notes": notes,
        }
        return json.dumps(fields) + "\n"

    (project / "issues.ndjson").write_text("".join(map(line, corpus_issues())), encoding="utf-8")
    write_json(folder / "tree" / "project.json", {"description": "kiln", "visibility_level": 20})
    return folder


def launchpad(folder: Path) -> Path:
    """Write tasks with their bugs, as Perceval stores them."""
    original_of = originals()
    api = "https://api.launchpad.net/1.0"

    def task(issue: Issue) -> dict[str, Any]:
        number, is_open = issue["number"], issue["status"] == "open"
        statuses = {"fixed": "Fix Released", "wontfix": "Won't Fix", "invalid": "Invalid"}
        original = original_of.get(number)
        bug = {
            "id": number,
            "title": issue["title"],
            "description": issue["body"],
            "date_created": issue["created"],
            "date_last_updated": issue["updated"],
            "private": False,
            "web_link": f"https://bugs.launchpad.net/bugs/{number}",
            "duplicate_of_link": None if original is None else f"{api}/bugs/{original}",
        }
        return {
            "title": f'Bug #{number} in kiln: "{issue["title"]}"',
            "status": "New" if is_open else statuses.get(str(issue.get("resolution")), "Invalid"),
            "self_link": f"{api}/kiln/+bug/{number}",
            "bug_link": f"{api}/bugs/{number}",
            "date_created": issue["created"],
            "bug_data": bug,
        }

    return write_json(folder / "launchpad.json", {"entries": list(map(task, corpus_issues()))})


def shortcut(folder: Path) -> Path:
    pairs = corpus()["duplicates"]

    def story(issue: Issue) -> dict[str, Any]:
        number, is_open = issue["number"], issue["status"] == "open"
        return {
            "id": number,
            "name": issue["title"],
            "description": issue["body"],
            "story_type": "bug",
            "workflow_state_id": 5,
            "completed": not is_open,
            "completed_at": None if is_open else issue["updated"],
            "created_at": issue["created"],
            "updated_at": issue["updated"],
            "app_url": f"https://app.shortcut.com/kiln/story/{number}",
            "story_links": [
                {"subject_id": a, "object_id": b, "verb": "duplicates"} for a, b in pairs if number in (a, b)
            ],
        }

    return write_json(folder / "stories.json", {"data": list(map(story, corpus_issues())), "next": None})
