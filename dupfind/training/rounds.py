"""Rounds: a fine-tune made several times from the same start in other orders, and the average of what came of them.

The average of such weights is better than each of them where they lie in one valley of the loss, as runs from one
start do, and costs nothing when the model is used (Wortsman et al. 2022).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from dupfind.training import checkpoints
from dupfind.training.checkpoints import Learned
from dupfind.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Rounds:
    """What was made.

    Attributes:
        log: What each round's trainer noted, with the number of the round, from 1.
        n_steps: Of all rounds.
    """

    log: list[dict[str, Any]]
    n_steps: int


def make(
    model: torch.nn.Module,
    n_rounds: int,
    place: Path,
    trainer_of: Callable[[Path, int], Trainer],
    skip: Callable[[], None],
) -> Rounds:
    """Train a model so often, and leave the average of the weights in it.

    A round that is finished keeps its weights beside the checkpoints of the next one, until all are.

    Args:
        model: As every round begins with it.
        n_rounds: At least 1.
        place: The folder of the checkpoints; what an interrupted fine-tune left there is gone on with.
        trainer_of: A trainer of the model for a folder of checkpoints and the number of a round, from 0.
        skip: Called for each round that was finished before.
    """
    processes = PartialState()
    start, made = _weights(model), []
    for number in range(n_rounds):
        folder = checkpoints.of_round(place, number)
        learned = checkpoints.kept(folder)
        if learned is not None:
            skip()
        else:
            model.load_state_dict(start)
            trainer = trainer_of(folder, number)
            last = checkpoints.last(folder)
            trainer.train(resume_from_checkpoint=None if last is None else str(last))
            learned = Learned(_weights(model), trainer.state.log_history, trainer.state.global_step)
            if number + 1 < n_rounds and processes.is_main_process:
                checkpoints.keep(folder, learned)
            processes.wait_for_everyone()
        made.append(learned)
    if len(made) > 1:
        model.load_state_dict({name: _average([each.weights[name] for each in made]) for name in start})
    return Rounds(
        log=[{"round": number, **row} for number, each in enumerate(made, 1) for row in each.log],
        n_steps=sum(each.n_steps for each in made),
    )


def _weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _average(values: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack(list(values)).mean(0) if values[0].is_floating_point() else values[0]
