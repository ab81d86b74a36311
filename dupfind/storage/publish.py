"""Publishes a new snapshot file if the newest is missing, damaged or out of date."""

import math
from datetime import datetime
from pathlib import Path

from dupfind.durability import deleting
from dupfind.storage import snapshot_rows
from dupfind.storage.encoding import Encoding
from dupfind.storage.snapshot_rows import Snapshot
from dupfind.storage.stored_vectors import has_bodies, iter_vectors, last_encoded_row, n_vectors
from dupfind.storage.vector_segments import n_behind, publish_segments
from dupfind.storage.word_segments import publish_words
from dupfind.storage.writer import Writer
from dupfind.vectors import flat
from dupfind.vectors.snapshot_file import SUFFIXES, is_intact, write_snapshot

EXACT_LIMIT = 100_000
"""Up to this many rows one file has all vectors; beyond, segments have their codes (benchmarks/vector_scan.py)."""

KEPT = 3
"""Generations kept: with three, no reader has missed a file that a writer deleted."""


def refresh(
    writer: Writer, encoding: Encoding, folder: Path, now: datetime, *, tail_limit: int | None = None
) -> None:
    """Publish a new snapshot if the newest one is missing, damaged, or too far behind, and the words of new rows.

    Of a large index only the segments of vectors are written that new, dead or damaged rows need.

    Args:
        writer: The collection's only writer.
        encoding: The current encoding.
        folder: The folder of snapshots.
        now: Time of publication.
        tail_limit: Rows by which the newest may be behind; None for a number that follows from that of all rows.
    """
    publish_words(writer, encoding, folder, now)
    n_rows = n_vectors(writer, encoding.id)
    most = most_behind(n_rows) if tail_limit is None else tail_limit
    whole, segments = snapshot_rows.vector_files(writer, encoding.id)
    newest = whole[0] if whole else None
    is_damaged = bool(segments) and bool(snapshot_rows.wrong_generations(writer))
    if newest is not None and not is_damaged and _n_behind(writer, encoding, folder, newest, n_rows) <= most:
        pass
    elif n_rows > EXACT_LIMIT:
        publish_segments(writer, encoding, folder, now, tail_limit=tail_limit)
        if newest is not None:
            snapshot_rows.forget_whole(writer)
    # An index that has just become smaller stays in segments, so that it does not change at each run.
    elif (segments and n_behind(writer, encoding, folder) > most) or (
        not segments and (n_rows or newest is not None)
    ):
        _publish(writer, encoding, folder, now, n_rows)
    snapshot_rows.forget_wrong(writer)
    _sweep(writer, folder)


def _n_behind(writer: Writer, encoding: Encoding, folder: Path, newest: Snapshot, n_rows: int) -> float:
    """Return the rows that came since a snapshot, and its rows that were deleted since; infinity for a damaged one."""
    if newest.file.kind not in SUFFIXES or not is_intact(folder / newest.file.name, newest.file):
        return math.inf
    n_live = n_rows - n_vectors(writer, encoding.id, newest.max_row_id)  # live rows that the snapshot covers
    return (n_rows - n_live) + (newest.n_rows - n_live)


def most_behind(n_rows: int) -> int:
    """Return the rows that may be newer than a snapshot: each query reads and compares all of them."""
    return max(2_000, min(n_rows // 20, 5_000), n_rows // 100)


def _publish(writer: Writer, encoding: Encoding, folder: Path, now: datetime, n_rows: int) -> None:
    generation = snapshot_rows.next_generation(writer)
    with writer.reading():
        joint = has_bodies(writer, encoding.id)
        dim = encoding.dim * (2 if joint else 1)
        blocks = iter_vectors(writer, encoding, joint=joint)
        file = write_snapshot(folder, generation, flat.KIND, lambda put: flat.write(put, dim, n_rows, blocks))
        max_row_id = last_encoded_row(writer, encoding.id)
    snapshot = Snapshot(generation, file, dim, n_rows, max_row_id, 1.0)
    try:
        snapshot_rows.add_snapshot(writer, encoding.id, snapshot, now, keep=KEPT)
    except BaseException:
        (folder / file.name).unlink(missing_ok=True)
        raise


def _sweep(writer: Writer, folder: Path) -> None:
    """Delete files that the database does not name: leftovers of a killed process, and old generations."""
    names = snapshot_rows.file_names(writer)
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in names and path.suffix in (".tmp", *SUFFIXES.values()):
            with deleting():
                path.unlink(missing_ok=True)
