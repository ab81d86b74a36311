"""Measure the size of the base install, without torch, and query an index with it."""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from common import ROOT, emit


def main() -> None:
    """Build the wheel, install it into a fresh environment, measure its size, and query an index with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--query", type=Path, metavar="INDEX", help="index, made elsewhere, to query")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        site = next((folder / "env" / "lib").glob("python*")) / "site-packages"
        before = weight(site)
        pip: list[str | Path] = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        build = [sys.executable, *pip[1:], "wheel", "--no-deps", "--no-build-isolation"]
        subprocess.run([*build, "-w", folder, ROOT], check=True)
        [wheel] = folder.glob("dupfind-*.whl")
        install = [*pip, "install", "--no-deps"]
        subprocess.run([*install, "--require-hashes", "-r", ROOT / "requirements" / "base.lock"], check=True)
        subprocess.run([*install, wheel], check=True)
        subprocess.run([*pip, "check"], check=True, stdout=subprocess.DEVNULL)
        size = weight(site) - before
        parts = {path.name: round(weight(path) / 1e6, 1) for path in site.iterdir() if path.is_dir()}
        installed = {path.name.partition("-")[0].lower() for path in site.glob("*.dist-info")}
        assert not {"torch", "faiss_cpu", "transformers"} & installed, (
            "the base install pulls in a heavy package"
        )
        first_hit = None
        if arguments.query is not None:
            text = "antivirus says the installer is a trojan"
            answer = subprocess.run(
                [
                    python,
                    "-I",
                    "-m",
                    "dupfind",
                    "query",
                    "--json",
                    "--index",
                    arguments.query.resolve(),
                    text,
                ],
                check=True,
                capture_output=True,
                cwd=folder,
            )
            first_hit = json.loads(answer.stdout)["hits"][0]["title"]
        largest = dict(sorted(parts.items(), key=lambda part: -part[1])[:8])
        emit("install_size", megabytes=round(size / 1e6, 1), largest=largest, first_hit=first_hit)


def weight(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
