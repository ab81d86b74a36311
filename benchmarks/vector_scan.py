"""Compare the compressed index with the exact one and FAISS's fast scans: recall, time of a query, size, time to build.

The vectors are those of real indexes (`--index`), repeated with noise until there are enough. 50 are taken out as
queries. One core: start it with `taskset -c 0` and OMP_NUM_THREADS=1.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from common import emit

from dupfind.storage.database import DATABASE
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import iter_vectors
from dupfind.vectors import flat, scan_file
from dupfind.vectors.base import Block, RowIds, Vectors
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.rotation import rotated
from dupfind.vectors.scan import ScanIndex
from dupfind.vectors.scan_file import ScanFile
from dupfind.vectors.snapshot_file import write_snapshot

N_QUERIES = 50
NOISE = 0.62  # length of the noise beside a unit vector: a copy has the cosine .85 with its original
BLOCK = 4_096


def main() -> None:
    """Build each index from the same vectors, and search it for the same queries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 100_000, 200_000])
    parser.add_argument("--index", type=Path, nargs="+", required=True, help="indexes of real issues")
    parser.add_argument("--k", type=int, default=208)
    arguments = parser.parse_args()
    real = np.concatenate([vectors for folder in arguments.index for vectors in joint(folder)])
    np.random.default_rng(0).shuffle(real)
    queries, real = real[:N_QUERIES], real[N_QUERIES:]
    for rows in arguments.rows:
        exact = np.full((N_QUERIES, 0), -2, dtype=np.float32)
        for _, vectors in varied(real, rows):
            exact = np.sort(np.hstack([exact, queries @ vectors.T]), axis=1)[:, -arguments.k :]
        least = exact[:, 0]
        figures = {kind: of_file(kind, real, rows, queries, least, arguments.k) for kind in ("flat", "scan")}
        if find_spec("faiss"):
            figures["faiss_pq_fast_scan"] = by_faiss(real, rows, queries, least)
        emit("vector_scan", rows=rows, dim=real.shape[1], k=arguments.k, figures=figures)


def of_file(
    kind: str, real: Vectors, rows: int, queries: Vectors, least: Vectors, k: int
) -> dict[str, float]:
    """Write a snapshot, search it once after each opening, then again and again."""
    module = {"flat": flat, "scan": scan_file}[kind]

    def opened() -> Callable[[Vectors], RowIds]:
        if kind == "flat":
            exact = FlatIndex.load(path)
            return lambda query: exact.nearest(query, k)[1][0]
        compressed = ScanIndex([ScanFile.load(path)])
        return lambda query: compressed.candidates(query, k)[0]

    with tempfile.TemporaryDirectory() as place:
        started = time.process_time()
        file = write_snapshot(
            Path(place), 1, kind, lambda put: module.write(put, real.shape[1], rows, varied(real, rows))
        )
        built = time.process_time() - started
        path = Path(place) / file.name
        search = opened()
        found = [search(query[None]) for query in queries]
        return {
            "bytes_each": round(file.bytes / rows, 1),
            "build_cpu_s": round(built, 2),
            "recall": recalled(found, real, rows, queries, least),
            "rows_found": float(np.mean([len(ids) for ids in found])),
            **measured(lambda query: opened()(query), queries[:10], "first"),
            **measured(search, queries, "next"),
        }


def joint(folder: Path) -> Iterator[Vectors]:
    """Yield the joint vectors of an index."""
    store = Store.open(folder / DATABASE)
    try:
        with store.reading():
            for _, vectors in iter_vectors(store, store.encoding()):
                yield vectors
    finally:
        store.close()


def varied(real: Vectors, rows: int) -> Iterator[Block]:
    """Yield blocks of real vectors with noise in both halves, the same ones each time."""
    rng = np.random.default_rng(1)
    dim = real.shape[1]
    for start in range(0, rows, BLOCK):
        ids = np.arange(start, min(start + BLOCK, rows))
        vectors = real[ids % len(real)] + np.float32(NOISE / dim**0.5) * rng.standard_normal(
            (len(ids), dim), dtype=np.float32
        )
        halves = vectors.reshape(len(ids), 2, dim // 2)
        halves /= np.linalg.norm(halves, axis=2, keepdims=True) * np.float32(2**0.5)
        yield ids, vectors


def measured(search: Callable[[Vectors], RowIds], queries: Vectors, name: str) -> dict[str, float]:
    """Return the median processor time of a search, in milliseconds."""
    times = []
    for place in range(len(queries)):
        started = time.process_time()
        search(queries[place : place + 1])
        times.append(1000 * (time.process_time() - started))
    return {f"{name}_cpu_ms": round(float(np.median(times)), 2)}


def recalled(found: list[RowIds], real: Vectors, rows: int, queries: Vectors, least: Vectors) -> float:
    """Return the share of the exact nearest rows that are among the found ones."""
    n_true = n_found = 0
    for ids, vectors in varied(real, rows):
        is_near = queries @ vectors.T >= least[:, None] - 1e-6
        for near, own in zip(is_near, found, strict=True):
            n_true += int(near.sum())
            n_found += int(np.isin(ids[near], own).sum())
    return round(n_found / n_true, 5)


def by_faiss(real: Vectors, rows: int, queries: Vectors, least: Vectors) -> dict[str, float]:
    """Measure a product quantizer of one bit a number, of which 2,000 rows are kept."""
    import faiss

    faiss.omp_set_num_threads(1)
    dim = real.shape[1]
    index = faiss.index_factory(dim, f"PQ{dim // 4}x4fs", faiss.METRIC_INNER_PRODUCT)
    started = time.process_time()
    index.train(rotated(real[:20_000]))
    for _, vectors in varied(real, rows):
        index.add(rotated(vectors))
    built = time.process_time() - started
    found = [index.search(query[None], 2_000)[1][0] for query in rotated(queries)]
    times = measured(lambda query: np.asarray(index.search(rotated(query), 2_000)[1][0]), queries, "next")
    return {
        "bytes_each": dim / 8,
        "build_cpu_s": round(built, 2),
        "recall": recalled(found, real, rows, queries, least),
        **times,
    }


if __name__ == "__main__":
    main()
