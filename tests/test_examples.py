"""The scripts in examples/ run as their docstrings say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.tiny_models import needs_minilm

pytestmark = [pytest.mark.slow, pytest.mark.model, needs_minilm]

EXAMPLES = ROOT / "examples"


def script(name: str, *arguments: object, code: int = 0) -> str:
    """Run a script; return its standard output."""
    process = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.returncode == code, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two issues and a copy of the first one."""
    folder = tmp_path_factory.mktemp("examples")
    issues = [
        {"id": 1, "title": "Upload stops at 99 percent", "body": "The progress bar stays at 99 % for ever."},
        {"id": 2, "title": "Dark mode for the dashboard", "body": "White hurts at night."},
        {"id": 3, "title": "Upload stops at 99 percent", "body": "The progress bar stays at 99 % for ever."},
    ]
    (folder / "issues.json").write_text(json.dumps(issues))
    subprocess.run(
        [sys.executable, "-m", "dupfind", "index", "-q", "--index", "index", "issues.json"],
        cwd=folder,
        check=True,
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return folder / "index"


def test_index_and_query_finds_the_crash_first(tmp_path: Path) -> None:
    first = script("index_and_query.py", tmp_path / "index").splitlines()
    assert first[0] == "3 new, 0 unchanged, 6 texts encoded"
    assert first[1].startswith("1. #1 Crash on startup (score 0.")
    assert len(first) == 3
    again = script("index_and_query.py", tmp_path / "index").splitlines()
    assert again == ["0 new, 3 unchanged, 0 texts encoded", *first[1:]]


def test_batch_report_writes_one_line_for_the_pair(index: Path) -> None:
    head, line = script("batch_report.py", index).splitlines()
    assert head.split("\t") == ["cluster", "duplicate", "canonical", "score", "title"]
    assert line.split("\t") == ["1", "3", "1", "1.0", "Upload stops at 99 percent"]


def test_check_new_issues_fails_on_the_copy_alone(index: Path, tmp_path: Path) -> None:
    copy = {
        "id": "a",
        "title": "Upload stops at 99 percent",
        "body": "The progress bar stays at 99 % for ever.",
    }
    other = {"id": "b", "title": "Translate the manual", "body": "Into Portuguese, please."}
    (tmp_path / "new.json").write_text(json.dumps([copy, other]))
    first, second = script("check_new_issues.py", index, tmp_path / "new.json", code=1).splitlines()
    assert first.startswith("a: likely duplicate of #1: ")
    assert second == "b: no duplicate"
    (tmp_path / "new.json").write_text(json.dumps([other]))
    assert script("check_new_issues.py", index, tmp_path / "new.json") == "b: no duplicate\n"
