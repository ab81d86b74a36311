"""What does the recipe `duplicates` give, on trackers that it learned from and on one that it never saw?

MiniLM reads the titles and bodies of rust train and titanium train, and learns from all of their duplicates. The
order is refitted to what tuned models make of duplicates that they have not seen: the clusters are dealt into three
folds, and the duplicates of each are asked by a model that learned from the others (their texts it has read, as it
has those of all). Base and tuned are compared on rust dev, titanium dev and hadoop: BM25, vectors alone, and
dupfind's order, the tuned model's as it was and refitted. What is forgotten shows in Spearman's correlation on stsb
dev.

`--part train` is where settings are chosen: trained on the earlier duplicates of the train parts, it tells the same of
their later ones, as the gate of `dupfind train` does. There the order at hand was fitted on the earlier ones, and
the refitted order is proved by cross-validation, tracker by tracker.
"""

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, emit, indexed
from quality import DEV, TRAIN

from dupfind.encoders.load import Encoder, ModelFolder, find_model, load_encoder
from dupfind.evaluation.calibration import PENALTY, labelled
from dupfind.evaluation.replay import ReplayQuery, outcome
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import Ranker, shipped
from dupfind.training import acceptance, rerank_fit
from dupfind.training.mining import HELD_OUT, Mined, mine
from dupfind.training.pair_file import Example
from dupfind.training.recipes import RECIPES, Recipe
from dupfind.training.rerank_fit import WeighedCase
from dupfind.training.torch_threads import sleep_while_waiting

FIGURES = ("recall@1", "recall@5", "recall@10", "mrr")

N_FOLDS = 3
"""Of the clusters of each tracker; more would leave each model more to learn from, and take as much longer."""


def main() -> None:
    """Train, refit, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev")
    parser.add_argument(
        "--out", type=Path, help="folder for the models; one that is there is not trained again"
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to be used again")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--soup", type=float)
    parser.add_argument("--no-adaptation", action="store_true")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    sleep_while_waiting()
    fields = ("epochs", "learning_rate", "soup")
    changed: dict[str, Any] = {field: said for field in fields if (said := getattr(asked, field)) is not None}
    if asked.no_adaptation:
        changed["adaptation"] = None
    recipe = replace(RECIPES["duplicates"], kind="records", **changed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        asked.keep, asked.out = asked.keep or Path(folder), asked.out or Path(folder)
        if asked.part == "dev":
            tuned, numbers = on_dev(recipe, asked)
        else:
            tuned, numbers = on_train(recipe, asked)
        base = load_encoder(find_model(None))
        numbers["stsb"] = {"base": stsb(base, asked.data), "tuned": stsb(tuned, asked.data)}
    seconds = round(time.monotonic() - started)
    emit("tuned", seed=asked.seed, changed=changed, max_steps=asked.max_steps, seconds=seconds, **numbers)


def on_dev(recipe: Recipe, asked: argparse.Namespace) -> tuple[Encoder, dict[str, Any]]:
    """The model that learned from all of the train parts, and its figures on dev and on hadoop."""
    found = {name: mined(name, part, 0, asked) for name, part in TRAIN}
    elsewhere = mined("hadoop", "", 0, asked)
    start = adapted(recipe, found, pairs(elsewhere.train), asked)
    order = refitted(recipe, found, start, asked)
    tuned = trained(recipe, together(found), pairs(elsewhere.train), "all", start, asked)
    numbers = {}
    for name, part in DEV:
        by_base, by_tuned = (cases(name, part, asked, encoder) for encoder in (None, tuned))
        numbers[f"{name} {part}".strip()] = compared(by_base, by_tuned, shipped(), order)
    return tuned, numbers


def refitted(
    recipe: Recipe, found: Mapping[str, Mined], start: ModelFolder | None, asked: argparse.Namespace
) -> Ranker:
    """The order by the duplicates of the train parts, each asked by a model that learned from other clusters."""
    questions = []
    for fold in range(N_FOLDS):
        train, test = together(found, set(range(N_FOLDS)) - {fold}), pairs(together(found, {fold}))
        tuned = trained(recipe, train, test, f"fold-{fold}", start, asked)
        for name, part in TRAIN:
            groups = found[name].groups
            questions += [
                WeighedCase.of(case, shipped())
                for case in cases(name, part, asked, tuned)
                if groups.get(case.node.row_id, 0) % N_FOLDS == fold
            ]
    return rerank_fit.refit(questions, shipped())


def on_train(recipe: Recipe, asked: argparse.Namespace) -> tuple[Encoder, dict[str, Any]]:
    """The model that learned from the earlier duplicates of the train parts, and its figures on the later ones."""
    found = {name: mined(name, part, HELD_OUT, asked) for name, part in TRAIN}
    test = [example for of in found.values() for example in of.test]
    start = adapted(recipe, found, test, asked)
    tuned = trained(recipe, together(found), test, "earlier", start, asked)
    by_base = {name: cases(name, part, asked, None) for name, part in TRAIN}
    split = {name: [is_later(case, found[name].since) for case in each] for name, each in by_base.items()}
    early = [
        [case for case, later in zip(by_base[name], split[name], strict=True) if not later] for name in found
    ]
    at_hand = replace(shipped(), weights=fit_ranker(labelled(early), penalty=PENALTY))
    numbers = {}
    for name, part in TRAIN:
        base = [case for case, later in zip(by_base[name], split[name], strict=True) if later]
        later = cases(name, part, asked, tuned, since=found[name].since)
        numbers[f"{name} {part}, later"] = compared(base, later, at_hand, None)
    return tuned, numbers


def is_later(case: ReplayQuery, since: datetime | None) -> bool:
    """Whether a case is of the slice that is not learned from."""
    return since is None or (case.node.created is not None and case.node.created >= since)


def mined(name: str, part: str, held_out: float, asked: argparse.Namespace) -> Mined:
    """What a tracker gives to learn from."""
    with indexed(asked.keep, name, part, asked.data) as collection:
        return mine(collection.store, held_out=held_out, seed=asked.seed)


def together(found: Mapping[str, Mined], folds: Container[int] = range(N_FOLDS)) -> list[Example]:
    """The examples of some folds of the trackers, no two of which have a group in common."""
    made: list[Example] = []
    first = 0
    for name, of in found.items():
        made += [
            replace(example, group=first + example.group, set=name)
            for example in of.train
            if example.group % N_FOLDS in folds
        ]
        first += of.n_clusters
    return made


def pairs(examples: Sequence[Example]) -> list[Example]:
    """Examples without their negatives, to be measured on: two whole texts, and then their titles."""
    return [replace(example, texts=example.texts[:2] + example.texts[3:5]) for example in examples]


def adapted(
    recipe: Recipe, found: Mapping[str, Mined], test: Sequence[Example], asked: argparse.Namespace
) -> ModelFolder | None:
    """MiniLM once it has read the titles and bodies of the trackers, as far as they are mined."""
    if recipe.adaptation is None:
        return None
    texts = [replace(each, set=name) for name, of in found.items() for each in of.texts]
    test = [replace(each, texts=each.texts[:2]) for each in test]
    trained(recipe.adaptation, texts, test, "adapted", None, asked)
    return ModelFolder(asked.out / "adapted")


def trained(
    recipe: Recipe,
    train: Sequence[Example],
    test: Sequence[Example],
    name: str,
    start: ModelFolder | None,
    asked: argparse.Namespace,
) -> Encoder:
    """MiniLM fine-tuned on examples; a model of that name that is there is taken as it is."""
    from dupfind.training.fine_tune import fine_tune

    out = asked.out / name
    if not out.exists():
        print(f"training {name} on {len(train):,}", file=sys.stderr)
        fine_tune(
            recipe,
            train,
            test,
            find_model(None),
            out,
            start=start,
            seed=asked.seed,
            max_steps=asked.max_steps,
            resume=True,
        )
    return load_encoder(ModelFolder(out))


def cases(
    name: str, part: str, asked: argparse.Namespace, encoder: Encoder | None, since: datetime | None = None
) -> list[ReplayQuery]:
    """The duplicates of a tracker as questions to the issues before them, by a model or by the index's own."""
    encode = None if encoder is None else acceptance.encoding(encoder, quietly)
    with indexed(asked.keep, name, part, asked.data) as collection:
        return list(acceptance.duplicates(collection, "", since, encode, quietly))


