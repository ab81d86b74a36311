"""Keep the checkpoints of a run: find the last complete one, and check that it belongs to this run."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from dupfind.errors import DupfindError

_RUN = "run.json"
_COMPLETE = "whole"


class InterruptedTraining(NamedTuple):
    """The checkpoints of a training that has not finished; it may still run.

    Attributes:
        path: Their folder.
        n_bytes: Their size.
        written: When one of their files changed last, in seconds since 1970.
    """

    path: Path
    n_bytes: int
    written: float


def folder(out: Path) -> Path:
    """Return the folder of a model's checkpoints, next to the model; it exists until the model is finished."""
    return out.with_name(f"{out.name}.checkpoints")


def is_begun(place: Path) -> bool:
    """Return whether the folder holds any run."""
    return (place / _RUN).is_file()


def begin(place: Path, run: str, *, resume: bool) -> Path | None:
    """Create the folder of a run, or continue the run in it.

    Args:
        place: The folder.
        run: Identifies all that decides the result; a resumed run must have the same.
        resume: Whether to continue an unfinished run.

    Returns:
        The last complete checkpoint, or None.

    Raises:
        DupfindError: There is a run, and `resume` is not set or the run is a different one.
    """
    run_file = place / _RUN
    if is_begun(place):
        if not resume:
            raise DupfindError(f"{place} holds an unfinished run: pass --resume to continue it, or remove it")
        if json.loads(run_file.read_text(encoding="utf-8")) != {"run": run}:
            raise DupfindError(
                f"{place} belongs to a run with other pairs, another base or other settings: resume with those, or"
                " remove it"
            )
        return _last(place)
    place.mkdir(parents=True, exist_ok=True)
    run_file.write_text(json.dumps({"run": run}), encoding="utf-8")
    return None


def finish(checkpoint: Path) -> None:
    """Mark a checkpoint as complete; an interrupted one never gets the mark."""
    (checkpoint / _COMPLETE).touch()


def remove_others(checkpoint: Path) -> None:
    """Remove all checkpoints of a run but a complete one, which is as large as three models."""
    for other in checkpoint.parent.glob("checkpoint-*"):
        if other != checkpoint:
            shutil.rmtree(other, ignore_errors=True)


def interrupted(models: Path) -> list[InterruptedTraining]:
    """Return the trainings in a folder of models that have not finished, in the order of their names."""
    found = []
    for place in sorted(models.glob("*.checkpoints")):
        stats = [path.stat() for path in place.rglob("*") if path.is_file()]
        written = max((each.st_mtime for each in stats), default=place.stat().st_mtime)
        found.append(InterruptedTraining(place, sum(each.st_size for each in stats), written))
    return found


def remove(place: Path) -> None:
    """Remove all checkpoints of a model."""
    shutil.rmtree(place, ignore_errors=True)


def _last(place: Path) -> Path | None:
    complete = [path.parent for path in place.glob(f"checkpoint-*/{_COMPLETE}")]
    # By number: as text, checkpoint-20 would follow checkpoint-100.
    return max(complete, key=lambda path: int(path.name.partition("-")[2]), default=None)
