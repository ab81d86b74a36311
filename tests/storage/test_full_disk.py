"""A disk that is full at some size of an index: one line, no answer lost, and the next run completes."""

import resource
from pathlib import Path

import pytest

from dupfind.encoders.model_folder import ModelFolder
from dupfind.errors import StoreError
from dupfind.storage.model_copy import copy_model
from tests.support.fault_runs.disk import fill, sizes, sweeps
from tests.support.fault_runs.tally import Tally
from tests.support.tmpfs import MountError

pytestmark = pytest.mark.slow

N_SIZES = 3
"""Sizes of each run; `benchmarks/faults.py --only disk` takes all."""


def test_a_disk_that_is_full_costs_one_line_and_no_answer(tmp_path: Path) -> None:
    tally = Tally()
    for sweep in sweeps(tmp_path):
        every = list(sizes(sweep))
        some = every[:: len(every) // N_SIZES]
        try:
            was_full = [fill(sweep, size, tally) for size in some]
        except MountError as error:
            pytest.skip(str(error))
        assert was_full[0], sweep.name
        assert not was_full[-1], sweep.name
    assert tally.notes == []


def test_a_model_that_cannot_be_copied_is_one_line_with_a_way_out(model: Path, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))  # the weights are larger
    try:
        with pytest.raises(
            StoreError, match=r"^tiny cannot be copied into \S+ \(File too large\): free some space"
        ):
            copy_model(ModelFolder(model), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
