"""Timing: how the work grows with what it is given; never how long it takes, which is the machine's affair."""

import time
from collections.abc import Callable

HANGS_S = 180
"""Seconds after which a test says that what it waits for hangs; no machine is so slow."""


def growth(work: Callable[[int], object], n: int, times: int = 8) -> float:
    """How many times more processor time `work(times * n)` takes than `work(n)`, the best of three each.

    Work that grows as its input does gives about `times`, a quadratic one `times` squared.
    """

    def seconds(size: int) -> float:
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            work(size)
            best = min(best, time.process_time() - started)
        return best

    return seconds(times * n) / max(seconds(n), 1e-3)
