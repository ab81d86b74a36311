"""How torch's threads wait for each other during a training."""

import os


def sleep_while_waiting() -> None:
    """Have torch's threads sleep, not spin, while they wait for each other; torch must not be loaded yet.

    Where other work keeps the cores busy, two spinning threads were ten times slower than two that sleep, and three
    times slower than one (`python benchmarks/training.py`).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
