"""Build an index of a million records, use it in every way, and fail where a figure is not as wanted.

The texts are real issues with a number in the title. The vectors are real ones of MiniLM with noise, because to encode
a million bodies takes hours. Each step runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from cold_query import QUESTION, run, wait
from common import DATA, emit, issues
from load import _cpu_s, _memory_mb, _questions, closed, running
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.encoders.load import load_encoder
from dupfind.encoders.weights import find_model
from dupfind.records import Record
from dupfind.search.match import SearchRequest, SearchResponse
from dupfind.storage.model_copy import copy_model
from dupfind.storage.stored_vectors import has_bodies, iter_vectors
from dupfind.vectors.base import Mask, RowIds, Vectors
from dupfind.vectors.scan import RescoredIndex

SEED = 0
NOISE = 0.62  # length of the noise beside a unit vector: a copy has the cosine .85 with its original
N_REAL = 4_000  # texts that are encoded
N_QUERIES = 20
K = 200
STEPS = ("fill", "recall", "add", "pairs")
WANTED: dict[str, tuple[str, float]] = {
    "recall_200": (">=", 0.995),
    "recall_first_20": (">=", 0.999),
    "cold_query_s": ("<", 0.8),
    "cold_query_mb": ("<", 500),
    "serve_p50_ms": ("<", 40),
    "serve_mb": ("<", 3_000),
    "add_1000_s": ("<", 3),
    "add_1000_files_rewritten": ("<", 1),
    "disk_bytes_each": ("<", 2_500),
    "index_per_cpu_s": (">=", 2_000),
    "index_mb": ("<", 2_000),
    "pairs_s": ("<", 1_500),
    "pairs_mb": ("<", 4_000),
    "pairs_recall": (">=", 1),
}
"""What each figure must be at 1,000,000 records on two cores."""


def main() -> None:
    """Run every step, print the figures, and end with 1 if one is not as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5, help="cold queries")
    parser.add_argument("--seconds", type=float, default=20, help="of load on the service")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path, help="folder for the index, to use it again")
    parser.add_argument("--skip", choices=STEPS, action="append", default=[], help="a step to leave out")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step is not None:
        step: Callable[[Path, int, Path], dict[str, float]] = globals()[arguments.step]
        print(json.dumps(step(arguments.keep, arguments.records, arguments.data)))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        figures: dict[str, float] = {}
        filled = folder / "fill.json"  # an index that was interrupted is continued
        for name in STEPS:
            if name == "fill" and filled.exists():
                figures |= json.loads(filled.read_text(encoding="utf-8"))
            elif name not in arguments.skip:
                figures |= in_process(name, folder, arguments)
            if name == "fill":
                filled.write_text(json.dumps(figures), encoding="utf-8")
            if name == "recall":
                figures |= cold(folder, arguments.rounds) | served(folder, arguments)
    failed = [
        name
        for name, (relation, limit) in WANTED.items()
        if name in figures and not (figures[name] >= limit if relation == ">=" else figures[name] < limit)
    ]
    emit("million", records=arguments.records, seed=SEED, figures=figures, failed=failed)
    if failed:
        raise SystemExit(1)


