"""How far long work has come: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from dupfind.cli.terminal import is_terminal, note, safe

LINE_EVERY_S = 15.0

Advance = Callable[[float], None]
"""To be called with the number of records that were finished since the last call."""


class Begin(Protocol):
    """How a piece of work begins."""

    def __call__(self, name: str, total: int | None, unit: str = "records") -> Advance:
        """Say what is being worked on, how many there are (None where that is not known), and of what."""
        ...


@contextmanager
def progress(quiet: bool = False) -> Iterator[Begin]:
    """Show how many records of each piece of work are done, with the rate and the time left; if quiet, nothing."""
    if quiet:
        yield _nothing
    elif is_terminal(sys.stderr):
        with _bars() as begin:
            yield begin
    else:
        yield _lines


@contextmanager
def _bars() -> Iterator[Begin]:
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

        def begin(name: str, total: int | None, unit: str = "records") -> Advance:
            task = bars.add_task(escape(safe(name)), total=total, done="")
            tell = _Tally(total, unit)
            return lambda n_records: bars.update(task, advance=n_records, done=tell(n_records))

        yield begin


def _nothing(name: str, total: int | None, unit: str = "records") -> Advance:
    return lambda _: None


def _lines(name: str, total: int | None, unit: str = "records") -> Advance:
    tell, last = _Tally(total, unit), time.monotonic()

    def advance(n_records: float) -> None:
        nonlocal last
        said = tell(n_records)
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            note(f"{name}: {said}")

    return advance


class _Tally:
    """Counts records, and says how many are done and how fast."""

    def __init__(self, total: int | None, unit: str) -> None:
        self._total = "" if total is None else f" of {total:,}"
        self._unit = unit
        self._started = time.monotonic()
        self._n_done = 0.0

    def __call__(self, n_records: float) -> str:
        self._n_done += n_records
        seconds = max(time.monotonic() - self._started, 1e-3)
        return f"{self._n_done:,.0f}{self._total} {self._unit}, {self._n_done / seconds:,.0f}/s"
