"""Damage a JSON value in a way that a seed decides: parts of other types, missing, doubled, or nested too deep."""

import copy
import random
from typing import Any

_ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e300,
    "",
    "x" * 300,
    "\0",
    "2025-99-99",
    [],
    {},
    [[]],
    [None],
    {"a": {}},
    "<p",
    "7",
)


def mutated(value: Any, rng: random.Random) -> Any:
    """Return a copy with one to three parts changed."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 2, 3))):
        holder, key = rng.choice(_places(value) or [([value], 0)])
        change = rng.randrange(4)
        if change == 0 and isinstance(holder, dict):
            del holder[key]
        elif change == 1 and isinstance(holder, list):
            holder.extend(holder[:3])
        else:
            holder[key] = copy.deepcopy(rng.choice(_ODD))
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return each holder of a part of a value, and the key of the part."""
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            parts.append((value, key))
            parts.extend(_places(inner))
    return parts
