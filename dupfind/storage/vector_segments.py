"""Publishes the vectors of a large index in segments: each file holds the codes of a range of rows.

New rows get a segment of their own, small ones are joined, and one that is full is never written again.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np

from dupfind.storage import snapshot_rows
from dupfind.storage.encoding import Encoding
from dupfind.storage.scan_files import lacks_rows
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.storage.stored_vectors import (
    LAST_ROW,
    has_bodies,
    iter_vectors,
    last_encoded_row,
    n_vectors,
    read_vectors,
)
from dupfind.storage.writer import Writer
from dupfind.vectors import scan_file
from dupfind.vectors.base import NO_ROW, Block, RowIds, Vectors
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.scan import RescoredIndex, ScanIndex
from dupfind.vectors.scan_file import ScanFile
from dupfind.vectors.sets import is_met
from dupfind.vectors.snapshot_file import is_intact, write_snapshot

MOST_ROWS = 65_536
"""Rows of a segment, at most."""

MOST_UNCOVERED = 512
"""Rows that may be newer than all segments: each query reads and compares all of them."""

_GROWTH = 4
"""A segment is joined with newer ones that have a quarter of its rows: so each row is written a few times."""

_MOST_DEAD = 0.25
"""Share of the rows of a segment that may be dead until it is written anew."""

RECALL_FLOOR = 0.99
_RECALL_SAMPLE = 50  # rows of a segment whose neighbours are looked up, at most
_ROWS_A_SAMPLE = 4_096  # of a segment for each of them
_RECALL_K = 200  # candidates of a query

_log = logging.getLogger("dupfind")


def publish_segments(
    writer: Writer, encoding: Encoding, folder: Path, now: datetime, *, tail_limit: int | None
) -> None:
    """Write the segments that are missing, damaged, or hold many dead rows, and one of the new rows.

    A kill at any moment leaves the old segments or the new ones: a file counts once the database names it. The
    segments have all rows up to the last one, so that one that is lost is written anew before it is named no more.

    Args:
        writer: The collection's only writer.
        encoding: The current encoding.
        folder: The folder of snapshots.
        now: Time of publication.
        tail_limit: Rows that may have no segment; 0 also writes each segment anew that has a dead row. None for
            `MOST_UNCOVERED`.
    """
    joint = has_bodies(writer, encoding.id)
    dim = encoding.dim * (2 if joint else 1)
    kept: list[tuple[int, Snapshot]] = []  # the first row of each, and the segment
    first = 1
    named = snapshot_rows.segments(writer, encoding.id)
    for segment in named:
        most_dead = 0.0 if tail_limit == 0 else _MOST_DEAD * segment.n_rows
        if _n_dead(writer, encoding, folder, segment, dim, first) > most_dead:
            _write(writer, encoding, folder, now, first, segment.max_row_id, [segment], joint)
            kept.clear()  # a segment before a new one is joined with nothing
        else:
            kept.append((first, segment))
        first = segment.max_row_id + 1
    n_new = n_vectors(writer, encoding.id, first - 1)
    if named and n_new <= (MOST_UNCOVERED if tail_limit is None else tail_limit):
        return
    joined: list[Snapshot] = []
    for start, segment in reversed(kept):
        if segment.n_rows > _GROWTH * n_new or segment.n_rows + n_new > MOST_ROWS:
            break
        first, n_new = start, n_new + segment.n_rows
        joined.append(segment)
    _write(writer, encoding, folder, now, first, last_encoded_row(writer, encoding.id), joined, joint)


def n_behind(writer: Writer, encoding: Encoding, folder: Path) -> float:
    """Return the rows that have no segment, and the dead ones in them; infinity without intact segments."""
    named = snapshot_rows.segments(writer, encoding.id)
    dim = encoding.dim * (2 if has_bodies(writer, encoding.id) else 1)
    dead, first = 0.0, 1
    for segment in named:
        dead += _n_dead(writer, encoding, folder, segment, dim, first)
        first = segment.max_row_id + 1
    return dead + n_vectors(writer, encoding.id, first - 1) if named else np.inf


def _n_dead(
    writer: Writer, encoding: Encoding, folder: Path, segment: Snapshot, dim: int, first: int
) -> float:
    """Return the number of rows of a segment that are dead; infinity for one that is to be written anew.

    So is one with live rows before its own that no segment has: the row that named theirs is wrong or lost.

    Args:
        writer: The collection's only writer.
        encoding: The current encoding.
        folder: The folder of snapshots.
        segment: The segment.
        dim: The right width.
        first: The first row that no segment before has.
    """
    path = folder / segment.file.name
    if segment.dim != dim or not is_intact(path, segment.file):
        return np.inf
    file = ScanFile.load(path)
    if lacks_rows(writer, encoding, first, file):
        return np.inf
    return int(np.count_nonzero(is_met(file.row_ids, writer.deleted_rows(segment.max_row_id))))


def _write(
    writer: Writer,
    encoding: Encoding,
    folder: Path,
    now: datetime,
    first: int,
    last: int,
    replaced: Sequence[Snapshot],
    joint: bool,
) -> None:
    """Write the segments of a range of rows in place of others; each is named in one transaction."""
    waiting = list(replaced)
    for start, stop in _ranges(writer, encoding, first, last):
        generation = snapshot_rows.next_generation(writer)
        with writer.reading():
            n_rows = n_vectors(writer, encoding.id, start - 1, stop)
            if not n_rows:
                continue
            dim = encoding.dim * (2 if joint else 1)
            n_sampled = max(1, min(_RECALL_SAMPLE, n_rows // _ROWS_A_SAMPLE))
            some = spread(writer, encoding, n_rows, n_sampled, start, stop)
            sample = _Sample(read_vectors(writer, encoding, joint, some))
            blocks = sample.seen(iter_vectors(writer, encoding, after=start - 1, up_to=stop, joint=joint))
            write = partial(scan_file.write, dim=dim, n_rows=n_rows, blocks=blocks)
            file = write_snapshot(folder, generation, scan_file.KIND, write)
            index = ScanIndex([ScanFile.load(folder / file.name)])
            recall = sample.recall(RescoredIndex(index, partial(read_vectors, writer, encoding, joint)))
        if recall < RECALL_FLOOR:
            _log.warning(
                "snapshot %s has a recall of %.1f %% at %d, below %.0f %%",
                generation,
                100 * recall,
                _RECALL_K,
                100 * RECALL_FLOOR,
            )
        try:
            # The last part replaces the others, so that no row is without a segment before.
            segment = Snapshot(generation, file, dim, n_rows, stop, recall)
            snapshot_rows.replace_segments(writer, encoding.id, segment, waiting, now)
        except BaseException:
            (folder / file.name).unlink(missing_ok=True)
            raise
        waiting = []
    if waiting:  # all rows of the range are dead
        snapshot_rows.forget_segments(writer, waiting)


def _ranges(writer: Writer, encoding: Encoding, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Divide a range so that no part has more than `MOST_ROWS` vectors."""
    while first <= last:
        row = writer.connection.execute(
            "SELECT row_id FROM vector WHERE encoding_id = ? AND row_id BETWEEN ? AND ?"
            " ORDER BY row_id LIMIT 1 OFFSET ?",
            (encoding.id, first, last, MOST_ROWS - 1),
        ).fetchone()
        stop = last if row is None else row[0]
        yield first, stop
        first = stop + 1


