"""Damage a source of each kind that is read: an error of one line, or records."""

import random
import signal
import traceback
from pathlib import Path

from tests.support.containers import CONTAINERS
from tests.support.damage import FOLDERS, damaged, read
from tests.support.fault_runs.tally import Tally, rounds

LIMIT_S = 60


class _Hang(BaseException):
    """A reader came to no end."""


def sources(rng: random.Random, seconds: float, folder: Path, most: int | None = None) -> Tally:
    """Damage a file of one container after the other.

    Args:
        rng: Decides on the damage.
        seconds: How long to go on, after the preparations.
        folder: An empty folder.
        most: Files at most; None for as many as there is time for.
    """
    tally = Tally()
    opened = {}
    for place, (name, container) in enumerate(CONTAINERS.items()):
        (folder / str(place)).mkdir()
        path = container.build(folder / str(place))
        files = [
            each
            for each in sorted((folder / str(place)).rglob("*"))
            if each.is_file() and each.stat().st_size
        ]
        opened[name] = (path, files)
    before = signal.signal(signal.SIGALRM, _stop)
    try:
        for number in rounds(seconds, most):
            name = list(opened)[number % len(opened)]
            path, files = opened[name]
            file = rng.choice(files)
            data = file.read_bytes()
            file.write_bytes(damaged(data, rng))
            tally.runs += 1
            _read(path if name in FOLDERS else file, f"file {number}, {name}", tally)
            file.write_bytes(data)
    finally:
        signal.signal(signal.SIGALRM, before)
    return tally


def _read(path: Path, note: str, tally: Tally) -> None:
    signal.alarm(LIMIT_S)
    try:
        read(path)
    except _Hang:
        tally.add("hangs", note)
    except Exception:
        tally.add("tracebacks", f"{note}: {traceback.format_exc()[-400:]}")
    finally:
        signal.alarm(0)


def _stop(*_: object) -> None:
    raise _Hang
