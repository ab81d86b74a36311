"""Measure the boilerplate learned from real trackers: its cost, and the recall of duplicates without it."""

import argparse
import random
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from common import DATA, emit, issues

from dupfind.collection.collection import Collection
from dupfind.collection.writable import WritableCollection
from dupfind.evaluation.metrics import cluster_rank, recall_at, reciprocal_rank
from dupfind.records import Record
from dupfind.text import boilerplate

TRACKERS = {"rust": "train", "titanium": "train"}


def main() -> None:
    """Index each tracker with and without learning, and search for its marked duplicates among older issues."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=300, help="most queries of a tracker, drawn at random")
    parser.add_argument("--issues", type=int, help="only so many of the oldest issues")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="print the learned lines before the figures")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    numbers: dict[str, Any] = {}
    for tracker, part in TRACKERS.items():
        rows = list(issues(tracker, part, arguments.data))[: arguments.issues]
        without = measure(rows, arguments.queries, arguments.seed, fewest=len(rows) + 1, shown=False)
        learned = measure(
            rows, arguments.queries, arguments.seed, fewest=boilerplate.FEWEST, shown=arguments.list
        )
        numbers[f"{tracker} {part}"] = {"without": without, "learned": learned}
    emit("boilerplate", seed=arguments.seed, **numbers)


def measure(
    rows: list[dict[str, Any]], n_queries: int, seed: int, *, fewest: int, shown: bool
) -> dict[str, Any]:
    """Return the seconds of indexing, the learned lines, and the rank of each query's first older cluster member."""
    boilerplate.FEWEST = fewest
    records = [
        Record(
            row["id"],
            row["title"] or "",
            row["body"] or "",
            created=datetime.fromisoformat(row["created_at"]),
        )
        for row in rows
    ]
    cluster = {row["id"]: row["duplicate_of"] or row["id"] for row in rows}
    first: dict[str, Record] = {}
    for record in records:
        first.setdefault(cluster[record.id], record)
    queries = [record for record in records if first[cluster[record.id]] is not record]
    if n_queries < len(queries):
        queries = random.Random(seed).sample(queries, n_queries)
    with tempfile.TemporaryDirectory() as folder, Collection.create(folder) as collection:
        started = time.perf_counter()
        run = collection.index(records)
        index_s = time.perf_counter() - started
        ranks = []
        for query in queries:
            hits = collection.search(query, k=10, before=query.created)
            ranks.append(cluster_rank([cluster[hit.id] for hit in hits], cluster[query.id]))
        if shown:
            show(collection)
        return {
            "index_s": round(index_s, 1),
            "learned": len(collection.store.boilerplate()),
            "encoded again": run.n_recomposed,
            "queries": len(ranks),
            **{f"recall@{k}": round(float(recall_at(k, ranks).mean()), 3) for k in (1, 5, 10)},
            "mrr@10": round(float(reciprocal_rank(ranks).mean()), 3),
        }


def show(collection: WritableCollection) -> None:
    """Print the learned lines, most frequent first."""
    for line, n_records in sorted(
        collection.store.boilerplate().n_records.items(), key=lambda item: -item[1]
    ):
        print(n_records, line)


if __name__ == "__main__":
    main()
