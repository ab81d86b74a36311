"""The steps of a tokenizer before its words: a model may bring some that never end."""

import json
import re
from collections.abc import Iterator
from typing import Any

from dupfind.errors import ModelError

MAX_GROWTH = 16
"""Factor by which all replacements together may lengthen a text."""

_MAX_PATTERN = 4_000  # characters of a regular expression; those of real models have up to 500
_MAX_STEPS = 100
# A group that repeats without end may match one text in exponentially many ways.
_REPEATED_GROUP = re.compile(r"\)\s*(?:[*+]|\{\d*,\d*\})")
_LITERAL = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)  # an escape, or a class of characters


def check_steps(*steps: Any) -> None:
    """Check the normalizer and pre-tokenizer of a `tokenizers.Tokenizer`; None for one that is not there.

    Raises:
        ModelError: A step lengthens a text without bound, or its regular expression may take for ever.
    """
    growth, n_steps = 1.0, 0
    for step in steps:
        if step is None:
            continue
        for fields in _objects(json.loads(step.__getstate__())):
            n_steps += 1
            pattern = fields.get("pattern")
            expression = pattern.get("Regex") if isinstance(pattern, dict) else None
            if isinstance(expression, str):
                _check_expression(expression)
            if fields.get("type") == "Replace":
                plain = pattern.get("String") if isinstance(pattern, dict) else None
                least = len(plain) if isinstance(plain, str) and plain else 1
                growth *= max(1.0, len(str(fields.get("content", ""))) / least)
            elif fields.get("type") == "Prepend":
                growth += len(str(fields.get("prepend", ""))) / _MAX_PATTERN
    if growth > MAX_GROWTH or n_steps > _MAX_STEPS:
        raise ModelError(
            f"the tokenizer lengthens a text {growth:,.0f} times in {n_steps} steps: it is not loaded"
        )


def _check_expression(expression: str) -> None:
    if len(expression) > _MAX_PATTERN or _REPEATED_GROUP.search(_LITERAL.sub("x", expression)):
        raise ModelError(
            f"the tokenizer's regular expression {expression[:60]!r} may take for ever: it is not loaded"
        )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of nested JSON."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
