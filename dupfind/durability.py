"""Flush files and folders to the disk, so that they survive a loss of power; delete those that are not needed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_file(path: Path) -> None:
    """Flush a file's content to the disk."""
    with path.open("r+b") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Flush a folder's names to the disk; does nothing on Windows, where no program can open a folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def deleting() -> Iterator[None]:
    """Delete files in this block that a reader may have open: Windows refuses that, and the next run does it.

    Raises:
        PermissionError: On another system, where only the permissions of a folder can be the reason.
    """
    try:
        yield
    except PermissionError:
        if sys.platform != "win32":
            raise
