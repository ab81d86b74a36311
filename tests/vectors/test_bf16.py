"""The index with a copy in bfloat16 against brute force and against the flat index."""

import numpy as np
import pytest

from dupfind.errors import DimensionMismatch
from dupfind.vectors import bf16
from dupfind.vectors.bf16 import MARGIN, Bf16Filter, Bf16Index
from dupfind.vectors.flat import FlatIndex
from tests.support.samples import random_units, unit


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_queries", [1, 2, 9])
def test_it_finds_what_brute_force_finds(seed: int, n_queries: int) -> None:
    # All near one direction: many scores lie within the margin of each other.
    vectors = random_units(3000, 48, seed) + 3 * random_units(1, 48, seed + 50)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries, row_ids = vectors[seed : seed + n_queries], np.arange(3000) * 3 + 1
    scores, neighbours = Bf16Index(FlatIndex(row_ids, vectors)).nearest(queries, 20)
    truth = queries.astype(np.float64) @ vectors.T.astype(np.float64)
    assert (np.sort(truth)[:, -20] - np.sort(truth)[:, -40] < 2 * MARGIN).all()
    for each, rows, query_scores in zip(truth, neighbours, scores, strict=True):
        assert rows.tolist() == row_ids[np.lexsort((row_ids, -each))[:20]].tolist()
        assert query_scores == pytest.approx(np.sort(each)[::-1][:20], abs=1e-6)


@pytest.mark.parametrize("n_queries", [1, 9])
def test_on_a_device_the_candidates_are_those_of_the_cpu(
    n_queries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, queries = random_units(300, 16, 1), random_units(n_queries, 16, 2)
    vectors[7] = np.nan
    products = Bf16Filter(vectors)
    monkeypatch.setattr(bf16, "_QUERIES", 4)
    for k in (1, 20):
        here, there = list(products.nearest(queries, k)), list(products._nearest_on_device(queries, k))
        assert len(here) == len(there) == n_queries
        for one, other in zip(here, there, strict=True):
            assert one.tolist() == other.tolist()
            assert k < len(one) <= 300


@pytest.mark.gpu
def test_on_a_gpu_it_finds_what_brute_force_finds() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    vectors = random_units(3000, 48, 0)
    flat = FlatIndex(np.arange(3000), vectors)
    for one, other in zip(
        Bf16Index(flat, "cuda").nearest(vectors[:9], 20), flat.nearest(vectors[:9], 20), strict=True
    ):
        assert one == pytest.approx(other, abs=1e-6)


def test_equal_scores_come_in_the_order_of_row_ids_also_at_and_below_zero() -> None:
    vectors = np.repeat(unit([[-3, 4], [0, 1], [-1, 0]]), 20, axis=0)
    index = Bf16Index(FlatIndex(np.arange(60), vectors))
    scores, neighbours = index.nearest(unit([[1, 0]]), 50)
    assert neighbours[0].tolist() == [*range(20, 40), *range(20), *range(40, 50)]
    assert scores[0, [0, 20, 49]] == pytest.approx([0, -0.6, -1])  # 3-4-5 triangle


def test_filters_small_indexes_and_wrong_widths_are_the_flat_index_s() -> None:
    vectors = random_units(30, 8, seed=1)
    flat = FlatIndex(np.arange(30), vectors)
    index, allowed = Bf16Index(flat), np.arange(30) % 2 == 0
    assert (
        index.nearest(vectors[:2], 5, allowed)[1].tolist()
        == flat.nearest(vectors[:2], 5, allowed)[1].tolist()
    )
    assert index.nearest(vectors[:2], 40)[1].tolist() == flat.nearest(vectors[:2], 40)[1].tolist()
    assert index.vectors(np.array([3, 7])).tolist() == vectors[[3, 7]].tolist()
    with pytest.raises(DimensionMismatch):
        index.nearest(vectors[:1, :5], 2)


def test_a_damaged_vector_breaks_nothing() -> None:
    vectors = random_units(30, 8, seed=1)
    index = Bf16Index(FlatIndex(np.arange(30), np.where(np.arange(30)[:, None] == 7, np.nan, vectors)))
    assert index.nearest(vectors[:2], 5)[1].shape == (2, 5)
