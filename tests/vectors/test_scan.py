"""The compressed index against brute force, and its file against damage."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dupfind.errors import DimensionMismatch, SnapshotDamaged, StoreError
from dupfind.vectors import scan, scan_file
from dupfind.vectors.base import NO_ROW, Block, RowIds, Vectors
from dupfind.vectors.rotation import rotated
from dupfind.vectors.scan import RescoredIndex, ScanIndex
from dupfind.vectors.scan_file import ScanFile
from dupfind.vectors.snapshot_file import SnapshotFile, is_intact, write_snapshot
from tests.support.resident_pages import needs_smaps, resident_bytes
from tests.support.samples import random_units, unit

N_ROWS, DIM = 30_000, 96
ROW_IDS = np.arange(N_ROWS) * 2 + 5


def clustered(n: int, seed: int) -> Vectors:
    """Groups of some thirty near vectors, as in a tracker: a query has near and far neighbours."""
    rng = np.random.default_rng(seed)
    centres = random_units(n // 30 + 1, DIM, seed)
    return unit(centres[rng.integers(len(centres), size=n)] + 0.08 * rng.standard_normal((n, DIM)))


VECTORS = clustered(N_ROWS, seed=1)


def blocks_of(row_ids: RowIds, vectors: Vectors) -> Iterator[Block]:
    for start in range(0, len(row_ids), 5_000):
        yield row_ids[start : start + 5_000], vectors[start : start + 5_000]


def saved(folder: Path, row_ids: RowIds, vectors: Vectors) -> SnapshotFile:
    return write_snapshot(
        folder,
        1,
        scan_file.KIND,
        lambda put: scan_file.write(put, vectors.shape[1], len(vectors), blocks_of(row_ids, vectors)),
    )


def opened(folder: Path, row_ids: RowIds, vectors: Vectors) -> RescoredIndex:
    index = ScanIndex([ScanFile.load(folder / saved(folder, row_ids, vectors).name)])
    return RescoredIndex(index, lambda rows: vectors[np.searchsorted(row_ids, rows)])


def brute_force(query: Vectors, k: int, row_ids: RowIds = ROW_IDS, vectors: Vectors = VECTORS) -> list[int]:
    scores = vectors.astype(np.float64) @ query
    return [int(row) for row in row_ids[np.lexsort((row_ids, -scores))[:k]]]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> RescoredIndex:
    return opened(tmp_path_factory.mktemp("snapshots"), ROW_IDS, VECTORS)


def test_a_rotation_keeps_every_product() -> None:
    for dim in (16, 64, 300, 768):
        vectors = random_units(20, dim, seed=2)
        assert rotated(vectors) @ rotated(vectors).T == pytest.approx(vectors @ vectors.T, abs=1e-5)


@pytest.mark.parametrize("k", [1, 20, 200])
def test_the_scan_finds_what_brute_force_finds(index: RescoredIndex, k: int) -> None:
    queries = VECTORS[::1_500]
    for _ in range(2):  # the first search reads single codes, the second maps them
        scores, neighbours = index.nearest(queries, k)
        found = [
            len({*rows.tolist()} & {*brute_force(query, k)}) / k
            for query, rows in zip(queries, neighbours, strict=True)
        ]
        assert np.mean(found) >= 0.998
        assert (np.diff(scores, axis=1) <= 0).all()
        truth = np.einsum("qkd,qd->qk", VECTORS[np.searchsorted(ROW_IDS, neighbours)], queries)
        assert scores == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("share", [3, 300])
def test_a_wide_and_a_narrow_filter_are_respected(index: RescoredIndex, share: int) -> None:
    allowed = np.arange(N_ROWS) % share == 0
    _, neighbours = index.nearest(VECTORS[:3], 50, allowed)
    for query, rows in zip(VECTORS[:3], neighbours, strict=True):
        truth = brute_force(query, 50, ROW_IDS[allowed], VECTORS[allowed])
        assert len({*rows.tolist()} & {*truth}) >= 49
        assert allowed[np.searchsorted(ROW_IDS, rows)].all()


def test_the_candidates_do_not_depend_on_the_order_of_the_rows(tmp_path: Path, index: RescoredIndex) -> None:
    order = np.random.default_rng(3).permutation(N_ROWS)
    other = opened(tmp_path, ROW_IDS, VECTORS[order])
    queries = random_units(5, DIM, seed=4)
    _, here = index.nearest(queries, 100)
    _, there = other.nearest(queries, 100)
    for mine, theirs in zip(here, there, strict=True):
        place_of = order[np.searchsorted(ROW_IDS, theirs)]  # where the same vector stands in VECTORS
        assert {*mine.tolist()} == {*ROW_IDS[place_of].tolist()}


def test_equal_scores_come_in_the_order_of_row_ids(tmp_path: Path) -> None:
    vectors = np.repeat(unit([[3, 4], [1, 0]]), 20, axis=0)
    index = opened(tmp_path, np.arange(40), vectors)
    scores, neighbours = index.nearest(unit([[1, 0]]), 25)
    assert neighbours[0].tolist() == [*range(20, 40), *range(5)]
    assert scores[0, -1] == pytest.approx(0.6)  # 3-4-5 triangle: cosine to the x axis


def test_equal_vectors_are_all_found_however_many(tmp_path: Path) -> None:
    vectors = np.concatenate([np.repeat(VECTORS[:1], 18_000, axis=0), VECTORS[:12_000]])
    _, neighbours = opened(tmp_path, ROW_IDS, vectors).nearest(VECTORS[:1], 300)
    assert neighbours[0].tolist() == ROW_IDS[:300].tolist()


def test_many_equal_vectors_are_read_in_blocks(tmp_path: Path) -> None:
    vectors = np.repeat(VECTORS[:1], 10_000, axis=0)
    n_read: list[int] = []

    def read(rows: RowIds) -> Vectors:
        n_read.append(len(rows))
        return vectors[: len(rows)]

    compressed = ScanIndex([ScanFile.load(tmp_path / saved(tmp_path, ROW_IDS[:10_000], vectors).name)])
    _, neighbours = RescoredIndex(compressed, read).nearest(VECTORS[:1], 300)
    assert neighbours[0].tolist() == ROW_IDS[:300].tolist()
    assert sum(n_read) == 10_000
    assert max(n_read) < 5_000  # rows in memory together


def test_vectors_that_a_search_has_read_are_not_read_again(tmp_path: Path) -> None:
    read: list[int] = []

    def vectors_of(rows: RowIds) -> Vectors:
        read.extend(rows.tolist())
        return VECTORS[np.searchsorted(ROW_IDS, rows)]

    compressed = ScanIndex([ScanFile.load(tmp_path / saved(tmp_path, ROW_IDS, VECTORS).name)])
    index = RescoredIndex(compressed, vectors_of)
    _, [nearest] = index.nearest(VECTORS[:1], 50)
    n_read = len(read)
    other = ROW_IDS[~np.isin(ROW_IDS, read)][:3]
    assert len(other) == 3
    wanted = np.sort(np.append(nearest, other))
    assert np.array_equal(index.vectors(wanted), VECTORS[np.searchsorted(ROW_IDS, wanted)])
    assert read[n_read:] == other.tolist()


def test_where_fewer_rows_exist_the_rest_is_no_row(tmp_path: Path) -> None:
    scores, neighbours = opened(tmp_path, np.array([7]), unit([[1, 0]])).nearest(unit([[1, 0]]), 3)
    assert neighbours.tolist() == [[7, NO_ROW, NO_ROW]]
    assert scores.tolist() == [[1, -2, -2]]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = opened(tmp_path, np.empty(0, dtype=np.int64), np.empty((0, 4), dtype=np.float32))
    assert index.nearest(random_units(5, 4, seed=0), 2)[1].tolist() == [[NO_ROW] * 2] * 5


def test_a_query_of_another_width_is_refused(index: RescoredIndex) -> None:
    with pytest.raises(DimensionMismatch, match=f"width {DIM}"):
        index.nearest(unit([[1, 0]]), 1)


def test_a_row_takes_less_than_a_sixth_of_its_vector(tmp_path: Path) -> None:
    vectors = random_units(4_096, 768, seed=6)
    assert saved(tmp_path, np.arange(4_096), vectors).bytes / 4_096 < 4 * 768 / 6


@pytest.mark.parametrize(("share", "n_expected"), [(1_000, 2_048), (20, 9_000)])
def test_a_share_of_all_rows_is_compared_by_codes(
    index: RescoredIndex, monkeypatch: pytest.MonkeyPatch, share: int, n_expected: int
) -> None:
    compared: list[int] = []
    by_codes = ScanIndex._by_codes

    def watched(scanned: ScanIndex, query: Vectors, places: NDArray[np.intp]) -> Vectors:
        compared.append(len(places))
        return by_codes(scanned, query, places)

    monkeypatch.setattr(ScanIndex, "_by_codes", watched)
    monkeypatch.setattr(scan, "_SHARE_BY_GAIN", share)
    index.nearest(VECTORS[:1], 10)
    assert compared == [pytest.approx(n_expected, abs=8)]


@needs_smaps
def test_a_process_of_one_query_does_not_hold_the_signs(tmp_path: Path) -> None:
    vectors = random_units(24_576, 768, seed=7)
    path = tmp_path / saved(tmp_path, np.arange(len(vectors)), vectors).name
    n_sign_bytes = len(vectors) * 768 // 8
    index = ScanIndex([ScanFile.load(path)])
    first = index.candidates(vectors[:1], 10)
    assert resident_bytes(path) < n_sign_bytes / 3
    again = index.candidates(vectors[:1], 10)  # a service needs them for each query
    assert resident_bytes(path) > n_sign_bytes
    assert first[0].tolist() == again[0].tolist()


@needs_smaps
def test_several_queries_at_once_map_the_signs_once(tmp_path: Path) -> None:
    vectors = random_units(24_576, 768, seed=7)
    path = tmp_path / saved(tmp_path, np.arange(len(vectors)), vectors).name
    ScanIndex([file := ScanFile.load(path)]).candidates(vectors[:2], 10)
    assert resident_bytes(path) > len(vectors) * 768 // 8
    assert not file.is_damaged


@pytest.mark.parametrize("n_searches", [1, 2])
def test_a_damaged_code_is_noticed_when_it_is_read(tmp_path: Path, n_searches: int) -> None:
    file = saved(tmp_path, ROW_IDS, VECTORS)
    path = tmp_path / file.name
    content = bytearray(path.read_bytes())
    place = 100  # the query's own row: it is always among the candidates
    content[64 + place * (4 + 64) + 10] ^= 1
    path.write_bytes(content)
    assert is_intact(path, file, quick=True)  # readers do not read every code
    assert not is_intact(path, file)
    index = ScanIndex([ScanFile.load(path)])
    for _ in range(n_searches):
        with pytest.raises(SnapshotDamaged):
            index.candidates(VECTORS[place : place + 1], 10)


def test_a_flipped_bit_outside_the_codes_is_noticed_by_readers(tmp_path: Path) -> None:
    file = saved(tmp_path, ROW_IDS, VECTORS)
    path = tmp_path / file.name
    whole = path.read_bytes()
    end_of_codes = 64 + N_ROWS * (4 + 64)
    places = [3, 9, 20, *np.random.default_rng(5).integers(end_of_codes, len(whole), 20).tolist()]
    for place in places:
        content = bytearray(whole)
        content[place] ^= 16
        path.write_bytes(content)
        assert not is_intact(path, file, quick=True), place


@pytest.mark.parametrize("cut", [10, 64, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / saved(tmp_path, np.arange(9), random_units(9, 4, seed=6)).name
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(StoreError):
        ScanFile.load(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.scan"
    path.write_bytes(b"IxM2" + bytes(200))
    with pytest.raises(StoreError, match="not a compressed snapshot"):
        ScanFile.load(path)


@pytest.mark.parametrize("n_rows", [29_999, 30_001])
def test_another_number_of_rows_than_the_header_has_is_refused(n_rows: int) -> None:
    with pytest.raises(StoreError, match=f"has 30000 rows, but {n_rows}"):
        scan_file.write(lambda piece, is_checked=True: None, DIM, n_rows, blocks_of(ROW_IDS, VECTORS))
