"""Damage a source of each kind that is read: an error of one line, or records; each kind has the same time."""

import gc
import random
import resource
import signal
import time
import traceback
from collections.abc import Collection
from pathlib import Path

from tests.support.damage import read
from tests.support.fault_runs.tally import Tally, rounds
from tests.support.odd_files import odd
from tests.support.source_seeds import registered_kinds, seeds

LIMIT_S = 10
"""Seconds of processor time after which a reader hangs; of time it has twelve times as many."""
GROWTH_MB = 400
"""How much one small file may add to the most memory that the process has used."""


class _Hang(BaseException):
    """A reader came to no end."""


def sources(
    rng: random.Random,
    seconds: float,
    folder: Path,
    most: int | None = None,
    kinds: Collection[str] | None = None,
) -> Tally:
    """Damage a file of a source, and read the source; the kind that had the least processor time is next.

    Args:
        rng: Decides on the damage.
        seconds: How long to continue, after the preparations.
        folder: An empty folder.
        most: Files at most; None for as many as there is time for.
        kinds: Kinds of `registered_kinds`; all by default.
    """
    tally = Tally()
    by_kind = {
        kind: [seed for seed in found if seed.kind == kind]
        for found in [list(seeds(folder))]
        for kind in (registered_kinds() if kinds is None else kinds)
    }
    used = dict.fromkeys(by_kind, 0.0)
    before = {each: signal.signal(each, _stop) for each in (signal.SIGALRM, signal.SIGPROF)}
    try:
        for number in rounds(seconds, most):
            kind = min(used, key=lambda each: used[each])
            seed = rng.choice(by_kind[kind])
            file = rng.choice(seed.files)
            data = file.read_bytes()
            file.write_bytes(odd(data, rng))
            tally.runs += 1
            opened = file if file != seed.path and rng.randrange(4) == 0 else seed.path
            started = time.process_time()
            is_whole = _read(opened, f"file {number}, {kind}, {opened.name}", tally)
            used[kind] += time.process_time() - started
            if not is_whole:
                _keep(file, folder)
            file.write_bytes(data)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return tally


def _keep(file: Path, folder: Path) -> None:
    """Keep a file that was not read as it must be, next to the folders of the seeds."""
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    (kept / f"{len(list(kept.iterdir()))}-{file.name}").write_bytes(file.read_bytes())


def _read(path: Path, note: str, tally: Tally) -> bool:
    peak = _peak_mb()
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    signal.alarm(12 * LIMIT_S)
    fault = None
    try:
        read(path)
    except _Hang:
        fault = ("hangs", f"{note}: {traceback.format_exc()[-400:]}")
    except Exception:
        fault = ("tracebacks", f"{note}: {traceback.format_exc()[-400:]}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    if fault is None and (growth := _peak_mb() - peak) > GROWTH_MB:
        fault = ("growth", f"{note}: {growth:.0f} MB")
    if fault is not None:
        tally.add(*fault)
        gc.collect()
    return fault is None


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _stop(*_: object) -> None:
    raise _Hang
