"""A fine-tune: sentence-transformers' trainer, run as a recipe says, from a model folder to a model folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dupfind.encoders import ModelFolder
from dupfind.training.labelled import Example
from dupfind.training.recipes import Recipe


@dataclass(frozen=True)
class Tuned:
    """What came out.

    Attributes:
        model: The folder.
        base: The held-out figures before training, by name.
        tuned: The same after it.
        log: A row for each time the loss was noted or the model evaluated: step, epoch, and figures.
        seconds: What the steps took, evaluations left out.
        n_steps: How many there were.
    """

    model: ModelFolder
    base: dict[str, float]
    tuned: dict[str, float]
    log: list[dict[str, float]]
    seconds: float
    n_steps: int


def fine_tune(
    recipe: Recipe,
    train: Sequence[Example],
    test: Sequence[Example],
    base: ModelFolder,
    out: Path,
    *,
    seed: int = 42,
    max_steps: int | None = None,
    precision: str = "auto",
    resume: bool = False,
    card_examples: bool = False,
    facts: dict[str, Any] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Tuned:
    """Fine-tune a model on examples, and write it to a folder.

    Args:
        recipe: What to do; its kind is that of the examples.
        train: What is learned from, all of as many texts.
        test: What base and tuned model are measured on; none of it is learned.
        base: Where the weights come from.
        out: A folder that does not exist. Checkpoints lie beside it, in `<out>.checkpoints`, until it does.
        seed: Of the order, the dropout and new weights.
        max_steps: Fewer steps than the epochs have.
        precision: "auto" (half where the hardware is faster with it), "fp32", "fp16" or "bf16".
        resume: Whether to go on from the checkpoints of a run that was interrupted.
        card_examples: Whether the card may show texts.
        facts: What the caller adds to training.json, such as where the pairs come from.
        progress: Called with the number of pairs of each finished step.

    Raises:
        DupfindError: The folder exists, there is an unfinished run and `resume` is not asked for, or its data and
            settings are others.
    """
    raise NotImplementedError
