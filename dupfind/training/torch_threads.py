"""Make torch's threads wait cheaply during a training."""

import os


def sleep_while_waiting() -> None:
    """Make torch's threads sleep, not spin, while they wait for each other; call it before torch is loaded.

    On busy cores two spinning threads were ten times slower than two sleeping ones, and three times slower
    than one (`python benchmarks/training.py`).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # OpenMP reads it once, when it is loaded
