"""What a reader yields: records, and what it leaves out."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Literal

from dupfind.records import Record


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in a source that is no record of the index.

    Attributes:
        reason: "pull request"; "restricted", for an issue that its tracker shows to some people only; "other", for a
            row that is deleted, an answer or a notice; or "broken".
        message: Of a broken entry: its place, and what is wrong with it.
        record: Of a restricted issue, for those who ask for it.
    """

    reason: Literal["pull request", "restricted", "other", "broken"]
    message: str = ""
    record: Record | None = None


Entry = Record | LeftOut

PULL_REQUEST = LeftOut("pull request")


def records_of(entries: Iterable[Entry]) -> Generator[Record]:
    """Yield the records alone."""
    return (entry for entry in entries if isinstance(entry, Record))
