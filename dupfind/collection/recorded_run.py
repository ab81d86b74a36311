"""A run over a source in the table of runs: its start, its end, and its numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

from dupfind import interruption
from dupfind.collection.indexing import Counts
from dupfind.sources.reading_counts import ReadingCounts
from dupfind.storage import source_state
from dupfind.storage.writer import Writer


@contextmanager
def recorded_run(
    writer: Writer, source_id: int, reading: ReadingCounts | None, clock: Callable[[], datetime]
) -> Iterator[Counts]:
    """Store that a run has started, give its numbers, and store how it ended and what they are then.

    Args:
        writer: The index's only writer.
        source_id: The source.
        reading: The numbers of the reading of its records, stored with those of the run; None for none.
        clock: Returns the time, UTC.

    Raises:
        StoreLocked: Another process writes to the source.
        StoreError: The database cannot be written.
    """
    run_id = source_state.start(writer, source_id, clock())
    counts = Counts()
    status = "failed"
    try:
        yield counts
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        if interruption.was_interrupted():  # inside of SQLite, which raises an error of its own
            status = "interrupted"
        numbers = asdict(counts) | ({} if reading is None else {"reading": reading.numbers()})
        source_state.finish(writer, run_id, status, numbers, clock())
