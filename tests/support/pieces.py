"""Index records as several processes do, one after the other, each with a part of them."""

import random
from pathlib import Path

from dupfind.collection.collection import Collection
from dupfind.records import Record
from tests.support.samples import WordEncoder
from tests.support.template_tracker import earlier


def write(folder: Path, records: list[Record], source: str = "tracker", *, complete: bool = True) -> None:
    """Index records as a new process does."""
    with Collection.create(folder, encoder=WordEncoder()) as collection:
        collection.index(records, source=source, complete=complete)


def write_in_pieces(folder: Path, records: list[Record], rng: random.Random) -> None:
    """Index one to five random parts of the records as they were earlier, and at last all as they are."""
    past = earlier(records, rng)
    for _ in range(rng.randrange(1, 6)):
        write(folder, rng.sample(past, rng.randrange(1, len(past))), complete=rng.random() < 0.3)
    write(folder, records)
