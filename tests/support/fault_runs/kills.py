"""Kill writers of an index at random moments, run them again, and compare with an index that was never killed."""

import random
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.answers import everything
from tests.support.fault_runs.tally import Tally, rounds
from tests.support.killed_index import answers, check_killed_index, check_tidy, check_whole, live
from tests.support.samples import WordEncoder
from tests.support.template_tracker import QUERIES
from tests.support.workers import WITH_TEMPLATE, Workers, workers

MOST_KILLS = 5
"""Kills before a run is let to its end."""


@dataclass(frozen=True, slots=True)
class Clean:
    """A job that was not killed: its index, its answers, and its seconds of processor time."""

    folder: Path
    answers: Any
    cpu_s: float


def kills(rng: random.Random, seconds: float, folder: Path, most: int | None = None) -> Tally:
    """Kill each job in turn, one to three times before it may end.

    Args:
        rng: Decides on the moments.
        seconds: How long to go on, after the preparations.
        folder: An empty folder.
        most: Rounds at most; None for as many as there is time for.
    """
    tally = Tally()
    with workers() as worker:
        clean = {
            job: _clean(job, worker, folder / job) for job in ("index", "rebuild", "tracker", "recompose")
        }
        jobs = [*clean, "publish"]
        for number in rounds(seconds, most):
            _killed(jobs[number % len(jobs)], worker, clean, rng, folder / "killed", tally)
            shutil.rmtree(folder / "killed", ignore_errors=True)
        while not tally.runs:  # each kill may have come too late
            _killed(jobs[0], worker, clean, rng, folder / "killed", tally)
            shutil.rmtree(folder / "killed", ignore_errors=True)
    return tally


def found(job: str, folder: Path) -> Any:
    """Return what the index of a job answers."""
    if job == "tracker":
        return everything(folder, WordEncoder(), QUERIES)
    return answers(folder, seed=int(job == "rebuild"))


def _clean(job: str, worker: Workers, folder: Path) -> Clean:
    index, log = folder / "index", folder / "log"
    folder.mkdir()
    if job == "rebuild":
        assert worker.run("index", index, log) == 0
    assert worker.run(job, index, log) == 0
    return Clean(index, found(job, index), worker.cpu_s)


def _killed(
    job: str, worker: Workers, clean: dict[str, Clean], rng: random.Random, folder: Path, tally: Tally
) -> None:
    index, log = folder / "index", folder / "log"
    final = "index" if job == "publish" else job
    folder.mkdir()
    if job == "rebuild":
        shutil.copytree(clean["index"].folder, index)
    for _ in range(rng.randrange(1, MOST_KILLS + 1)):
        cpu_s = rng.uniform(0.001, clean[final].cpu_s)
        code = worker.run(job, index, log, cpu_s=cpu_s)
        if code == -signal.SIGPROF:
            tally.runs += 1
        elif code:
            tally.add("hangs" if code == -signal.SIGKILL else "tracebacks", f"{job} ends with {code}")
        with tally.expecting("lost", f"{job} killed after {cpu_s:.3f} s"):
            _check_after_kill(job, index, log, clean)
    code = worker.run(final, index, log)
    if code == -9:
        tally.add("hangs", f"{job} after its kills")
        return
    if code != 0:
        tally.add("tracebacks", f"{job} ends with {code} after its kills")
        return
    with tally.expecting("wrong", f"{job} after its kills"):
        assert found(final, index) == clean[final].answers
    with tally.expecting("leftovers", f"{job} after its kills"):
        check_tidy(index)


def _check_after_kill(job: str, index: Path, log: Path, clean: dict[str, Clean]) -> None:
    if job == "index":
        check_killed_index(index, log, clean["index"].answers)
    elif job == "rebuild":
        check_whole(index)
        assert len(live(index)) == len(clean["index"].answers)
    elif job == "recompose" and live(index):
        assert set(live(index)) <= {record.id for record in WITH_TEMPLATE}
