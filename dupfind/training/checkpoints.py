"""The checkpoints of a fine-tune: what its rounds came to, which one is the last whole one, and whose they are."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dupfind.errors import DupfindError

if TYPE_CHECKING:
    import torch

_RUN = "run.json"
_WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Learned:
    """What a finished round came to.

    Attributes:
        weights: Of the model, on the CPU.
        log: What its trainer noted.
        n_steps: How many it made.
    """

    weights: "dict[str, torch.Tensor]"
    log: list[dict[str, Any]]
    n_steps: int


def folder(out: Path) -> Path:
    """Where the checkpoints of a model lie until it is finished: beside it."""
    return out.with_name(f"{out.name}.checkpoints")


def begin(place: Path, run: str, *, resume: bool) -> None:
    """Make the folder of a fine-tune, or find it.

    Args:
        place: The folder.
        run: A hash of all that decides the result; a resumed fine-tune has to be the same.
        resume: Whether to go on with what is there.

    Raises:
        DupfindError: There is one and `resume` is not asked for, or it is another one.
    """
    noted = place / _RUN
    if noted.is_file():
        if not resume:
            raise DupfindError(f"{place} holds an unfinished run: pass --resume to go on, or remove it")
        if json.loads(noted.read_text(encoding="utf-8")) != {"run": run}:
            raise DupfindError(
                f"{place} is of other pairs, another base or other settings: resume with those, or remove it"
            )
        return
    place.mkdir(parents=True, exist_ok=True)
    noted.write_text(json.dumps({"run": run}), encoding="utf-8")


def of_round(place: Path, number: int) -> Path:
    """Where the checkpoints of a round lie, the first of which is 0."""
    return place / f"round-{number + 1}"


def finish(checkpoint: Path) -> None:
    """Call a checkpoint whole; one that a kill has cut short never is."""
    (checkpoint / _WHOLE).touch()


def last(folder: Path) -> Path | None:
    """The last checkpoint of a round that was written to its end, if there is one."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{_WHOLE}")]
    return max(whole, key=lambda path: int(path.name.partition("-")[2]), default=None)


def keep(folder: Path, learned: Learned) -> None:
    """Put what a finished round came to in the place of its checkpoints."""
    from safetensors.torch import save_file

    told = {"log": json.dumps(learned.log), "n_steps": str(learned.n_steps)}
    part = folder.with_suffix(".part")
    save_file(learned.weights, part, metadata=told)
    os.replace(part, folder.with_suffix(".safetensors"))
    remove(folder)


def kept(folder: Path) -> Learned | None:
    """What a finished round came to; None where it is not finished."""
    from safetensors import safe_open
    from safetensors.torch import load_file

    whole = folder.with_suffix(".safetensors")
    if not whole.is_file():
        return None
    with safe_open(whole, framework="pt") as file:
        told = file.metadata()
    return Learned(load_file(whole), json.loads(told["log"]), int(told["n_steps"]))


def remove(place: Path) -> None:
    """Remove all of them."""
    shutil.rmtree(place, ignore_errors=True)
