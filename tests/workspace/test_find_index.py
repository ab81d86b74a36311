"""The index is the one that a person names, or the one that settings choose, or the nearest."""

from pathlib import Path

import pytest

from dupfind.errors import StoreError
from dupfind.workspace.find_index import find_index, nearest_index


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with an index, and a folder in a folder below it."""
    (tmp_path / "root" / ".dupfind").mkdir(parents=True)
    (tmp_path / "root" / "a" / "b").mkdir(parents=True)
    return tmp_path / "root"


def test_the_nearest_index_is_in_the_folder_or_in_one_above(root: Path) -> None:
    assert find_index(None, here=root) == root / ".dupfind"
    assert find_index(None, here=root / "a" / "b") == root / ".dupfind"
    (root / "a" / ".dupfind").mkdir()
    assert find_index(None, here=root / "a" / "b") == root / "a" / ".dupfind"
    assert nearest_index(root / "a") == root / "a" / ".dupfind"


def test_a_file_of_that_name_is_no_index(root: Path) -> None:
    (root / "a" / ".dupfind").write_text("")
    assert nearest_index(root / "a") == root / ".dupfind"


def test_without_any_it_is_the_one_that_the_folder_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_index(None) == Path(".dupfind")
    assert find_index(None, here=tmp_path) == tmp_path / ".dupfind"


def test_the_working_folder_is_where_the_search_begins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "a" / "b")
    assert find_index(None) == nearest_index() == root / ".dupfind"


def test_a_name_goes_before_a_choice_and_a_choice_before_the_nearest(root: Path) -> None:
    assert find_index(None, chosen=root / "tools", here=root) == root / "tools"
    assert find_index(root / "mine", chosen=root / "tools", here=root) == root / "mine"


@pytest.mark.parametrize("is_chosen", [True, False])
def test_an_index_that_leads_elsewhere_must_be_named(root: Path, is_chosen: bool) -> None:
    index = root / ".dupfind"
    (index / "models").symlink_to(root.parent)
    with pytest.raises(StoreError, match=f"pass --index {index}"):
        find_index(None, chosen=index if is_chosen else None, here=root)
    assert find_index(index, here=root) == index
