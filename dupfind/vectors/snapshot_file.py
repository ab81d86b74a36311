"""Snapshot files: an index written to disk, whole under its final name or not at all."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from dupfind.durability import sync_folder
from dupfind.errors import StoreError
from dupfind.vectors import flat, scan_file
from dupfind.vectors.scan_file import Put

_NAME = re.compile(r"\d{1,19}-[0-9a-f]{1,64}\.(faiss|scan|words)", re.ASCII)  # of `write_snapshot`
WORDS = "words"
"""Kind of a segment of the word search (`storage/word_segment.py`)."""

SUFFIXES = {flat.KIND: ".faiss", scan_file.KIND: ".scan", WORDS: ".words"}
"""Of a snapshot's name, by its kind."""


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A finished snapshot file, as the database records it.

    Attributes:
        name: Name of the file in its folder.
        kind: "flat", "scan" or "words".
        bytes: Size of the file.
        crc32: Checksum for readers, of all that each search reads; it takes half the time of a SHA-256 and is computed
            while the query is encoded.
        sha256: Checksum for the writer and `dupfind doctor`, as hex.
    """

    name: str
    kind: str
    bytes: int
    crc32: int
    sha256: str


def write_snapshot(folder: Path, generation: int, kind: str, write: Callable[[Put], None]) -> SnapshotFile:
    """Write a snapshot file that is whole under its final name, or does not exist.

    The steps: a temporary file, fsync, a check of its size, rename, fsync of the folder.

    Args:
        folder: The collection's folder of snapshots; created if it is missing.
        generation: Number of the snapshot; it becomes part of the file's name.
        kind: "flat", "scan" or "words".
        write: Called with a function; passes the file's bytes to that function, piece by piece.

    Raises:
        StoreError: The disk is full or the folder cannot be written; no file is left behind.
    """
    path = folder / f"{generation}.tmp"
    digest = sha256()
    size = crc = 0
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("wb") as file:

            def put(piece: bytes, *, is_checked: bool = True) -> int:
                nonlocal size, crc
                digest.update(piece)
                if is_checked:
                    crc = crc32(piece, crc)
                size += len(piece)
                return file.write(piece)

            write(put)
            file.flush()
            os.fsync(file.fileno())
        if path.stat().st_size != size:
            raise OSError(f"{path.stat().st_size} of {size} bytes arrived")
        name = f"{generation}-{digest.hexdigest()[:12]}{SUFFIXES[kind]}"
        path = path.replace(folder / name)  # from here on an error removes the final file
        sync_folder(folder)  # makes the rename durable too
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StoreError(
            f"the snapshot {folder / str(generation)} could not be written ({error}): free some space and run "
            "`dupfind index` again; the records are safe"
        ) from error
    except BaseException:  # Ctrl-C too leaves no file behind
        path.unlink(missing_ok=True)
        raise
    return SnapshotFile(name, kind, size, crc, digest.hexdigest())


def check_inside(folder: Path, name: str) -> None:
    """Check that a snapshot lies in its folder: its name may come from a database that came with a clone.

    Raises:
        StoreError: The name leads out of the folder, or its file is a link, a pipe or a device.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise StoreError(f"{name!r:.60} is no name of a snapshot")
    path = folder / name
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise StoreError(f"{path} is no plain file")


def is_intact(path: Path, file: SnapshotFile, *, quick: bool = False) -> bool:
    """Return whether a snapshot is there as it was written.

    Args:
        path: The file.
        file: Its size and checksums, as the database records them.
        quick: Whether the CRC-32 is compared, in half the time; otherwise the SHA-256.
    """
    crc, digest = 0, sha256()
    try:
        check_inside(path.parent, file.name)
        if path.stat().st_size != file.bytes:
            return False
        if quick and file.kind == scan_file.KIND:
            return scan_file.checksum(path) == file.crc32
        with path.open("rb") as stream:
            while piece := stream.read(1 << 20):
                if quick:
                    crc = crc32(piece, crc)
                else:
                    digest.update(piece)
    except (OSError, StoreError):
        return False
    return crc == file.crc32 if quick else digest.hexdigest() == file.sha256
