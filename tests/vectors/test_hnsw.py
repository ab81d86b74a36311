"""The graph against the exact index."""

from pathlib import Path

import numpy as np
import pytest

from dupfind.errors import StoreError
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.snapshot_file import write_snapshot
from tests.support.samples import random_units

faiss = pytest.importorskip("faiss")
from dupfind.vectors import hnsw  # noqa: E402
from dupfind.vectors.hnsw import HnswIndex  # noqa: E402

VECTORS, ROW_IDS = random_units(2000, 16, seed=0), np.arange(2000) * 2 + 1


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> HnswIndex:
    folder = tmp_path_factory.mktemp("snapshots")
    built = HnswIndex.build(16, [(ROW_IDS[:700], VECTORS[:700]), (ROW_IDS[700:], VECTORS[700:])])
    file = write_snapshot(folder, 1, hnsw.KIND, built.write)
    assert (folder / file.name).stat().st_size == file.bytes
    return HnswIndex.load(folder / file.name)


def test_the_graph_finds_nearly_all_that_brute_force_finds(index: HnswIndex) -> None:
    queries = random_units(50, 16, seed=1)
    scores, neighbours = index.nearest(queries, 10)
    exact_scores, exact = FlatIndex(ROW_IDS, VECTORS).nearest(queries, 10)
    recall = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(neighbours, exact, strict=True)])
    assert recall > 0.99
    assert scores[:, 0] == pytest.approx(exact_scores[:, 0], abs=1e-5)


@pytest.mark.parametrize("share", [2, 50])
def test_a_wide_and_a_narrow_filter_are_respected(index: HnswIndex, share: int) -> None:
    allowed = np.arange(2000) % share == 0
    _, neighbours = index.nearest(VECTORS[:20], 5, allowed)
    _, exact = FlatIndex(ROW_IDS, VECTORS).nearest(VECTORS[:20], 5, allowed)
    assert np.isin(neighbours, ROW_IDS[allowed]).all()
    assert (neighbours == exact).mean() > 0.95


def test_vectors_are_read_back_unchanged(index: HnswIndex) -> None:
    assert np.array_equal(index.vectors(np.array([1, 399])), VECTORS[[0, 199]])


def test_a_file_that_faiss_does_not_know_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.faiss"
    path.write_bytes(b"no index at all")
    with pytest.raises(StoreError, match="cannot read"):
        HnswIndex.load(path)
