"""Measure the vector search of ten million rows: segments as an index has them, recall, time and memory of a query.

Each row is a real vector of MiniLM with noise that follows from the row's number, so none is kept: codes are written
block by block, and the vectors of the candidates are made again. The exact neighbours come from the same pass over all
rows. The database is left out, and so is the time to make the candidates' vectors.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

import numpy as np
from common import DATA, emit
from million import N_REAL, noisy, real_issues
from numpy.lib.stride_tricks import sliding_window_view
from vector_scan import BLOCK, NOISE

from dupfind.storage.vector_segments import MOST_ROWS
from dupfind.vectors import scan_file
from dupfind.vectors.base import Block, RowIds, Vectors
from dupfind.vectors.blas import one_blas_thread
from dupfind.vectors.scan import ScanIndex
from dupfind.vectors.scan_file import ScanFile
from dupfind.vectors.snapshot_file import write_snapshot

N_POOL = 1 << 24  # numbers of noise, of which each row takes a window
STRIDE = 2_654_435_761  # between the windows of two rows, modulo their number
FIRST_QUERIES = 3


class Rows:
    """The vectors of all rows, each made when it is wanted; the same ones in every process."""

    def __init__(self, folder: Path, n_queries: int) -> None:
        """Take the real vectors of a folder of `million.py --keep` that are no queries."""
        self.queries, self._real = real_vectors(folder, n_queries)
        self.dim = self._real.shape[1]
        noise = np.random.default_rng(1).standard_normal(N_POOL, dtype=np.float32)
        noise *= np.float32(NOISE / self.dim**0.5)
        self._windows = sliding_window_view(noise, self.dim)

    def vectors(self, row_ids: RowIds) -> Vectors:
        """Return the vectors of rows, (m, dim) float32: two halves of equal length, together of unit length."""
        vectors = self._windows[row_ids * STRIDE % len(self._windows)]
        vectors += self._real[row_ids % len(self._real)]
        halves = vectors.reshape(len(row_ids), 2, -1)
        halves /= np.linalg.norm(halves, axis=2, keepdims=True) * np.float32(2**0.5)
        return vectors


def real_vectors(folder: Path, n_queries: int) -> tuple[Vectors, Vectors]:
    """Return the real vectors of a folder in two parts, (n, dim) float32 each: the queries, and all others."""
    real = np.load(folder / "real.npy")  # (n, 2, 384) float32: of the title, and of the whole text
    np.random.default_rng(0).shuffle(real)
    real = real.reshape(len(real), -1) / np.float32(2**0.5)
    return real[:n_queries], real[n_queries:]


rows_of = cache(Rows)


def main() -> None:
    """Write the segments, then search them in new processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--k", type=int, default=208)
    parser.add_argument("--workers", type=int, default=2, help="processes that write segments")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path, help="folder of `million.py --keep`; the segments are deleted")
    parser.add_argument("--first", type=int, nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--segments", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.first is not None:
        print(json.dumps(searched(arguments)))
        return
    if arguments.keep is not None:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.keep) as place:
        folder = arguments.keep or Path(place)
        if not (folder / "real.npy").exists():
            noisy(folder, real_issues(arguments.data), N_REAL)
        started, before = time.perf_counter(), children_cpu_s()
        least = written(folder, Path(place), arguments)
        wall_s, cpu_s = time.perf_counter() - started, children_cpu_s() - before
        np.save(Path(place) / "least.npy", least)
        n_bytes = sum(path.stat().st_size for path in Path(place).glob("*.scan"))
        command = [
            sys.executable,
            __file__,
            "--segments",
            place,
            "--keep",
            str(folder),
            "--k",
            str(arguments.k),
        ]
        command += ["--queries", str(arguments.queries), "--first"]
        each = [in_process([*command, str(query)]) for query in range(FIRST_QUERIES)]
        all_queries = in_process([*command, *map(str, range(arguments.queries))])
        emit(
            "many_vectors",
            rows=arguments.rows,
            queries=arguments.queries,
            k=arguments.k,
            bytes_each=round(n_bytes / arguments.rows, 1),
            build_s=round(wall_s, 1),
            build_cpu_s=round(cpu_s, 1),
            recall=all_queries["recall"],
            candidates=all_queries["candidates"],
            first_cpu_ms=float(np.median([figures["cpu_ms"] for figures in each])),
            first_mb=max(figures["peak_mb"] for figures in each),
            next_cpu_ms=all_queries["cpu_ms"],
            next_mb=all_queries["peak_mb"],
        )


