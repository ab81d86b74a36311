"""Measure the recipe `duplicates` on trackers that the model learned from, and on one that it never saw.

MiniLM is adapted to the titles and bodies of rust train and titanium train, and learns from all of their duplicates.
The order is refitted to duplicates that the model has not seen. For that the clusters are dealt into three folds, and
each fold is searched with a model that learned from the others (the domain adaptation has read all texts). Base and
tuned model are compared on rust dev, titanium dev and hadoop: BM25, vectors alone, and dupfind's order, unchanged and
refitted. Spearman's correlation on stsb dev shows how much was forgotten.

Settings are chosen with `--part train`: the model learns from the earlier duplicates of the train parts, and is
measured on the later ones, as in the acceptance test of `dupfind train`. There the present order was fitted on
the earlier ones, and the refitted order is measured by cross-validation, tracker by tracker.
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
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import Ranker, shipped
from dupfind.training import acceptance, rerank_fit
from dupfind.training.mining import HELD_OUT, Mined, mine
from dupfind.training.pair_file import Example
from dupfind.training.recipes import RECIPES, Recipe
from dupfind.training.rerank_fit import WeighedQuery
from dupfind.training.torch_threads import sleep_while_waiting

FIGURES = ("recall@1", "recall@5", "recall@10", "mrr")

N_FOLDS = 3
"""Folds of the clusters of each tracker; more folds give each model more to learn from, and take longer."""


def main() -> None:
    """Train, refit, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev")
    parser.add_argument(
        "--out", type=Path, help="folder for the models; an existing model is not trained again"
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--soup", type=float)
    parser.add_argument("--no-adaptation", action="store_true")
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    sleep_while_waiting()
    fields = ("epochs", "learning_rate", "soup")
    changed = {field: value for field in fields if (value := getattr(arguments, field)) is not None}
    if arguments.no_adaptation:
        changed["adaptation"] = None
    names = {"soup": "base_weight", "adaptation": "domain_adaptation"}
    recipe = replace(
        RECIPES["duplicates"],
        kind="records",
        **{names.get(key, key): value for key, value in changed.items()},
    )
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        arguments.keep, arguments.out = arguments.keep or Path(folder), arguments.out or Path(folder)
        if arguments.part == "dev":
            tuned, numbers = on_dev(recipe, arguments)
        else:
            tuned, numbers = on_train(recipe, arguments)
        base = load_encoder(find_model(None))
        numbers["stsb"] = {"base": stsb(base, arguments.data), "tuned": stsb(tuned, arguments.data)}
    seconds = round(time.monotonic() - started)
    emit(
        "tuned",
        seed=arguments.seed,
        changed=changed,
        max_steps=arguments.max_steps,
        seconds=seconds,
        **numbers,
    )


def on_dev(recipe: Recipe, arguments: argparse.Namespace) -> tuple[Encoder, dict[str, Any]]:
    """Return the model that learned from all of the train parts, and its figures on dev and on hadoop."""
    mined_parts = {name: mined(name, part, 0, arguments) for name, part in TRAIN}
    elsewhere = mined("hadoop", "", 0, arguments)
    start = adapted(recipe, mined_parts, pairs(elsewhere.train), arguments)
    order = refitted(recipe, mined_parts, start, arguments)
    tuned = trained(recipe, together(mined_parts), pairs(elsewhere.train), "all", start, arguments)
    numbers = {}
    for name, part in DEV:
        by_base, by_tuned = (duplicate_queries(name, part, arguments, encoder) for encoder in (None, tuned))
        numbers[f"{name} {part}".strip()] = compared(by_base, by_tuned, shipped(), order)
    return tuned, numbers


def refitted(
    recipe: Recipe, mined_parts: Mapping[str, Mined], start: ModelFolder | None, arguments: argparse.Namespace
) -> Ranker:
    """Return the order fitted to the duplicates of the train parts, each searched with a model of the other folds."""
    queries = []
    for fold in range(N_FOLDS):
        train, test = (
            together(mined_parts, set(range(N_FOLDS)) - {fold}),
            pairs(together(mined_parts, {fold})),
        )
        tuned = trained(recipe, train, test, f"fold-{fold}", start, arguments)
        for name, part in TRAIN:
            groups = mined_parts[name].groups
            queries += [
                WeighedQuery.of(query, shipped())
                for query in duplicate_queries(name, part, arguments, tuned)
                if groups.get(query.head.row_id, 0) % N_FOLDS == fold
            ]
    return rerank_fit.refit(queries, shipped())


def on_train(recipe: Recipe, arguments: argparse.Namespace) -> tuple[Encoder, dict[str, Any]]:
    """Return the model that learned from the earlier duplicates of the train parts, and its later figures."""
    mined_parts = {name: mined(name, part, HELD_OUT, arguments) for name, part in TRAIN}
    test = [example for of in mined_parts.values() for example in of.test]
    start = adapted(recipe, mined_parts, test, arguments)
    tuned = trained(recipe, together(mined_parts), test, "earlier", start, arguments)
    by_base = {name: duplicate_queries(name, part, arguments, None) for name, part in TRAIN}
    is_late = {
        name: [is_later(query, mined_parts[name].since) for query in each] for name, each in by_base.items()
    }
    early = [
        [query for query, late in zip(by_base[name], is_late[name], strict=True) if not late]
        for name in mined_parts
    ]
    present = replace(shipped(), weights=fit_ranker(labelled(early), penalty=PENALTY))
    numbers = {}
    for name, part in TRAIN:
        base = [query for query, late in zip(by_base[name], is_late[name], strict=True) if late]
        later = duplicate_queries(name, part, arguments, tuned, since=mined_parts[name].since)
        numbers[f"{name} {part}, later"] = compared(base, later, present, None)
    return tuned, numbers


def is_later(query: ReplayQuery, since: datetime | None) -> bool:
    """Return whether a query belongs to the held-out slice."""
    return since is None or (query.head.created is not None and query.head.created >= since)


def mined(name: str, part: str, held_out: float, arguments: argparse.Namespace) -> Mined:
    """Mine the examples of a tracker."""
    with indexed(arguments.keep, name, part, arguments.data) as collection:
        return mine(collection.store, held_out=held_out, seed=arguments.seed)


def together(mined_parts: Mapping[str, Mined], folds: Container[int] = range(N_FOLDS)) -> list[Example]:
    """Return the examples of some folds of the trackers, with groups that no two trackers share."""
    examples: list[Example] = []
    first = 0
    for name, of in mined_parts.items():
        examples += [
            replace(example, group=first + example.group, set=name)
            for example in of.train
            if example.group % N_FOLDS in folds
        ]
        first += of.n_clusters
    return examples


def pairs(examples: Sequence[Example]) -> list[Example]:
    """Return held-out examples without their negatives: two whole texts, and then their titles."""
    return [replace(example, texts=example.texts[:2] + example.texts[3:5]) for example in examples]


def adapted(
    recipe: Recipe, mined_parts: Mapping[str, Mined], test: Sequence[Example], arguments: argparse.Namespace
) -> ModelFolder | None:
    """Return MiniLM, adapted to the mined titles and bodies of the trackers."""
    if recipe.domain_adaptation is None:
        return None
    texts = [replace(each, set=name) for name, of in mined_parts.items() for each in of.texts]
    test = [replace(each, texts=each.texts[:2]) for each in test]
    trained(recipe.domain_adaptation, texts, test, "adapted", None, arguments)
    return ModelFolder(arguments.out / "adapted")


def trained(
    recipe: Recipe,
    train: Sequence[Example],
    test: Sequence[Example],
    name: str,
    start: ModelFolder | None,
    arguments: argparse.Namespace,
) -> Encoder:
    """Fine-tune MiniLM on examples; an existing model of that name is used as it is."""
    from dupfind.training.fine_tune import fine_tune

    out = arguments.out / name
    if not out.exists():
        print(f"training {name} on {len(train):,}", file=sys.stderr)
        fine_tune(
            recipe,
            train,
            test,
            find_model(None),
            out,
            start=start,
            seed=arguments.seed,
            max_steps=arguments.max_steps,
            resume=True,
        )
    return load_encoder(ModelFolder(out))


def duplicate_queries(
    name: str,
    part: str,
    arguments: argparse.Namespace,
    encoder: Encoder | None,
    since: datetime | None = None,
) -> list[ReplayQuery]:
    """Return the duplicates of a tracker as queries to the issues before them, with a model or with the index's own."""
    encode = None if encoder is None else acceptance.encode_with(encoder, quietly)
    with indexed(arguments.keep, name, part, arguments.data) as collection:
        return list(acceptance.duplicates(collection, "", since, encode, quietly))


def compared(
    by_base: Sequence[ReplayQuery], by_tuned: Sequence[ReplayQuery], present: Ranker, order: Ranker | None
) -> dict[str, Any]:
    """Compare both models with the present order, and the tuned one with its own.

    Args:
        by_base: The queries with the base's vectors.
        by_tuned: The same with the tuned model's.
        present: The order that was fitted with the base.
        order: Of the tuned model; None to refit it on these queries, by cross-validation.
    """
    base, plain = ([result(query, present) for query in each] for each in (by_base, by_tuned))
    if order is None:
        own = rerank_fit.cross_validated([WeighedQuery.of(query, present) for query in by_tuned])
    else:
        own = [result(query, order) for query in by_tuned]
    unchanged, refitted = acceptance.compare(base, plain), acceptance.compare(base, own)
    rankings = {
        "bm25": refitted.bm25,
        "vectors, base": refitted.base["vectors"],
        "vectors, tuned": refitted.tuned["vectors"],
        "dupfind, base": refitted.base["dupfind"],
        "dupfind, tuned, order as it was": unchanged.tuned["dupfind"],
        "dupfind, tuned, order refitted": refitted.tuned["dupfind"],
    }
    return {
        "queries": refitted.n_duplicates,
        **{
            ranking: {name: round(interval.mean, 3) for name, interval in figures if name in FIGURES}
            for ranking, figures in rankings.items()
        },
        "ahead": {
            ranking: {
                name: [round(bound, 3) for bound in value] for name, value in figures if name in FIGURES
            }
            for ranking, figures in refitted.ahead.items()
        },
    }


def stsb(encoder: Encoder, data: Path) -> float:
    """Return Spearman's correlation of cosines with people's scores (ties share their mean rank)."""
    with gzip.open(data / "stsb" / "pairs.dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    first, second = (encoder.encode([row[key] for row in rows]) for key in ("sentence1", "sentence2"))
    ranks = [ranked(values) for values in ((first * second).sum(1), np.array([row["label"] for row in rows]))]
    return round(float(np.corrcoef(*ranks)[0, 1]), 4)


def ranked(values: Any) -> Any:
    """Return ranks from 0; equal values get the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[places]


def quietly(name: str, total: int | None, unit: str = "records") -> Any:
    """Show no progress."""
    return lambda _: None


if __name__ == "__main__":
    main()
