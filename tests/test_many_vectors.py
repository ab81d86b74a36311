"""The benchmark of ten million vectors runs, finds what is near, and leaves nothing behind; here with few rows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.support.paths import ROOT


def test_the_rows_that_are_near_are_found_in_all_segments(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    # Some vectors are near to each other, as those of texts are.
    real = rng.standard_normal((60, 1, 8)) @ rng.standard_normal((8, 2 * 384)).reshape(1, 8, -1)
    real = real.reshape(60, 2, 384).astype(np.float32)
    np.save(tmp_path / "real.npy", real / np.linalg.norm(real, axis=2, keepdims=True))
    script = str(ROOT / "benchmarks" / "many_vectors.py")
    ran = subprocess.run(
        [sys.executable, script, "--rows", "70000", "--queries", "4", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == 0, ran.stderr
    printed = json.loads(ran.stdout)
    assert printed["rows"] == 70_000
    assert 500 < printed["bytes_each"] < 510  # 388 + 96 + 16, and the last block of signs
    assert printed["recall"] > 0.995
    assert printed["candidates"] >= 208
    assert [path.name for path in tmp_path.iterdir()] == ["real.npy"]
