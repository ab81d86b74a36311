"""Show the progress of long work: a bar on a terminal, elsewhere a line every few seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dupfind.cli.terminal import is_terminal, note, safe
from dupfind.progress import Advance, StartTask

LINE_EVERY_S = 15.0


@contextmanager
def progress(quiet: bool = False) -> Iterator[StartTask]:
    """Give a function that starts tasks, and show how many records of each are done, the rate and the time left.

    Nothing is shown if `quiet`.
    """
    if quiet:
        yield _silent
    elif is_terminal(sys.stderr):
        with _bars() as start:
            yield start
    else:
        yield _lines


@contextmanager
def _bars() -> Iterator[StartTask]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def start(name: str, total: int | None, unit: str = "records") -> Advance:
            # Rich would take [words] in a name for its markup.
            task = bars.add_task(escape(safe(name)), total=total, done="")
            tally = _Tally(total, unit)
            return lambda n_records: bars.update(task, advance=n_records, done=tally(n_records))

        yield start


def _silent(name: str, total: int | None, unit: str = "records") -> Advance:
    return lambda _: None


def _lines(name: str, total: int | None, unit: str = "records") -> Advance:
    tally, last = _Tally(total, unit), time.monotonic()

    def advance(n_records: float) -> None:
        nonlocal last
        state = tally(n_records)
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            note(f"{name}: {state}")

    return advance


class _Tally:
    """Count finished units, and format their number and rate."""

    def __init__(self, total: int | None, unit: str) -> None:
        self._total = "" if total is None else f" of {total:,}"
        self._unit = unit
        self._started = time.monotonic()
        self._n_done = 0.0

    def __call__(self, n_records: float) -> str:
        self._n_done += n_records
        seconds = max(time.monotonic() - self._started, 1e-3)
        is_one = not self._total and round(self._n_done) == 1
        unit = self._unit.removesuffix("s") if is_one else self._unit
        return f"{self._n_done:,.0f}{self._total} {unit}, {self._n_done / seconds:,.0f}/s"
