"""A file that is read where it lies in the system's cache."""

import mmap
from contextlib import suppress
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray


class MappedFile:
    """The bytes of a file, mapped; the process counts the pages that it has read as its memory, until it releases them.

    Attributes:
        content: (bytes,) uint8, read-only; stays valid as long as anything refers to it.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Map an open file, which may be closed afterwards.

        Raises:
            OSError: It cannot be mapped.
            ValueError: It is empty.
        """
        self._pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.content: NDArray[np.uint8] = np.frombuffer(self._pages, dtype=np.uint8)

    def release(self) -> None:
        """Give the pages back to the system, whose cache keeps them; what is read next is mapped again.

        A search that reads each part of a large file once would else hold all parts at its end. Several threads may
        read meanwhile. Does nothing on Windows.
        """
        if hasattr(mmap, "MADV_DONTNEED"):
            with suppress(OSError):  # of pages that are locked in memory
                self._pages.madvise(mmap.MADV_DONTNEED)
