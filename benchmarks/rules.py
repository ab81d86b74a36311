"""What the verdict's rules make of the judged pairs, from their texts alone: no index and no model is needed.

A table says for each part and rule how many pairs it decides, and how many of these are duplicates by reading. Pairs
that the readers could not tell are left out. A series is known by all issues of its part with one text.
"""

import argparse
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from common import DATA, emit, issues
from fit_verdict import rule
from judged_pairs import DUPLICATES, judged_pairs

from dupfind.evaluation.metrics import wilson
from dupfind.records import Record
from dupfind.text.fingerprint import text_fingerprint

RULES = ("copy", "near-copy", "sibling", "recurring")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    by_part = defaultdict(list)
    for pair in judged_pairs():
        if pair.reading not in (None, "cannot tell"):
            by_part[pair.tracker, pair.part].append(pair)
    counts: Counter[tuple[str, str, bool]] = Counter()
    for (tracker, part), pairs in by_part.items():
        records = {str(row["id"]): _record(row) for row in issues(tracker, part, arguments.data)}
        times = defaultdict(list)
        for record in records.values():
            times[text_fingerprint(record.title, record.body)].append(record.created)
        for pair in pairs:
            new, old = records[pair.new], records[pair.old]
            name = rule(new, old, times[text_fingerprint(new.title, new.body)])
            counts[f"{tracker} {part}".strip(), name, pair.reading in DUPLICATES] += 1
    table = {
        label: {name: [counts[label, name, True], _total(counts, label, name)] for name in RULES}
        for label in sorted({label for label, _, _ in counts})
    }
    for label, row in table.items():
        print(label, ", ".join(f"{name}: {right} of {total}" for name, (right, total) in row.items()))
    likely = [row[name] for row in table.values() for name in ("copy", "near-copy")]
    precision = wilson(sum(right for right, _ in likely), sum(total for _, total in likely))
    emit("rules", rules=table, likely=[round(bound, 3) for bound in precision])


def _record(row: dict[str, Any]) -> Record:
    created = row["created_at"] and datetime.fromisoformat(row["created_at"])
    return Record(id=str(row["id"]), title=row["title"], body=row["body"] or "", created=created)


def _total(counts: Counter[tuple[str, str, bool]], label: str, name: str) -> int:
    return counts[label, name, True] + counts[label, name, False]


if __name__ == "__main__":
    main()
