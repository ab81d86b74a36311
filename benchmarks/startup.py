"""Time `dupfind --help` beyond the bare interpreter, and list its heavy imports."""

import argparse
import statistics
import subprocess
import sys
import time

from common import emit

from dupfind.cli.main import run

HEAVY = ("torch", "faiss", "sqlalchemy", "numpy", "transformers", "tokenizers")


def main() -> None:
    """Time both commands in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    bare, helped = [], []
    for _ in range(rounds):
        bare.append(seconds([sys.executable, "-c", "pass"]))
        helped.append(seconds([sys.executable, "-m", "dupfind", "--help"]))
    probe = (
        f"import sys; from {run.__module__} import run; run(['--help']); "
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    imported = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    ).stdout
    emit(
        "startup",
        rounds=rounds,
        python_s=round(statistics.median(bare), 4),
        help_s=round(statistics.median(helped), 4),
        more_s=round(statistics.median(helped) - statistics.median(bare), 4),
        heavy_imports=imported.splitlines()[-1],
    )


def seconds(command: list[str]) -> float:
    """Return the wall time of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
