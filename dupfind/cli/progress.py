"""Show the progress of long work: a bar on a terminal, elsewhere a line every few seconds."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from dupfind.cli.terminal import fit, is_terminal, note, safe
from dupfind.progress import Advance, StartTask

LINE_EVERY_S = 15.0
PAINT_EVERY_S = 0.1

_BAR = 20  # columns
_SURE_AFTER = (
    50  # units, or a hundredth of all: before that the rate is mostly the time in which a model loads
)
_TO_THE_END = "\x1b[K"  # erases what is left of a longer line


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
    line = _Line()

    def start(name: str, total: int | None, unit: str = "records") -> Advance:
        tally = _Tally(total, unit)

        def advance(n_records: float) -> None:
            line.show(f"{name} {tally.bar()} {tally(n_records)}{tally.left()}")

        line.show(f"{name} {tally.bar()}", at_once=True)
        return advance

    try:
        yield start
    finally:
        line.clear()


class _Line:
    """The last line of the terminal, written again as work advances, and cleared at its end."""

    def __init__(self) -> None:
        self._shown = 0.0  # when

    def show(self, text: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now - self._shown >= PAINT_EVERY_S:
            self._shown = now
            columns = shutil.get_terminal_size().columns - 1
            click.echo(f"\r{fit(safe(text), columns)}{_TO_THE_END}", err=True, nl=False, color=True)

    def clear(self) -> None:
        click.echo(f"\r{_TO_THE_END}", err=True, nl=False, color=True)


def _silent(name: str, total: int | None, unit: str = "records") -> Advance:
    return lambda _: None


def _lines(name: str, total: int | None, unit: str = "records") -> Advance:
    tally, last = _Tally(total, unit), time.monotonic()

    def advance(n_records: float) -> None:
        nonlocal last
        state = tally(n_records)
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            note(f"{name}: {state}{tally.left()}")

    return advance


class _Tally:
    """Count finished units, and format their number, share, rate and the time left."""

    def __init__(self, total: int | None, unit: str) -> None:
        self._total = total
        self._unit = unit
        self._started = time.monotonic()
        self._n_done = 0.0

    def __call__(self, n_records: float) -> str:
        self._n_done += n_records
        total = "" if self._total is None else f" of {self._total:,}"
        is_one = not total and round(self._n_done) == 1
        unit = self._unit.removesuffix("s") if is_one else self._unit
        rate = self._n_done / self._seconds()
        return f"{self._n_done:,.0f}{total} {unit}, {rate:,.{int(rate < 1)}f}/s"

    def bar(self) -> str:
        """Return a bar of the finished share; an empty text where the total is unknown."""
        if not self._total:
            return ""
        n_full = min(_BAR, int(_BAR * self._n_done / self._total))
        return f"[{'#' * n_full}{'.' * (_BAR - n_full)}]"

    def left(self) -> str:
        """Return the time left at the present rate, as ", 1:05 left"; "" while the rate says little."""
        if not self._total or not self._n_done or self._n_done >= self._total:
            return ""
        if self._n_done < min(_SURE_AFTER, self._total / 100):
            return ""
        seconds = round((self._total - self._n_done) * self._seconds() / self._n_done)
        hours, minutes = seconds // 3600, seconds // 60 % 60
        shown = f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
        return f", {shown} left"

    def _seconds(self) -> float:
        return max(time.monotonic() - self._started, 1e-3)
