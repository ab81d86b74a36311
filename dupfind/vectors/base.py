"""Vectors under row ids, searched by cosine similarity, and the snapshot files that hold them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dupfind.errors import StoreError

RowIds = NDArray[np.int64]
Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]
Block = tuple[RowIds, Vectors]

NO_ROW = -1
"""Stands in the place of a neighbour that does not exist."""


class VectorIndex(Protocol):
    """What every kind of index answers; `flat` is exact, `hnsw` is fast on millions of rows."""

    @property
    def row_ids(self) -> RowIds:
        """(n,) int64, increasing."""
        ...

    @property
    def dim(self) -> int:
        """Width of a vector."""
        ...

    def nearest(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Vectors, RowIds]:
        """Find the k nearest rows of each query.

        Args:
            queries: (q, dim) float32, rows of unit length.
            k: Neighbours wanted, at least 1.
            allowed: (n,) bool beside `row_ids`: the rows that may be found; None for all.

        Returns:
            Scores (q, k) float32, highest first and equal ones by row id, and row ids (q, k) int64. Where
            fewer than k rows exist the rest is -2 and `NO_ROW`.
        """
        ...

    def vectors(self, row_ids: RowIds) -> Vectors:
        """The stored vectors of these rows, (len(row_ids), dim) float32; every id must be in the index."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A finished snapshot on the disk, as the database remembers it.

    Attributes:
        name: Of the file in its folder.
        kind: "flat" or "hnsw".
        bytes: Its size.
        crc32: What every reader checks, in half the time of a SHA-256, while it encodes its query.
        sha256: What the writer and `dupfind doctor` check, as hex.
    """

    name: str
    kind: str
    bytes: int
    crc32: int
    sha256: str


def publish(
    folder: Path, generation: int, kind: str, write: Callable[[Callable[[bytes], object]], None]
) -> SnapshotFile:
    """Write a snapshot so that it is whole under its final name, or not there.

    FAISS reports success on a full disk, so the bytes go through our own writer: beside, fsync, size check,
    rename, fsync of the folder.

    Args:
        folder: The collection's folder of snapshots; made where there is none.
        generation: Becomes part of the name.
        kind: "flat" or "hnsw".
        write: Gives the file's bytes, piece by piece, to the function it is handed.

    Raises:
        StoreError: The disk is full or the folder cannot be written; nothing is left behind.
    """
    written = folder / f"{generation}.tmp"
    digest = sha256()
    size = crc = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written.open("wb") as file:

            def put(piece: bytes) -> int:
                nonlocal size, crc
                digest.update(piece)
                crc = crc32(piece, crc)
                size += len(piece)
                return file.write(piece)

            write(put)
            file.flush()
            os.fsync(file.fileno())
        if written.stat().st_size != size:
            raise OSError(f"{written.stat().st_size} of {size} bytes arrived")
        name = f"{generation}-{digest.hexdigest()[:12]}.faiss"
        written = written.replace(folder / name)
        _fsync_folder(folder)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise StoreError(
            f"the snapshot {folder / str(generation)} could not be written ({error}): free some space and run "
            "`dupfind index` again; the records are safe"
        ) from error
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    return SnapshotFile(name, kind, size, crc, digest.hexdigest())


def is_intact(path: Path, file: SnapshotFile, *, quick: bool = False) -> bool:
    """Whether a snapshot is there as it was written, by its SHA-256, or with `quick` by its CRC-32."""
    crc, digest = 0, sha256()
    try:
        if path.stat().st_size != file.bytes:
            return False
        with path.open("rb") as stream:
            while piece := stream.read(1 << 20):
                if quick:
                    crc = crc32(piece, crc)
                else:
                    digest.update(piece)
    except OSError:
        return False
    return crc == file.crc32 if quick else digest.hexdigest() == file.sha256


def blocks_of(row_ids: RowIds, vectors: Vectors, rows: int = 8192) -> Iterable[Block]:
    """Cut arrays that are in memory into blocks, as a stream of rows would come."""
    for start in range(0, len(row_ids), rows):
        yield row_ids[start : start + rows], vectors[start : start + rows]


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
