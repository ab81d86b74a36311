"""A person who decides on pairs of a collection; it writes their decisions, one transaction each."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from dupfind.collection.collection import Collection
from dupfind.decisions import Decision
from dupfind.records import Record
from dupfind.review.question_queue import RowPair
from dupfind.storage import decisions
from dupfind.storage.writer import Writer


def write(collection: Collection, change: Callable[[Writer], None]) -> None:
    """Change a collection that is open for reading. Its lock is held no longer than the change takes.

    Raises:
        StoreLocked: Another process is writing to the collection; nothing has changed.
        StoreError: The collection cannot be written.
    """
    with closing(collection.store.open_writer()) as writer:
        change(writer)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A person and the collection that they review.

    Attributes:
        collection: Open for reading.
        name: Who decides.
        clock: Returns the time of a decision, UTC.
    """

    collection: Collection
    name: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def decision(
        self, first: Record, second: Record, answer: str, why: str = "", decided: datetime | None = None
    ) -> Decision:
        """Make a decision on the texts of two records, without writing it. None means decided now."""
        return Decision.of(first, second, answer, decided=decided or self.clock(), who=self.name, why=why)

    def keep(self, batch: Sequence[Decision]) -> None:
        """Write decisions in one transaction.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was saved.
            StoreError: The collection cannot be written.
        """
        write(self.collection, lambda writer: decisions.keep(writer, batch))

    def take_back(self, batch: Sequence[Decision]) -> None:
        """Delete decisions in one transaction; their pairs become open questions again.

        Raises:
            StoreLocked: Another process is writing to the collection; nothing was deleted.
            StoreError: The collection cannot be written.
        """
        write(self.collection, lambda writer: decisions.take_back(writer, batch))

    def latest(self) -> tuple[Decision, RowPair | None] | None:
        """Return this person's last decision, also one of an earlier review; or None.

        Its rows are None if one of the records has changed or is gone.
        """
        store = self.collection.store
        with store.reading():
            last = decisions.latest(store, self.name)
            return None if last is None else (last, decisions.rows(store, last))
