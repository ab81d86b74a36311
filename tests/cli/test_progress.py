"""Long work shows its progress, on a terminal and elsewhere."""

import re

import pytest

from dupfind.cli import progress


def test_where_there_is_no_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 1000, 4))
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    with progress.progress() as begin:
        advance = begin("a\x1b[31m.db", 2000)
        for _ in range(8):
            advance(100)
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 4
    for line in lines:
        assert re.fullmatch(r"a\\x1b\[31m\.db: \d+ of 2,000 records, \d+/s, \d+:\d\d left", line), line


def test_no_time_left_is_told_of_the_first_few_records(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 1000, 20))  # a model loads before the first record
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    with progress.progress() as begin:
        advance = begin("a.db", 1500)
        advance(2)
        advance(48)
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"a\.db: 2 of 1,500 records, 0\.\d/s", first), first
    assert re.fullmatch(r"a\.db: 50 of 1,500 records, [\d.]+/s, [\d:]+ left", second), second


def test_quiet_work_says_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with progress.progress(quiet=True) as begin:
        begin("a.db", None)(1)
    assert capsys.readouterr().err == ""
    with progress.progress() as begin:
        begin("a.db", None)(1)
    assert "a.db: 1 record, " in capsys.readouterr().err


def test_a_terminal_gets_a_bar_for_each_piece_of_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "is_terminal", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "200")
    seconds = iter(range(0, 1000, 4))
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    with progress.progress() as begin:
        advance = begin("a\x1b[31m.db", 4000)
        advance(1000)
        advance(1000)
        begin("more", None)(3)
    *lines, last = capsys.readouterr().err.split("\r")[1:]
    assert last == "\x1b[K"  # nothing is left on the screen
    assert [line.removesuffix("\x1b[K").rpartition("]")[0] for line in lines[:3]] == [
        f"a\\x1b[31m.db [{'#' * n}{'.' * (20 - n)}" for n in (0, 0, 5)
    ]
    assert re.search(r" 2,000 of 4,000 records, \d+/s, \d:\d\d left\x1b\[K$", lines[2])
    assert lines[3].startswith("more")
    assert " 3 records, " in lines[4]


def test_a_bar_fits_the_terminal_and_is_painted_ten_times_a_second_at_most(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "is_terminal", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "40")
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with progress.progress() as begin:
        advance = begin("a name that is longer than the terminal is wide", 1000)
        for _ in range(1000):
            now[0] += 0.001
            advance(1)
    lines = capsys.readouterr().err.split("\r")[1:-1]
    assert 5 <= len(lines) <= 12
    assert all(len(line.removesuffix("\x1b[K")) <= 39 for line in lines)
