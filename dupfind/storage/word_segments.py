"""The segments of the word search that a database names: written after each indexing, joined while they are small."""

import logging
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dupfind.errors import StoreError
from dupfind.storage import snapshot_rows
from dupfind.storage.connection import as_sqlite
from dupfind.storage.encoding import Encoding
from dupfind.storage.snapshot_rows import WordFile
from dupfind.storage.store import Store
from dupfind.storage.word_segment import MOST_ROWS, WordSegment
from dupfind.storage.writer import Writer
from dupfind.vectors.base import Mask, RowIds
from dupfind.vectors.sets import is_met
from dupfind.vectors.snapshot_file import WORDS, check_inside, is_intact, write_snapshot

FROM_ROWS = 20_000
"""Below this many rows FTS5 is fast enough, and there are no segments."""

MOST_UNCOVERED = 4_096
"""Rows without a segment that a search reads from the database by itself; beyond, it uses FTS5."""

_GROWTH = 4
"""A segment is joined with newer ones that have a quarter of its rows: so each row is written a few times."""

_log = logging.getLogger("dupfind")


class LiveSegment(NamedTuple):
    """A segment, and which of its rows are live: (n,) bool, None for all."""

    segment: WordSegment
    live: Mask | None


def publish_words(writer: Writer, encoding: Encoding, folder: Path, now: datetime) -> None:
    """Write a segment of each range of rows that has none; does nothing for a small index.

    A kill at any moment leaves the old segments or the new ones: a file counts once the database names it.

    Args:
        writer: The collection's only writer.
        encoding: The current encoding.
        folder: The folder of snapshots.
        now: Time of publication.
    """
    if writer.one("SELECT count(*) FROM words_docsize") < FROM_ROWS:
        return
    named = snapshot_rows.word_files(writer, encoding.id)
    kept = [each for each in named if is_intact(folder / each.file.name, each.file)]
    last = writer.one("SELECT coalesce(max(id), 0) FROM words_docsize")
    for first, stop, replaced in _missing(writer, kept, last):
        with writer.reading():
            segment = WordSegment.of_rows(as_sqlite(writer.connection), first, stop)
        generation = snapshot_rows.next_generation(writer)
        file = write_snapshot(folder, generation, WORDS, segment.write)
        words = WordFile(generation, file, first, stop, len(segment.row_ids))
        # A damaged file of these rows is named no more.
        replaced += [each for each in named if each not in kept and each.first <= stop and each.last >= first]
        try:
            snapshot_rows.replace_words(writer, encoding.id, words, replaced, now)
        except BaseException:
            (folder / file.name).unlink(missing_ok=True)
            raise
        del segment  # else two are in memory while the next one is made


def _missing(
    writer: Writer, kept: Sequence[WordFile], last: int
) -> Iterator[tuple[int, int, list[WordFile]]]:
    """Yield the ranges of rows to write, and the segments that each of them replaces."""
    free = 1  # the first row that no segment before has
    for segment in kept:
        # One before it was damaged, or words of its rows have changed.
        yield from ((first, stop, []) for first, stop in _ranges(writer, free, segment.first - 1))
        free = segment.last + 1
    if free > last:
        return
    n_together = _n_rows(writer, free, last)
    start, joined = free, list[WordFile]()
    for segment in reversed(kept):
        is_small = segment.n_rows <= _GROWTH * n_together and segment.n_rows + n_together <= MOST_ROWS
        if segment.last != start - 1 or not is_small:
            break
        start, n_together = segment.first, n_together + segment.n_rows
        joined.append(segment)
    for first, stop in _ranges(writer, start, last):
        yield first, stop, joined
        joined = []


def _ranges(writer: Writer, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Divide a range so that no part has more than `MOST_ROWS` rows."""
    while first <= last:
        stop = writer.connection.execute(
            "SELECT id FROM words_docsize WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1 OFFSET ?",
            (first, last, MOST_ROWS - 1),
        ).fetchone()
        end = last if stop is None else stop[0]
        yield first, end
        first = end + 1


def _n_rows(store: Store, first: int, last: int) -> int:
    return store.one("SELECT count(*) FROM words_docsize WHERE id BETWEEN ? AND ?", (first, last))


class WordSegments:
    """The segments of a folder, opened once for all searches; several threads may use it."""

    def __init__(self, folder: Path) -> None:
        """Name the folder of snapshots; nothing is opened yet."""
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[str, WordSegment] = {}
        self._rejected: set[str] = set()

    def live(self, store: Store) -> list[LiveSegment] | None:
        """Return segments that hold all words of this read transaction, by their rows, or None where there are none.

        Rows that no file has are read from the database.
        """
        with self._lock:
            return self._live(store)

    def reject(self, name: str, why: object) -> None:
        """Stop using a file, and log the reason."""
        self._rejected.add(name)
        _log.warning(
            "the segment %s of the word search is not used (%s); results stay correct but slower until `dupfind index`"
            " writes a new one",
            name,
            why,
        )

    def _live(self, store: Store) -> list[LiveSegment] | None:
        named = snapshot_rows.word_files(store, store.encoding().id)
        if not named:
            return None
        segments = [segment for words in named if (segment := self._segment(words)) is not None]
        self._open = {segment.name: segment for segment in segments}
        uncovered = _uncovered(store, segments)
        if sum(_n_rows(store, first, last) for first, last in uncovered) > MOST_UNCOVERED:
            return None
        segments += [
            WordSegment.of_rows(as_sqlite(store.connection), first, last) for first, last in uncovered
        ]
        segments = [segment for segment in segments if len(segment.row_ids)]
        segments.sort(key=lambda segment: segment.first)
        dead = store.deleted_rows(max((segment.last for segment in segments), default=0))
        return [LiveSegment(segment, _live_rows(segment, dead)) for segment in segments]

    def _segment(self, words: WordFile) -> WordSegment | None:
        file = words.file
        if file.name in self._rejected:
            return None
        if (opened := self._open.get(file.name)) is not None:
            return opened
        path = self._folder / file.name
        try:
            check_inside(self._folder, file.name)
            if path.stat().st_size != file.bytes:
                raise StoreError("it does not have the size it was written with")
            segment = WordSegment.load(path, file.crc32)
            if (segment.first, segment.last, len(segment.row_ids)) != (words.first, words.last, words.n_rows):
                raise StoreError("it does not have the rows that the database names")
        except (OSError, StoreError, ValueError) as error:
            self.reject(file.name, error)
            return None
        return segment


def _uncovered(store: Store, segments: Sequence[WordSegment]) -> list[tuple[int, int]]:
    """Return the ranges of rows that no segment has, which may be empty of rows."""
    ranges, free = [], 1
    for segment in sorted(segments, key=lambda segment: segment.first):
        if segment.first > free:
            ranges.append((free, segment.first - 1))
        free = max(free, segment.last + 1)
    last = store.one("SELECT coalesce(max(id), 0) FROM words_docsize")
    return [*ranges, (free, last)] if free <= last else ranges


def _live_rows(segment: WordSegment, dead: RowIds) -> Mask | None:
    within = dead[np.searchsorted(dead, segment.first) : np.searchsorted(dead, segment.last, side="right")]
    if not len(within):
        return None
    is_dead = is_met(segment.row_ids, within)
    return ~is_dead if is_dead.any() else None
