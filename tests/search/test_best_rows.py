"""The best rows of a score are the same whatever their order, and names are looked up for ties at the end alone."""

import numpy as np
import pytest

from dupfind.records import RecordName
from dupfind.search.best_rows import Nearest, best
from dupfind.vectors.base import RowIds


class Names:
    """Names that fall while the rows rise; it keeps the rows that were looked up."""

    def __init__(self) -> None:
        self.looked_up: list[int] = []

    def __call__(self, rows: RowIds) -> list[RecordName]:
        self.looked_up += rows.tolist()
        return [("tracker", "", f"{1_000 - row:04}") for row in rows.tolist()]


@pytest.mark.parametrize("seed", range(20))
def test_the_best_rows_are_those_of_a_sort_by_score_and_name(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.permutation(60).astype(np.int64)
    scores = rng.integers(0, 8, 60).astype(np.float32)
    n = int(rng.integers(1, 70))
    expected = sorted(zip(-scores, -rows, strict=True))[:n]
    assert sorted(best(rows, scores, n, Names()).tolist()) == sorted(-row for _, row in expected)


def test_without_a_tie_at_the_end_no_name_is_looked_up() -> None:
    names = Names()
    scores = np.array([3, 5, 5, 4, 1], dtype=np.float32)
    rows = np.arange(5, dtype=np.int64)
    assert sorted(best(rows, scores, 3, names).tolist()) == [1, 2, 3]  # the tie is not at the end
    assert sorted(best(rows, scores, 2, names).tolist()) == [1, 2]
    assert best(rows, scores, 9, names) is rows
    assert names.looked_up == []
    assert best(rows, scores, 1, names).tolist() == [2]
    assert sorted(names.looked_up) == [1, 2]


def nearest(scores: list[float], n: int) -> Nearest:
    return Nearest.of(np.array(scores, dtype=np.float32), np.arange(len(scores), dtype=np.int64), n)


def test_rows_near_the_end_of_a_vector_search_are_not_sure() -> None:
    close = nearest([0.9, 0.8, 0.7000003, 0.7, 0.6999997, 0.5], 6)
    assert not close.is_all
    assert close.has_best(3)
    sure, unsure = close.around(3)
    assert (sure.tolist(), unsure.tolist()) == ([0, 1], [2, 3, 4])
    # What comes after the last row may equal it.
    assert not nearest([0.9, 0.8, 0.7000003, 0.7], 4).has_best(3)
    assert nearest([0.9, 0.8, 0.7000003, 0.7], 4).certain().row_ids.tolist() == [0, 1]
    assert not nearest([0.9, 0.8, 0.7], 3).has_best(3)


def test_a_search_that_returned_all_rows_is_certain_of_them() -> None:
    all_rows = nearest([0.9, 0.9, 0.9], 4)
    assert all_rows.is_all
    assert all_rows.certain().row_ids.tolist() == [0, 1, 2]
    assert all_rows.without(np.array([1], dtype=np.int64)).row_ids.tolist() == [0, 2]
    assert nearest([], 4).certain().row_ids.tolist() == []
