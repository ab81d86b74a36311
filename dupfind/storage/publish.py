"""Publishes a new snapshot file if the newest is missing, damaged or out of date."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np

from dupfind.durability import deleting
from dupfind.storage import snapshot_rows
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.storage.store import Encoding
from dupfind.storage.stored_vectors import has_bodies, iter_vectors, last_encoded_row, n_vectors, read_vectors
from dupfind.storage.word_segments import publish_words
from dupfind.storage.writer import Writer
from dupfind.vectors import flat, scan
from dupfind.vectors.base import NO_ROW, Block, RowIds, Vectors
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.scan import RescoredIndex, ScanIndex
from dupfind.vectors.snapshot_file import SUFFIXES, is_intact, write_snapshot

EXACT_LIMIT = 100_000
"""Up to this many rows the snapshot is an exact index; beyond, a compressed one (benchmarks/vector_scan.py)."""

KEPT = 3
"""Generations kept: with three, no reader has missed a file that a writer deleted."""

RECALL_FLOOR = 0.99
_RECALL_SAMPLE = 50
_RECALL_K = 200  # candidates of a query

_log = logging.getLogger("dupfind")


def refresh(
    writer: Writer, encoding: Encoding, folder: Path, now: datetime, *, tail_limit: int | None = None
) -> None:
    """Publish a new snapshot if the newest one is missing, damaged, or too far behind, and the words of new rows.

    Args:
        writer: The collection's only writer.
        encoding: The current encoding.
        folder: The folder of snapshots.
        now: Time of publication.
        tail_limit: Rows by which the newest may be behind; None for a number that follows from that of all rows.
    """
    publish_words(writer, encoding, folder, now)
    newest = next(iter(snapshot_rows.snapshots(writer, encoding.id)), None)
    n_rows = n_vectors(writer, encoding.id)
    if (
        newest is not None
        and newest.file.kind in SUFFIXES
        and is_intact(folder / newest.file.name, newest.file)
    ):
        # Live rows that the snapshot covers.
        n_live = n_rows - n_vectors(writer, encoding.id, newest.max_row_id)
        # rows that came since, and rows of the snapshot that were deleted since
        behind = (n_rows - n_live) + (newest.n_rows - n_live)
        if behind <= (_most_behind(n_rows) if tail_limit is None else tail_limit):
            _sweep(writer, folder)
            return
    if not n_rows and newest is None:
        return
    _publish(writer, encoding, folder, now, n_rows)
    _sweep(writer, folder)


def _most_behind(n_rows: int) -> int:
    """Return the rows that may be newer than a snapshot: each query reads and compares all of them."""
    return max(2_000, min(n_rows // 20, 5_000), n_rows // 100)


def _publish(writer: Writer, encoding: Encoding, folder: Path, now: datetime, n_rows: int) -> None:
    generation = snapshot_rows.next_generation(writer)
    recall = 1.0
    with writer.reading():
        joint = has_bodies(writer, encoding.id)
        dim = encoding.dim * (2 if joint else 1)
        blocks = iter_vectors(writer, encoding, joint=joint)
        if n_rows <= EXACT_LIMIT:
            file = write_snapshot(
                folder, generation, flat.KIND, lambda put: flat.write(put, dim, n_rows, blocks)
            )
        else:
            sample = _Sample(read_vectors(writer, encoding, joint, _spread(writer, encoding, n_rows)))
            file = write_snapshot(
                folder, generation, scan.KIND, lambda put: scan.write(put, dim, n_rows, sample.seen(blocks))
            )
            index = ScanIndex.load(folder / file.name)
            recall = sample.recall(RescoredIndex(index, partial(read_vectors, writer, encoding, joint)))
            if recall < RECALL_FLOOR:
                _log.warning(
                    "snapshot %s has a recall of %.1f %% at %d, below %.0f %%",
                    generation,
                    100 * recall,
                    _RECALL_K,
                    100 * RECALL_FLOOR,
                )
        max_row_id = last_encoded_row(writer, encoding.id)
    snapshot = Snapshot(generation, file, dim, n_rows, max_row_id, recall)
    try:
        snapshot_rows.add_snapshot(writer, encoding.id, snapshot, now, keep=KEPT)
    except BaseException:
        (folder / file.name).unlink(missing_ok=True)
        raise


def _spread(writer: Writer, encoding: Encoding, n_rows: int) -> RowIds:
    """Return some live rows that have a vector, spread evenly."""
    return writer.ids(
        "SELECT row_id FROM (SELECT row_id, row_number() OVER (ORDER BY row_id) AS place FROM vector"
        " JOIN record USING (row_id) WHERE encoding_id = ? AND died IS NULL) WHERE place % ? = 0 LIMIT ?",
        (encoding.id, max(1, n_rows // _RECALL_SAMPLE), _RECALL_SAMPLE),
    )


class _Sample:
    """Some rows whose exact neighbours are found while a snapshot is written."""

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


def _sweep(writer: Writer, folder: Path) -> None:
    """Delete files that the database does not name: leftovers of a killed process, and old generations."""
    names = snapshot_rows.file_names(writer)
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in names and path.suffix in (".tmp", *SUFFIXES.values()):
            with deleting():
                path.unlink(missing_ok=True)
