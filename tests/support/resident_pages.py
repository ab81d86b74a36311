"""The pages of a mapped file that this process has in memory."""

import re
from pathlib import Path

import pytest

_SMAPS = Path("/proc/self/smaps")

needs_smaps = pytest.mark.skipif(not _SMAPS.exists(), reason="only Linux names the pages of a process")


def resident_bytes(path: Path) -> int:
    """Return the bytes of a file that are mapped and in memory; 0 for a file that is not mapped."""
    n_kib, is_own = 0, False
    for line in _SMAPS.read_text(encoding="utf-8").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_own = line.endswith(str(path))
        elif is_own and line.startswith("Rss:"):
            n_kib += int(line.split()[1])
    return 1024 * n_kib
