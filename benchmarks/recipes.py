"""The recipes on real pairs at the size of two cores: held-out figures of base and tuned model, and what was forgotten.

question-pairs learns from the train part of qqp and nli from that of snli; both are measured on the dev parts, of
which no question and no premise is learned from, and on the dev part of STS, which nothing here is learned from.
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
    parser.add_argument("--max-steps", type=int, help="fewer than the epochs have")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--head-learning-rate", type=float)
    parser.add_argument("--soup", type=float)
    parser.add_argument("--keep", type=Path, help="where the models stay")
    parser.add_argument("--seed", type=int, default=42)
    asked = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    sleep_while_waiting()
    from dupfind.training.fine_tune import fine_tune

    fields = ("epochs", "learning_rate", "head_learning_rate", "soup")
    changed = {field: said for field in fields if (said := getattr(asked, field)) is not None}
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.recipe:
            recipe = replace(RECIPES[name], **changed)
            folder = asked.data / TASKS[name]
            train, test = (
                pair_file.read(folder / f"pairs.{part}.jsonl.gz", recipe) for part in ("train", "dev")
            )
            pair_file.check(train, test, recipe, where=str(folder))
            tuned = fine_tune(
                recipe,
                train,
                test,
                find_model(),
                (asked.keep or Path(scratch)) / name,
                seed=asked.seed,
                max_steps=asked.max_steps,
            )
            emit(
                "recipes",
                recipe=name,
                data=TASKS[name],
                pairs=len(train),
                held_out=len(test),
                seed=asked.seed,
                changed=changed,
                max_steps=asked.max_steps,
                base=tuned.base | {"sts_spearman": sts(find_model(), asked.data)},
                tuned=tuned.tuned | {"sts_spearman": sts(tuned.model, asked.data)},
                pairs_a_second=round(tuned.pairs_a_second, 1),
            )


def sts(model: ModelFolder, data: Path) -> float:
    """Spearman on the dev part of the STS benchmark."""
    pairs = pair_file.read(data / "stsb" / "pairs.dev.jsonl.gz", RECIPES["question-pairs"], scale=5)
    return judge(load_encoder(model, precision="fp32").encode, pairs, "similarity")["spearman"]


if __name__ == "__main__":
    main()
