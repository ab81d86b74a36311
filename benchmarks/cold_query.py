"""Time one query of 100,000 records from a new process: `dupfind query`, and sentence-transformers with FAISS."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from common import DATA, emit, issues
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.encoders.weights import find_model
from dupfind.records import Record

PEER = """
import sys
import faiss, json, numpy as np
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
query = model.encode([sys.argv[4]], normalize_embeddings=True)
index = faiss.read_index(sys.argv[2])
scores, rows = index.search(query, 10)
titles = json.load(open(sys.argv[3]))
print([(float(s), titles[r]) for s, r in zip(scores[0], rows[0])])
"""
QUESTION = "App crashes on startup when the device is offline and the cached password holds a percent sign"


def main() -> None:
    """Fill both with the same 100,000 texts, then start both commands in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path, help="folder for the two indexes, to use them again")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.fill is not None:
        fill(arguments.fill, arguments.rows, arguments.data)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "peer.faiss").exists():
            # In its own process, because a child's peak memory starts at that of its parent.
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--fill", folder], check=True)
        model = str(find_model().path)
        ours = [
            sys.executable,
            "-m",
            "dupfind",
            "query",
            "--json",
            "--index",
            str(folder / ".dupfind"),
            QUESTION,
        ]
        theirs = [
            sys.executable,
            "-c",
            PEER,
            model,
            str(folder / "peer.faiss"),
            str(folder / "titles.json"),
            QUESTION,
        ]
        seconds: dict[str, list[float]] = {"dupfind": [], "peer": []}
        peaks: dict[str, float] = {}
        for _ in range(arguments.rounds):
            for name, command in (("dupfind", ours), ("peer", theirs)):
                elapsed, peaks[name] = run(command)
                seconds[name].append(elapsed)
        emit(
            "cold_query",
            rows=arguments.rows,
            rounds=arguments.rounds,
            median_s={name: round(statistics.median(times), 3) for name, times in seconds.items()},
            times_faster=round(
                statistics.median(b / a for a, b in zip(seconds["dupfind"], seconds["peer"], strict=True)), 1
            ),
            peak_mb={name: round(peak / 1024, 1) for name, peak in peaks.items()},
        )


class Variation:
    """Replaces MiniLM for filling: 100,000 slightly rotated copies of real vectors.

    Encoding 100,000 bodies takes an hour. The time of a query depends on the number of vectors and on real words, not
    on the exact vectors. The queries themselves are encoded by MiniLM.
    """

    def __init__(self, rows: int, seed: int) -> None:
        """Take the model's own name, so that the index is opened with the model."""
        self.folder = find_model()
        self.name, self.fingerprint, self.engine, self.dim = (
            self.folder.name,
            self.folder.fingerprint,
            "random",
            384,
        )
        self._rng = np.random.default_rng(seed)
        self._centres = self._rng.standard_normal((max(1, rows // 20), self.dim), dtype=np.float32)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return (n, 384) float32 unit vectors around shared centres."""
        vectors: NDArray[np.float32] = self._centres[self._rng.integers(len(self._centres), size=len(texts))]
        vectors = vectors + 0.7 * self._rng.standard_normal(vectors.shape, dtype=np.float32)
        if progress is not None:
            progress(len(texts))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def fill(folder: Path, rows: int, data: Path) -> None:
    """Write both indexes from real titles and bodies, repeated with a number until there are enough."""
    import faiss

    from dupfind.storage.model_copy import copy_model

    real = [*issues("titanium", "train", data), *issues("rust", "train", data), *issues("hadoop", "", data)]
    records = [
        Record(
            id=str(row),
            title=f"{real[row % len(real)]['title']} ({row // len(real)})",
            body=real[row % len(real)]["body"] or "",
            created=datetime(2024, 1, 1, tzinfo=UTC),
        )
        for row in range(rows)
    ]
    encoder = Variation(rows, seed=0)
    with Collection.create(folder / ".dupfind", encoder=encoder) as collection:
        collection.index(records, complete=True)
        collection.publish(tail_limit=0)
        # Now it is like an index of `dupfind index`, with a copy of the model inside.
        inside = copy_model(encoder.folder, folder / ".dupfind")
        with collection.store.changing():
            collection.store.connection.execute("UPDATE encoding SET model_folder = ?", (inside,))
    peer = faiss.IndexFlatIP(384)
    peer.add(encoder.encode([""] * rows))
    faiss.write_index(peer, str(folder / "peer.faiss"))
    (folder / "titles.json").write_text(json.dumps([record.title for record in records]), encoding="utf-8")


def run(command: list[str]) -> tuple[float, float]:
    """Return wall time in seconds and peak memory in KiB of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = wait(process)
    if status:
        raise SystemExit(f"{command[:6]} ended with {status}")
    return time.perf_counter() - started, usage.ru_maxrss


def wait(process: subprocess.Popen[bytes]) -> tuple[int, int, resource.struct_rusage]:
    """Wait for a process and return its use of resources."""
    pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return pid, process.returncode, usage


if __name__ == "__main__":
    main()
