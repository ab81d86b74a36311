"""A misspelt path is answered with the nearest one that exists."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.sources import nearest_path
from dupfind.sources.nearest_path import as_project, misspelt
from dupfind.sources.open import open_source


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
        ("exprts/", "Exports"),
        ("Exports/issues.csv", "Exports/issues.csv.gz"),
        ("Exports/isues.csv.gz", "Exports/issues.csv.gz"),
    ],
)
def test_the_nearest_name_of_the_folder_is_proposed(here: Path, path: str, nearest: str) -> None:
    assert misspelt(path) == f"; did you mean {Path(nearest)}?"
    assert misspelt(f"{here}/{path}") == f"; did you mean {here / nearest}?"


@pytest.mark.parametrize("path", ["bugs.json", "", "nowhere/tracker.db", "a\x00b", "t"])
def test_without_a_near_name_nothing_is_proposed(here: Path, path: str) -> None:
    assert misspelt(path) == ""


def test_a_path_like_that_of_a_project_is_answered_with_how_a_project_is_written(here: Path) -> None:
    with pytest.raises(SourceError, match=r"check the path; a project on GitHub is github:ada/loom$"):
        open_source("ada/loom")
    assert misspelt("ada/loom") == ""  # where a file of issues is meant, as in a check
    for other in ("ada/loom.csv", "ada/loom/issues", "ada/", f"{here}/ada/loom", "../ada", "Exports/loom"):
        assert as_project(other) == ""


def test_a_link_to_a_missing_file_is_not_proposed_for_itself(here: Path) -> None:
    (here / "issues.json").symlink_to("gone")
    assert misspelt("issues.json") == ""
    (here / "issue.json").touch()
    assert misspelt("issues.json") == "; did you mean issue.json?"


def test_a_large_folder_is_read_in_part(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (here / f"note {number}").touch()
    seen: list[str] = []
    scandir = os.scandir

    @contextmanager
    def counting(folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scandir(folder) as entries:
            yield (seen.append(entry.name) or entry for entry in entries)  # type: ignore[func-returns-value]

    monkeypatch.setattr(os, "scandir", counting)
    monkeypatch.setattr(nearest_path, "_MOST_NAMES", 5)
    misspelt("trackr.db")
    assert len(seen) == 5
