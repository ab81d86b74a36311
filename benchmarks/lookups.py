"""Do short questions find what a person looks for: words, codes, names, quoted phrases, misspelt words?

The questions and their right answers are in judged/lookups.jsonl; judged/lookups.md says how they were judged. Each is
asked as a person types it, and plain BM25 over the raw words of titles and bodies answers it in the same run. Two
figures a kind: the share of questions whose first hit is right, and the share with a right one among the first ten.
"""

import argparse
import json
import math
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from common import DATA, emit, indexed, issues

JUDGED = Path(__file__).parent / "judged" / "lookups.jsonl"
PART = "train"
DEPTH = 10
MEANING = "meaning"
"""The kind whose words are not in the right answers."""

ALL = "all but meaning"
"""Questions whose words, or those meant, stand in the right answers."""


class Question(NamedTuple):
    """A line of the judged file: who is asked, of which kind, what, and the ids of right first answers."""

    tracker: str
    kind: str
    question: str
    right: list[str]


def main() -> None:
    """Ask all questions of each tracker."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--only", choices=("rust", "titanium"), help="ask one tracker alone")
    parser.add_argument("--model", help="model of a new index")
    parser.add_argument("--misses", action="store_true", help="name each question whose first hit is wrong")
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    questions = [Question(**json.loads(line)) for line in JUDGED.read_text(encoding="utf-8").splitlines()]
    numbers: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for tracker in [options.only] if options.only else ["rust", "titanium"]:
            asked = [question for question in questions if question.tracker == tracker]
            place = options.keep or Path(folder)
            with indexed(place, tracker, PART, options.data, options.model) as collection:
                found = [
                    [hit.id for hit in collection.search(question.question, k=DEPTH)] for question in asked
                ]
            plain = bm25(
                issues(tracker, PART, options.data), [question.question for question in asked], DEPTH
            )
            numbers[tracker] = {
                "dupfind": figures(asked, found),
                "bm25": figures(asked, plain),
            }
            if options.misses:
                for question, ids in zip(asked, found, strict=True):
                    if ids[0] not in question.right:
                        print(*question[:3], ids[:3], question.right[:3], sep=" | ", file=sys.stderr)
    emit("lookups", **numbers)


def figures(questions: Sequence[Question], found: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return number of questions, share right at the first place, and share right among ten, by kind.

    Args:
        questions: n questions.
        found: Of each question the ids of its hits, best first.
    """
    right: dict[str, list[tuple[bool, bool]]] = {}
    for question, ids in zip(questions, found, strict=True):
        is_right = [id in question.right for id in ids]
        pair = (any(is_right[:1]), any(is_right))
        right.setdefault(question.kind, []).append(pair)
        if question.kind != MEANING:
            right.setdefault(ALL, []).append(pair)
    return {
        kind: [len(pairs), *(round(sum(each) / len(pairs), 3) for each in zip(*pairs, strict=True))]
        for kind, pairs in right.items()
    }


def bm25(rows: Iterator[dict[str, Any]], questions: Sequence[str], k: int) -> list[list[str]]:
    """Return the ids of the k best issues of each question by BM25 over raw words, the older of equal ones first."""
    asked = [set(_words(question)) for question in questions]
    wanted = {word for terms in asked for word in terms}
    ids, counts, lengths = [], [], []
    for row in rows:
        words = _words(f"{row['title']} {row['body'] or ''}")
        ids.append(row["id"])
        lengths.append(len(words))
        counts.append(Counter(word for word in words if word in wanted))
    mean = sum(lengths) / max(len(lengths), 1)
    n_with = Counter(word for counted in counts for word in counted)
    best = []
    for terms in asked:
        scores: Counter[int] = Counter()
        for place, counted in enumerate(counts):
            damping = 1.2 * (0.25 + 0.75 * lengths[place] / mean)
            for word in terms & counted.keys():
                rarity = math.log(1 + (len(ids) - n_with[word] + 0.5) / (n_with[word] + 0.5))
                scores[place] += rarity * counted[word] * 2.2 / (counted[word] + damping)  # type: ignore[assignment]
        places = sorted(scores, key=lambda place: (-scores[place], place))
        best.append([ids[place] for place in places[:k]])
    return best


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


if __name__ == "__main__":
    main()
