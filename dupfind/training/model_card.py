"""Write the card of a tuned model, with statistics of its data, and with texts only on request."""

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
_TIME_FIGURES = {"eval_runtime", "eval_samples_per_second", "eval_steps_per_second"}
_LOCAL_SETTINGS = {"output_dir", "logging_dir", "run_name", "batch_sampler", "hub_token", "push_to_hub_token"}
_N_SAMPLE = 1_000  # examples whose tokens are counted, as in the library's cards


def example_statistics(examples: Sequence[Example], recipe: Recipe, model: ModelFolder) -> dict[str, Any]:
    """Return the number of examples, the lengths of their texts in tokens, and their labels."""
    tokens = ModelTokenizer(model)
    lengths = [
        [len(ids) for ids in tokens.ids([example.texts[side] for example in examples[:_N_SAMPLE]])]
        for side in range(len(examples[0].texts))
    ]
    labels = [example.label for example in examples if example.label is not None]
    statistics_: dict[str, Any] = {
        "pairs": len(examples),
        "tokens": [
            {"min": min(side), "mean": round(statistics.fmean(side), 2), "max": max(side)} for side in lengths
        ],
    }
    if recipe.kind == "classes":
        counts = Counter(labels)
        statistics_["classes"] = {name: counts[place] for place, name in enumerate(CLASSES)}
    elif labels:
        statistics_["label"] = {
            "min": min(labels),
            "mean": round(statistics.fmean(labels), 3),
            "max": max(labels),
        }
    return statistics_


def settings(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return all settings of the trainer, without those about this machine."""
    return {
        name: value
        for name, value in sorted(arguments.items())
        if isinstance(value, bool | int | float | str) and name not in _LOCAL_SETTINGS
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of all libraries that take part in a fine-tune."""
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


def card(metadata: dict[str, Any], examples: Sequence[Example]) -> str:
    """Return the model card.

    Args:
        metadata: The content of training.json.
        examples: Their texts are shown.
    """
    return "\n".join(
        [
            *_front_matter(metadata),
            *_introduction(metadata),
            *_evaluation(metadata),
            "## Data",
            "",
            *_data(metadata["data"]),
            *_texts(examples),
            *_training(metadata),
        ]
    )


def _front_matter(metadata: dict[str, Any]) -> list[str]:
    """Return the YAML that the Hugging Face hub reads."""
    tags = ("sentence-transformers", "sentence-similarity", "dupfind", f"loss:{metadata['recipe']['loss']}")
    return [
        "---",
        "library_name: sentence-transformers",
        "pipeline_tag: sentence-similarity",
        f"base_model: {json.dumps(metadata['base']['name'])}",  # a JSON string is a YAML string
        "tags:",
        *(f"- {tag}" for tag in tags),
        f"- dataset_size:{metadata['data']['train']['pairs']}",
        "---",
        "",
    ]


def _introduction(metadata: dict[str, Any]) -> list[str]:
    """Return the title, the origin and how to load the model."""
    recipe = metadata["recipe"]
    return [
        f"# {metadata['model']}",
        "",
        f"{metadata['base']['name']}, fine-tuned by dupfind's recipe `{recipe['name']}`: {recipe['about']}.",
        "",
        "```python",
        "from sentence_transformers import SentenceTransformer",
        "",
        f'model = SentenceTransformer("{metadata["model"]}")',
        "```",
        "",
        f"Texts are cut at {recipe['max_length']} tokens; the vector is the mean over them"
        f"{', of unit length' if recipe['normalize'] else ''}.",
        "",
    ]


def _evaluation(metadata: dict[str, Any]) -> list[str]:
    """Return a table of the held-out figures of base and tuned model."""
    base, tuned = metadata["figures"]["base"], metadata["figures"]["tuned"]
    rows = [
        (name.replace("_", " "), f"{base.get(name, nan):.4f}", f"{figure:.4f}")
        for name, figure in tuned.items()
    ]
    return [
        "## Evaluation",
        "",
        f"On {metadata['data']['test']['pairs']:,} held-out pairs, before and after:",
        "",
        *_table(("", "base", "tuned"), rows),
        "",
    ]


def _training(metadata: dict[str, Any]) -> list[str]:
    """Return the loss, the speed, all settings, the log and the versions."""
    settings = [(name, f"`{value}`") for name, value in metadata["settings"].items()]
    return [
        "## Training",
        "",
        *_adaptation(metadata.get("adapted")),
        f"Loss: {metadata['recipe']['loss']}. {metadata['steps']:,} steps at {metadata['pairs_a_second']:,} pairs a"
        f" second on {metadata['device']}, {metadata['precision']}.",
        "",
        "<details><summary>All settings</summary>",
        "",
        *_table(("setting", "value"), settings),
        "",
        "</details>",
        "",
        "### Log",
        "",
        *_log(metadata["log"]),
        "",
        "### Versions",
        "",
        *(f"- {name}: {number}" for name, number in metadata["versions"].items()),
        "",
    ]


def _data(data: dict[str, Any]) -> list[str]:
    """Return sizes, lengths and labels of both parts; the lengths come from a sample."""
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


def _adaptation(metadata: dict[str, Any] | None) -> list[str]:
    """Return a line on the domain adaptation, if there was one."""
    if metadata is None:
        return []
    n_records = metadata["data"]["train"]["pairs"]
    return [
        f"It was first adapted to the titles and bodies of {n_records:,} records of the same index.",
        "",
    ]


def _texts(examples: Sequence[Example]) -> list[str]:
    """Return texts as a block of code, so that no markup in them has an effect."""
    if not examples:
        return []
    lines = [
        json.dumps({"texts": example.texts, "label": example.label}, ensure_ascii=False)
        for example in examples
    ]
    return ["```json", *(line.replace("```", "` ` `") for line in lines), "```", ""]


def _log(log: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table of the loss and the held-out figures by step."""
    figures = sorted({key for row in log for key in row if key.startswith("eval_")} - _TIME_FIGURES)
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
