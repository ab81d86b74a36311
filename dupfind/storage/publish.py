"""Publishes a new snapshot file if the newest is missing, damaged or out of date."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from dupfind.durability import deleting
from dupfind.storage import snapshot_rows
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.storage.store import Encoding
from dupfind.storage.stored_vectors import has_bodies, iter_vectors, last_encoded_row, n_vectors
from dupfind.storage.writer import Writer
from dupfind.vectors import flat, hnsw
from dupfind.vectors.base import Block
from dupfind.vectors.flat import FlatIndex
from dupfind.vectors.hnsw import HnswIndex
from dupfind.vectors.snapshot_file import is_intact, write_snapshot

EXACT_LIMIT = 300_000
"""Up to this many rows the snapshot is an exact index; beyond, a graph if FAISS is installed."""

KEPT = 3
"""Generations kept: with three, no reader has missed a file that a writer deleted."""

RECALL_FLOOR = 0.99
_RECALL_SAMPLE = 200
_RECALL_K = 10

_log = logging.getLogger("dupfind")


def refresh(
    writer: Writer, encoding: Encoding, folder: Path, now: datetime, *, tail_limit: int | None = None
) -> None:
    """Publish a new snapshot if the newest one is missing, damaged, or too far behind.

    Args:
        writer: The collection's only writer.
        encoding: The current encoding.
        folder: The folder of snapshots.
        now: Time of publication.
        tail_limit: Rows by which the newest may be behind; None for 2,000 or a twentieth of all rows, the larger.
    """
    newest = next(iter(snapshot_rows.snapshots(writer, encoding.id)), None)
    n_rows = n_vectors(writer, encoding.id)
    if newest is not None and is_intact(folder / newest.file.name, newest.file):
        # Live rows that the snapshot covers.
        n_live = n_rows - n_vectors(writer, encoding.id, newest.max_row_id)
        # rows that came since, and rows of the snapshot that were deleted since
        behind = (n_rows - n_live) + (newest.n_rows - n_live)
        if behind <= (max(2_000, n_rows // 20) if tail_limit is None else tail_limit):
            _sweep(writer, folder)
            return
    if not n_rows and newest is None:
        return
    _publish(writer, encoding, folder, now, n_rows)
    _sweep(writer, folder)


def _publish(writer: Writer, encoding: Encoding, folder: Path, now: datetime, n_rows: int) -> None:
    generation = snapshot_rows.next_generation(writer)
    recall = 1.0
    with writer.reading():
        joint = has_bodies(writer, encoding.id)
        dim = encoding.dim * (2 if joint else 1)
        kind = hnsw.KIND if n_rows > EXACT_LIMIT and find_spec("faiss") is not None else flat.KIND
        if kind == flat.KIND:
            file = write_snapshot(
                folder,
                generation,
                kind,
                lambda put: flat.write(put, dim, n_rows, iter_vectors(writer, encoding, joint=joint)),
            )
        else:
            index = HnswIndex.build(dim, iter_vectors(writer, encoding, joint=joint))
            recall = _recall(index, lambda: iter_vectors(writer, encoding, joint=joint))
            file = write_snapshot(folder, generation, kind, index.write)
            if recall < RECALL_FLOOR:
                _log.warning(
                    "snapshot %s has a recall of %.1f %% at 10, below %.0f %%",
                    generation,
                    100 * recall,
                    99,
                )
        max_row_id = last_encoded_row(writer, encoding.id)
    snapshot = Snapshot(generation, file, dim, n_rows, max_row_id, recall)
    try:
        snapshot_rows.add_snapshot(writer, encoding.id, snapshot, now, keep=KEPT)
    except BaseException:
        (folder / file.name).unlink(missing_ok=True)
        raise


def _recall(index: HnswIndex, blocks: Callable[[], Iterator[Block]]) -> float:
    """Return the recall at 10 against an exact scan, over rows spread evenly; each row finds itself in both."""
    sample = index.row_ids[:: max(1, len(index.row_ids) // _RECALL_SAMPLE)][:_RECALL_SAMPLE]
    queries = index.vectors(sample)
    best = np.empty((len(queries), 0), dtype=np.float32)  # (queries, 10), exact scores, highest first
    for row_ids, vectors in blocks():
        scores, _ = FlatIndex(row_ids, vectors).nearest(queries, _RECALL_K)
        best = -np.sort(-np.concatenate([best, scores], axis=1), axis=1)[:, :_RECALL_K]
    scores, _ = index.nearest(queries, _RECALL_K)
    # Any neighbour with a score as high as the exact tenth counts: ties are forgiven.
    return float((scores >= best[:, -1:] - 1e-5).mean())


def _sweep(writer: Writer, folder: Path) -> None:
    """Delete files that the database does not name: leftovers of a killed process, and old generations."""
    names = snapshot_rows.file_names(writer)
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in names and path.suffix in (".tmp", ".faiss"):
            with deleting():
                path.unlink(missing_ok=True)
