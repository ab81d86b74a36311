"""The protocol by which long work reports its progress; `cli/progress.py` shows it to a person."""

from collections.abc import Callable
from typing import Protocol

Advance = Callable[[float], None]
"""Takes the number of units that were finished since the last call."""


class StartTask(Protocol):
    """Starts one piece of work, such as "replay with the base model"."""

    def __call__(self, name: str, total: int | None, unit: str = "records") -> Advance:
        """Start a task.

        Args:
            name: The task's name as a person reads it.
            total: Units of the whole task; None where the number is unknown.
            unit: Name of the counted unit, in the plural.

        Returns:
            The function that advances this task.
        """
        ...
