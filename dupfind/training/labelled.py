"""Labelled pairs: a file of two texts and a label a line, checked against what a recipe learns from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """What a step learns from.

    Attributes:
        texts: A pair; for kind "ranking" an anchor, its positive, and as many negatives as all examples have.
        label: From 0 to 1 for kind "similarity", a class's place for kind "classes", None for kind "ranking".
        line: Where in the file it stands; 0 for what was mined.
        group: For batches of kind "apart": the cluster; two examples of one group are never in one batch.
        set: For batches of kind "apart": the tracker; a batch's examples are of one.
    """

    texts: tuple[str, ...]
    label: float | int | None = None
    line: int = 0
    group: int = -1
    set: str = ""
