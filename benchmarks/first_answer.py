"""Time from nothing to the first answer: a fresh environment, the base install, the weights, `dupfind demo`.

The caches of pip or uv are warm: the whole is done twice, and the second time counts. `--cold` counts the first.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import ROOT, emit
from install_size import weight

LIMIT_S = 60
LIMIT_MB = 140


def main() -> None:
    """Print the seconds of each step, the sum, and the size of what was installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--installer", choices=("uv", "pip"), default="uv" if shutil.which("uv") else "pip")
    parser.add_argument("--cold", action="store_true", help="count the first round")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        [wheel] = _built(Path(place))
        for number in range(1 if arguments.cold else 2):
            figures = _first_answer(Path(place) / str(number), wheel, arguments.installer)
    emit(
        "first_answer",
        installer=arguments.installer,
        cold=arguments.cold,
        load=round(os.getloadavg()[0], 1),
        within_limits=figures["total_s"] < LIMIT_S and figures["megabytes"] < LIMIT_MB,
        **figures,
    )


def _built(folder: Path) -> list[Path]:
    """Build the wheel, which is no part of the time: a user gets it ready."""
    command = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "-w", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    return list(folder.glob("dupfind-*.whl"))


def _first_answer(folder: Path, wheel: Path, installer: str) -> dict[str, Any]:
    """Install and run the demo in a new folder."""
    folder.mkdir()
    environment = folder / "env"
    python = str(environment / "bin" / "python")
    dupfind = str(environment / "bin" / "dupfind")
    # Nothing of this user's models: the weights are fetched, too.
    variables = {**os.environ, "DUPFIND_CACHE": str(folder / "cache"), "HF_HOME": str(folder / "hub")}
    for name in ("PYTHONPATH", "HF_HUB_OFFLINE", "DUPFIND_INDEX", "UV"):
        variables.pop(name, None)
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    if installer == "uv":
        uv = shutil.which("uv")
        assert uv is not None, "install uv, or pass --installer pip"
        variables["UV"] = uv  # as `uvx` sets it
        make = [[uv, "venv", "--quiet", "--python", sys.executable, str(environment)]]
        make += [[uv, "pip", "install", "--quiet", "--python", python, *constraints, str(wheel)]]
    else:
        make = [[sys.executable, "-m", "venv", str(environment)]]
        make += [[python, "-m", "pip", "install", "--quiet", *constraints, str(wheel)]]
    cpu_s = _cpu_s()
    started = time.monotonic()
    subprocess.run(make[0], check=True, env=variables)
    before = weight(environment)  # pip itself
    for command in make[1:]:
        subprocess.run(command, check=True, env=variables)
    installed = time.monotonic()
    megabytes = (weight(environment) - before) / 1e6
    measured = time.monotonic()
    subprocess.run([dupfind, "model", "fetch"], check=True, env=variables, cwd=folder, capture_output=True)
    fetched = time.monotonic()
    demo = subprocess.run(
        [dupfind, "demo"], check=True, env=variables, cwd=folder, capture_output=True, text=True
    )
    assert "Deleted folder comes back from the dead" in demo.stdout, demo.stdout
    seconds = {
        "install_s": installed - started,
        "weights_s": fetched - measured,
        "demo_s": time.monotonic() - fetched,
    }
    return {
        **{name: round(value, 1) for name, value in seconds.items()},
        "total_s": round(sum(seconds.values()), 1),
        "cpu_s": round(_cpu_s() - cpu_s, 1),
        "megabytes": round(megabytes, 1),
        "weights_megabytes": round(weight(folder / "cache") / 1e6, 1),
    }


def _cpu_s() -> float:
    """Return the processor time of all programs so far, which a busy machine changes little."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
