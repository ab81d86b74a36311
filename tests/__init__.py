"""The tests of dupfind: how many threads they have, and where their files are."""

import os
import shutil
from pathlib import Path

# A product of matrices is small in a test. With a thread on each core it waits for those of the other worker, which
# takes up to eight times as long. Set before numpy and torch are loaded, and for the processes that a test starts.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

_IN_MEMORY = Path("/dev/shm")
_ROOM = 12 << 30
"""Bytes that are free in memory; the tests of each worker leave some hundred megabytes until they end."""


def _has_room() -> bool:
    """Return whether the memory has room for the files of the tests."""
    if not (_IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK)):
        return False
    available = next(
        int(line.split()[1]) << 10
        for line in Path("/proc/meminfo").read_text().splitlines()
        if line.startswith("MemAvailable:")
    )
    return min(available, shutil.disk_usage(_IN_MEMORY).free) >= _ROOM


# Thousands of tests make an index, and each commit waits for the disk. `--basetemp` names another place.
if "PYTEST_DEBUG_TEMPROOT" not in os.environ and _has_room():
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_IN_MEMORY)
