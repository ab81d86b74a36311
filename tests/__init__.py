"""The tests of dupfind: how many threads they have, and where their files are."""

import os
from pathlib import Path

from tests.support.memory_folder import takes_files

# A product of matrices is small in a test. With a thread on each core it waits for those of the other worker, which
# takes up to eight times as long. Set before numpy and torch are loaded, and for the processes that a test starts.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Thousands of tests make an index, and each commit waits for the disk. `--basetemp` names another place. Tests that are
# killed leave their files, which pytest removes after three days.
if "PYTEST_DEBUG_TEMPROOT" not in os.environ and takes_files(Path("/dev/shm"), Path("/proc/meminfo")):
    os.environ["PYTEST_DEBUG_TEMPROOT"] = "/dev/shm"
