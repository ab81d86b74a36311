"""The threads and the tiles of numpy's BLAS.

The threads of OpenBLAS wait for each other inside of each product. Where another process has a core, that takes some
8 ms a product, as long as the system lets a thread run. The products of a query take less than one by themselves.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Names of the calls in the builds of OpenBLAS: numpy 2's wheels, numpy 1's, and the plain library.
_THREAD_CALLS = (
    "scipy_openblas_{}_num_threads64_",
    "openblas_{}_num_threads64_",
    "scipy_openblas_{}_num_threads",
    "openblas_{}_num_threads",
)


class _Limit:
    """The limit of the whole process, and how many threads are inside of it: the last one ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._before: list[int] = []

    def begin(self) -> bool:
        with self._lock:
            if not self._n_inside:
                self._before = [get() for get, _ in openblas()]
                for _, put in openblas():
                    put(1)
            self._n_inside += 1
        return True

    def end(self) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                for (_, put), number in zip(openblas(), self._before, strict=True):
                    put(number)


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit numpy's OpenBLAS to one thread; another BLAS is not changed. Several threads may be inside."""
    is_inside = False
    try:  # an interruption may come at any line
        is_inside = _limit.begin()
        yield
    finally:
        if is_inside:
            _limit.end()


@cache
def openblas() -> list[tuple[Callable[[], int], Callable[[int], None]]]:
    """Return the calls that read and set the number of threads, in the libraries of numpy's wheel."""
    calls: list[tuple[Callable[[], int], Callable[[int], None]]] = []
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):  # Linux and Windows; macOS
        for path in folder.glob("*openblas*"):
            library = ctypes.CDLL(str(path))
            for call in _THREAD_CALLS:
                if hasattr(library, call.format("set")):
                    calls.append((library[call.format("get")], library[call.format("set")]))
                    break
    return calls


_TILES = (4, 8, 12, 16, 24, 48)
_N_TILES = (1, 2, 3, 5, 8, 21)  # of the products that are compared


def row_tile(weight: NDArray[np.float32]) -> int:
    """Return of how many rows a text needs a multiple, so that the rows of others do not change its products.

    A BLAS computes a product in tiles of rows. OpenBLAS's kernel for AVX2 has tiles of twelve and rounds by the place
    in the tile; that for AVX-512 rounds all alike. So some products are compared in which all rows are equal.

    Args:
        weight: (out, in) of a layer.

    Returns:
        The least of some numbers with which all tiles come out alike; the last one if none does.
    """
    row = np.linspace(-1, 1, weight.shape[1], dtype=np.float32)
    for tile in _TILES:
        rows = np.tile(row, (tile * max(_N_TILES), 1))
        with one_blas_thread():
            first, *others = ((rows[: tile * n] @ weight.T).reshape(n, tile, -1) for n in _N_TILES)
        if all((each == first).all() for each in others):
            return tile
    return _TILES[-1]
