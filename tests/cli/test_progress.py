"""Long work shows its progress, on a terminal and elsewhere."""

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
    assert all(line.startswith("a\\x1b[31m.db: ") and " of 2,000 records, " in line for line in lines)


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
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.progress() as begin:
        begin("[b]a.db", 4)(3)
        begin("[b]more", None)(3)
    shown = capsys.readouterr().err
    assert "[b]a.db" in shown
    assert "[b]more" in shown
