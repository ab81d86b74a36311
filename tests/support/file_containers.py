"""The corpus as folders of Markdown, as beads, as XML and as Parquet."""

import json
from datetime import datetime
from html import escape
from pathlib import Path

from tests.support.corpus import Issue, corpus, corpus_issues, originals


def front_matter(folder: Path) -> Path:
    """Write a Markdown file an issue, with the day of its creation and no time."""
    original_of = originals()
    project = folder / "files-frontmatter"
    (project / "issues").mkdir(parents=True)
    for issue in corpus_issues():
        number = issue["number"]
        lines = [
            f"id: {number}",
            f"title: {json.dumps(issue['title'], ensure_ascii=False)}",
            f"status: {issue['status']}",
            f"created: {issue['created'][:10]}",
            f"labels: [{', '.join(issue['labels'])}]",
        ]
        if number in original_of:
            lines.append(f"duplicate_of: {original_of[number]}")
        words = "-".join("".join(c if c.isalnum() else " " for c in issue["title"].lower()).split())
        text = "\n".join(["---", *lines, "---", "", issue["body"], ""])
        (project / "issues" / f"{number:04}-{words[:40]}.md").write_text(text, encoding="utf-8")
    return project


def beads(folder: Path) -> Path:
    original_of = originals()
    lines = []
    for issue in corpus_issues():
        own = f"kiln-{issue['number']}"
        line = {"id": own, "title": issue["title"], "description": issue["body"], "priority": 2}
        line |= {"status": issue["status"], "issue_type": "bug", "created_at": issue["created"]}
        line["updated_at"] = issue["updated"]
        if issue["number"] in original_of:
            original = f"kiln-{original_of[issue['number']]}"
            line["dependencies"] = [{"issue_id": own, "depends_on_id": original, "type": "duplicates"}]
        lines.append(json.dumps(line))
    (folder / ".beads").mkdir()
    (folder / ".beads" / "issues.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def backlog(folder: Path) -> Path:
    """Write the project folder of Backlog.md, which has no field for duplicates."""
    for issue in corpus_issues():
        is_open = issue["status"] == "open"
        tasks = folder / "backlog" / ("tasks" if is_open else "completed")
        tasks.mkdir(parents=True, exist_ok=True)
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
        (tasks / f"task-{issue['number']} - Some-Words.md").write_text(text, encoding="utf-8")
    return folder


def stack_exchange(folder: Path) -> Path:
    """Write HTML bodies, escaped once more in their attribute, with answers between the questions."""
    rows, links = [], []
    for issue in corpus_issues():
        closed = "" if issue["status"] == "open" else f' ClosedDate="{issue["updated"][:-1]}.000"'
        html = "".join(f"<p>{escape(part)}</p>\n" for part in issue["body"].split("\n\n"))
        rows.append(
            f'  <row Id="{issue["number"]}" PostTypeId="1" CreationDate="{issue["created"][:-1]}.000"'
            f' Body="{escape(html)}" Title="{escape(issue["title"])}"'
            f' LastActivityDate="{issue["updated"][:-1]}.000"{closed} />'
        )
        rows.append(f'  <row Id="{issue["number"] + 100}" PostTypeId="2" ParentId="1" Body="an answer" />')
    for number, (duplicate, original) in enumerate(corpus()["duplicates"]):
        links.append(
            f'  <row Id="{number}" PostId="{duplicate}" RelatedPostId="{original}" LinkTypeId="3" />'
        )
        links.append(f'  <row Id="{number}" PostId="{original}" RelatedPostId="7" LinkTypeId="1" />')
    for name, root, lines in (("Posts", "posts", rows), ("PostLinks", "postlinks", links)):
        text = '<?xml version="1.0" encoding="utf-8"?>\n<{0}>\n{1}\n</{0}>'.format(root, "\n".join(lines))
        (folder / f"{name}.xml").write_text(text, encoding="utf-8-sig")
    return folder


def mantisbt_xml(folder: Path) -> Path:
    """Write what the plugin XmlImportExport writes in German: choices by number, times in seconds since 1970."""
    resolutions = {None: 10, "fixed": 20, "duplicate": 60, "wontfix": 90, "invalid": 70}

    def seconds(time: str) -> int:
        return int(datetime.fromisoformat(time).timestamp())

    def note(comment: Issue) -> str:
        return f"<bugnote><id>1</id><note>{escape(comment['text'])}</note><view_state id='10'>x</view_state></bugnote>"

    def element(issue: Issue) -> str:
        notes = "".join(map(note, issue["comments"]))
        body = f"<description>{escape(issue['body'])}</description>" if issue["body"] else ""
        return (
            f"    <issue>\n        <id>{issue['number']}</id>\n        <project id='1'>kiln</project>"
            f"<reporter id='2'>{escape(issue['reporter'])}</reporter><severity id='50'>kleinerer Fehler</severity>"
            f"<status id='{50 if issue['status'] == 'open' else 80}'>zugewiesen</status>"
            f"<resolution id='{resolutions[issue.get('resolution')]}'>offen</resolution>"
            f"<date_submitted>{seconds(issue['created'])}</date_submitted>"
            f"<last_updated>{seconds(issue['updated'])}</last_updated><view_state id='10'>öffentlich</view_state>"
            f"<summary>{escape(issue['title'])}</summary>{body}<bugnotes>{notes}</bugnotes>\n    </issue>\n"
        )

    head = "<?xml version='1.0' encoding='UTF-8'?>\n<mantis version='2.26.0' urlbase='https://tracker.example.org/'"
    elements = "".join(map(element, corpus_issues()))
    path = folder / "exported_issues.xml"
    path.write_text(f"{head} issuelink='#' notelink='~' format='1'>\n{elements}</mantis>\n", encoding="utf-8")
    return path


def parquet(folder: Path) -> Path:
    import pyarrow
    from pyarrow.parquet import write_table

    original_of = originals()
    rows = [
        {
            "number": issue["number"],
            "title": issue["title"],
            "body": issue["body"] or None,
            "state": issue["status"],
            "created_at": datetime.fromisoformat(issue["created"]),
            "duplicate_of": original_of.get(issue["number"]),
        }
        for issue in corpus_issues()
    ]
    write_table(pyarrow.Table.from_pylist(rows), folder / "issues.parquet", row_group_size=10)
    return folder / "issues.parquet"
