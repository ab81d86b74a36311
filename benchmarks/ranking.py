"""What does the fitted order add to a query of 100,000 records?

Titanium's issues, repeated until there are enough, with random vectors as wide as MiniLM's: what the ranking takes does
not depend on their meaning.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

from common import DATA, emit
from replay import RandomEncoder, records

from dupfind.collection import Collection


class Timed(Collection):
    """A collection that notes how long each ranking took."""

    def _ranked(self, *arguments: Any) -> Any:
        started = time.perf_counter()
        ranked = super()._ranked(*arguments)
        self.seconds.append(time.perf_counter() - started)
        return ranked

    seconds: list[float]


def main() -> None:
    """Index once, then ask for every five-hundredth issue."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    issues = list(records(asked.data))
    repeated = (replace(issue, id=f"{issue.id}-{turn}") for turn in count() for issue in issues)
    with tempfile.TemporaryDirectory() as folder:
        with Collection.create(folder, encoder=RandomEncoder()) as collection:
            collection.index(islice(repeated, asked.records))
        with Timed.open(folder, encoder=RandomEncoder()) as timed:
            timed.seconds = []
            searches = []
            for issue in issues[::500]:
                started = time.perf_counter()
                timed.search(f"{issue.title}\n{issue.body}")
                searches.append(time.perf_counter() - started)
    emit(
        "ranking",
        records=asked.records,
        queries=len(searches),
        ranking_ms=round(statistics.median(timed.seconds[1:]) * 1000, 1),
        search_ms=round(statistics.median(searches[1:]) * 1000, 1),
    )


if __name__ == "__main__":
    main()
