"""How far long work has come: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dupfind.cli.terminal import is_terminal, note, safe

LINE_EVERY_S = 15.0

Advance = Callable[[float], None]
"""To be called with the number of records that were finished since the last call."""
Begin = Callable[[str, int | None], Advance]
"""To be called with what is being worked on, and how many records there are; None where that is not known."""


@contextmanager
def progress(quiet: bool = False) -> Iterator[Begin]:
    """Show how many records of each piece of work are done, with the rate and the time left; if quiet, nothing."""
    if quiet:
        yield lambda _, __: lambda ___: None
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

        def begin(name: str, total: int | None) -> Advance:
            task = bars.add_task(escape(safe(name)), total=total, done="")
            tell = _Tally(total)
            return lambda n_records: bars.update(task, advance=n_records, done=tell(n_records))

        yield begin


def _lines(name: str, total: int | None) -> Advance:
    tell, last = _Tally(total), time.monotonic()

    def advance(n_records: float) -> None:
        nonlocal last
        said = tell(n_records)
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            note(f"{name}: {said}")

    return advance


class _Tally:
    """Counts records, and says how many are done and how fast."""

    def __init__(self, total: int | None) -> None:
        self._total = "" if total is None else f" of {total:,}"
        self._started = time.monotonic()
        self._n_done = 0.0

    def __call__(self, n_records: float) -> str:
        self._n_done += n_records
        seconds = max(time.monotonic() - self._started, 1e-3)
        return f"{self._n_done:,.0f}{self._total} records, {self._n_done / seconds:,.0f}/s"
