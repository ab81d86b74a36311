"""What stands for numpy's own."""

import numpy as np
import pytest

from dupfind.vectors.sets import distinct, is_met


@pytest.mark.parametrize("parts", [([],), ([3],), ([2, 1, 2, 2, 9],), ([5, 1], [], [1, 7, 5])])
@pytest.mark.parametrize("kind", [np.int64, np.uint32])
def test_each_number_is_there_once_and_in_order(parts: tuple[list[int], ...], kind: type[np.int64]) -> None:
    arrays = [np.array(part, dtype=kind) for part in parts]
    found = distinct(*arrays)
    assert found.dtype == kind
    assert found.tolist() == np.unique(np.concatenate(arrays)).tolist()


@pytest.mark.parametrize("ordered", [[], [4], [1, 4, 8]])
@pytest.mark.parametrize("values", [[], [4], [9, 8, 8, 0], [1, 2, 4, 8]])
def test_what_is_met_is_told_of_each_number(ordered: list[int], values: list[int]) -> None:
    first, second = (np.array(each, dtype=np.int64) for each in (ordered, values))
    assert is_met(first, second).tolist() == [number in values for number in ordered]