def in_process(name: str, folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Run one step in a new process and return its figures, with its peak memory."""
    command = [sys.executable, __file__, "--step", name, "--keep", str(folder)]
    command += ["--records", str(arguments.records), "--data", str(arguments.data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = wait(process)
    if status:
        raise SystemExit(f"the step {name} ended with {status}")
    peak = {"fill": "index_mb", "pairs": "pairs_mb"}.get(name, f"{name}_mb")
    return {**json.loads(output), peak: round(usage.ru_maxrss / 1024, 1)}


class Noisy:
    """Replaces MiniLM for filling: real vectors with noise that follows from the text."""

    def __init__(self, real: Sequence[Record], vectors: NDArray[np.float32]) -> None:
        """Take records and their vectors, (n, 2, 384) float32: of the title, and of the whole text."""
        self.folder = find_model()
        self.name, self.fingerprint, self.engine, self.dim = (
            self.folder.name,
            self.folder.fingerprint,
            "noisy",
            384,
        )
        self._places = {record.title: place % len(vectors) for place, record in enumerate(real)}
        self._vectors = vectors
        self.cpu_s = self.wall_s = 0.0

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (n, 384) float32 unit vectors; a text has the same one in every process."""
        cpu, wall = time.process_time(), time.perf_counter()
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            title, _, body = text.partition("\n")
            seed = zlib.crc32(text.encode())
            place = self._places.get(re.sub(r" \(\d+\)$", "", title), seed % len(self._vectors))
            noise = np.random.Generator(np.random.SFC64(seed)).standard_normal(self.dim, dtype=np.float32)
            noise *= np.float32(NOISE / self.dim**0.5)
            vectors[row] = self._vectors[place, int(bool(body))] + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        if progress is not None:
            progress(len(texts))
        self.cpu_s += time.process_time() - cpu
        self.wall_s += time.perf_counter() - wall
        return vectors


def real_issues(data: Path) -> list[Record]:
    """Return real issues with a title, the same ones in the same order each time."""
    rows = [*issues("titanium", "train", data), *issues("rust", "train", data), *issues("hadoop", "", data)]
    order = np.random.default_rng(SEED).permutation(len(rows)).tolist()
    titles = ((row["title"] or "").strip() for row in (rows[place] for place in order))
    return [
        Record(id=str(number), title=title, body=rows[place]["body"] or "")
        for number, (place, title) in enumerate(zip(order, titles, strict=True))
        if title
    ]


def numbered(real: Sequence[Record], start: int, stop: int) -> Iterator[Record]:
    """Yield real issues in turn, each with a number in its title."""
    for row in range(start, stop):
        issue = real[row % len(real)]
        yield Record(
            id=str(row),
            title=f"{issue.title} ({row})",
            body=issue.body,
            created=datetime(2024, 1, 1, tzinfo=UTC),
        )


def noisy(folder: Path, real: Sequence[Record], records: int) -> Noisy:
    """Return the encoder; the vectors of the real issues are kept in the folder."""
    path = folder / "real.npy"
    if not path.exists():
        some = real[: min(N_REAL, records)]
        encoder = load_encoder(find_model())
        titles = encoder.encode([record.title for record in some])
        wholes = encoder.encode([f"{record.title}\n{record.body[:400]}" for record in some])
        np.save(path, np.stack([titles, wholes], axis=1))
    return Noisy(real, np.load(path))


def fill(folder: Path, records: int, data: Path) -> dict[str, float]:
    """Index all records, and measure time, size and memory."""
    real = real_issues(data)
    encoder = noisy(folder, real, records)
    cpu = time.process_time()
    with Collection.create(folder / ".dupfind", encoder=encoder) as collection:
        n_new = collection.index(numbered(real, 0, records), complete=True).n_new
        cpu_s = time.process_time() - cpu - encoder.cpu_s
        inside = copy_model(encoder.folder, folder / ".dupfind")
        with collection.store.changing():
            collection.store.connection.execute("UPDATE encoding SET model_folder = ?", (inside,))
        n_text = collection.store.one(
            "SELECT sum(length(CAST(title AS BLOB)) + length(CAST(body AS BLOB))) FROM record"
        )
        collection.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    files = [folder / ".dupfind" / "dupfind.db", *(folder / ".dupfind" / "snapshots").iterdir()]
    n_bytes = sum(path.stat().st_size for path in files)
    return {
        "index_per_cpu_s": round(n_new / cpu_s, 1),  # of the last run, where the index was interrupted
        "disk_bytes_each": round((n_bytes - n_text) / records, 1),
    }


def compare_all(
    index: RescoredIndex, queries: Vectors, k: int, allowed: Mask | None = None
) -> Callable[[], tuple[Vectors, RowIds]]:
    """Do as `RescoredIndex.begin`, with every row's vector."""
    return partial(index.compare_all, queries, k, allowed)


def recall(folder: Path, records: int, data: Path) -> dict[str, float]:
    """Compare the vector search and whole answers with exact ones, for issues that are not indexed."""
    del records
    asked = list(issues("titanium", "dev", data))[
        :: max(1, len(list(issues("titanium", "dev", data))) // N_QUERIES)
    ]
    requests = [
        SearchRequest(Record(id="", title=row["title"], body=row["body"] or ""), k=20)
        for row in asked[:N_QUERIES]
        if row["title"]
    ]
    found: list[list[list[str]]] = []
    nearest: list[list[set[int]]] = []
    for is_exact in (False, True):
        begin = RescoredIndex.begin
        if is_exact:
            RescoredIndex.begin = compare_all  # type: ignore[method-assign, assignment]
        with Collection.open(folder / ".dupfind") as collection:
            answers = collection.searcher.search_each(requests)
            found.append(
                [
                    [match.record.id for match in answer.matches]
                    for answer in answers
                    if isinstance(answer, SearchResponse)
                ]
            )
            encoding = collection.store.encoding()
            with collection.store.reading():
                queries = np.concatenate([block[1] for block in _sampled(collection, N_QUERIES)], axis=0)
                queries += np.random.default_rng(SEED).standard_normal(queries.shape, dtype=np.float32) * 0.01
                queries /= np.linalg.norm(queries, axis=1, keepdims=True)
                _, hits = collection.searcher.retrieval.snapshots.nearest(
                    collection.store, encoding, queries, K
                )
            nearest.append([set(rows.tolist()) for _, rows in hits])
        RescoredIndex.begin = begin  # type: ignore[method-assign]
    return {
        "recall_200": _shared(*nearest),
        "recall_first_20": _shared(*([set(ids) for ids in each] for each in found)),
    }


def _sampled(collection: Collection, n: int) -> Iterator[tuple[RowIds, Vectors]]:
    """Yield n joint vectors of the index, spread over its rows."""
    encoding = collection.store.encoding()
    last = collection.store.one("SELECT max(row_id) FROM record")
    for number in range(n):
        row_ids, vectors = next(
            iter_vectors(collection.store, encoding, after=number * max(1, last // n - 1))
        )
        yield row_ids[:1], vectors[:1]


def _shared(ours: Sequence[set[Any]], exact: Sequence[set[Any]]) -> float:
    """Return the share of the exact results that ours have."""
    n_exact = sum(map(len, exact))
    return round(sum(len(a & b) for a, b in zip(ours, exact, strict=True)) / n_exact, 5)


def cold(folder: Path, rounds: int) -> dict[str, float]:
    """Time `dupfind query` in new processes, by the clock and by the processor; the files are in the page cache."""
    command = [
        sys.executable,
        "-m",
        "dupfind",
        "query",
        "--json",
        "--index",
        str(folder / ".dupfind"),
        QUESTION,
    ]
    ran, cpu = list[tuple[float, float]](), list[float]()
    for _ in range(rounds + 1):
        before = os.times()
        ran.append(run(command))
        after = os.times()
        cpu.append(sum(after[2:4]) - sum(before[2:4]))  # of children that have ended
    ran, cpu = ran[1:], cpu[1:]
    return {
        "cold_query_cpu_s": round(statistics.median(cpu), 3),
        "cold_query_s": round(statistics.median(seconds for seconds, _ in ran), 3),
        "cold_query_mb": round(max(peak for _, peak in ran) / 1024, 1),
    }


def served(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Time single queries of a service on one core, each after the answer to the one before."""
    index = ["--index", str(folder / ".dupfind"), "--workers", "1"]
    with running([sys.executable, "-m", "dupfind", "serve", *index, "--port"]) as (port, process):
        if hasattr(process, "cpu_affinity"):
            for each in (process, *process.children(recursive=True)):
                each.cpu_affinity([0])
        asyncio.run(closed(port, _questions(arguments.data), 1, arguments.seconds / 4))  # warms up
        before = _cpu_s(process)
        seen = asyncio.run(closed(port, _questions(arguments.data), 1, arguments.seconds))
        seen.cpu_s = _cpu_s(process) - before
        figures = seen.figures()
        return {
            "serve_p50_ms": figures["p50_ms"],
            "serve_cpu_ms_each": figures["cpu_ms_each"],
            "serve_mb": _memory_mb(process),
        }


def add(folder: Path, records: int, data: Path) -> dict[str, float]:
    """Add 1,000 records, and look which snapshot files are new, and which are gone: they were written anew."""
    real = real_issues(data)
    encoder = noisy(folder, real, records)
    snapshots = folder / ".dupfind" / "snapshots"
    before = set(os.listdir(snapshots))
    wall, cpu = time.perf_counter(), time.process_time()
    with Collection.create(folder / ".dupfind", encoder=encoder) as collection:
        collection.index(numbered(real, records, records + 1_000), source="added")
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    after = set(os.listdir(snapshots))
    return {
        "add_1000_s": round(wall_s - encoder.wall_s, 2),
        "add_1000_cpu_s": round(cpu_s - encoder.cpu_s, 2),
        "add_1000_files_rewritten": len(before - after),
        "add_1000_bytes": sum((snapshots / name).stat().st_size for name in after - before),
    }


def pairs(folder: Path, records: int, data: Path) -> dict[str, float]:
    """Find all pairs at .7, and compare those of 2,000 rows with brute force."""
    del data
    from dupfind.dedup.all_pairs import of_collection

    with Collection.open(folder / ".dupfind") as collection, collection.store.reading():
        store, encoding = collection.store, collection.store.encoding()
        joint = has_bodies(store, encoding.id)
        row_ids, vectors = next(iter_vectors(store, encoding, joint=joint))
        some, queries = row_ids[:2_000], vectors[:2_000]
        started = time.perf_counter()
        found: set[tuple[int, int]] = set()
        n_pairs = 0
        for block in of_collection(collection, 0.7):
            n_pairs += len(block.first)
            is_some = np.isin(block.first, some) | np.isin(block.second, some)
            found.update(zip(block.first[is_some].tolist(), block.second[is_some].tolist(), strict=True))
        seconds = time.perf_counter() - started
        n_true = n_found = 0
        for ids, block_vectors in iter_vectors(store, encoding, joint=joint):
            scores = np.round(queries.astype(np.float64) @ block_vectors.T.astype(np.float64), 6)
            for left, right in zip(*np.nonzero(scores >= 0.7), strict=True):
                pair = (int(some[left]), int(ids[right]))
                if pair[0] != pair[1]:
                    n_true += 1
                    n_found += (min(pair), max(pair)) in found
    return {
        "pairs": n_pairs,
        "pairs_s": round(seconds, 1),
        "pairs_recall": n_found / max(1, n_true),
    }


if __name__ == "__main__":
    main()
