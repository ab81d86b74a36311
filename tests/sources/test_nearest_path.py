"""A misspelt path is answered with the nearest one that exists."""

from pathlib import Path

import pytest

from dupfind.sources import nearest_path
from dupfind.sources.nearest_path import misspelt


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tracker.db").touch()
    (tmp_path / "Exports").mkdir()
    (tmp_path / "Exports/issues.csv.gz").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("trackr.db", "tracker.db"),
        ("TRACKER.DB", "tracker.db"),
        ("tracker", "tracker.db"),
        ("exports", "Exports"),
        ("Exports/issues.csv", "Exports/issues.csv.gz"),
        ("Exports/isues.csv.gz", "Exports/issues.csv.gz"),
    ],
)
def test_the_nearest_name_of_the_folder_is_proposed(here: Path, path: str, nearest: str) -> None:
    assert misspelt(path) == f"; did you mean {Path(nearest)}?"
    assert misspelt(here / path) == f"; did you mean {here / nearest}?"


@pytest.mark.parametrize("path", ["bugs.json", "", "nowhere/tracker.db", "a\x00b", "t"])
def test_without_a_near_name_nothing_is_proposed(here: Path, path: str) -> None:
    assert misspelt(path) == ""


def test_a_large_folder_is_read_in_part(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_path, "_MOST_NAMES", 0)
    assert misspelt("trackr.db") == ""
