"""What does the recipe `duplicates` give, on trackers that it learned from and on one that it never saw?

Trained on the duplicates of rust train and titanium train; base and tuned are then put to the gate, as `dupfind train`
does, on rust dev, titanium dev and hadoop: BM25, vectors alone, and dupfind's order with the ranking that it comes
with. What is forgotten shows in Spearman's correlation on stsb dev.
"""

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, emit, indexed
from quality import DEV, TRAIN

from dupfind import marked
from dupfind.encoders import Encoder, ModelFolder, find_model, load_encoder
from dupfind.training import gate, sleep_while_waiting
from dupfind.training.labelled import Example
from dupfind.training.mining import mine, texts_of
from dupfind.training.recipes import RECIPES

FIGURES = ("recall@1", "recall@5", "recall@10", "mrr")


def main() -> None:
    """Train, then measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the model; one that is there is not trained again"
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to be used again")
    parser.add_argument("--epochs", type=int, default=RECIPES["duplicates"].epochs)
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    sleep_while_waiting()
    with tempfile.TemporaryDirectory() as folder:
        keep, out = asked.keep or Path(folder), asked.out or Path(folder) / "tuned"
        seconds = None if out.exists() else trained(keep, out, asked)
        tuned, base = load_encoder(ModelFolder(out)), load_encoder(find_model(None))
        numbers: dict[str, Any] = {"stsb": {"base": stsb(base, asked.data), "tuned": stsb(tuned, asked.data)}}
        for name, part in DEV:
            with indexed(keep, name, part, asked.data) as collection:
                found = gate.judge(collection, tuned, since=None, progress=quietly)
            numbers[f"{name} {part}".strip()] = shown(found)
    emit("tuned", seed=asked.seed, epochs=asked.epochs, max_steps=asked.max_steps, seconds=seconds, **numbers)


def trained(keep: Path, out: Path, asked: argparse.Namespace) -> float:
    """Fine-tune MiniLM on both trackers together, and say how long it took."""
    from dupfind.training.tuning import fine_tune

    examples = list(mined(keep, asked))
    started = time.monotonic()
    fine_tune(
        replace(RECIPES["duplicates"], kind="records", epochs=asked.epochs),
        examples,
        list(unseen(keep, asked)),
        find_model(None),
        out,
        seed=asked.seed,
        max_steps=asked.max_steps,
        resume=True,
    )
    return round(time.monotonic() - started)


def mined(keep: Path, asked: argparse.Namespace) -> Iterator[Example]:
    """The examples of all train parts; no record of a dev part is among them, nor one of its clusters."""
    first = 0
    for name, part in TRAIN:
        with indexed(keep, name, part, asked.data) as collection:
            found = mine(collection.store, held_out=0, seed=asked.seed).train
        yield from (replace(example, group=first + example.group, set=name) for example in found)
        first += len(found)


def unseen(keep: Path, asked: argparse.Namespace) -> Iterator[Example]:
    """Pairs of hadoop, which the model's card tells figures of."""
    with indexed(keep, "hadoop", "", asked.data) as collection, collection.store.reading():
        for cluster in marked.links(collection.store).clusters:
            texts = [collection.store.text(row) for row in cluster.members[:2]]
            yield Example(texts_of([(text.title, text.whole) for text in texts]))


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


def shown(found: gate.Judged) -> dict[str, Any]:
    """The means, and by how much tuned is ahead with its interval."""

    def means(figures: Any) -> dict[str, float]:
        return {name: round(interval.mean, 3) for name, interval in figures if name in FIGURES}

    return {
        "queries": found.n_duplicates,
        "bm25": means(found.bm25),
        **{
            f"{leg}, {which}": means(figures[leg])
            for leg in ("vectors", "dupfind")
            for which, figures in (("base", found.base), ("tuned", found.tuned))
        },
        "ahead": {
            leg: {name: [round(bound, 3) for bound in value] for name, value in figures if name in FIGURES}
            for leg, figures in found.ahead.items()
        },
    }


def quietly(name: str, total: int | None, unit: str = "records") -> Any:
    """Tell nobody."""
    return lambda _: None


if __name__ == "__main__":
    main()
