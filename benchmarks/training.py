"""Train on titles for the same steps: dupfind's trainer, and sentence-transformers' at its defaults.

Both take the recipe issue-titles: pairs of titles of titanium train, as many marked duplicates as others, in batches
of 32. They run in turns on as many threads, and are measured on held-out pairs of titanium dev.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from common import DATA, emit, issues

from dupfind.encoders.load import find_model, load_encoder
from dupfind.training.pair_file import Example
from dupfind.training.pair_metrics import judge
from dupfind.training.recipes import RECIPES
from dupfind.training.torch_threads import sleep_while_waiting

RECIPE = replace(RECIPES["issue-titles"], epochs=1)
Side = Callable[[list[Example], Path], "Clock"]


class Clock:
    """Records wall time and CPU time at the end of each step; the first step is a warm-up."""

    def __init__(self) -> None:
        self._moments: list[tuple[float, float]] = []

    def __call__(self, _: float = 0) -> None:
        self._moments.append((time.perf_counter(), time.process_time()))

    def rates(self) -> tuple[float, float]:
        """Return pairs a second of wall time and of CPU time."""
        (wall, cpu), (end_wall, end_cpu) = self._moments[0], self._moments[-1]
        n_pairs = (len(self._moments) - 1) * RECIPE.batch_size
        return n_pairs / (end_wall - wall), n_pairs / (end_cpu - cpu)


def main() -> None:
    """Train in turns, measure the last models, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--pairs", type=int, default=1_280)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    sleep_while_waiting()
    import torch

    torch.set_num_threads(arguments.threads)
    train = pairs("train", arguments.data, arguments.seed)[: arguments.pairs]
    test = pairs("dev", arguments.data, arguments.seed)
    load = os.getloadavg()[0]
    rates: dict[str, list[tuple[float, float]]] = {"plain": [], "dupfind": []}
    figures = {"base": figure(find_model().path, test)}
    for number in range(arguments.rounds):
        for name, side in (("plain", plain), ("dupfind", ours)):
            with tempfile.TemporaryDirectory() as scratch:
                out = Path(scratch) / name
                rates[name].append(side(train, out).rates())
                if number == arguments.rounds - 1:
                    figures[name] = figure(out, test)
    wall, cpu = ([[rate[place] for rate in rates[name]] for name in rates] for place in (0, 1))
    emit(
        "training",
        data="titanium",
        pairs=len(train),
        held_out=len(test),
        seed=arguments.seed,
        threads=arguments.threads,
        load=round(load, 1),
        pairs_a_second={
            name: round(statistics.median(each), 1) for name, each in zip(rates, wall, strict=True)
        },
        pairs_a_cpu_second={
            name: round(statistics.median(each), 1) for name, each in zip(rates, cpu, strict=True)
        },
        faster=round(statistics.median(wall[1]) / statistics.median(wall[0]), 2),
        faster_by_cpu=round(statistics.median(cpu[1]) / statistics.median(cpu[0]), 2),
        spearman={name: round(figure, 4) for name, figure in figures.items()},
    )


def pairs(part: str, data: Path, seed: int) -> list[Example]:
    """Return marked duplicates, and as many random pairs of titles."""
    titles, marks = {}, []
    for issue in issues("titanium", part, data):
        if issue["title"]:
            titles[issue["id"]] = issue["title"]
            marks.append((issue["id"], issue["duplicate_of"]))
    draw = random.Random(seed)
    alike = [
        (titles[one], titles[other])
        for one, other in marks
        if other in titles and titles[one] != titles[other]
    ]
    others = [tuple(draw.sample(sorted(titles.values()), 2)) for _ in alike]
    examples = [Example(pair, 1.0) for pair in alike] + [Example(pair, 0.0) for pair in others]
    draw.shuffle(examples)
    return examples


def plain(train: Sequence[Example], out: Path) -> Clock:
    """Train with sentence-transformers at its defaults, with the recipe's settings."""
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
    from transformers import TrainerCallback

    clock = Clock()

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: object, **__: object) -> None:
            clock()

    model = SentenceTransformer(str(find_model().path), device="cpu")
    texts = {f"sentence{side + 1}": [example.texts[side] for example in train] for side in (0, 1)}
    SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(out),
            per_device_train_batch_size=RECIPE.batch_size,
            num_train_epochs=RECIPE.epochs,
            save_strategy="no",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_dict(texts | {"label": [example.label for example in train]}),
        loss=CosineSimilarityLoss(model),
        callbacks=[Watch()],
    ).train()
    model.save_pretrained(str(out), create_model_card=False)
    return clock


def ours(train: Sequence[Example], out: Path) -> Clock:
    """Train with dupfind; a few pairs are held out, because it always measures."""
    from dupfind.training.fine_tune import fine_tune

    clock = Clock()
    fine_tune(RECIPE, train, train[:32], find_model(), out, checkpoint_every=len(train), progress=clock)
    return clock


def figure(folder: Path, test: Sequence[Example]) -> float:
    """Return Spearman's correlation on held-out pairs, in full precision."""
    from dupfind.encoders.load import ModelFolder

    return judge(load_encoder(ModelFolder(folder), precision="fp32").encode, test, "similarity")["spearman"]


if __name__ == "__main__":
    main()
