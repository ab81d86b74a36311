"""The judged pairs, and the class that their readers agree on."""

import json
from pathlib import Path
from typing import NamedTuple

PAIRS = Path(__file__).parent / "judged" / "pairs.jsonl"
DUPLICATES = ("copy", "duplicate")


class JudgedPair(NamedTuple):
    """A pair of issues that people read; `judged/guide.md` says how.

    Attributes:
        tracker: Name of the data.
        part: "train", "dev" or "".
        new: Id of the newer issue.
        old: Id of the older one.
        rank: Of the older one among the hits for the newer one, from 1; 0 for a pair that was drawn by its titles.
        weight: Pairs of the tracker that it stands for, 0 where it was not drawn at random.
        readers: The class of each reader; a third one read where two differ.
    """

    tracker: str
    part: str
    new: str
    old: str
    rank: int
    weight: float
    readers: tuple[str, ...]

    @property
    def reading(self) -> str | None:
        """The class that two readers gave; None where all three differ."""
        return next((name for name in self.readers if self.readers.count(name) > 1), None)


def judged_pairs() -> list[JudgedPair]:
    """Read all pairs."""
    pairs = []
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        readers = tuple(row[f"reader_{n}"] for n in (1, 2, 3) if f"reader_{n}" in row)
        pairs.append(
            JudgedPair(
                row["tracker"], row["part"], row["new"], row["old"], row["rank"], row["weight"], readers
            )
        )
    return pairs
