"""A snapshot file that stays open between searches."""

import os
import threading
import weakref
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dupfind.errors import SnapshotDamaged

_PIECE_BYTES = 8 << 20  # on Windows


class OpenFile:
    """An open file, which stays readable after a writer has deleted it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take a descriptor, which is closed with this object; the path is for messages."""
        self._path = path
        self._descriptor = descriptor
        self._position = threading.Lock()
        weakref.finalize(self, os.close, descriptor)

    def fill(self, array: NDArray[Any], offset: int) -> None:
        """Read an array from an offset, in bytes.

        Raises:
            SnapshotDamaged: The file ends before the array is full.
        """
        view = array.data.cast("B")
        while view.nbytes:
            n_read = self._read(view, offset)
            if not n_read:
                raise SnapshotDamaged(f"{self._path} is truncated")
            view, offset = view[n_read:], offset + n_read

    def _read(self, view: memoryview, offset: int) -> int:
        """Read a part, at most 2 GiB on Linux, and return its size in bytes."""
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [view], offset)
        with self._position:  # Windows only reads at the file's position, which all threads share
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            piece = os.read(self._descriptor, min(view.nbytes, _PIECE_BYTES))
        view[: len(piece)] = piece
        return len(piece)
