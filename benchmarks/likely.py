"""How many of the pairs that a whole index calls likely are duplicates by reading, with nothing marked.

For each issue counts its likeliest older one. `--list` prints the pairs that nobody has judged, for readers.
"""

import argparse
import tempfile
from pathlib import Path

from common import DATA, emit, indexed
from first_clusters import PARTS
from judged_pairs import DUPLICATES, judged_pairs

from dupfind.collection.collection import Collection
from dupfind.dedup import all_pairs
from dupfind.dedup.pair_judge import PairJudge
from dupfind.encoders.low_rank import MINILM_ISSUES
from dupfind.evaluation.metrics import wilson

ALL_PARTS = dict.fromkeys((("rust", "dev"), ("titanium", "dev"), ("hadoop", "")), MINILM_ISSUES.name) | PARTS
LEAST_SCORE = 0.8
"""Cosine similarity of the pairs that are judged; copies and edited copies have more."""


def main() -> None:
    """Print the counts of each part, and the precision of those that no model has learned from."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--keep", type=Path, help="folder for the indexes, one for each model, to use them again"
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--list", action="store_true", help="print the pairs that nobody has judged")
    arguments = parser.parse_args()
    reading = {(pair.tracker, pair.part, pair.new, pair.old): pair.reading for pair in judged_pairs()}
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for (name, part), model in ALL_PARTS.items():
            place = (arguments.keep or Path(folder)) / model
            with indexed(place, name, part, arguments.data, model) as collection:
                pairs, n_issues = likely_pairs(collection), len(collection)
            classes = [reading.get((name, part, *pair)) for pair in pairs]
            if arguments.list:
                unread = (pair for pair, found in zip(pairs, classes, strict=True) if found is None)
                print("".join(f"{name} {part} {' '.join(pair)}\n" for pair in unread), end="")
            told = [found in DUPLICATES for found in classes if found not in (None, "cannot tell")]
            figures[name, part] = {
                "issues": n_issues,
                "likely": len(pairs),
                "read": len(told),
                "right": sum(told),
            }
    for label, counts in figures.items():
        print(*label, counts)
    groups = {"all": figures.values(), "dev": [figures[part] for part in figures if part not in PARTS]}
    precision = {
        group: wilson(sum(each["right"] for each in counts), sum(each["read"] for each in counts))
        for group, counts in groups.items()
    }
    emit(
        "likely",
        parts={" ".join(label).strip(): counts for label, counts in figures.items()},
        **{group: [round(bound, 3) for bound in bounds] for group, bounds in precision.items()},
    )


def likely_pairs(collection: Collection) -> list[tuple[str, str]]:
    """Return each issue that has a likely older one with the likeliest of these, by id, the newer one first."""
    store = collection.store
    found: dict[str, tuple[tuple[float, float], str]] = {}
    with store.reading():
        judge = PairJudge(store)
        for first, second, scores in all_pairs.of_collection(collection, LEAST_SCORE):
            pairs = list(zip(first.tolist(), second.tolist(), strict=True))
            judged = zip(pairs, scores.tolist(), judge.judgements(pairs, scores.tolist()), strict=True)
            likely = [
                (pair, score, judgement.probability)
                for pair, score, judgement in judged
                if judgement is not None and judgement.probability >= judge.model.likely
            ]
            heads = {
                head.row_id: head for head in store.heads({row for pair, _, _ in likely for row in pair})
            }
            for pair, score, probability in likely:
                older, newer = sorted(
                    (heads[row] for row in pair), key=lambda head: (str(head.created), head.name)
                )
                best = (probability, score), older.name[2]
                found[newer.name[2]] = max(best, found.get(newer.name[2], best), key=lambda each: each[0])
    return [(newer, older) for newer, (_, older) in found.items()]


if __name__ == "__main__":
    main()
