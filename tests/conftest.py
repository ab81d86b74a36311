"""Fixtures of every test: the small encoder, and a collection made with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import WordEncoder

from dupfind.collection import Collection
from dupfind.writable import WritableCollection


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def writable(tmp_path: Path, encoder: WordEncoder) -> Iterator[WritableCollection]:
    with Collection.create(tmp_path / "index", encoder=encoder) as collection:
        yield collection
