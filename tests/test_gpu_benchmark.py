"""The benchmark of a GPU runs on a CPU with few records, so that it works the minute that a GPU is there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.tiny_models import needs_peer, needs_torch

SCRIPT = str(ROOT / "benchmarks" / "gpu.py")


def run(*arguments: object) -> list[dict[str, object]]:
    ran = subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.slow
@needs_torch
@needs_peer
def test_every_stage_runs_on_a_cpu_and_prints_its_line(model: Path) -> None:
    *lines, last = run("--records", 300, "--steps", 1, "--model", model)
    stages = {str(line["stage"]): line for line in lines}
    assert not [line for line in lines if "failed" in line]
    skipped = {name: line["skipped"] for name, line in stages.items() if "skipped" in line}
    assert set(skipped) == {"same_hits"}  # the one of FAISS on a GPU
    assert "faiss" in str(skipped["same_hits"])
    for name in ("devices", "same_vectors", "search", "pairs"):
        assert stages[name]["ok"] is True
    assert stages["search"]["recall"] == 1
    assert stages["pairs"]["true_of_sample"] != 0
    for name, figure in (
        ("encode", "titles_per_s"),
        ("search", "torch_queries_per_s"),
        ("train", "pairs_per_s"),
    ):
        assert float(str(stages[name][figure])) > 0
    assert last["stages"] == {
        name: {key: value for key, value in line.items() if key not in ("stage", "wall_s")}
        for name, line in stages.items()
    }


@pytest.mark.slow
@needs_torch
def test_the_budget_cuts_a_stage_off_and_leaves_the_others_out() -> None:
    devices, search, last = run("--budget", 1.2, "--stages", "devices", "search")
    assert "cut off after 1 s" in str(devices["failed"])
    assert search["skipped"] == "no time is left"
    assert last["records"] == 1_000_000


@pytest.mark.slow
@needs_torch
def test_a_model_that_is_missing_is_a_plain_line(tmp_path: Path) -> None:
    line, _ = run("--records", 10, "--stages", "encode", "--model", tmp_path / "none")
    assert str(tmp_path / "none") in str(line["skipped"])
