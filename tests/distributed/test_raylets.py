"""On a Ray cluster of two nodes, one of which is killed in the middle, index and report are those of this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dupfind import version
from dupfind.cli.main import main, run
from dupfind.distributed.cluster import RayCluster
from dupfind.partition.part_file import PartFile
from tests.cli.test_merge import answers
from tests.support.modules import import_line
from tests.support.paths import ROOT
from tests.support.raylets import Raylets, two_raylets
from tests.support.samples import Command, corpus
from tests.support.timing import HANGS_S

pytest.importorskip("ray")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kills processes of Linux"),
]

N_RECORDS, N_PARTS = 900, 150


@pytest.fixture(scope="module")
def raylets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raylets]:
    folder = tmp_path_factory.mktemp("raylets")
    # The workers have an empty cache of models, so theirs is the one that was sent.
    with two_raylets(folder, DUPFIND_CACHE=str(folder / "cache"), PYTHONPATH=str(ROOT)) as raylets:
        yield raylets


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tracker") / "issues.jsonl"
    issues = [
        {"id": each.id, "title": f"{each.title} {each.id}", "body": each.body, "state": each.state}
        for each in corpus(N_RECORDS)
    ]
    path.write_text("".join(json.dumps(issue) + "\n" for issue in issues), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def single(tracker: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index that this machine makes alone."""
    index = tmp_path_factory.mktemp("single") / "index"
    assert run(["index", str(tracker), "--model", str(model), "--index", str(index), "-q"]) == 0
    return index


PROGRAM = f"""
import sys, time
from pathlib import Path
{import_line(RayCluster, main)}
folder, run = Path(sys.argv.pop(1)), RayCluster.run

def slowly(self, tasks):
    for result in run(self, tasks):
        if len(self.machines) == 2:
            (folder / "both").touch()
        if not (folder / "fast").exists():
            time.sleep(.1)
        yield result

RayCluster.run = slowly
sys.exit(main())
"""
"""dupfind, waiting after each task until the test makes it fast; the test sees when both nodes have worked."""


def start(folder: Path, *arguments: object) -> "subprocess.Popen[str]":
    """Start dupfind as a process with a temporary folder of its own."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "PYTHONFAULTHANDLER": "1"},
    )


def parts(folder: Path) -> list[Path]:
    """The parts that are written, whole ones alone."""
    return [path for path in folder.rglob("*.dfp") if not path.name.startswith(".")]


def wait(process: "subprocess.Popen[str]", is_over: Callable[[], bool]) -> None:
    """Wait until something holds, while a process runs."""
    deadline = time.monotonic() + HANGS_S
    while not is_over():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def kill_in_the_middle(process: "subprocess.Popen[str]", raylets: Raylets, folder: Path, of: int) -> None:
    wait(process, (folder / "both").exists)
    raylets.kill()
    assert len(parts(folder)) < of
    (folder / "fast").touch()


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=HANGS_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # faulthandler then writes where it hangs
        out, err = process.communicate()
    return process.returncode, out, err


def index_on(raylets: Raylets, folder: Path, tracker: Path, model: Path) -> "subprocess.Popen[str]":
    options = ["--model", model, "--index", folder / "index", "--parts", N_PARTS]
    return start(folder, "index", tracker, "--on", raylets.address, *options)


def test_a_node_that_is_killed_changes_neither_the_index_nor_the_report(
    raylets: Raylets, tracker: Path, model: Path, single: Path, tmp_path: Path, dupfind: Command
) -> None:
    process = index_on(raylets, tmp_path, tracker, model)
    kill_in_the_middle(process, raylets, tmp_path, N_PARTS)
    code, out, err = ended(process)
    assert code == 0, err
    assert f"{N_RECORDS} read, {N_RECORDS} new" in out
    assert "computed on 2 machines of the Ray cluster" in err
    assert {path.name for path in (tmp_path / "index").iterdir()} == {path.name for path in single.iterdir()}
    expected = answers(dupfind, single, ["crash of the worker", "login page"])
    assert answers(dupfind, tmp_path / "index", ["crash of the worker", "login page"]) == expected

    raylets.add()
    (tmp_path / "both").unlink()
    (tmp_path / "fast").unlink()
    arguments = ["report", "--format", "html", "--min-score", ".3", "-o"]
    assert dupfind(*arguments, tmp_path / "single.html", "--index", tmp_path / "index").code == 0
    on = ["--on", raylets.address, "--parts", 40, "--index", tmp_path / "index"]
    process = start(tmp_path, *arguments, tmp_path / "ray.html", *on)
    kill_in_the_middle(process, raylets, tmp_path, 40)
    code, out, err = ended(process)
    assert code == 0, err
    assert "computed on 2 machines of the Ray cluster" in err
    one, other = (
        (tmp_path / name).read_text(encoding="utf-8").splitlines() for name in ("single.html", "ray.html")
    )
    differing = [line for line, also in zip(one, other, strict=True) if line != also]
    assert len(differing) <= 2, differing[:3]  # the times at which they were made
    assert list((tmp_path / "tmp").glob("dupfind-*")) == []
    raylets.add()


def test_ctrl_c_ends_the_run_and_the_next_one_uses_the_parts_that_are_whole(
    raylets: Raylets, tracker: Path, model: Path, single: Path, tmp_path: Path, dupfind: Command
) -> None:
    process = index_on(raylets, tmp_path, tracker, model)
    wait(process, lambda: len(parts(tmp_path)) >= 5)
    process.send_signal(signal.SIGINT)
    code, out, _ = ended(process)
    assert (code, out) == (130, "")
    whole = {path.name: PartFile.open(path).checksum for path in parts(tmp_path)}
    assert 5 <= len(whole) < N_PARTS
    folder = parts(tmp_path)[0].parent
    assert {path.name for path in folder.iterdir()} - set(whole) <= {"lock"}
    kept = {path.name: path.stat().st_mtime_ns for path in parts(tmp_path)}

    process = index_on(raylets, tmp_path, tracker, model)
    wait(process, lambda: len(parts(tmp_path)) > len(whole))
    assert kept.items() <= {path.name: path.stat().st_mtime_ns for path in parts(tmp_path)}.items()
    (tmp_path / "fast").touch()
    code, _, err = ended(process)
    assert code == 0, err
    assert answers(dupfind, tmp_path / "index", ["disk is full"]) == answers(
        dupfind, single, ["disk is full"]
    )


def test_a_worker_with_another_dupfind_is_one_line(raylets: Raylets, tracker: Path, tmp_path: Path) -> None:
    program = (
        f"import sys, {version.__name__} as version\nversion.__version__ = '0.0.1'\n{import_line(run)}"
        f"sys.exit(run(['index', {str(tracker)!r}, '--on', {raylets.address!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    error = done.stderr.splitlines()[-1]
    assert f"has dupfind {version.__version__}, and this is 0.0.1: install one version" in error
