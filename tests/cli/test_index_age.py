"""A person at a terminal is told that an index is old."""

from datetime import UTC, datetime, timedelta

import pytest

from dupfind.cli import index_age
from dupfind.cli.index_age import note_age

NOW = datetime(2025, 3, 1, tzinfo=UTC)


def index(days: float) -> dict[str, str]:
    return {"read_at": (NOW - timedelta(days=days)).isoformat()}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_age, "is_terminal", lambda _: True)


@pytest.mark.usefixtures("terminal")
def test_an_old_index_is_named_with_its_age_and_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    note_age(index(41), NOW)
    assert "41 days ago: `dupfind sync`" in capsys.readouterr().err


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("value", [None, {"read_at": None}, index(29)])
def test_a_fresh_index_or_one_of_unknown_age_needs_no_word(
    value: dict[str, str] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    note_age(value, NOW)
    assert capsys.readouterr().err == ""


def test_a_program_reads_the_time_instead(capsys: pytest.CaptureFixture[str]) -> None:
    note_age(index(400), NOW)
    assert capsys.readouterr().err == ""
