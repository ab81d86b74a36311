"""A disk that is full at some size of an index: one line, no answer lost, and the next run completes."""

from pathlib import Path

import pytest

from tests.support.fault_runs.disk import fill, sizes, sweeps
from tests.support.fault_runs.tally import Tally
from tests.support.tmpfs import MountError

pytestmark = pytest.mark.slow

N_SIZES = 5
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
