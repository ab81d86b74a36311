"""Measure the recipes on real pairs, at a size for two cores: base and tuned model, and how much was forgotten.

question-pairs learns from the train part of qqp and nli from that of snli; both are measured on the dev parts, which
share no question and no premise with the train parts, and on the dev part of STS.
"""

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from common import DATA, emit

from dupfind.encoders.load import ModelFolder, find_model, load_encoder
from dupfind.training import pair_file
from dupfind.training.pair_metrics import judge
from dupfind.training.recipes import RECIPES
from dupfind.training.torch_threads import sleep_while_waiting

TASKS = {"question-pairs": "qqp", "nli": "snli"}


def main() -> None:
    """Train, measure, and print one line a recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--recipe", choices=TASKS, nargs="+", default=list(TASKS))
    parser.add_argument("--max-steps", type=int, help="stop after so many steps")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--head-learning-rate", type=float)
    parser.add_argument("--soup", type=float)
    parser.add_argument("--keep", type=Path, help="folder for the models")
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    sleep_while_waiting()
    from dupfind.training.fine_tune import fine_tune

    fields = ("epochs", "learning_rate", "head_learning_rate", "soup")
    changed = {field: value for field in fields if (value := getattr(arguments, field)) is not None}
    names = {"soup": "base_weight"}  # the field, where the flag has another name
    with tempfile.TemporaryDirectory() as scratch:
        for name in arguments.recipe:
            recipe = replace(
                RECIPES[name], **{names.get(flag, flag): value for flag, value in changed.items()}
            )
            folder = arguments.data / TASKS[name]
            train, test = (
                pair_file.read(folder / f"pairs.{part}.jsonl.gz", recipe) for part in ("train", "dev")
            )
            pair_file.check(train, test, recipe, where=str(folder))
            tuned = fine_tune(
                recipe,
                train,
                test,
                find_model(),
                (arguments.keep or Path(scratch)) / name,
                seed=arguments.seed,
                max_steps=arguments.max_steps,
            )
            emit(
                "recipes",
                recipe=name,
                data=TASKS[name],
                pairs=len(train),
                held_out=len(test),
                seed=arguments.seed,
                changed=changed,
                max_steps=arguments.max_steps,
                base=tuned.base | {"sts_spearman": sts(find_model(), arguments.data)},
                tuned=tuned.tuned | {"sts_spearman": sts(tuned.model, arguments.data)},
                pairs_a_second=round(tuned.pairs_a_second, 1),
            )


def sts(model: ModelFolder, data: Path) -> float:
    """Return Spearman's correlation on the dev part of the STS benchmark."""
    pairs = pair_file.read(data / "stsb" / "pairs.dev.jsonl.gz", RECIPES["question-pairs"], scale=5)
    return judge(load_encoder(model, precision="fp32").encode, pairs, "similarity")["spearman"]


if __name__ == "__main__":
    main()
