"""Measure the speed of each file reader, and whether its memory grows with the file."""

import argparse
import csv
import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from common import DATA, emit, issues, make_tracker

from dupfind.sources.open import open_source

Issue = dict[str, Any]
Write = Callable[[Path, Iterator[Issue]], Path]

READ = f"""
import json, pathlib, sys, time
from {open_source.__module__} import open_source
source = open_source(sys.argv[1])
started, used = time.perf_counter(), time.process_time()
n = sum(1 for _ in source)
wall, cpu = time.perf_counter() - started, time.process_time() - used
# Unlike ru_maxrss, this starts at 0 with the program, not at the value of its parent process.
peak = int(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
print(json.dumps(dict(kind=source.kind, n=n, wall=wall, cpu=cpu, peak_mb=peak / 1024)))
"""


def main() -> None:
    """Write each container twice, read each in its own process, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("-n", type=int, default=100_000, help="issues in the large file")
    parser.add_argument("--only", nargs="+", choices=WRITERS, default=list(WRITERS))
    arguments = parser.parse_args()
    real = list(issues("titanium", "train", arguments.data))
    results = {}
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as folder:
            small, large = (
                read(WRITERS[name](fresh(folder, n), repeated(real, n)))
                for n in (arguments.n // 10, arguments.n)
            )
        assert large["n"] == arguments.n, (name, large)
        results[name] = {
            "kind": large["kind"],
            "per_cpu_s": round(large["n"] / large["cpu"]),
            "per_wall_s": round(large["n"] / large["wall"]),
            "peak_mb": [round(small["peak_mb"], 1), round(large["peak_mb"], 1)],
        }
        print(name, results[name], file=sys.stderr)
    emit(
        "reading",
        data="titanium train, repeated",
        load=round(os.getloadavg()[0], 2),
        n=arguments.n,
        **results,
    )


def fresh(folder: str, n: int) -> Path:
    path = Path(folder) / str(n)
    path.mkdir()
    return path


def read(path: Path) -> Issue:
    ran = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    result: Issue = json.loads(ran.stdout)
    return result


def repeated(real: list[Issue], n: int) -> Iterator[Issue]:
    """Yield issues of real titles and bodies, each with its own number."""
    for number in range(n):
        issue = real[number % len(real)]
        yield {**issue, "id": f"TIMOB-{number + 1}", "number": number + 1, "duplicate_of": None}


def jsonl(folder: Path, rows: Iterator[Issue]) -> Path:
    with (folder / "a.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder / "a.jsonl"


def packed(folder: Path, rows: Iterator[Issue]) -> Path:
    with gzip.open(folder / "a.jsonl.gz", "wt", compresslevel=1, encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder / "a.jsonl.gz"


def array(path: Path, head: str, rows: Iterator[Issue], tail: str) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        for number, row in enumerate(rows):
            file.write((", " if number else "") + json.dumps(row))
        file.write(tail)
    return path


def github(folder: Path, rows: Iterator[Issue]) -> Path:
    site = "https://api.github.com/repos/o/r"
    rows = (
        {
            "number": row["number"],
            "title": row["title"],
            "body": row["body"],
            "state": "closed",
            "state_reason": "completed",
            "html_url": f"https://github.com/o/r/issues/{row['number']}",
            "repository_url": site,
            "created_at": "2024-01-03T09:12:00Z",
            "updated_at": "2024-01-03T09:12:00Z",
            "closed_at": "2024-01-03T09:12:00Z",
            "labels": [{"name": "bug"}],
            "comments": 0,
        }
        for row in rows
    )
    return array(folder / "issues.json", "[", rows, "]")


def jira(folder: Path, rows: Iterator[Issue]) -> Path:
    status = {"name": "Closed", "statusCategory": {"key": "done"}}
    rows = (
        {
            "key": row["id"],
            "self": "https://jira.example.org/rest/api/2/issue/1",
            "fields": {
                "summary": row["title"],
                "description": row["body"],
                "status": status,
                "resolution": {"name": "Fixed"},
                "created": "2024-01-03T09:12:00.000+0000",
                "updated": "2024-01-03T09:12:00.000+0000",
                "issuelinks": [],
            },
        }
        for row in rows
    )
    return array(folder / "jira.json", '{"startAt": 0, "issues": [', rows, "]}")


def table(path: Path, header: list[str], rows: Iterator[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def plain_csv(folder: Path, rows: Iterator[Issue]) -> Path:
    header = ["id", "title", "body", "status", "created_at"]
    return table(folder / "a.csv", header, ([row[key] or "" for key in header] for row in rows))


def jira_csv(folder: Path, rows: Iterator[Issue]) -> Path:
    header = ["Summary", "Issue key", "Issue id", "Status", "Resolution", "Created", "Updated", "Description"]
    links = ["Outward issue link (Duplicate)"] * 2
    at = "03/Jan/24 9:12 AM"
    cells = (
        [row["title"], row["id"], "1", "Closed", "Fixed", at, at, row["body"] or "", "", ""] for row in rows
    )
    return table(folder / "jira.csv", header + links, cells)


def redmine_csv(folder: Path, rows: Iterator[Issue]) -> Path:
    header = [
        "#",
        "Project",
        "Status",
        "Subject",
        "Updated",
        "Created",
        "Closed",
        "Related issues",
        "Description",
    ]
    at = "01/18/2024 06:20 AM"
    cells = (
        [
            str(row["number"]),
            "titanium",
            "New",
            row["title"],
            at,
            at,
            "",
            "Is duplicate of #1",
            row["body"] or "",
        ]
        for row in rows
    )
    return table(folder / "redmine.csv", header, cells)


def linear_csv(folder: Path, rows: Iterator[Issue]) -> Path:
    header = [
        "ID",
        "Team",
        "Title",
        "Description",
        "Status",
        "Created",
        "Updated",
        "Completed",
        "Canceled",
        "UUID",
    ]
    at = "Thu Jan 18 2024 06:20:00 GMT+0000 (GMT+00:00)"
    cells = ([row["id"], "T", row["title"], row["body"] or "", "Todo", at, at, "", "", "1"] for row in rows)
    return table(folder / "linear.csv", header, cells)


def beads(folder: Path, rows: Iterator[Issue]) -> Path:
    at = "2024-01-18T06:20:00Z"
    with (folder / "issues.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            issue = {"id": row["id"], "title": row["title"], "description": row["body"], "priority": 2}
            issue |= {"status": "open", "issue_type": "bug", "created_at": at, "updated_at": at}
            file.write(json.dumps(issue) + "\n")
    return folder / "issues.jsonl"


def bitbucket(folder: Path, rows: Iterator[Issue]) -> Path:
    at = "2024-01-18T06:20:00.000000+00:00"
    rows = (
        {
            "id": row["number"],
            "title": row["title"],
            "content": row["body"],
            "kind": "bug",
            "status": "new",
            "created_on": at,
            "updated_on": at,
        }
        for row in rows
    )
    return array(folder / "db-1.0.json", '{"comments": [], "issues": [', rows, "]}")


def trac(folder: Path, rows: Iterator[Issue]) -> Path:
    path = folder / "trac.db"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE ticket (id INTEGER PRIMARY KEY, summary TEXT, description TEXT, status TEXT, resolution TEXT,"
            " time INTEGER, changetime INTEGER)"
        )
        database.execute(
            "CREATE TABLE ticket_change (ticket INTEGER, time INTEGER, field TEXT, newvalue TEXT)"
        )
        database.execute("CREATE TABLE system (name TEXT, value TEXT)")
        database.executemany(
            "INSERT INTO ticket VALUES (?, ?, ?, 'new', '', 1705558800000000, 1705558800000000)",
            ((row["number"], row["title"], row["body"]) for row in rows),
        )
    database.close()
    return path


def mantisbt_xml(folder: Path, rows: Iterator[Issue]) -> Path:
    with (folder / "issues.xml").open("w", encoding="utf-8") as file:
        file.write("<mantis>\n")
        for row in rows:
            file.write(
                f"<issue><id>{row['number']}</id><project id='1'>titanium</project><status id='50'>assigned</status>"
                f"<date_submitted>1705558800</date_submitted><summary>{escape(printable(row['title']))}</summary>"
                f"<description>{escape(printable(row['body']))}</description></issue>\n"
            )
        file.write("</mantis>")
    return folder / "issues.xml"


def archive(folder: Path, rows: Iterator[Issue]) -> Path:
    with ZipFile(folder / "a.zip", "w", ZIP_DEFLATED, compresslevel=1) as file:
        file.write(plain_csv(folder, rows), "a.csv")
    return folder / "a.zip"


def sqlite(folder: Path, rows: Iterator[Issue]) -> Path:
    make_tracker(folder / "tracker.db", rows)
    return folder / "tracker.db"


def stack_exchange(folder: Path, rows: Iterator[Issue]) -> Path:
    with (folder / "Posts.xml").open("w", encoding="utf-8") as file:
        file.write("<posts>\n")
        for row in rows:
            body = "".join(f"<p>{part}</p>" for part in printable(row["body"]).split("\n\n"))
            file.write(
                f'<row Id="{row["number"]}" PostTypeId="1" CreationDate="2024-01-03T09:12:00.000"'
                f" Title={quoteattr(printable(row['title']))} Body={quoteattr(body)} />\n"
            )
        file.write("</posts>")
    return folder / "Posts.xml"


def printable(text: str | None) -> str:
    """Remove characters that XML forbids; tags in the text stay, so that the parser has work."""
    return "".join(c for c in text or "" if c.isprintable() or c == "\n")


def parquet(folder: Path, rows: Iterator[Issue]) -> Path:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    schema = pyarrow.schema(
        [(key, pyarrow.string()) for key in ("id", "title", "body", "status", "created_at")]
    )
    with ParquetWriter(folder / "a.parquet", schema) as writer:
        while batch := list(islice(rows, 5_000)):
            columns = {key: [row.get(key) for row in batch] for key in schema.names}
            writer.write_table(pyarrow.table(columns, schema=schema))
    return folder / "a.parquet"


def markdown(folder: Path, rows: Iterator[Issue]) -> Path:
    for row in rows:
        matter = (
            f"id: {row['number']}\ntitle: {json.dumps(row['title'])}\nstatus: open\ncreated: 2024-01-18\n"
        )
        place = folder / f"{row['number'] % 100:02}"
        place.mkdir(exist_ok=True)
        body = (row["body"] or "").replace("\0", "").replace("\n---", "\n----")
        (place / f"{row['number']:06}.md").write_text(f"---\n{matter}---\n\n{body}\n", encoding="utf-8")
    return folder


WRITERS: dict[str, Write] = {
    "jsonl": jsonl,
    "jsonl.gz": packed,
    "github-rest": github,
    "jira-rest": jira,
    "csv": plain_csv,
    "jira-csv": jira_csv,
    "redmine-csv": redmine_csv,
    "linear-csv": linear_csv,
    "beads": beads,
    "bitbucket": bitbucket,
    "zip": archive,
    "sqlite": sqlite,
    "trac": trac,
    "mantisbt-xml": mantisbt_xml,
    "parquet": parquet,
    "stack-exchange": stack_exchange,
    "markdown": markdown,
}
"""What writes issues into a folder, and names the file or folder to read."""

if __name__ == "__main__":
    main()