def spread(
    writer: Writer,
    encoding: Encoding,
    n_rows: int,
    n: int = _RECALL_SAMPLE,
    first: int = 1,
    last: int = LAST_ROW,
) -> RowIds:
    """Return n of the `n_rows` live rows of a range that have a vector, spread evenly."""
    return writer.ids(
        "SELECT row_id FROM (SELECT row_id, row_number() OVER (ORDER BY row_id) AS place FROM vector"
        " JOIN record USING (row_id) WHERE encoding_id = ? AND row_id BETWEEN ? AND ? AND died IS NULL)"
        " WHERE place % ? = 0 LIMIT ?",
        (encoding.id, first, last, max(1, n_rows // n), n),
    )


class _Sample:
    """Some rows whose exact neighbours are found while a segment is written."""

    def __init__(self, queries: Vectors) -> None:
        self._queries = queries
        self._best = np.full((len(queries), _RECALL_K), -2, dtype=np.float32)  # exact scores, in no order

    def seen(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield blocks unchanged."""
        for row_ids, vectors in blocks:
            scores, _ = FlatIndex(row_ids, vectors).nearest(self._queries, _RECALL_K)
            both = np.concatenate([self._best, scores], axis=1)
            self._best = np.partition(both, -_RECALL_K, axis=1)[:, -_RECALL_K:]
            yield row_ids, vectors

    def recall(self, index: RescoredIndex) -> float:
        """Return the recall of an index of the same rows; each row finds itself in both."""
        scores, row_ids = index.nearest(self._queries, _RECALL_K)
        n_nearest = int(np.count_nonzero(self._best > -2))
        # Any neighbour with a score as high as the exact last one counts: ties are forgiven.
        found = (row_ids != NO_ROW) & (scores >= self._best.min(axis=1, keepdims=True) - 1e-5)
        return np.count_nonzero(found) / max(1, n_nearest)
