"""The corpus as CSV: exports of Jira, GitLab, Redmine, MantisBT and Linear, a spreadsheet and a plain table."""

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.support.corpus import Issue, corpus_issues, originals

BERLIN = ZoneInfo("Europe/Berlin")


def berlin_time(time: str, form: str) -> str:
    """Write a time as a person in Berlin sees it."""
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
        writer.writerows(row(issue) for issue in corpus_issues())
    return path


def plain_csv(folder: Path) -> Path:
    columns = ("title", "body", "status")
    return table(
        folder / "plain.csv",
        ["id", *columns],
        lambda issue: [issue["number"], *(issue[column] for column in columns)],
    )


def gitlab_csv(folder: Path) -> Path:
    """Write GitLab's export, which names no duplicates."""
    head = "Title,Description,Issue ID,URL,State,Author,Author Username,Assignee,Assignee Username,Confidential,Locked"
    dates = "Due Date,Created At (UTC),Updated At (UTC),Closed At (UTC)"

    def row(issue: Issue) -> list[object]:
        number, is_open = issue["number"], issue["status"] == "open"
        created, updated = (issue[key].replace("T", " ").removesuffix("Z") for key in ("created", "updated"))
        return [
            issue["title"],
            issue["body"],
            number,
            f"https://gitlab.example.org/example/kiln/-/issues/{number}",
            "Open" if is_open else "Closed",
            *[issue["reporter"]] * 2,
            *[""] * 2,
            *["No"] * 2,
            "",
            created,
            updated,
            "" if is_open else updated,
            *[""] * 2,
            ",".join(issue["labels"]),
            *[0] * 2,
        ]

    rest = "Milestone,Weight,Labels,Time Estimate,Time Spent"
    return table(folder / "gitlab-export.csv", f"{head},{dates},{rest}".split(","), row)


def jira_csv(folder: Path) -> Path:
    """Write Jira's export for a person in Berlin; links and comments repeat the name of their column."""
    form = "%d/%b/%y %I:%M %p"
    original_of = originals()
    duplicates: dict[int, list[int]] = {}
    for duplicate, original in original_of.items():
        duplicates.setdefault(original, []).append(duplicate)

    def row(issue: Issue) -> list[object]:
        number = issue["number"]
        comments = [
            f"{berlin_time(comment['created'], form)};{comment['author']};{comment['text']}"
            for comment in issue["comments"]
        ]
        inward = [f"KILN-{other}" for other in duplicates.get(number, ())]
        return [
            issue["title"],
            f"KILN-{number}",
            10_000 + number,
            "Bug",
            "To Do" if issue["status"] == "open" else "Done",
            "KILN",
            (issue.get("resolution") or "Unresolved").capitalize(),
            berlin_time(issue["created"], form),
            berlin_time(issue["updated"], form),
            *(issue["labels"] + [""] * 2)[:2],
            issue["body"],
            *(inward + [""] * 2)[:2],
            f"KILN-{original_of[number]}" if number in original_of else "",
            "",
            *(comments + [""] * 2)[:2],
        ]

    head = "Summary,Issue key,Issue id,Issue Type,Status,Project key,Resolution,Created,Updated,Labels,Labels"
    links = ["Inward issue link (Duplicate)"] * 2 + ["Outward issue link (Duplicate)"] * 2
    return table(folder / "jira.csv", [*head.split(","), "Description", *links, "Comment", "Comment"], row)


def redmine_csv(folder: Path) -> Path:
    """Write Redmine's export in German, with the byte order mark that spreadsheets expect."""
    original_of = originals()
    head = "#,Projekt,Tracker,Status,Thema,Angelegt,Aktualisiert,Geschlossen am,Zugehörige Tickets,Beschreibung,Privat"

    def row(issue: Issue) -> list[object]:
        number = issue["number"]
        links = [f"Duplikat von #{original_of[number]}"] if number in original_of else []
        links += [
            f"Dupliziert durch #{other}" for other, original in original_of.items() if original == number
        ]
        form = "%d.%m.%Y %H:%M"
        closed = "" if issue["status"] == "open" else berlin_time(issue["updated"], form)
        return [
            number,
            "kiln",
            "Fehler",
            "Neu" if issue["status"] == "open" else "Gelöst",
            issue["title"],
            berlin_time(issue["created"], form),
            berlin_time(issue["updated"], form),
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
        created, updated = (berlin_time(issue[key], "%Y-%m-%d %H:%M") for key in ("created", "updated"))
        start = [f"{issue['number']:07}", "kiln", issue["reporter"], "normal", "minor", "always", ""]
        end = [issue["title"], status, resolution, issue["body"]]
        return [*start, created, "public", updated, *end]

    return table(folder / "mantis.csv", [*head.split(","), "Status", "Resolution", "Description"], row)


def linear_csv(folder: Path) -> Path:
    head = "ID,Team,Title,Description,Status,Created,Updated,Completed,Canceled,UUID,Duplicate of"
    original_of = originals()

    def row(issue: Issue) -> list[object]:
        form = "%a %b %d %Y %H:%M:%S GMT%z (GMT+01:00)"
        times = [berlin_time(issue[key], form) for key in ("created", "updated")]
        number, is_open = issue["number"], issue["status"] == "open"
        original = f"KIL-{original_of[number]}" if number in original_of else ""
        canceled = times[1] if original else ""
        completed = "" if is_open or original else times[1]
        status = "Backlog" if is_open else "Duplicate" if original else "Done"
        texts = [f"KIL-{number}", "Kiln", issue["title"], issue["body"], status]
        return [*texts, *times, completed, canceled, f"0-{number}", original]

    return table(folder / "linear.csv", head.split(","), row)


def spreadsheet(folder: Path) -> Path:
    """Write tabs and UTF-16, as a spreadsheet saves "Unicode text"."""
    original_of = originals()
    return table(
        folder / "sheet.txt",
        ["Issue ID", "Summary", "Description", "Status", "Duplicate of", "Created"],
        lambda issue: [
            issue["number"],
            issue["title"],
            issue["body"],
            issue["status"],
            original_of.get(issue["number"], ""),
            berlin_time(issue["created"], "%d/%m/%Y %H:%M:%S"),
        ],
        encoding="utf-16",
        delimiter="\t",
    )
