"""How many of the first clusters of a report are duplicates by reading: what a maintainer sees who opens it.

A cluster counts as read where its likeliest pairs were, three at most, and as right where all of these are duplicates.
Pairs that the tracker marks are not counted. `--list` prints the pairs that nobody has judged, for readers.
"""

import argparse
import tempfile
from pathlib import Path

from common import DATA, emit, indexed
from judged_pairs import DUPLICATES, judged_pairs

from dupfind.dedup.report import DuplicateCluster
from dupfind.encoders.low_rank import MINILM_ISSUES
from dupfind.evaluation.metrics import wilson

PARTS = {("rust", "train"): MINILM_ISSUES.name, ("titanium", "train"): "all-MiniLM-L6-v2"}
"""MiniLM-issues has learned from titanium train."""
N_PAIRS = 3


def main() -> None:
    """Print the counts of each part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--keep", type=Path, help="folder for the indexes, one for each model, to use them again"
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--first", type=int, default=50, metavar="N", help="clusters of each report")
    parser.add_argument("--list", action="store_true", help="print the pairs that nobody has judged")
    arguments = parser.parse_args()
    reading = {(pair.tracker, pair.part, pair.new, pair.old): pair.reading for pair in judged_pairs()}
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for (name, part), model in PARTS.items():
            place = (arguments.keep or Path(folder)) / model
            with indexed(place, name, part, arguments.data, model) as collection:
                clusters = collection.report(limit=arguments.first).clusters
            counts = {"right": 0, "wrong": 0, "unread": 0}
            for cluster in clusters:
                pairs = [(name, part, *ids) for ids in shown_pairs(cluster)]
                classes = [reading.get(pair) for pair in pairs]
                if arguments.list:
                    unread = (pair for pair, found in zip(pairs, classes, strict=True) if found is None)
                    print("".join(f"{' '.join(pair)}\n" for pair in unread), end="")
                counts[verdict(classes)] += 1
            precision = wilson(counts["right"], max(counts["right"] + counts["wrong"], 1))
            figures[f"{name} {part}"] = {**counts, "precision": [round(bound, 3) for bound in precision]}
    for label, counts_of_part in figures.items():
        print(label, counts_of_part)
    emit("first_clusters", parts=figures)


def shown_pairs(cluster: DuplicateCluster) -> list[tuple[str, str]]:
    """Return the ids of the likeliest new pairs of a cluster, the newer issue first."""
    new = [pair for pair in cluster.pairs if not pair.is_known]
    best = max(pair.probability or 0 for pair in new)
    likeliest = [pair for pair in new if (pair.probability or 0) == best][:N_PAIRS]
    ends = ([cluster.members[pair.first], cluster.members[pair.second]] for pair in likeliest)
    by_age = (sorted(both, key=lambda member: (str(member.created), member.id)) for both in ends)
    return [(newer.id, older.id) for older, newer in by_age]


def verdict(classes: list[str | None]) -> str:
    """Return whether a cluster is "right", "wrong" or "unread", by the readings of its pairs."""
    known = [found for found in classes if found not in (None, "cannot tell")]
    if any(found not in DUPLICATES for found in known):
        return "wrong"
    return "right" if len(known) == len(classes) else "unread"


if __name__ == "__main__":
    main()
