"""The finished work of a part that is not complete: frames of bytes in a file, so that a kill loses only the last."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self
from zlib import crc32

from filelock import FileLock, Timeout

from dupfind.durability import deleting
from dupfind.errors import PartError

_HEAD = 12  # bytes before a frame: its length and its CRC-32
_PIECE = 1 << 20  # bytes of a frame that are read at a time


class Journal:
    """A file of frames; one process at a time may hold it.

    Attributes:
        n_frames: Number of frames.
        n_bytes: Bytes of all frames together.
    """

    def __init__(self, part: Path, key: str) -> None:
        """Open the journal of a part, and drop all that was not written whole.

        Args:
            part: The file of the part; the journal lies next to it.
            key: Of plan and share; a journal of another key is begun anew.

        Raises:
            PartError: Another process has it, or it cannot be written.
        """
        self.path, lock = _paths(part)
        self.n_frames = self.n_bytes = 0
        self._part = part
        self._lock = FileLock(lock, timeout=0)
        try:
            self._lock.acquire()
            self.path.touch(mode=0o600)  # it may hold texts of issues
            self._file = self.path.open("r+b")
        except Timeout:  # an OSError itself, so it comes first
            raise PartError(f"{part} is being written by another process: wait for it to end") from None
        except OSError as error:
            self._lock.release()
            raise PartError(
                f"{part} cannot be written ({error.strerror or error}): name another file with -o"
            ) from error
        self._first = f"dupfind partial 1 {key}\n".encode()
        if self._file.read(len(self._first)) != self._first:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(self._first)
        end = len(self._first)
        for frame in self._frames():
            end += _HEAD + len(frame)
            self.n_frames += 1
            self.n_bytes += len(frame)
        self._file.seek(end)
        self._file.truncate()

    def frames(self) -> Iterator[bytes]:
        """Yield the frames in their order; nothing may be appended meanwhile."""
        yield from self._frames()
        self._file.seek(0, os.SEEK_END)

    def _frames(self) -> Iterator[bytes]:
        size = os.fstat(self._file.fileno()).st_size
        self._file.seek(len(self._first))
        while len(head := self._file.read(_HEAD)) == _HEAD:
            n_bytes = int.from_bytes(head[:8], "little")
            if n_bytes > size:
                return
            frame = self._file.read(n_bytes)
            if len(frame) != n_bytes or crc32(frame) != int.from_bytes(head[8:], "little"):
                return
            yield frame

    def append(self, frame: bytes) -> None:
        """Write a frame.

        Raises:
            PartError: The disk is full.
        """
        try:
            self._file.write(len(frame).to_bytes(8, "little") + crc32(frame).to_bytes(4, "little") + frame)
            self._file.flush()
        except OSError as error:
            raise PartError(
                f"{self._part} cannot be written ({error.strerror or error}): free some space, and run the same"
                " command again"
            ) from error
        self.n_frames += 1
        self.n_bytes += len(frame)

    def __enter__(self) -> Self:
        """Close at the end of a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close, and let other processes have it; the frames stay."""
        # A frame that did not fit on the disk is written once more here, and was reported by `append`.
        with suppress(OSError):
            self._file.close()
        self._lock.release()

    def remove(self) -> None:
        """Delete the files, once the part is complete."""
        self._file.close()
        self._lock.release()
        self.discard(self._part)

    @staticmethod
    def discard(part: Path) -> None:
        """Delete the files of a part that is complete, which a killed process left."""
        for path in _paths(part):
            with deleting():
                path.unlink(missing_ok=True)


def _paths(part: Path) -> tuple[Path, Path]:
    """Return the journal of a part and its lock."""
    return part.with_name(f".{part.name}.partial"), part.with_name(f".{part.name}.lock")
