"""The exact index against brute force, and its file against FAISS."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dupfind.errors import DimensionMismatch, StoreError
from dupfind.vectors import flat
from dupfind.vectors.base import NO_ROW, Block
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.snapshot_file import write_snapshot
from tests.support.samples import random_units, unit


def blocks_of(row_ids: np.ndarray, vectors: np.ndarray) -> Iterator[Block]:
    """Cut arrays into blocks of seven rows."""
    for start in range(0, len(row_ids), 7):
        yield row_ids[start : start + 7], vectors[start : start + 7]


def saved(folder: Path, row_ids: np.ndarray, vectors: np.ndarray) -> Path:
    file = write_snapshot(
        folder,
        1,
        flat.KIND,
        lambda put: flat.write(put, vectors.shape[1], len(vectors), blocks_of(row_ids, vectors)),
    )
    return folder / file.name


def brute_force(vectors: np.ndarray, row_ids: np.ndarray, query: np.ndarray, k: int) -> list[int]:
    scores = (vectors.astype(np.float64) * query).sum(axis=1)
    return [int(row) for row in row_ids[np.lexsort((row_ids, -scores))[:k]]]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_queries", [1, 3, 9])
def test_nearest_finds_what_brute_force_finds(tmp_path: Path, seed: int, n_queries: int) -> None:
    vectors, row_ids = random_units(300, 16, seed), np.arange(300) * 3 + 1
    queries = random_units(n_queries, 16, seed + 100)
    for index in (FlatIndex(row_ids, vectors), FlatIndex.load(saved(tmp_path, row_ids, vectors))):
        for _ in range(2):  # the first search streams a file, the second keeps it in memory
            scores, neighbours = index.nearest(queries, 10)
            for query, row, score in zip(queries, neighbours, scores, strict=True):
                assert row.tolist() == brute_force(vectors, row_ids, query, 10)
                assert (np.diff(score) <= 0).all()


@pytest.mark.parametrize("n_queries", [1, 8])
def test_equal_scores_come_in_the_order_of_row_ids(n_queries: int) -> None:
    vectors = np.repeat(unit([[3, 4], [1, 0]]), 20, axis=0)
    index = FlatIndex(np.arange(40), vectors)
    scores, neighbours = index.nearest(np.repeat(unit([[1, 0]]), n_queries, axis=0), 25)
    assert neighbours[0].tolist() == [*range(20, 40), *range(5)]
    assert scores[0, -1] == pytest.approx(0.6)  # 3-4-5 triangle: cosine to the x axis


def test_a_score_never_leaves_the_range_of_a_cosine() -> None:
    vectors = random_units(2000, 48, seed=1)
    scores, neighbours = FlatIndex(np.arange(2000), vectors).nearest(vectors, 1)
    assert neighbours[:, 0].tolist() == list(range(2000))
    assert scores.max() <= 1


def test_where_fewer_rows_exist_the_rest_is_no_row() -> None:
    scores, neighbours = FlatIndex(np.array([7]), unit([[1, 0]])).nearest(unit([[1, 0]]), 3)
    assert neighbours.tolist() == [[7, NO_ROW, NO_ROW]]
    assert scores.tolist() == [[1, -2, -2]]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    row_ids, vectors = np.empty(0, dtype=np.int64), np.empty((0, 4), dtype=np.float32)
    for index in (FlatIndex(row_ids, vectors), FlatIndex.load(saved(tmp_path, row_ids, vectors))):
        assert index.nearest(random_units(5, 4, seed=0), 2)[1].tolist() == [[NO_ROW] * 2] * 5


def test_only_allowed_rows_are_found() -> None:
    vectors, row_ids = random_units(100, 8, seed=3), np.arange(100)
    allowed = row_ids % 3 == 0
    _, neighbours = FlatIndex(row_ids, vectors).nearest(vectors[:6], 40, allowed)
    for query, rows in zip(vectors[:6], neighbours, strict=True):
        assert rows[:34].tolist() == brute_force(vectors[allowed], row_ids[allowed], query, 34)
        assert (rows[34:] == NO_ROW).all()


def test_a_query_of_another_width_is_refused() -> None:
    with pytest.raises(DimensionMismatch, match="width 2"):
        FlatIndex(np.array([1]), unit([[1, 0]])).nearest(unit([[1, 0, 0]]), 1)


def test_vectors_are_read_back_unchanged(tmp_path: Path) -> None:
    vectors, row_ids = random_units(50, 8, seed=4), np.arange(50) * 2
    index = FlatIndex.load(saved(tmp_path, row_ids, vectors))
    assert np.array_equal(index.vectors(np.array([0, 98, 40])), vectors[[0, 49, 20]])


def test_the_file_is_the_one_that_faiss_writes(tmp_path: Path) -> None:
    faiss = pytest.importorskip("faiss")
    vectors, row_ids = random_units(60, 8, seed=5), np.arange(60) * 5 + 2
    path = saved(tmp_path, row_ids, vectors)
    theirs = faiss.IndexIDMap2(faiss.IndexFlatIP(8))
    theirs.add_with_ids(vectors, row_ids)
    assert path.read_bytes() == faiss.serialize_index(theirs).tobytes()
    scores, neighbours = faiss.read_index(str(path)).search(vectors[:3], 4)
    ours = FlatIndex.load(path).nearest(vectors[:3], 4)
    assert neighbours.tolist() == ours[1].tolist()
    assert scores == pytest.approx(ours[0], abs=1e-6)


@pytest.mark.parametrize("cut", [10, 81, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = saved(tmp_path, np.arange(9), random_units(9, 4, seed=6))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(StoreError):
        FlatIndex.load(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.faiss"
    path.write_bytes(b"IxHN" + bytes(200))
    with pytest.raises(StoreError, match="not a flat snapshot"):
        FlatIndex.load(path)


def test_more_rows_than_the_header_has_are_refused() -> None:
    with pytest.raises(StoreError, match="has 3 rows, but 2"):
        flat.write(lambda _: None, 2, 2, blocks_of(np.arange(3), unit([[1, 0]] * 3)))


@pytest.mark.gpu
def test_the_gpu_finds_what_the_cpu_finds() -> None:
    faiss = pytest.importorskip("faiss")
    if faiss.get_num_gpus() == 0:
        pytest.skip("no GPU, or a FAISS without CUDA")
    vectors, row_ids = random_units(5000, 64, seed=8), np.arange(5000)
    index = FlatIndex(row_ids, vectors)
    scores, neighbours = index.nearest(vectors[:64], 10)
    for query, row in zip(vectors[:64], neighbours, strict=True):
        assert row.tolist() == brute_force(vectors, row_ids, query, 10)
    assert scores[:, 0] == pytest.approx(1, abs=1e-5)
