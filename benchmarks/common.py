"""Shared by all benchmarks: the real data, a tracker made from it, and the JSON line at the end."""

import gzip
import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dupfind.collection.collection import Collection
from dupfind.records import Comment
from dupfind.sources.open import open_source

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
"""Folder of the real trackers; see README.md in this folder."""


def issues(name: str, part: str = "", data: Path = DATA) -> Iterator[dict[str, Any]]:
    """Read the issues of a tracker in order of creation: ("titanium", "train"), ("hadoop", "")."""
    path = data / name / (f"issues.{part}.jsonl.gz" if part else "issues.jsonl.gz")
    if not path.exists():
        raise SystemExit(f"{path} is missing: pass --data with the folder that holds {name}/")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def make_tracker(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    """Write issues into a tracker.db of one table, and return how many there are."""
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE issues (id TEXT PRIMARY KEY, title TEXT, body TEXT, status TEXT, resolution TEXT,"
            " created_at TEXT, duplicate_of TEXT)"
        )
        cursor = database.executemany(
            "INSERT INTO issues VALUES (:id, :title, :body, :status, :resolution, :created_at, :duplicate_of)",
            ({"status": None, "resolution": None, **row} for row in rows),
        )
    database.close()
    return cursor.rowcount


def comments(name: str, part: str = "", data: Path = DATA) -> dict[str, list[Comment]]:
    """Read the comments of a tracker by the id of their issue, oldest first; {} where the data has none."""
    path = data / name / (f"comments.{part}.jsonl.gz" if part else "comments.jsonl.gz")
    found: dict[str, list[Comment]] = {}
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for comment in map(json.loads, lines):
                time = datetime.fromisoformat(comment["created_at"])
                found.setdefault(str(comment["issue_id"]), []).append(
                    Comment(comment["body"], time, comment["role"] == "bot")
                )
    return {issue: sorted(each, key=lambda comment: str(comment.at)) for issue, each in found.items()}


def indexed(folder: Path, name: str, part: str, data: Path = DATA, model: str | None = None) -> Collection:
    """Open an index of one part of the data in a folder; it is made from a tracker.db and comments if it is missing."""
    place = folder / f"{name}-{part}".strip("-")
    place.mkdir(parents=True, exist_ok=True)
    tracker = place / "tracker.db"
    if not tracker.exists():
        make_tracker(tracker, issues(name, part, data))
    with Collection.create(place / ".dupfind", model=model) as collection:
        source = open_source(str(tracker))
        by_issue = comments(name, part, data)
        records = (replace(record, comments=tuple(by_issue.get(record.id, ()))) for record in source)
        collection.index(records, source=source.name, complete=True)
    return Collection.open(place / ".dupfind")


def emit(benchmark: str, **numbers: Any) -> None:
    """Print the JSON line: the benchmark, the commit, the machine and the figures."""
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    print(json.dumps({"benchmark": benchmark, "commit": commit, "machine": machine(), **numbers}))


def machine() -> str:
    """Return the processor, its cores and whether it has AMX."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    model = next(
        (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")), ""
    )
    return f"{model}, {os.cpu_count()} cores{', AMX' if 'amx_bf16' in text else ''}"
