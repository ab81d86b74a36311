"""The limit of BLAS's threads: for the whole process, from the first that wants it to the last."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.ranking.features import features
from dupfind.search import hybrid
from dupfind.vectors.blas import one_blas_thread, openblas, row_tile
from dupfind.vectors.scan import ScanIndex
from dupfind.vectors.scan_file import ScanFile
from tests.support.samples import corpus, random_units

needs_openblas = pytest.mark.skipif(not openblas(), reason="numpy has another BLAS here")


def numbers() -> list[int]:
    return [get() for get, _ in openblas()]


@needs_openblas
def test_the_number_is_one_inside_and_as_it_was_after() -> None:
    before = numbers()
    with one_blas_thread(), one_blas_thread():
        assert set(numbers()) == {1}
    assert numbers() == before


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the numbers of threads as they were."""
    before = numbers()
    yield
    for (_, put), number in zip(openblas(), before, strict=True):
        put(number)


@needs_openblas
def test_it_stays_one_until_the_last_thread_has_left() -> None:
    for _, put in openblas():
        put(2)
    before = numbers()
    is_in, may_leave = threading.Event(), threading.Event()

    def stay() -> None:
        with one_blas_thread():
            is_in.set()
            may_leave.wait(60)

    with one_blas_thread():
        other = threading.Thread(target=stay)
        other.start()
        assert is_in.wait(60)
    assert set(numbers()) == {1}
    may_leave.set()
    other.join()
    assert numbers() == before


@needs_openblas
def test_a_query_of_a_large_index_multiplies_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for _, put in openblas():
        put(2)
    seen: list[int] = []
    by_codes = ScanIndex._by_codes

    def watched(index: ScanIndex, *arguments: object) -> object:
        seen.extend(numbers())
        return by_codes(index, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ScanIndex, "_by_codes", watched)
    vectors = random_units(3_000, 128, seed=1)
    file = ScanFile.of_blocks(Path("x"), 128, len(vectors), [(np.arange(len(vectors)), vectors)])
    ScanIndex([file]).candidates(vectors[:1], 5)
    assert set(seen) == {1}
    assert set(numbers()) == {2}


@needs_openblas
def test_candidates_are_compared_on_one_thread(
    writable: WritableCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _, put in openblas():
        put(2)
    seen: list[int] = []

    def watched(*arguments: object) -> object:
        seen.extend(numbers())
        return features(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(hybrid, "features", watched)
    writable.index(corpus(30), source="one", complete=True)
    assert Collection.search(writable, "worker is slow")
    assert set(seen) == {1}
    assert set(numbers()) == {2}


def test_a_tile_is_the_least_number_of_rows_that_others_do_not_change() -> None:
    weight = random_units(96, 384, seed=1)
    tile = row_tile(weight)
    row = random_units(1, 384, seed=2)
    with one_blas_thread():
        products = [np.tile(row, (tile * n, 1)) @ weight.T for n in (1, 4, 7, 30)]
    for product in products:
        of_tiles = product.reshape(-1, tile, 96)
        assert (of_tiles == products[0]).all()
