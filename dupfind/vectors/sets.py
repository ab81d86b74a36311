"""Arrays: what numpy has, in the form that a command of half a second needs."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.int64, np.uint32)


def distinct(*parts: NDArray[Number]) -> NDArray[Number]:
    """Each number once, in order: numpy's `unique`, which takes ten times as long and loads its masked arrays."""
    ordered = np.sort(np.concatenate(parts))
    is_first = np.ones(len(ordered), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def is_met(ordered: NDArray[Number], values: NDArray[Number]) -> NDArray[np.bool_]:
    """Which of some distinct numbers in order are among other numbers."""
    met = np.zeros(len(ordered), dtype=np.bool_)
    if len(ordered):
        places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
        met[places[ordered[places] == values]] = True
    return met
