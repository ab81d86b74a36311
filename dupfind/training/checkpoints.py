"""The checkpoints of a run: which is the last whole one, and whether it is of this run."""

import json
import shutil
from pathlib import Path

from dupfind.errors import DupfindError

_RUN = "run.json"
_WHOLE = "whole"


def folder(out: Path) -> Path:
    """Where the checkpoints of a model lie until it is finished: beside it."""
    return out.with_name(f"{out.name}.checkpoints")


def is_begun(place: Path) -> bool:
    """Whether there is a run, be it this one or another."""
    return (place / _RUN).is_file()


def begin(place: Path, run: str, *, resume: bool) -> Path | None:
    """Make the folder of a run, or find it.

    Args:
        place: The folder.
        run: A hash of all that decides the result; a resumed run has to be the same.
        resume: Whether to go on with what is there.

    Returns:
        The last checkpoint that was written to its end, if there is one.

    Raises:
        DupfindError: There is a run and `resume` is not asked for, or it is another one.
    """
    noted = place / _RUN
    if is_begun(place):
        if not resume:
            raise DupfindError(f"{place} holds an unfinished run: pass --resume to go on, or remove it")
        if json.loads(noted.read_text(encoding="utf-8")) != {"run": run}:
            raise DupfindError(
                f"{place} is of other pairs, another base or other settings: resume with those, or remove it"
            )
        return _last(place)
    place.mkdir(parents=True, exist_ok=True)
    noted.write_text(json.dumps({"run": run}), encoding="utf-8")
    return None


def finish(checkpoint: Path) -> None:
    """Call a checkpoint whole; one that a kill has cut short never is."""
    (checkpoint / _WHOLE).touch()


def remove(place: Path) -> None:
    """Remove all of them."""
    shutil.rmtree(place, ignore_errors=True)


def _last(place: Path) -> Path | None:
    whole = [path.parent for path in place.glob(f"checkpoint-*/{_WHOLE}")]
    return max(whole, key=lambda path: int(path.name.partition("-")[2]), default=None)
