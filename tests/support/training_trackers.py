"""A made-up tracker in which duplicates share what matters, and all else is noise; and which files hold a text."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dupfind.records import Record, Ref

MATTERS, NOISE = "abcdefghijkl", "mnopqrstuvwxyz"
START = datetime(2024, 1, 1, tzinfo=UTC)


def tracker(n_clusters: int = 120, seed: int = 0) -> Iterator[Record]:
    """Pairs of duplicates and as many single issues, one a day; ids count from 0 in the order of time.

    A duplicate comes five days after its original: an issue's letters of `MATTERS` say what it is about.
    """
    chance = random.Random(seed)

    def text(about: list[str]) -> str:
        letters = about + chance.choices(NOISE, k=7)
        chance.shuffle(letters)
        return " ".join(letters)

    day = 0
    for block in range(n_clusters // 5):
        topics = [chance.sample(MATTERS, 5) for _ in range(5)]
        for place, topic in enumerate([*topics, *topics]):
            original = () if place < 5 else (Ref(None, str(day - 5)),)
            yield Record(
                id=str(day),
                title=text(topic),
                body=text(topic),
                created=START + timedelta(day),
                duplicate_of=original,
            )
            day += 1
        for _ in range(5):
            topic = chance.sample(MATTERS, 5)
            yield Record(id=str(day), title=text(topic), body=text(topic), created=START + timedelta(day))
            day += 1
        assert day == 15 * (block + 1)


def holding(word: str, folder: Path) -> list[str]:
    """The names of the files that hold a word, in UTF-8 or UTF-16."""
    return [
        path.name
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and any(word.encode(encoding) in path.read_bytes() for encoding in ("utf-8", "utf-16-le"))
    ]
