"""Time `dupfind check` of a folder of issue files that are all in the index, as `pre-commit run --all-files` does."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from check import timed
from common import DATA, emit, issues


def main() -> None:
    """Write issues of a tracker as files, index their folder, and check all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=306)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        paths = write(root / "issues", arguments.issues, arguments.data)
        dupfind = [sys.executable, "-m", "dupfind"]
        index = ["--index", str(root / ".dupfind")]
        subprocess.run([*dupfind, "index", *index, str(root / "issues")], check=True, capture_output=True)
        command = [*dupfind, "check", "--advise", "--no-service", *index, *paths]
        times = [timed(command) for _ in range(arguments.rounds)]
        emit(
            "check_folder",
            issues=len(paths),
            rounds=arguments.rounds,
            median_s=round(statistics.median(elapsed for elapsed, _ in times), 2),
            cpu_s=round(statistics.median(cpu for _, cpu in times), 2),
        )


def write(folder: Path, n_issues: int, data: Path) -> list[str]:
    """Write issues from all years of rust train, one a file, and return their paths."""
    folder.mkdir()
    every = list(issues("rust", "train", data))
    paths = []
    for issue in every[:: max(1, len(every) // n_issues)][:n_issues]:
        path = folder / f"{issue['id']}.md"
        head = f"---\nid: {issue['id']}\ntitle: {json.dumps(issue['title'])}\nstatus: open\n---\n"
        path.write_text(f"{head}\n{issue['body'] or ''}\n", encoding="utf-8")
        paths.append(str(path))
    return paths


if __name__ == "__main__":
    main()
