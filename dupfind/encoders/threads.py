"""Runs batches in threads: each core takes whole batches, and the libraries use one thread for each.

Threads inside one product wait for each other at every step. On a busy machine that made torch 3 to 4 times
slower than a single thread, and a single title in numpy 20 times slower; whole batches never wait.
"""

import os
from collections.abc import Callable, Iterable

from dupfind.encoders.model_encoder import Deliver
from dupfind.encoders.packing import Batch
from dupfind.encoders.safetensors_file import Array


def n_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # absent on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def n_threads(threads: int | None) -> int:
    """Return a number of threads: `threads`, at least 1, or one a core for None."""
    return n_cores() if threads is None else max(1, threads)


def run_batches(
    run: Callable[[Batch], Array],
    batches: Iterable[Batch],
    deliver: Deliver,
    threads: int,
    prepare: Callable[[], object] | None = None,
) -> None:
    """Run batches in threads and deliver their results in the batches' order.

    An interruption (Ctrl-C) waits for the running batches and starts no more.

    Args:
        run: Computes the vectors of a batch; called in several threads at once.
        batches: Read once; with several threads, all are read before the first result.
        deliver: Takes the places of a batch's texts and their vectors; called in the caller's thread.
        threads: Number of threads; with one, everything runs in the caller's.
        prepare: Called once in each new thread.
    """
    waiting = list(batches) if threads > 1 else batches
    if not isinstance(waiting, list) or len(waiting) < 2:
        for batch in waiting:
            deliver(batch.texts, run(batch))
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(min(threads, len(waiting)), "encode", initializer=prepare)
    try:
        for batch, vectors in zip(waiting, pool.map(run, waiting), strict=True):
            deliver(batch.texts, vectors)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
