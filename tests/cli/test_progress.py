"""Long work tells how far it has come, and to whom."""

import pytest

from dupfind.cli import progress


def test_where_there_is_no_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 1000, 4))
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    with progress.progress("a\x1b[31m.db", total=2000) as advance:
        for _ in range(8):
            advance(100)
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 4
    assert all(line.startswith("a\\x1b[31m.db: ") and " of 2,000 records, " in line for line in lines)


def test_quiet_work_says_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with progress.progress("a.db", total=None, quiet=True) as advance:
        advance(1)
    assert capsys.readouterr().err == ""
    with progress.progress("a.db", total=None) as advance:
        advance(1)
    assert "a.db: 1 records, " in capsys.readouterr().err


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "is_terminal", lambda stream: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.progress("[b]a.db", total=4) as advance:
        advance(3)
    assert "[b]a.db" in capsys.readouterr().err
