"""What does an index in a repository weigh and cost: its files, making it, bringing it up to date, a check with it?"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import DATA, emit, issues


def main() -> None:
    """Write issue files, index them, add one, check it, and index again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    for n_issues in asked.issues:
        with tempfile.TemporaryDirectory() as place:
            root = Path(place)
            write(root / "issues", n_issues, asked.data)
            made_s = dupfind(root, "index", "-q", "issues")
            sizes = {name: mb(root / ".dupfind" / name) for name in ("dupfind.db", "snapshots", "models")}
            (root / "issues" / "new.md").write_text(
                "# Tabs lose their colour\n\nSince the update they are grey.\n"
            )
            check_s = dupfind(root, "check", "issues/new.md")
            updated_s = dupfind(root, "index", "-q", "issues")
            packed = mb(Path(shutil.make_archive(str(root / "index"), "gztar", root / ".dupfind")))
        emit(
            "repository",
            issues=n_issues,
            make_s=made_s,
            update_s=updated_s,
            check_s=check_s,
            mb=sizes,
            tar_gz_mb=packed,
        )


def write(folder: Path, n_issues: int, data: Path) -> None:
    """Real issues, as many as are wanted, one a file."""
    folder.mkdir()
    real = [*issues("titanium", "train", data), *issues("rust", "train", data), *issues("hadoop", "", data)]
    if n_issues > len(real):
        raise SystemExit(f"{n_issues} issues are asked for, and there are {len(real)}")
    for number, issue in enumerate(real[:n_issues], 1):
        matter = json.dumps({"id": number, "title": issue["title"], "created": issue["created_at"]})
        body = "\n".join(line for line in (issue["body"] or "").splitlines() if line.rstrip() != "---")
        (folder / f"{number:05d}.md").write_text(f"---\n{matter}\n---\n{body}\n", encoding="utf-8")


def dupfind(root: Path, *arguments: str) -> float:
    """Seconds that a command takes."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "dupfind", *arguments], cwd=root, check=False)
    if done.returncode > 1:
        raise SystemExit(f"dupfind {arguments[0]} ended with {done.returncode}")
    return round(time.perf_counter() - started, 2)


def mb(path: Path) -> float:
    """Size of a file or folder in MB."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)


if __name__ == "__main__":
    main()
