"""Containers of the shared corpus that are not in its folder, written as their trackers write them."""

import bz2
import csv
import gzip
import json
import lzma
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from backports import zstd

from tests.support.corpus import truth
from tests.support.paths import TRACKERS

Issue = dict[str, Any]
BERLIN = ZoneInfo("Europe/Berlin")


def originals() -> dict[int, int]:
    return dict(truth()["duplicates"])


def local(time: str, form: str) -> str:
    return datetime.fromisoformat(time).astimezone(BERLIN).strftime(form)


def table(
    path: Path,
    header: Sequence[str],
    row: Callable[[Issue], Iterable[object]],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> Path:
    with path.open("w", newline="", encoding=encoding, errors="replace") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(row(issue) for issue in truth()["issues"])
    return path


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def jira_csv(folder: Path) -> Path:
    """Dates of a person in Berlin; links and comments in as many columns of one name as are needed."""
    form = "%d/%b/%y %I:%M %p"
    found = originals()
    duplicates: dict[int, list[int]] = {}
    for duplicate, original in found.items():
        duplicates.setdefault(original, []).append(duplicate)

    def row(issue: Issue) -> list[object]:
        number = issue["number"]
        said = [f"{local(c['created'], form)};{c['author']};{c['text']}" for c in issue["comments"]]
        inward = [f"LARK-{other}" for other in duplicates.get(number, ())]
        return [
            issue["title"],
            f"LARK-{number}",
            10_000 + number,
            "Bug",
            "To Do" if issue["status"] == "open" else "Done",
            "LARK",
            (issue.get("resolution") or "Unresolved").capitalize(),
            local(issue["created"], form),
            local(issue["updated"], form),
            *(issue["labels"] + [""] * 2)[:2],
            issue["body"],
            *(inward + [""] * 2)[:2],
            f"LARK-{found[number]}" if number in found else "",
            "",
            *(said + [""] * 2)[:2],
        ]

    head = "Summary,Issue key,Issue id,Issue Type,Status,Project key,Resolution,Created,Updated,Labels,Labels"
    links = ["Inward issue link (Duplicate)"] * 2 + ["Outward issue link (Duplicate)"] * 2
    return table(folder / "jira.csv", [*head.split(","), "Description", *links, "Comment", "Comment"], row)


def redmine_csv(folder: Path) -> Path:
    """In German, with the byte order mark that spreadsheets want."""
    found = originals()
    head = "#,Projekt,Tracker,Status,Thema,Angelegt,Aktualisiert,Geschlossen am,Zugehörige Tickets,Beschreibung,Privat"

    def row(issue: Issue) -> list[object]:
        number = issue["number"]
        links = [f"Duplikat von #{found[number]}"] if number in found else []
        links += [f"Dupliziert durch #{other}" for other, original in found.items() if original == number]
        form = "%d.%m.%Y %H:%M"
        closed = "" if issue["status"] == "open" else local(issue["updated"], form)
        return [
            number,
            "larkq",
            "Fehler",
            "Neu" if issue["status"] == "open" else "Gelöst",
            issue["title"],
            local(issue["created"], form),
            local(issue["updated"], form),
            closed,
            ", ".join(["Bezieht sich auf #1", *links]),
            issue["body"],
            "Nein",
        ]

    return table(folder / "redmine.csv", head.split(","), row, encoding="utf-8-sig", delimiter=";")


def mantisbt_csv(folder: Path) -> Path:
    head = "Id,Project,Reporter,Priority,Severity,Reproducibility,Category,Date Submitted,View Status,Updated,Summary"

    def row(issue: Issue) -> list[object]:
        status = "assigned" if issue["status"] == "open" else "resolved"
        resolution = issue.get("resolution") or "open"
        form = "%Y-%m-%d %H:%M"
        times = [local(issue[key], form) for key in ("created", "updated")]
        start = [f"{issue['number']:07}", "larkq", issue["reporter"], "normal", "minor", "always", ""]
        end = [issue["title"], status, resolution, issue["body"]]
        return [*start, times[0], "public", times[1], *end]

    return table(folder / "mantis.csv", [*head.split(","), "Status", "Resolution", "Description"], row)


def linear_csv(folder: Path) -> Path:
    head = "ID,Team,Title,Description,Status,Created,Updated,Completed,Canceled,UUID,Duplicate of"
    found = originals()

    def row(issue: Issue) -> list[object]:
        form = "%a %b %d %Y %H:%M:%S GMT%z (GMT+01:00)"
        times = [local(issue[key], form) for key in ("created", "updated")]
        number, is_open = issue["number"], issue["status"] == "open"
        original = f"LAR-{found[number]}" if number in found else ""
        canceled = times[1] if original else ""
        completed = "" if is_open or original else times[1]
        status = "Backlog" if is_open else "Duplicate" if original else "Done"
        texts = [f"LAR-{number}", "Lark", issue["title"], issue["body"], status]
        return [*texts, *times, completed, canceled, f"0-{number}", original]

    return table(folder / "linear.csv", head.split(","), row)


def spreadsheet(folder: Path) -> Path:
    """Tabs and UTF-16, as a spreadsheet saves "Unicode text"."""
    found = originals()
    return table(
        folder / "sheet.txt",
        ["Issue ID", "Summary", "Description", "Status", "Duplicate of", "Created"],
        lambda issue: [
            issue["number"],
            issue["title"],
            issue["body"],
            issue["status"],
            found.get(issue["number"], ""),
            local(issue["created"], "%d/%m/%Y %H:%M:%S"),
        ],
        encoding="utf-16",
        delimiter="\t",
    )


def redmine_rest(folder: Path) -> Path:
    pairs = truth()["duplicates"]

    def one(issue: Issue) -> Issue:
        number = issue["number"]
        return {
            "id": number,
            "project": {"id": 1, "name": "larkq"},
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

    issues = [one(issue) for issue in truth()["issues"]]
    return written(folder / "redmine.json", {"issues": issues, "total_count": 24, "offset": 0, "limit": 100})


def bugzilla_rest(folder: Path) -> Path:
    found = originals()

    def one(issue: Issue) -> Issue:
        said = [issue["body"], *(comment["text"] for comment in issue["comments"])]
        return {
            "id": issue["number"],
            "summary": issue["title"],
            "product": "larkq",
            "groups": [],
            "status": "NEW" if issue["status"] == "open" else "RESOLVED",
            "resolution": (issue.get("resolution") or "").upper(),
            "dupe_of": found.get(issue["number"]),
            "creation_time": issue["created"],
            "last_change_time": issue["updated"],
            "comments": [{"count": n, "text": t, "is_private": False} for n, t in enumerate(said)],
        }

    return written(folder / "bugzilla.json", {"bugs": [one(issue) for issue in truth()["issues"]]})


def mantisbt_rest(folder: Path) -> Path:
    found = originals()

    def one(issue: Issue) -> Issue:
        number = issue["number"]
        links = [(0, "duplicate-of", found[number])] if number in found else []
        links += [(4, "has-duplicate", other) for other, original in found.items() if original == number]
        return {
            "id": number,
            "summary": issue["title"],
            "description": issue["body"],
            "project": {"id": 1, "name": "larkq"},
            "status": {"id": 80, "name": "resolved" if issue["status"] == "closed" else "feedback"},
            "resolution": {"id": 1, "name": issue.get("resolution") or "open"},
            "view_state": {"id": 10, "name": "public"},
            "created_at": local(issue["created"], "%Y-%m-%dT%H:%M:%S%z"),
            "updated_at": local(issue["updated"], "%Y-%m-%dT%H:%M:%S%z"),
            "relationships": [{"type": {"id": k, "name": n}, "issue": {"id": i}} for k, n, i in links],
        }

    return written(folder / "mantis.json", {"issues": [one(issue) for issue in truth()["issues"]]})


def jira_adf(folder: Path) -> Path:
    """Version 3 of Jira's REST API: pages of documents, one after the other."""
    path = folder / "jira3.json"
    said = json.loads((TRACKERS / "jira-rest.json").read_text(encoding="utf-8"))
    for issue in said["issues"]:
        lines = issue["fields"]["description"]
        content = [] if not lines else [{"type": "text", "text": lines}]
        document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": content}]}
        issue["fields"]["description"] = document
    pages = [{"issues": said["issues"][:10]}, {"issues": said["issues"][10:]}]
    path.write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    return path


def linear_graphql(folder: Path) -> Path:
    found = originals()

    def one(issue: Issue) -> Issue:
        number = issue["number"]
        links = [{"type": "duplicate", "relatedIssue": {"identifier": f"LAR-{found.get(number)}"}}]
        return {
            "identifier": f"LAR-{number}",
            "title": issue["title"],
            "description": issue["body"],
            "state": {"name": "x", "type": "backlog" if issue["status"] == "open" else "completed"},
            "createdAt": issue["created"],
            "updatedAt": issue["updated"],
            "url": f"https://linear.app/lark/issue/LAR-{number}",
            "relations": {"nodes": links if number in found else []},
        }

    nodes = [one(issue) for issue in truth()["issues"]]
    return written(folder / "linear.json", {"data": {"issues": {"nodes": nodes}}})


def bitbucket(folder: Path) -> Path:
    said = truth()

    def one(issue: Issue) -> Issue:
        return {
            "id": issue["number"],
            "title": issue["title"],
            "content": issue["body"],
            "kind": issue["kind"],
            "status": issue.get("resolution", "resolved") if issue["status"] == "closed" else "new",
            "created_on": issue["created"],
            "updated_on": issue["updated"],
        }

    comments = [
        {"id": n, "issue": i["number"], "content": c["text"], "created_on": c["created"], "user": None}
        for i in said["issues"]
        for n, c in enumerate(i["comments"])
    ]
    export = {"milestones": [], "attachments": [], "comments": comments, "meta": {}, "logs": []}
    return written(folder / "db-1.0.json", {**export, "issues": [one(i) for i in said["issues"]]})


def beads(folder: Path) -> Path:
    found = originals()
    lines = []
    for issue in truth()["issues"]:
        own = f"lark-{issue['number']}"
        line = {"id": own, "title": issue["title"], "description": issue["body"], "priority": 2}
        line |= {"status": issue["status"], "issue_type": "bug", "created_at": issue["created"]}
        line["updated_at"] = issue["updated"]
        if issue["number"] in found:
            original = f"lark-{found[issue['number']]}"
            line["dependencies"] = [{"issue_id": own, "depends_on_id": original, "type": "duplicates"}]
        lines.append(json.dumps(line))
    (folder / ".beads").mkdir()
    (folder / ".beads" / "issues.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def backlog(folder: Path) -> Path:
    """Backlog.md's own project folder, in which duplicates have no field."""
    for issue in truth()["issues"]:
        is_open = issue["status"] == "open"
        place = folder / "backlog" / ("tasks" if is_open else "completed")
        place.mkdir(parents=True, exist_ok=True)
        matter = (
            f"id: task-{issue['number']}\ntitle: {json.dumps(issue['title'])}\n"
            f"status: {'To Do' if is_open else 'Done'}\nassignee: []\n"
            f"created_date: '{issue['created'][:10]} {issue['created'][11:16]}'\n"
            f"updated_date: '{issue['updated'][:10]} {issue['updated'][11:16]}'\nlabels: []\ndependencies: []\n"
        )
        text = (
            f"---\n{matter}---\n\n## Description\n\n<!-- SECTION:DESCRIPTION:BEGIN -->\n{issue['body']}\n"
            "<!-- SECTION:DESCRIPTION:END -->\n\n## Acceptance Criteria\n<!-- AC:BEGIN -->\n- [ ] #1 It works\n"
        )
        (place / f"task-{issue['number']} - Some-Words.md").write_text(text, encoding="utf-8")
    return folder


def stack_exchange(folder: Path) -> Path:
    """Bodies are HTML, and HTML is escaped once more, being an attribute; answers stand between questions."""
    rows, links = [], []
    for issue in truth()["issues"]:
        closed = "" if issue["status"] == "open" else f' ClosedDate="{issue["updated"][:-1]}.000"'
        html = "".join(f"<p>{escape(part)}</p>\n" for part in issue["body"].split("\n\n"))
        rows.append(
            f'  <row Id="{issue["number"]}" PostTypeId="1" CreationDate="{issue["created"][:-1]}.000"'
            f' Body="{escape(html)}" Title="{escape(issue["title"])}"'
            f' LastActivityDate="{issue["updated"][:-1]}.000"{closed} />'
        )
        rows.append(f'  <row Id="{issue["number"] + 100}" PostTypeId="2" ParentId="1" Body="an answer" />')
    for number, (duplicate, original) in enumerate(truth()["duplicates"]):
        links.append(
            f'  <row Id="{number}" PostId="{duplicate}" RelatedPostId="{original}" LinkTypeId="3" />'
        )
        links.append(f'  <row Id="{number}" PostId="{original}" RelatedPostId="7" LinkTypeId="1" />')
    for name, root, lines in (("Posts", "posts", rows), ("PostLinks", "postlinks", links)):
        text = '<?xml version="1.0" encoding="utf-8"?>\n<{0}>\n{1}\n</{0}>'.format(root, "\n".join(lines))
        (folder / f"{name}.xml").write_text(text, encoding="utf-8-sig")
    return folder


def mantisbt_xml(folder: Path) -> Path:
    """As the plugin XmlImportExport writes it for a person in Germany: choices by number, times since 1970."""
    resolutions = {None: 10, "fixed": 20, "duplicate": 60, "wontfix": 90, "invalid": 70}

    def seconds(time: str) -> int:
        return int(datetime.fromisoformat(time).timestamp())

    def note(comment: Issue) -> str:
        return f"<bugnote><id>1</id><note>{escape(comment['text'])}</note><view_state id='10'>x</view_state></bugnote>"

    def one(issue: Issue) -> str:
        notes = "".join(map(note, issue["comments"]))
        body = f"<description>{escape(issue['body'])}</description>" if issue["body"] else ""
        return (
            f"    <issue>\n        <id>{issue['number']}</id>\n        <project id='1'>larkq</project>"
            f"<reporter id='2'>{escape(issue['reporter'])}</reporter><severity id='50'>kleinerer Fehler</severity>"
            f"<status id='{50 if issue['status'] == 'open' else 80}'>zugewiesen</status>"
            f"<resolution id='{resolutions[issue.get('resolution')]}'>offen</resolution>"
            f"<date_submitted>{seconds(issue['created'])}</date_submitted>"
            f"<last_updated>{seconds(issue['updated'])}</last_updated><view_state id='10'>öffentlich</view_state>"
            f"<summary>{escape(issue['title'])}</summary>{body}<bugnotes>{notes}</bugnotes>\n    </issue>\n"
        )

    head = "<?xml version='1.0' encoding='UTF-8'?>\n<mantis version='2.26.0' urlbase='https://tracker.example.org/'"
    said = "".join(map(one, truth()["issues"]))
    path = folder / "exported_issues.xml"
    path.write_text(f"{head} issuelink='#' notelink='~' format='1'>\n{said}</mantis>\n", encoding="utf-8")
    return path


def parquet(folder: Path) -> Path:
    import pyarrow
    from pyarrow.parquet import write_table

    found = originals()
    rows = [
        {
            "number": issue["number"],
            "title": issue["title"],
            "body": issue["body"] or None,
            "state": issue["status"],
            "created_at": datetime.fromisoformat(issue["created"]),
            "duplicate_of": found.get(issue["number"]),
        }
        for issue in truth()["issues"]
    ]
    write_table(pyarrow.Table.from_pylist(rows), folder / "issues.parquet", row_group_size=10)
    return folder / "issues.parquet"


def packed(name: str, pack: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def pack_file(folder: Path) -> Path:
        path = folder / f"{name}.packed"
        path.write_bytes(pack((TRACKERS / name).read_bytes()))
        return path

    return pack_file


def github_packed(folder: Path) -> Path:
    """Issues and comments apart, both packed."""
    for kind in ("issues", "comments"):
        data = (TRACKERS / f"github-rest-{kind}.json").read_bytes()
        (folder / f"{kind}.json.gz").write_bytes(gzip.compress(data))
    return folder / "issues.json.gz"


MADE: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "Jira as CSV": ("jira-csv", jira_csv),
    "Redmine as CSV": ("redmine-csv", redmine_csv),
    "MantisBT as CSV": ("mantisbt-csv", mantisbt_csv),
    "MantisBT as XML": ("mantisbt-xml", mantisbt_xml),
    "Linear as CSV": ("linear-csv", linear_csv),
    "a spreadsheet": ("tsv", spreadsheet),
    "Redmine's REST": ("redmine-rest", redmine_rest),
    "Bugzilla's REST": ("bugzilla-rest", bugzilla_rest),
    "MantisBT's REST": ("mantisbt-rest", mantisbt_rest),
    "Jira's documents": ("jira-rest", jira_adf),
    "Linear's GraphQL": ("linear", linear_graphql),
    "Bitbucket": ("bitbucket", bitbucket),
    "beads": ("beads-jsonl", beads),
    "Backlog.md": ("markdown", backlog),
    "Stack Exchange": ("stack-exchange", stack_exchange),
    "Parquet": ("parquet", parquet),
    "GitHub packed": ("github-rest", github_packed),
    "gzip": ("jsonl", packed("plain.jsonl", gzip.compress)),
    "zstd": ("gh", packed("gh-issue-list.json", zstd.compress)),
    "bzip2": ("gitlab-csv", packed("gitlab-export.csv", bz2.compress)),
    "xz": ("csv", packed("plain.csv", lzma.compress)),
}
"""Each container, with the kind that it is of, and what writes it into a folder."""
