"""The benchmark of a million records runs, and fails where a figure is not as wanted; here with few records."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

DATA = ROOT.parent / "shared" / "data"


@pytest.mark.slow
@pytest.mark.model
def test_the_benchmark_measures_every_figure_and_names_those_that_are_not_as_wanted(tmp_path: Path) -> None:
    if not (DATA / "titanium").is_dir():
        pytest.skip("the real trackers are not here")
    script = str(ROOT / "benchmarks" / "million.py")
    command = [sys.executable, script, "--records", "300", "--rounds", "1"]
    ran = subprocess.run(
        [*command, "--seconds", "1", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    printed = json.loads(ran.stdout)
    assert ran.returncode == bool(printed["failed"]), ran.stderr
    figures = printed["figures"]
    assert (printed["records"], figures["recall_200"], figures["recall_first_20"]) == (300, 1, 1)
    assert figures["pairs_recall"] == 1
    assert figures["add_1000_s"] > 0
    assert figures["disk_bytes_each"] > 2_500
    assert "disk_bytes_each" in printed["failed"]
