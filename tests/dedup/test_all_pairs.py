"""Every way of multiplying finds the pairs of brute force, at any threshold."""

import itertools
import threading
from collections.abc import Generator, Iterable

import numpy as np
import pytest

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.dedup import all_pairs
from dupfind.dedup.all_pairs import Pairs
from dupfind.encoders.devices import has_fast_bf16
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.bf16 import MARGIN
from tests.support.samples import WordEncoder, corpus, random_units, record, unit
from tests.support.tiny_models import needs_torch

Scores = dict[tuple[int, int], float]


def collected(blocks: Iterable[Pairs]) -> Scores:
    """Return scores by row ids; a pair that came twice fails."""
    rows = [row for block in blocks for row in zip(*(column.tolist() for column in block), strict=True)]
    by_rows = {(first, second): score for first, second, score in rows}
    assert len(by_rows) == len(rows)
    return by_rows


def brute_force(row_ids: RowIds, vectors: Vectors, threshold: float) -> Scores:
    exact = vectors.astype(np.float64)
    scores = np.round(np.clip(exact @ exact.T, -1, 1), 6)
    return {
        (int(row_ids[a]), int(row_ids[b])): float(scores[a, b])
        for a, b in itertools.combinations(range(len(row_ids)), 2)
        if scores[a, b] >= threshold
    }


def clustered(n: int, dim: int, seed: int) -> Vectors:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n // 4, dim))
    return unit(centres[rng.integers(len(centres), size=n)] + 0.6 * rng.standard_normal((n, dim)))


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("seed", range(3))
def test_it_finds_every_pair_of_brute_force(
    seed: int, threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_pairs._OnCpu, "block", 7)
    vectors, row_ids = clustered(60, 16, seed), np.arange(60) * 3 + 5
    assert collected(all_pairs.within(row_ids, vectors, threshold)) == brute_force(
        row_ids, vectors, threshold
    )


@pytest.mark.skipif(not has_fast_bf16(), reason="this processor multiplies bfloat16 no faster than float32")
@pytest.mark.parametrize("threshold", [0.001, 0.3, 0.7, 0.99])
def test_products_in_bfloat16_miss_nothing(threshold: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pairs, "_TORCH_FROM", 0)
    monkeypatch.setattr(all_pairs._OnAmx, "block", 50)
    vectors, row_ids = clustered(300, 64, 1), np.arange(300)
    assert isinstance(all_pairs._product(vectors, threshold), all_pairs._OnAmx) == (threshold > 0.001)
    assert collected(all_pairs.within(row_ids, vectors, threshold)) == brute_force(
        row_ids, vectors, threshold
    )


@needs_torch
@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.7, 0.99])
def test_the_products_of_a_gpu_miss_nothing_on_the_device_cpu(
    threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    vectors, row_ids = clustered(200, 32, 2), np.arange(200)
    used: list[all_pairs._OnCuda] = []

    def product(vectors: Vectors, threshold: float) -> all_pairs._OnCuda:
        used.append(all_pairs._OnCuda(vectors, threshold, torch.device("cpu")))
        return used[-1]

    monkeypatch.setattr(all_pairs._OnCuda, "block", 50)
    monkeypatch.setattr(all_pairs, "_product", product)
    found = collected(all_pairs.within(row_ids, vectors, threshold))
    assert found == brute_force(row_ids, vectors, threshold)
    [on_device] = used
    first, second = on_device.candidates(slice(0, 50), slice(150, 200))
    products = vectors[first].astype(np.float64) * vectors[second]
    assert (products.sum(axis=1) >= threshold - 2 * MARGIN).all()  # few are no pairs
    assert len(first) < 2_500 or threshold < 0.3


@pytest.mark.gpu
def test_products_on_a_gpu_miss_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    monkeypatch.setattr(all_pairs, "_TORCH_FROM", 0)
    vectors, row_ids = clustered(300, 64, 1), np.arange(300)
    assert isinstance(all_pairs._product(vectors, 0.5), all_pairs._OnCuda)
    assert collected(all_pairs.within(row_ids, vectors, 0.5)) == brute_force(row_ids, vectors, 0.5)


def test_a_pair_exactly_at_the_threshold_counts() -> None:
    vectors = unit([[1, 0], [3, 4]])  # 3-4-5 triangle: their cosine is 0.6
    assert collected(all_pairs.within(np.array([4, 9]), vectors, 0.6)) == {(4, 9): 0.6}


def test_no_rows_and_one_row_make_no_pairs() -> None:
    for n in (0, 1):
        assert collected(all_pairs.within(np.arange(n), random_units(n, 4, 0).reshape(n, 4), -1)) == {}


def test_progress_adds_up_to_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pairs._OnCpu, "block", 7)
    calls: list[int] = []
    list(all_pairs.within(np.arange(1, 41), clustered(40, 8, 5), 0.9, progress=calls.append))
    assert sum(calls) == 40
    assert len(calls) > 5


@pytest.mark.parametrize("has_bodies", [True, False])
def test_a_collection_s_pairs_are_those_of_its_search(writable: WritableCollection, has_bodies: bool) -> None:
    records = [r if has_bodies else record(r.id, r.title) for r in corpus(60)]
    writable.index([*records, record("odd", "x")])
    writable.index(
        [*records[1:], record("0", "worker crash start page")], complete=True
    )  # one dead, one edited
    with Collection.open(writable.folder, encoder=WordEncoder()) as collection:
        with collection.store.reading():
            scores = collected(all_pairs.of_collection(collection, 0.5))
            rows = {row for pair in scores for row in pair}
            names = {row: r.id for row, r in collection.store.records(rows).items()}
        for r in collection.find("1") + collection.find("0"):
            near = {hit.id: hit.score for hit in collection.search(r, k=100, min_score=0.5)}
            assert near == {
                names[b if names[a] == r.id else a]: score
                for (a, b), score in scores.items()
                if r.id in (names[a], names[b])
            }


def test_a_stream_that_is_closed_early_leaves_no_thread_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pairs._OnCpu, "block", 7)
    stream = all_pairs.within(np.arange(60), clustered(60, 16, 0), 0.0)
    assert isinstance(stream, Generator)
    next(stream)
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pairs")]
