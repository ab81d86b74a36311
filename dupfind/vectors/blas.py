"""The threads of numpy's OpenBLAS, which wait for each other inside of each product.

Where another process has a core, that takes some 8 ms a product, as long as the system lets a thread run. The products
of a query take less than one by themselves.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

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
