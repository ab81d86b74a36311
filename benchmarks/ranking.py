"""Time the ranking part of a query of 100,000 records.

Titanium's issues, repeated until there are enough, with random vectors of MiniLM's width: the time of the
ranking does not depend on their values.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from common import DATA, emit
from replay import RandomEncoder, records

from dupfind.collection.collection import Collection
from dupfind.search import hybrid


def timed(seconds: list[float]) -> Callable[..., list[hybrid.RankedRow]]:
    """`search.ranked`, with the time of each call appended to a list."""
    ranked = hybrid.ranked

    def run(*arguments: Any) -> list[hybrid.RankedRow]:
        started = time.perf_counter()
        rows = list(ranked(*arguments))
        seconds.append(time.perf_counter() - started)
        return rows

    return run


def main() -> None:
    """Index once, then query every five-hundredth issue."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    issues = list(records(arguments.data))
    repeated = (replace(issue, id=f"{issue.id}-{turn}") for turn in count() for issue in issues)
    with tempfile.TemporaryDirectory() as folder:
        with Collection.create(folder, encoder=RandomEncoder()) as collection:
            collection.index(islice(repeated, arguments.records))
        rankings: list[float] = []
        searches = []
        with (
            Collection.open(folder, encoder=RandomEncoder()) as collection,
            patch.object(hybrid, "ranked", timed(rankings)),
        ):
            for issue in issues[::500]:
                started = time.perf_counter()
                collection.search(f"{issue.title}\n{issue.body}")
                searches.append(time.perf_counter() - started)
    emit(
        "ranking",
        records=arguments.records,
        queries=len(searches),
        ranking_ms=round(statistics.median(rankings[1:]) * 1000, 1),
        search_ms=round(statistics.median(searches[1:]) * 1000, 1),
    )


if __name__ == "__main__":
    main()
