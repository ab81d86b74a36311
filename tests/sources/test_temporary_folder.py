"""Copies of a source are removed: at the end of their block, and by the next run after a kill."""

import gc
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.sources.open import open_source
from dupfind.sources.temporary_folder import PREFIX, TemporaryFolder, remove_abandoned, temporary_folder
from tests.support.paths import ROOT

READER = f"""
import sys
from {open_source.__module__} import open_source
records = open_source(sys.argv[1]).read()
next(iter(records))
print("reading", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A TMPDIR of this test alone."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return place


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    path = tmp_path / "tracker.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE issues (id INTEGER, title TEXT, body TEXT)")
        rows = ((number, f"abc {number}", "def") for number in range(2_000))
        connection.executemany("INSERT INTO issues VALUES (?, ?, ?)", rows)
    return path


@pytest.fixture
def reader(tracker: Path, place: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that reads a database, and waits."""
    command = [sys.executable, "-c", READER, str(tracker)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(place)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        yield process
        process.kill()


def test_a_copy_that_a_kill_left_is_removed_by_the_next_run(
    reader: "subprocess.Popen[str]", place: Path, tracker: Path
) -> None:
    [left] = place.iterdir()
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    assert next(left.rglob("copy.db")).stat().st_size > 10_000
    list(open_source(str(tracker)).read())
    assert left.exists()  # its process still reads
    reader.send_signal(signal.SIGKILL)
    reader.wait()
    assert left.exists()
    assert sum(1 for _ in open_source(str(tracker)).read()) == 2_000
    assert list(place.iterdir()) == []


def test_a_source_that_needs_no_copy_removes_it_too(
    reader: "subprocess.Popen[str]", place: Path, tmp_path: Path
) -> None:
    reader.send_signal(signal.SIGKILL)
    reader.wait()
    (tmp_path / "issues.jsonl").write_text('{"id": 1, "title": "abc"}\n', encoding="utf-8")
    open_source(str(tmp_path / "issues.jsonl"))
    assert list(place.iterdir()) == []


def test_what_is_not_an_abandoned_copy_stays(place: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "lock").touch()
    (place / f"{PREFIX}link").symlink_to(outside)
    (place / f"{PREFIX}file").touch()
    (place / f"{PREFIX}without-lock").mkdir()
    (place / f"{PREFIX}fifo").mkdir()
    os.mkfifo(place / f"{PREFIX}fifo" / "lock")
    (place / "dupfind-other").mkdir()
    (place / "dupfind-other" / "lock").touch()
    before = sorted(place.rglob("*"))
    remove_abandoned()
    assert sorted(place.rglob("*")) == before
    assert (outside / "lock").exists()


def test_a_folder_is_removed_with_its_block_or_its_last_reference(place: Path) -> None:
    with temporary_folder() as folder:
        (folder / "a").write_text("x", encoding="utf-8")
        remove_abandoned()
        assert (folder / "a").exists()
    assert list(place.iterdir()) == []
    held = TemporaryFolder()
    remove_abandoned()
    assert held.path.is_dir()
    del held
    gc.collect()
    assert list(place.iterdir()) == []
