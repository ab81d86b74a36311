"""Each container, cut and damaged at many places: a SourceError in one line, or records, and nothing else."""

import random
from pathlib import Path

import pytest

from tests.support.containers import CONTAINERS
from tests.support.damage import FOLDERS, damaged, read

N_DAMAGES = 25


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_damaged_file_is_an_error_or_read(container: str, tmp_path: Path) -> None:
    opened = CONTAINERS[container].build(tmp_path)
    rng = random.Random(container)
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file())[:3]:
        data = path.read_bytes()
        for _ in range(N_DAMAGES):
            path.write_bytes(damaged(data, rng))
            read(opened if container in FOLDERS else path)
        path.write_bytes(data)
