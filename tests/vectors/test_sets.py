"""The operations on sets against numpy's and Python's own."""

import numpy as np
import pytest

from dupfind.vectors.sets import distinct, is_met


@pytest.mark.parametrize("parts", [([],), ([3],), ([2, 1, 2, 2, 9],), ([5, 1], [], [1, 7, 5])])
@pytest.mark.parametrize("kind", [np.int64, np.uint32])
def test_the_distinct_numbers_come_in_order(parts: tuple[list[int], ...], kind: type[np.int64]) -> None:
    arrays = [np.array(part, dtype=kind) for part in parts]
    result = distinct(*arrays)
    assert result.dtype == kind
    assert result.tolist() == np.unique(np.concatenate(arrays)).tolist()


@pytest.mark.parametrize("ordered", [[], [4], [1, 4, 8]])
@pytest.mark.parametrize("values", [[], [4], [9, 8, 8, 0], [1, 2, 4, 8]])
def test_each_number_is_met_or_not(ordered: list[int], values: list[int]) -> None:
    first, second = (np.array(each, dtype=np.int64) for each in (ordered, values))
    assert is_met(first, second).tolist() == [number in values for number in ordered]
