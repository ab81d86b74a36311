"""Time `dupfind check` from a new process: new issues against 100,000 records, and files that are no issues."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cold_query import QUESTION, fill, wait
from common import DATA, emit, issues


def main() -> None:
    """Fill an index, write issues from another tracker, and start each command in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--issues", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path, help="folder of cold_query.py --keep; filled if it is empty")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.keep or Path(place)
        if not (folder / ".dupfind").exists():
            folder.mkdir(parents=True, exist_ok=True)
            fill(folder, arguments.rows, arguments.data)
        new = write(Path(place), max(arguments.issues), arguments.data)
        dupfind = [sys.executable, "-m", "dupfind"]
        index = ["--index", str(folder / ".dupfind")]
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "nothing": [*dupfind, "check", "pyproject.toml", "Makefile"],
            "query": [*dupfind, "query", "--json", *index, QUESTION],
            **{str(n): [*dupfind, "check", "--advise", *index, *new[:n]] for n in arguments.issues},
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        busy: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                elapsed, cpu = timed(command)
                seconds[name].append(elapsed)
                busy[name].append(cpu)
        emit(
            "check",
            rows=arguments.rows,
            rounds=arguments.rounds,
            median_s={name: round(statistics.median(times), 3) for name, times in seconds.items()},
            cpu_s={name: round(statistics.median(times), 3) for name, times in busy.items()},
        )


def timed(command: list[str]) -> tuple[float, float]:
    """Return wall time and CPU time of a command, in seconds; CPU time is more reliable on a busy machine."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = wait(process)
    if status:
        raise SystemExit(f"{command[:6]} ended with {status}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def write(folder: Path, n_issues: int, data: Path) -> list[str]:
    """Write issues of a tracker that is not in the index, one a file, and return their paths."""
    real = list(issues("rust", "dev", data))[::100][:n_issues]
    paths = [folder / f"new-{number}.md" for number in range(n_issues)]
    for path, issue in zip(paths, real, strict=True):
        path.write_text(f"# {issue['title']}\n\n{issue['body'] or ''}\n", encoding="utf-8")
    return [str(path) for path in paths]


if __name__ == "__main__":
    main()
