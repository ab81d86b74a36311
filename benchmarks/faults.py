"""Count what random faults lead to: kills, damage, full disks, damaged sources and requests, indexes in pieces.

Each kind of fault runs for its share of the time, in two processes. The JSON line has the counts of each kind and their
sum; the first faults of each kind are named on standard error. Exit code 1 means that there is a fault.

Damaged sources have the same time for each kind of source; `--readers trello,jira-csv` chooses some of
`--list-readers`, as in `faults.py --only sources --readers trello --minutes 2`.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from common import ROOT, emit

LANES = ({"kills": 4, "requests": 3, "splits": 2, "disk": 1}, {"mutations": 9, "sources": 1})
"""Kinds of faults of two processes, and their parts of the time."""
SHARES = {kind: share for lane in LANES for kind, share in lane.items()}


def main() -> None:
    """Run the kinds of faults, and print their counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="of each of the two processes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(SHARES), help="kinds, with commas between them")
    parser.add_argument("--readers", help="kinds of sources to damage, with commas between them")
    parser.add_argument("--list-readers", action="store_true", help="list the kinds of sources, and end")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from tests.support.source_seeds import registered_kinds

    if arguments.list_readers:
        print("\n".join(registered_kinds()))
        return
    readers = registered_kinds() if arguments.readers is None else arguments.readers.split(",")
    if unknown := sorted(set(readers) - set(registered_kinds())):
        parser.error(f"no reader {unknown[0]!r}: see --list-readers")
    kinds = arguments.only.split(",")
    if unknown := sorted(set(kinds) - SHARES.keys()):
        parser.error(f"no kind {unknown[0]!r}: the kinds are {', '.join(SHARES)}")
    lanes = [lane for lane in ([kind for kind in kinds if kind in each] for each in LANES) if lane]
    jobs = [(lane, arguments.minutes, arguments.seed, readers) for lane in lanes]
    with multiprocessing.get_context("spawn").Pool(len(jobs)) as pool:
        counts = {kind: count for lane in pool.starmap(run_lane, jobs) for kind, count in lane.items()}
    names = next(iter(counts.values()))
    total = {name: sum(count[name] for count in counts.values()) for name in names}
    emit("faults", minutes=arguments.minutes, seed=arguments.seed, **total, kinds=counts)
    sys.exit(any(total[name] for name in total if name != "runs"))


def run_lane(kinds: list[str], minutes: float, seed: int, readers: list[str]) -> dict[str, dict[str, Any]]:
    """Run kinds of faults one after the other, and return the counts of each; `readers` are kinds of sources."""
    sys.path.insert(0, str(ROOT))
    from tests.support.fault_runs.disk import disk
    from tests.support.fault_runs.kills import kills
    from tests.support.fault_runs.mutations import mutations
    from tests.support.fault_runs.requests import requests
    from tests.support.fault_runs.sources import sources
    from tests.support.fault_runs.splits import splits

    runs: dict[str, Callable[..., Any]] = {
        "kills": kills,
        "mutations": mutations,
        "requests": requests,
        "disk": disk,
        "sources": partial(sources, kinds=readers),
        "splits": splits,
    }
    counts = {}
    for kind in kinds:
        share = SHARES[kind] / sum(SHARES[each] for each in kinds)
        with tempfile.TemporaryDirectory() as folder:
            tally = runs[kind](random.Random(f"{seed} {kind}"), 60 * minutes * share, Path(folder))
        counts[kind] = tally.counts()
        for note in tally.notes:
            print(f"{kind}: {note}", file=sys.stderr, flush=True)
    return counts


if __name__ == "__main__":
    main()