def compared(
    by_base: Sequence[ReplayQuery], by_tuned: Sequence[ReplayQuery], at_hand: Ranker, order: Ranker | None
) -> dict[str, Any]:
    """The figures of both models with the order at hand, and of the tuned one with its own.

    Args:
        by_base: The questions with the base's vectors.
        by_tuned: The same with the tuned model's.
        at_hand: The order that was fitted with the base.
        order: That of the tuned model; None to refit it on these questions, by cross-validation.
    """
    base, plain = ([outcome(case, at_hand) for case in each] for each in (by_base, by_tuned))
    if order is None:
        own = rerank_fit.crossed([WeighedCase.of(case, at_hand) for case in by_tuned])
    else:
        own = [outcome(case, order) for case in by_tuned]
    as_it_was, refitted = acceptance.compare(base, plain), acceptance.compare(base, own)
    legs = {
        "bm25": refitted.bm25,
        "vectors, base": refitted.base["vectors"],
        "vectors, tuned": refitted.tuned["vectors"],
        "dupfind, base": refitted.base["dupfind"],
        "dupfind, tuned, order as it was": as_it_was.tuned["dupfind"],
        "dupfind, tuned, order refitted": refitted.tuned["dupfind"],
    }
    return {
        "queries": refitted.n_duplicates,
        **{
            leg: {name: round(interval.mean, 3) for name, interval in figures if name in FIGURES}
            for leg, figures in legs.items()
        },
        "ahead": {
            leg: {name: [round(bound, 3) for bound in value] for name, value in figures if name in FIGURES}
            for leg, figures in refitted.ahead.items()
        },
    }


def stsb(encoder: Encoder, data: Path) -> float:
    """Spearman's correlation of cosines with people's scores (ties share their mean rank)."""
    with gzip.open(data / "stsb" / "pairs.dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    first, second = (encoder.encode([row[key] for row in rows]) for key in ("sentence1", "sentence2"))
    ranks = [ranked(values) for values in ((first * second).sum(1), np.array([row["label"] for row in rows]))]
    return round(float(np.corrcoef(*ranks)[0, 1]), 4)


def ranked(values: Any) -> Any:
    """Ranks from 0, equal values at the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[places]


def quietly(name: str, total: int | None, unit: str = "records") -> Any:
    """Tell nobody."""
    return lambda _: None


if __name__ == "__main__":
    main()
