"""Compare clusters with those that trackers mark: dupfind's clusters, and connected components of the same pairs.

Pairwise precision and recall, and the adjusted Rand index (Hubert & Arabie 1985), of all issues of a tracker, single
ones included. Trackers do not mark every duplicate, so precision is a lower bound. Also the number of marked pairs in
the first hundred, by score and by margin. Settings are chosen on the train parts; the dev parts are for the figures.
"""

import argparse
from collections import Counter
from collections.abc import Hashable, Sequence
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, emit, issues
from numpy.typing import NDArray

from dupfind.clustering.cohesive import cohesive
from dupfind.clustering.union_find import connected
from dupfind.dedup.all_pairs import within
from dupfind.dedup.defaults import MIN_MARGIN, MIN_SCORE
from dupfind.dedup.pair_table import PairTable
from dupfind.encoders.load import find_model, load_encoder
from dupfind.records import Record
from dupfind.storage.model_copy import TITLE_WEIGHT
from dupfind.text.composition import compose
from dupfind.vectors.title_body import concat

PARTS = {"rust": ("train", "dev"), "titanium": ("train", "dev"), "hadoop": ("",)}


def main() -> None:
    """Measure the dev parts, or the train parts, of each tracker at each threshold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev", help="hadoop counts as dev")
    parser.add_argument("--threshold", type=float, nargs="+", default=[MIN_SCORE])
    parser.add_argument("--margin", type=float, nargs="+", default=[MIN_MARGIN])
    parser.add_argument("--model")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    encoder = load_encoder(find_model(arguments.model))
    numbers: dict[str, Any] = {}
    for tracker, parts in PARTS.items():
        part = arguments.part if arguments.part in parts else ""
        if part not in parts:
            continue
        rows = list(issues(tracker, part, arguments.data))
        texts = [
            compose(Record(id=row["id"], title=row["title"] or "", body=row["body"] or "")) for row in rows
        ]
        vectors = concat(
            encoder.encode([text.title for text in texts]),
            encoder.encode([text.whole for text in texts]),
            TITLE_WEIGHT,
        )
        marked = [row["duplicate_of"] or row["id"] for row in rows]
        for threshold in arguments.threshold:
            name = " ".join(filter(None, (tracker, part, str(threshold))))
            numbers[name] = measure(vectors, marked, threshold, arguments.margin)
    emit("clusters", model=encoder.name, **numbers)


def measure(
    vectors: NDArray[np.float32], marked: Sequence[Hashable], threshold: float, margin_floors: Sequence[float]
) -> dict[str, Any]:
    """Measure components and cohesive clusters of the same pairs, and count marked pairs in the first hundred."""
    n = len(vectors)
    blocks = list(within(np.arange(n), vectors, threshold))
    first, second, scores = (np.concatenate(column) for column in zip(*blocks, strict=True))
    table = PairTable.of(first, second, scores, threshold, {})
    chained = connected(zip(first.tolist(), second.tolist(), strict=True))
    is_marked = np.array([marked[a] == marked[b] for a, b in zip(first, second, strict=True)])
    return {
        "pairs": len(first),
        "components": agreement(marked, [chained.get(row, row) for row in range(n)]),
        "cohesive": agreement(marked, cluster(table, table.is_candidate, n)),
        **{
            f"cohesive, margin {floor}": agreement(marked, cluster(table, table.margins >= floor, n))
            for floor in margin_floors
        },
        "marked among the first 100 by score": int(is_marked[np.argsort(-scores, kind="stable")[:100]].sum()),
        "marked among the first 100 by margin": int(
            is_marked[np.argsort(-table.margins, kind="stable")[:100]].sum()
        ),
    }


def cluster(table: PairTable, mask: NDArray[np.bool_], n: int) -> list[int]:
    """Return the canonical of each row."""
    canonical = list(range(n))
    for each in cohesive(table.pairs(mask), {row: row for row in range(n)}):
        for member in each.members:
            canonical[member] = each.canonical
    return canonical


def agreement(marked: Sequence[Hashable], clusters: Sequence[Hashable]) -> dict[str, float]:
    """Return pairwise precision and recall, adjusted Rand index, number of clusters and size of the largest."""
    both = pairs(Counter(zip(marked, clusters, strict=True)))
    n_marked, n_clustered, n_all = pairs(Counter(marked)), pairs(Counter(clusters)), comb(len(marked), 2)
    expected = n_marked * n_clustered / n_all
    sizes = Counter(clusters).values()
    return {
        "precision": round(both / max(n_clustered, 1), 3),
        "recall": round(both / n_marked, 3),
        "ari": round((both - expected) / ((n_marked + n_clustered) / 2 - expected), 4),
        "clusters": sum(size > 1 for size in sizes),
        "largest": max(sizes),
    }


def pairs(counts: Counter[Any]) -> int:
    return sum(comb(count, 2) for count in counts.values())


if __name__ == "__main__":
    main()
