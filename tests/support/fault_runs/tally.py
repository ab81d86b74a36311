"""What a number of random faults has led to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

MAX_NOTES = 20

FAULTS = ("lost", "wrong", "hangs", "tracebacks", "leftovers", "growth")


@dataclass(slots=True)
class Tally:
    """Counts of runs and of their faults.

    Attributes:
        runs: Kills, mutations, requests and so on.
        lost: Records that were committed, and are gone.
        wrong: Other answers than those of an index without faults, and nothing says so.
        hangs: Runs that came to no end in time.
        tracebacks: Errors that are no line of dupfind's own, and ends by a signal.
        leftovers: Files that the next run did not clear away.
        growth: Small files that took much memory.
        notes: The first faults, in words.
    """

    runs: int = 0
    lost: int = 0
    wrong: int = 0
    hangs: int = 0
    tracebacks: int = 0
    leftovers: int = 0
    growth: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, fault: str, note: object) -> None:
        """Count a fault, one of `FAULTS`."""
        setattr(self, fault, getattr(self, fault) + 1)
        if len(self.notes) < MAX_NOTES:
            self.notes.append(f"{fault}: {str(note)[:500]}")

    @contextmanager
    def expecting(self, fault: str, note: object) -> Iterator[None]:
        """Count a fault if an assertion in the block does not hold."""
        try:
            yield
        except AssertionError as error:
            self.add(fault, f"{note}: {error}")

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        return {name: value for name, value in asdict(self).items() if name != "notes"}


def rounds(seconds: float, most: int | None = None) -> Iterator[int]:
    """Count from 0 for some seconds, at least once, and at most so often."""
    until = time.monotonic() + seconds
    number = 0
    while (not number or time.monotonic() < until) and (most is None or number < most):
        yield number
        number += 1
