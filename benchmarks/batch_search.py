"""Search many queries exactly: dupfind's flat index, FAISS at its defaults, and plain numpy."""

import argparse
import statistics
import time
from collections.abc import Callable

import faiss
import numpy as np
from common import emit

from dupfind.vectors.flat import FlatIndex


def main() -> None:
    """Run the three in turn on the same clustered unit vectors, and compare their neighbours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--queries", type=int, default=128)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    centres = rng.standard_normal((arguments.rows // 10, arguments.dim), dtype=np.float32)
    vectors = centres[rng.integers(len(centres), size=arguments.rows)]
    vectors += 0.7 * rng.standard_normal(vectors.shape, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = vectors[rng.choice(arguments.rows, arguments.queries, replace=False)] + 0
    index = FlatIndex(np.arange(arguments.rows), vectors)
    theirs = faiss.IndexFlatIP(arguments.dim)
    theirs.add(vectors)
    default = faiss.cvar.distance_compute_blas_threshold

    def by_faiss() -> np.ndarray:
        faiss.cvar.distance_compute_blas_threshold = default
        return np.asarray(theirs.search(queries, arguments.k)[1])

    def by_numpy() -> np.ndarray:
        scores = queries @ vectors.T
        top = np.argpartition(-scores, arguments.k, axis=1)[:, : arguments.k]
        order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1)
        return np.take_along_axis(top, order, axis=1)

    ways: dict[str, Callable[[], np.ndarray]] = {
        "dupfind": lambda: index.nearest(queries, arguments.k)[1],
        "numpy": by_numpy,
        "faiss_default": by_faiss,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    neighbours: dict[str, np.ndarray] = {}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            neighbours[name] = way()
            seconds[name].append(time.perf_counter() - started)
    ratio = {
        name: round(
            statistics.median(a / b for a, b in zip(seconds[name], seconds["dupfind"], strict=True)), 2
        )
        for name in ("numpy", "faiss_default")
    }
    same = {
        name: float((neighbours[name] == neighbours["dupfind"]).mean()) for name in ("numpy", "faiss_default")
    }
    emit(
        "batch_search",
        **vars(arguments),
        queries_per_s={
            name: round(arguments.queries / statistics.median(times), 1) for name, times in seconds.items()
        },
        times_faster_than=ratio,
        same_neighbours=same,
    )


if __name__ == "__main__":
    main()
