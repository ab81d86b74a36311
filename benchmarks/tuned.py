"""What does the recipe `duplicates` give, on trackers that it learned from and on one that it never saw?

Trained on the earlier duplicates of rust train and titanium train; the order is refitted to the tuned model on their
later ones, which it has not seen, as `dupfind train` does. Base and tuned are compared on rust dev, titanium dev and
hadoop: BM25, vectors alone, and dupfind's order, the tuned model's as it was and refitted. What is forgotten shows in
Spearman's correlation on stsb dev.

`--part train` is where settings are chosen: it tells the same of the later duplicates of the train parts. There the
order at hand was fitted on the earlier ones, and the refitted order is proved by cross-validation, tracker by tracker.
"""

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, emit, indexed
from quality import DEV, TRAIN

from dupfind.calibration import PENALTY, labelled
from dupfind.encoders import Encoder, ModelFolder, find_model, load_encoder
from dupfind.fitting import fit_ranker
from dupfind.ranking import Ranker, shipped
from dupfind.replay import Case, outcome
from dupfind.training import gate, ordering, sleep_while_waiting
from dupfind.training.labelled import Example
from dupfind.training.mining import Mined, mine
from dupfind.training.recipes import RECIPES, Recipe

FIGURES = ("recall@1", "recall@5", "recall@10", "mrr")


def main() -> None:
    """Train, refit, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev")
    parser.add_argument(
        "--out", type=Path, help="folder for the model; one that is there is not trained again"
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to be used again")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--soup", type=float)
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    sleep_while_waiting()
    fields = ("epochs", "learning_rate", "soup")
    changed = {field: said for field in fields if (said := getattr(asked, field)) is not None}
    with tempfile.TemporaryDirectory() as folder:
        keep, out = asked.keep or Path(folder), asked.out or Path(folder) / "tuned"
        found = {}
        for name, part in TRAIN:
            with indexed(keep, name, part, asked.data) as collection:
                found[name] = mine(collection.store, seed=asked.seed)
        recipe = replace(RECIPES["duplicates"], kind="records", **changed)
        seconds = None if out.exists() else trained(recipe, found, out, asked)
        tuned, base = load_encoder(ModelFolder(out)), load_encoder(find_model(None))
        numbers: dict[str, Any] = {"stsb": {"base": stsb(base, asked.data), "tuned": stsb(tuned, asked.data)}}
        later = {
            name: cases(keep, name, part, asked.data, tuned, since=found[name].since) for name, part in TRAIN
        }
        if asked.part == "dev":
            order = ordering.refit([case for each in later.values() for case in each], shipped())
            for name, part in DEV:
                by_base, by_tuned = (
                    cases(keep, name, part, asked.data, encoder) for encoder in (None, tuned)
                )
                numbers[f"{name} {part}".strip()] = compared(by_base, by_tuned, shipped(), order)
        else:
            numbers |= chosen(keep, found, later, asked.data)
    emit("tuned", seed=asked.seed, changed=changed, max_steps=asked.max_steps, seconds=seconds, **numbers)


def trained(recipe: Recipe, found: dict[str, Mined], out: Path, asked: argparse.Namespace) -> float:
    """Fine-tune MiniLM on both trackers together, and say how long it took."""
    from dupfind.training.tuning import fine_tune

    train: list[Example] = []
    for name, mined in found.items():
        first = len(train)
        train += [replace(example, group=first + example.group, set=name) for example in mined.train]
    started = time.monotonic()
    fine_tune(
        recipe,
        train,
        [example for mined in found.values() for example in mined.test],
        find_model(None),
        out,
        seed=asked.seed,
        max_steps=asked.max_steps,
        resume=True,
    )
    return round(time.monotonic() - started)


def cases(
    keep: Path, name: str, part: str, data: Path, encoder: Encoder | None, since: datetime | None = None
) -> list[Case]:
    """The duplicates of a tracker as questions to the issues before them, by a model or by the index's own."""
    encode = None if encoder is None else gate.encoding(encoder, quietly)
    with indexed(keep, name, part, data) as collection:
        return list(gate.duplicates(collection, "", since, encode, quietly))


def chosen(keep: Path, found: dict[str, Mined], later: dict[str, list[Case]], data: Path) -> dict[str, Any]:
    """The figures of the later slices of the train parts."""
    by_base = {name: cases(keep, name, part, data, None) for name, part in TRAIN}
    starts = {name: mined.since for name, mined in found.items()}
    split = {name: [is_later(case, starts[name]) for case in each] for name, each in by_base.items()}
    early = [
        [case for case, later in zip(by_base[name], split[name], strict=True) if not later] for name in found
    ]
    at_hand = replace(shipped(), weights=fit_ranker(labelled(early), penalty=PENALTY))
    numbers = {}
    for name, tuned in later.items():
        base = [case for case, later in zip(by_base[name], split[name], strict=True) if later]
        numbers[f"{name} train, later"] = compared(base, tuned, at_hand, None)
    return numbers


def is_later(case: Case, since: datetime | None) -> bool:
    """Whether a case is of the slice that is not learned from."""
    return since is None or (case.node.created is not None and case.node.created >= since)


def compared(
    by_base: Sequence[Case], by_tuned: Sequence[Case], at_hand: Ranker, order: Ranker | None
) -> dict[str, Any]:
    """The figures of both models with the order at hand, and of the tuned one with its own.

    Args:
        by_base: The questions with the base's vectors.
        by_tuned: The same with the tuned model's.
        at_hand: The order that was fitted with the base.
        order: That of the tuned model; None to refit it on these questions, by cross-validation.
    """
    base, plain = ([outcome(case, at_hand) for case in each] for each in (by_base, by_tuned))
    own = (
        ordering.crossed(by_tuned, at_hand) if order is None else [outcome(case, order) for case in by_tuned]
    )
    as_it_was, refitted = gate.compare(base, plain), gate.compare(base, own)
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
