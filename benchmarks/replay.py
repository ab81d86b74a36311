"""Measure the time of `dupfind evaluate` on 20,000 real issues that are already indexed.

The issues are titanium's. Their vectors are random and have the width of MiniLM's, because the time of a product does
not depend on its values, and nothing has to be encoded. The replay searches for duplicates and other issues alike.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

import numpy as np
from common import DATA, emit, issues

from dupfind.collection.collection import Collection
from dupfind.encoders.load import Vectors
from dupfind.evaluation.figures import evaluate
from dupfind.evaluation.replay import replay
from dupfind.records import Record, Ref


class RandomEncoder:
    """Gives each text a random direction."""

    name, engine, fingerprint, dim = "random", "random", "random-384", 384

    def __init__(self) -> None:
        self._generator = np.random.default_rng(0)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        vectors = self._generator.standard_normal((len(texts), self.dim), dtype=np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def main() -> None:
    """Index once, then replay and evaluate `--repeats` times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Collection.create(folder, encoder=RandomEncoder()) as collection,
    ):
        collection.index(islice(records(arguments.data), arguments.issues))
        replays, figures = [], []
        for _ in range(arguments.repeats):
            started = time.perf_counter()
            results = list(replay(collection))
            replays.append(time.perf_counter() - started)
            started = time.perf_counter()
            evaluation = evaluate(results)
            figures.append(time.perf_counter() - started)
    emit(
        "replay",
        issues=evaluation.n_issues,
        duplicates=evaluation.n_duplicates,
        replay_s=round(min(replays), 1),
        figures_s=round(min(figures), 2),
    )


def records(data: Path) -> Iterator[Record]:
    """Yield titanium's issues, train and dev."""
    for row in chain(issues("titanium", "train", data), issues("titanium", "dev", data)):
        yield Record(
            id=row["id"],
            title=row["title"] or "",
            body=row["body"] or "",
            created=datetime.fromisoformat(row["created_at"]),
            duplicate_of=(Ref(None, row["duplicate_of"]),) if row["duplicate_of"] else (),
        )


if __name__ == "__main__":
    main()
