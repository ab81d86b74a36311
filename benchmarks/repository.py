"""Measure the size of an index that is committed to a repository, and the time of a check with it."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from check import timed, write
from cold_query import fill
from common import DATA, emit


def main() -> None:
    """Fill an index of each size with real texts, measure it, and check one new issue against it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    for n_issues in arguments.issues:
        with tempfile.TemporaryDirectory() as place:
            root = Path(place)
            fill(root, n_issues, arguments.data)
            index = root / ".dupfind"
            [new] = write(root, 1, arguments.data)
            check_s, cpu_s = timed(
                [sys.executable, "-m", "dupfind", "check", "--advise", "--index", str(index), new]
            )
            emit(
                "repository",
                issues=n_issues,
                mb={name: mb(index / name) for name in ("dupfind.db", "snapshots", "models")},
                packed_mb=mb(Path(shutil.make_archive(str(root / "index"), "gztar", index))),
                check_s=round(check_s, 2),
                check_cpu_s=round(cpu_s, 2),
            )


def mb(path: Path) -> float:
    """Return the size of a file or folder in MB."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)


if __name__ == "__main__":
    main()
