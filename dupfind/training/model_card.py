"""What stands beside a tuned model: its card, with statistics of its data and no texts unless they are asked for."""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from math import nan
from platform import python_version
from typing import Any

from dupfind.encoders.load import ModelFolder
from dupfind.encoders.tokenizer import ModelTokenizer
from dupfind.training.pair_file import Example
from dupfind.training.recipes import CLASSES, Recipe

N_EXAMPLES = 3
_TIMES = {"eval_runtime", "eval_samples_per_second", "eval_steps_per_second"}
_OF_HERE = {"output_dir", "logging_dir", "run_name", "batch_sampler", "hub_token", "push_to_hub_token"}
_SAMPLE = 1_000  # examples whose tokens are counted, as the cards of the library do


def example_statistics(examples: Sequence[Example], recipe: Recipe, model: ModelFolder) -> dict[str, Any]:
    """How many examples there are, the lengths of their texts in tokens, and their labels."""
    tokens = ModelTokenizer(model)
    lengths = [
        [len(ids) for ids in tokens.ids([example.texts[side] for example in examples[:_SAMPLE]])]
        for side in range(len(examples[0].texts))
    ]
    labels = [example.label for example in examples if example.label is not None]
    found: dict[str, Any] = {
        "pairs": len(examples),
        "tokens": [
            {"min": min(side), "mean": round(statistics.fmean(side), 2), "max": max(side)} for side in lengths
        ],
    }
    if recipe.kind == "classes":
        counts = Counter(labels)
        found["classes"] = {name: counts[place] for place, name in enumerate(CLASSES)}
    elif labels:
        found["label"] = {"min": min(labels), "mean": round(statistics.fmean(labels), 3), "max": max(labels)}
    return found


def settings(arguments: dict[str, Any]) -> dict[str, Any]:
    """All settings of the trainer, less what tells of this machine."""
    return {
        name: value
        for name, value in sorted(arguments.items())
        if isinstance(value, bool | int | float | str) and name not in _OF_HERE
    }


def versions() -> dict[str, str]:
    """Of all that has a part in a fine-tune."""
    libraries = (
        "dupfind",
        "sentence-transformers",
        "transformers",
        "torch",
        "accelerate",
        "datasets",
        "tokenizers",
    )
    return {"python": python_version()} | {name: version(name) for name in libraries}


def card(told: dict[str, Any], examples: Sequence[Example]) -> str:
    """The model card.

    Args:
        told: What training.json holds.
        examples: Those whose texts it may show.
    """
    recipe, data = told["recipe"], told["data"]
    return "\n".join(
        [
            "---",
            "library_name: sentence-transformers",
            "pipeline_tag: sentence-similarity",
            f"base_model: {json.dumps(told['base']['name'])}",
            "tags:",
            *(
                f"- {tag}"
                for tag in (
                    "sentence-transformers",
                    "sentence-similarity",
                    "dupfind",
                    f"loss:{recipe['loss']}",
                )
            ),
            f"- dataset_size:{data['train']['pairs']}",
            "---",
            "",
            f"# {told['model']}",
            "",
            f"{told['base']['name']}, fine-tuned by dupfind's recipe `{recipe['name']}`: {recipe['about']}.",
            "",
            "```python",
            "from sentence_transformers import SentenceTransformer",
            "",
            f'model = SentenceTransformer("{told["model"]}")',
            "```",
            "",
            f"A text is read up to {recipe['max_length']} tokens; its vector is the mean over them"
            f"{', of unit length' if recipe['normalize'] else ''}.",
            "",
            "## Evaluation",
            "",
            f"On {data['test']['pairs']:,} held-out pairs, before and after:",
            "",
            *_table(
                ("", "base", "tuned"),
                [
                    (name.replace("_", " "), f"{told['figures']['base'].get(name, nan):.4f}", f"{figure:.4f}")
                    for name, figure in told["figures"]["tuned"].items()
                ],
            ),
            "",
            "## Data",
            "",
            *_data(data),
            *_shown(examples),
            "## Training",
            "",
            *_adaptation(told.get("adapted")),
            f"Loss: {recipe['loss']}. {told['steps']:,} steps at {told['pairs_a_second']:,} pairs a second on"
            f" {told['device']}, {told['precision']}.",
            "",
            "<details><summary>All settings</summary>",
            "",
            *_table(("setting", "value"), [(name, f"`{value}`") for name, value in told["settings"].items()]),
            "",
            "</details>",
            "",
            "### Log",
            "",
            *_log(told["log"]),
            "",
            "### Versions",
            "",
            *(f"- {name}: {number}" for name, number in told["versions"].items()),
            "",
        ]
    )


def _data(data: dict[str, Any]) -> list[str]:
    """Sizes, lengths and labels of both parts, as far as a sample tells them."""
    rows = []
    for name in ("train", "test"):
        part = data[name]
        lengths = "; ".join(f"{side['min']} to {side['max']}, mean {side['mean']}" for side in part["tokens"])
        labels = part.get("classes") or part.get("label") or {"none": "positives"}
        rows.append(
            (
                name,
                f"{part['pairs']:,}",
                lengths,
                ", ".join(f"{key} {value}" for key, value in labels.items()),
            )
        )
    return [*_table(("part", "pairs", "tokens of each text", "labels"), rows), ""]


def _adaptation(told: dict[str, Any] | None) -> list[str]:
    """What the model read before it learned."""
    if told is None:
        return []
    n_records = told["data"]["train"]["pairs"]
    return [
        f"First it learned which body belongs to a title, of {n_records:,} records of the same index.",
        "",
    ]


def _shown(examples: Sequence[Example]) -> list[str]:
    """Texts, as code, in which nothing has a meaning."""
    if not examples:
        return []
    lines = [
        json.dumps({"texts": example.texts, "label": example.label}, ensure_ascii=False)
        for example in examples
    ]
    return ["```json", *(line.replace("```", "` ` `") for line in lines), "```", ""]


def _log(log: Sequence[dict[str, Any]]) -> list[str]:
    """The loss and the held-out figures by step."""
    figures = sorted({key for row in log for key in row if key.startswith("eval_")} - _TIMES)
    rows: dict[int, dict[str, Any]] = {}
    for row in log:
        rows.setdefault(row["step"], {}).update(row)
    keys = ["loss", *figures]
    return _table(
        ("epoch", "step", *(key.removeprefix("eval_").replace("_", " ") for key in keys)),
        [
            (f"{row['epoch']:.2f}", str(step), *(f"{row[key]:.4f}" if key in row else "" for key in keys))
            for step, row in rows.items()
        ],
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)]
