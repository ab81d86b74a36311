"""Whether a folder that is in memory may have the files of the tests."""

import os
import shutil
from pathlib import Path

ROOM = 12 << 30
"""Bytes that are free in memory; the tests of each worker leave some hundred megabytes until they end."""


def takes_files(folder: Path, meminfo: Path) -> bool:
    """Return whether a folder in memory has room for the files of the tests, and programs in it can be run.

    Args:
        folder: Where the files would be; it may be missing.
        meminfo: What Linux says of its memory; other systems have no such file.
    """
    if not (folder.is_dir() and os.access(folder, os.W_OK) and meminfo.is_file()):
        return False
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:  # as in a container of Docker
        return False
    available = next(
        (
            int(line.split()[1]) << 10
            for line in meminfo.read_text(encoding="ascii").splitlines()
            if line.startswith("MemAvailable:")
        ),
        0,
    )
    return min(available, shutil.disk_usage(folder).free) >= ROOM
