"""Read the judged pairs: how far two readers agree, and what the rules of the verdict make of each class.

`judged/guide.md` says how a pair is judged. Pairs on which the readers differ count for the agreement alone. Pairs of
the train parts were looked at while the rules were made; those of the dev parts and of hadoop were counted, too.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from common import DATA, emit, issues

from dupfind.records import Record
from dupfind.verdict.differences import difference
from dupfind.verdict.near_copy import overlap

PAIRS = Path(__file__).parent / "judged" / "pairs.jsonl"
DUPLICATES = ("copy", "duplicate")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    agreements, rules = {}, {}
    for tracker, part in sorted({(pair["tracker"], pair["part"]) for pair in pairs}):
        chosen = [pair for pair in pairs if (pair["tracker"], pair["part"]) == (tracker, part)]
        name = f"{tracker} {part}".strip()
        agreements[name] = agreement([(pair["reader_1"], pair["reader_2"]) for pair in chosen])
        records = {issue["id"]: _record(issue) for issue in issues(tracker, part, arguments.data)}
        rules[name] = outcomes(chosen, records)
        print(f"{name}: {agreements[name]}")
        for outcome, classes in rules[name].items():
            n_right = sum(classes.get(one, 0) for one in DUPLICATES)
            print(f"  {outcome}: {n_right} of {sum(classes.values())} are duplicates by reading; {classes}")
    everything = agreement([(pair["reader_1"], pair["reader_2"]) for pair in pairs])
    print(f"all: {everything}")
    emit("verdict", agreement={**agreements, "all": everything}, rules=rules)


def agreement(answers: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return how far two readers agree.

    Args:
        answers: The classes that both gave to each pair, at least one.

    Returns:
        The number of pairs, the share of equal classes, Cohen's kappa (1960), and the share of pairs on which both
        agree whether it is a duplicate.
    """
    n = len(answers)
    equal = sum(one == other for one, other in answers) / n
    left, right = (Counter(side) for side in zip(*answers, strict=True))
    by_chance = sum(left[one] * right[one] for one in left) / n**2
    same_side = sum((one in DUPLICATES) == (other in DUPLICATES) for one, other in answers) / n
    return {
        "pairs": n,
        "equal": round(equal, 3),
        "kappa": round((equal - by_chance) / (1 - by_chance), 3),
        "duplicate_or_not": round(same_side, 3),
    }


def outcomes(pairs: Iterable[dict[str, Any]], records: dict[str, Record]) -> dict[str, dict[str, int]]:
    """Count the classes of the pairs on which both readers agree, by what the rules say of the pair."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("near-copy", "set apart", "neither")}
    for pair in pairs:
        if pair["reader_1"] != pair["reader_2"]:
            continue
        new, old = records[pair["new"]], records[pair["old"]]
        shared = overlap(f"{new.title}\n{new.body}", f"{old.title}\n{old.body}")
        is_apart = difference(new, old, shared) is not None
        name = "set apart" if is_apart else "near-copy" if shared.is_near_copy else "neither"
        counts[name][pair["reader_1"]] += 1
    return {name: dict(sorted(classes.items())) for name, classes in counts.items()}


def _record(issue: dict[str, Any]) -> Record:
    return Record(issue["id"], issue["title"], issue["body"])


if __name__ == "__main__":
    main()
