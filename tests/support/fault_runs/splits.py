"""Make an index in random pieces, and compare it with one that was made in one go."""

import random
import shutil
from pathlib import Path

from dupfind.collection import indexing
from tests.support.answers import everything
from tests.support.fault_runs.tally import Tally, rounds
from tests.support.pieces import write, write_in_pieces
from tests.support.samples import WordEncoder
from tests.support.template_tracker import QUERIES, template_tracker, with_comments

N_RECORDS = 100


def splits(rng: random.Random, seconds: float, folder: Path, most: int | None = None) -> Tally:
    """Make an index of one tracker in pieces, each time in others.

    Args:
        rng: Decides on the pieces.
        seconds: How long to go on, after the preparations.
        folder: An empty folder.
        most: Indexes at most; None for as many as there is time for.
    """
    tally = Tally()
    records = with_comments(template_tracker(N_RECORDS))
    before = indexing.BATCH, indexing.AHEAD
    indexing.BATCH = 16
    try:
        write(folder / "clean", records)
        clean = everything(folder / "clean", WordEncoder(), QUERIES)
        for number in rounds(seconds, most):
            indexing.AHEAD = rng.choice([0, 16, 64, 10_000])
            write_in_pieces(folder / "pieces", records, rng)
            tally.runs += 1
            with tally.expecting("wrong", f"index {number} in pieces"):
                assert everything(folder / "pieces", WordEncoder(), QUERIES) == clean
            shutil.rmtree(folder / "pieces")
    finally:
        indexing.BATCH, indexing.AHEAD = before
    return tally
