"""What stands beside a tuned model: its card, with the data's statistics and never its texts, unless they are asked for."""

import statistics as stats
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from platform import python_version
from typing import Any

from dupfind.encoders import ModelFolder
from dupfind.encoders.tokens import Tokens
from dupfind.training.labelled import Example
from dupfind.training.recipes import CLASSES, Recipe

N_EXAMPLES = 3
_SAMPLE = 1_000  # examples whose tokens are counted, as the cards of the library do


def statistics(examples: Sequence[Example], recipe: Recipe, model: ModelFolder) -> dict[str, Any]:
    """How many examples there are, the lengths of their texts in tokens, and their labels."""
    tokens = Tokens(model)
    lengths = [
        [len(ids) for ids in tokens.ids([example.texts[side] for example in examples[:_SAMPLE]])]
        for side in range(len(examples[0].texts))
    ]
    labels = [example.label for example in examples if example.label is not None]
    found: dict[str, Any] = {
        "pairs": len(examples),
        "tokens": [
            {"min": min(side), "mean": round(stats.fmean(side), 2), "max": max(side)} for side in lengths
        ],
    }
    if recipe.kind == "classes":
        counts = Counter(labels)
        found["classes"] = {name: counts[place] for place, name in enumerate(CLASSES)}
    elif labels:
        found["label"] = {"min": min(labels), "mean": round(stats.fmean(labels), 3), "max": max(labels)}
    return found


def versions() -> dict[str, str]:
    """Of all that had a part in a fine-tune."""
    libraries = ("dupfind", "sentence-transformers", "transformers", "torch", "accelerate", "datasets", "tokenizers")
    return {"python": python_version()} | {name: _version(name) for name in libraries}


def _version(name: str) -> str:
    if name == "dupfind":
        from dupfind import __version__

        return __version__
    return version(name)


def card(told: dict[str, Any], examples: Sequence[Example]) -> str:
    """The model card.

    Args:
        told: What training.json holds.
        examples: Those whose texts it may show.
    """
    return ""