def written(folder: Path, place: Path, arguments: argparse.Namespace) -> Vectors:
    """Write all segments, and return the exact score of the last of the k nearest rows of each query, (q,)."""
    best = np.full((arguments.queries, arguments.k), -2, dtype=np.float32)
    segment = partial(write_segment, folder, place, arguments.rows, arguments.queries, arguments.k)
    with ProcessPoolExecutor(arguments.workers) as pool:
        for scores in pool.map(segment, range(-(-arguments.rows // MOST_ROWS))):
            best = np.partition(np.hstack([best, scores]), -arguments.k, axis=1)[:, -arguments.k :]
    return np.asarray(best.min(axis=1))


def write_segment(folder: Path, place: Path, n_rows: int, n_queries: int, k: int, number: int) -> Vectors:
    """Write the codes of one segment, and return the k best exact scores of each query in it, (q, k)."""
    rows = rows_of(folder, n_queries)
    first, stop = number * MOST_ROWS, min((number + 1) * MOST_ROWS, n_rows)
    best = np.full((n_queries, k), -2, dtype=np.float32)

    def blocks() -> Iterator[Block]:
        nonlocal best
        for start in range(first, stop, BLOCK):
            row_ids = np.arange(start, min(start + BLOCK, stop))
            vectors = rows.vectors(row_ids)
            best = np.partition(np.hstack([best, rows.queries @ vectors.T]), -k, axis=1)[:, -k:]
            yield row_ids, vectors

    with one_blas_thread():
        write_snapshot(
            place, number, scan_file.KIND, lambda put: scan_file.write(put, rows.dim, stop - first, blocks())
        )
    return best


def searched(arguments: argparse.Namespace) -> dict[str, float]:
    """Search for some queries in one process: the median time to select candidates, the peak memory, and the recall."""
    paths = sorted(arguments.segments.glob("*.scan"), key=lambda path: int(path.name.partition("-")[0]))
    started = time.process_time()
    scan = ScanIndex([ScanFile.load(path) for path in paths])
    opened_s = time.process_time() - started
    queries, _ = real_vectors(arguments.keep, arguments.queries)
    least = np.load(arguments.segments / "least.npy")
    times, found = list[float](), list[RowIds]()
    for query in arguments.first:
        started = time.process_time()
        [candidates] = scan.candidates(queries[query : query + 1], arguments.k)
        times.append(1000 * (time.process_time() - started))
        found.append(candidates)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if len(times) == 1:
        times[0] += 1000 * opened_s
    rows = Rows(arguments.keep, arguments.queries)  # after the peak, which is that of the search
    n_found = 0
    for query, candidates in zip(arguments.first, found, strict=True):
        scores = np.sort(rows.vectors(candidates) @ queries[query])[-arguments.k :]
        n_found += int(np.count_nonzero(scores >= least[query] - 1e-6))
    return {
        "cpu_ms": round(float(np.median(times)), 1),
        "peak_mb": round(peak, 1),
        "candidates": round(sum(map(len, found)) / len(found), 1),
        "recall": round(n_found / (len(times) * arguments.k), 5),
    }


def in_process(command: list[str]) -> dict[str, float]:
    """Run this script again and return the figures that it prints."""
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return figures


def children_cpu_s() -> float:
    """Return the processor time of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
