"""The options of `dupfind train` that do not belong to a recipe."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The flags that do not belong to a recipe.

    Attributes:
        base_model: A folder or a name; None for the default.
        precision: "auto", "fp32", "fp16" or "bf16".
        seed: Of all random choices.
        max_steps: Stop after so many steps; None for all epochs.
        card_examples: Whether the card may show texts.
        as_json: Whether to print JSON.
        quiet: Whether to show no progress and no notes.
    """

    base_model: str | None
    precision: str
    seed: int
    max_steps: int | None
    card_examples: bool
    as_json: bool
    quiet: bool
