"""An issue with a million comments is read in bounded memory, and with its first comments."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record
from dupfind.sources.files import json_stream
from dupfind.sources.open import open_source
from tests.support.modules import import_line
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

MILLION = 1_000_000
LIMIT = 400 << 20
"""Bytes of memory beyond those of the imports; a million comments as objects take more than 600 MB."""

READER = f"""
import json, resource, sys
{import_line(open_source)}
def used():
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (used() + int(sys.argv[2]),) * 2)
for one in open_source(sys.argv[1]):
    print(json.dumps([one.id, [comment.text for comment in one.comments]]))
"""


def write_issue(path: Path, issue: dict[str, Any], *, around: tuple[str, str]) -> None:
    """Write an issue whose last value is a list of a million comments."""
    form = '{"body": "Host %d is down too", "created_at": "2024-01-01T00:00:00Z", "user": {"login": "ann"}}'
    with path.open("w", encoding="utf-8") as file:
        file.write(around[0] + json.dumps({**issue, "comments": []}).removesuffix("]}"))
        file.write(",".join(form % number for number in range(MILLION)))
        file.write("]}" + around[1])


ISSUE = {"id": 7, "title": "The reader crashes", "body": "The feed is open.", "state": "open"}
NEXT = json.dumps({"id": 8, "title": "Another", "body": "Text", "state": "open"})


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("issues.json", ("[", f", {NEXT}]")),
        ("issues.jsonl", ("", f"\n{NEXT}\n")),
    ],
)
def test_a_million_comments_on_one_issue_take_little_memory(
    name: str, around: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / name
    write_issue(path, ISSUE, around=around)
    assert path.stat().st_size > 64 << 20
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path), str(LIMIT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    (id, comments), (other, _) = map(json.loads, done.stdout.splitlines())
    assert (id, other) == ("7", "8")
    assert comments == [f"Host {number} is down too" for number in range(30)]


def read(path: Path) -> list[Record]:
    return list(open_source(str(path)))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large is what has more than 3,000 characters, and of its comments 50 at each end are kept."""
    monkeypatch.setattr(json_stream, "_WHOLE", 3_000)
    monkeypatch.setattr(json_stream, "_PIECE", 1_000)
    monkeypatch.setattr(json_stream, "MAX_COMMENTS", 50)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("is_newest_first", [False, True])
def test_the_oldest_comments_are_found_at_either_end_of_the_list(
    is_newest_first: bool, tmp_path: Path
) -> None:
    comments = [
        {"body": f"Comment {number}", "created_at": f"2024-01-01T{number // 60:02}:{number % 60:02}:00Z"}
        for number in range(1_000)
    ]
    issue = {**ISSUE, "comments": comments[::-1] if is_newest_first else comments}
    (tmp_path / "issues.json").write_text(json.dumps([issue]))
    [one] = read(tmp_path / "issues.json")
    assert [each.text for each in one.comments] == [f"Comment {number}" for number in range(30)]


@pytest.mark.usefixtures("few")
def test_only_lists_of_comments_are_shortened(tmp_path: Path) -> None:
    labels = [f"label {number}" for number in range(1_000)]
    nodes = [{"body": f"Comment {number}"} for number in range(1_000)]
    text = json.dumps(
        [
            {
                **ISSUE,
                "labels": labels,
                "comments": {"nodes": nodes, "totalCount": 1_000},
                "more": {"deep": labels},
            }
        ]
    )
    with (tmp_path / "x").open("w+") as file:
        file.write(text)
        file.seek(0)
        [value] = json_stream.values(file, "x", lambda *_: False)
    assert value.value["labels"] == value.value["more"]["deep"] == labels
    assert value.value["comments"]["totalCount"] == 1_000
    assert value.value["comments"]["nodes"] == nodes[:50] + nodes[-50:]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("broken", ["[1, 2,]", "[1 2]", '[1, {"a" 2}]', "[1, 2"])
def test_a_large_list_of_comments_that_is_broken_is_an_error(broken: str, tmp_path: Path) -> None:
    text = '[{"id": 1, "title": "' + "long " * 1_000 + '", "comments": ' + broken
    (tmp_path / "issues.json").write_text(text)
    with pytest.raises(SourceError, match="line 1: no JSON"):
        read(tmp_path / "issues.json")
