"""An index holds texts of issues, so that only its owner reads what dupfind creates."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from tests.support.samples import WordEncoder, corpus


@pytest.fixture(autouse=True)
def usual_mask() -> Iterator[None]:
    """The mask of most machines, by which a new file can be read by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Return the permissions of a folder and all in it but the lock, which is empty."""
    places = (folder, *(place for place in folder.rglob("*") if place.name != "writer.lock"))
    return {str(place.relative_to(folder)): stat.S_IMODE(place.stat().st_mode) for place in places}


def indexed(folder: Path) -> WritableCollection:
    collection = Collection.create(folder, encoder=WordEncoder())
    collection.index(corpus(20), source="one")
    return collection


def test_only_its_owner_reads_an_index(tmp_path: Path) -> None:
    with indexed(tmp_path / "a" / "index"):
        during = modes(tmp_path / "a" / "index")
    after = modes(tmp_path / "a" / "index")
    assert {"dupfind.db", "dupfind.db-wal", "dupfind.db-shm"} < during.keys()
    assert any(name.endswith(".faiss") for name in after)
    for seen in (during, after):
        for name, mode in seen.items():
            is_folder = (tmp_path / "a" / "index" / name).is_dir()
            assert mode == (0o700 if is_folder else 0o600), (name, oct(mode))
    # The folders above it are no part of the index.
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755


def test_permissions_that_somebody_chose_stay(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.mkdir(mode=0o755)
    indexed(folder).close()
    assert modes(folder)["."] == 0o755
    (folder / "dupfind.db").chmod(0o644)
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(corpus(25), source="one")
    assert modes(folder)["dupfind.db"] == 0o644
