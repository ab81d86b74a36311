"""Measure the ranking without each family of features in turn, fitted again each time.

Fitted on the train parts of rust and titanium, measured on the dev parts and on hadoop.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import DATA, emit, indexed
from quality import DEV, TRAIN

from dupfind.evaluation.calibration import PENALTY, labelled
from dupfind.evaluation.metrics import recall_at, reciprocal_rank
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.ranking.features import NAMES
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import Ranker

FAMILIES: dict[str, Callable[[str], bool]] = {
    "nothing": lambda name: False,
    "cosines": lambda name: (
        name.split(",")[0] in ("score", "title x title", "title x whole", "whole x title", "whole x whole")
    ),
    "centred cosines": lambda name: name.startswith("centred"),
    "neighbours": lambda name: "neighbours" in name,
    "word search": lambda name: name.startswith("word search"),
    "words by field": lambda name: (" in " in name or "of title" in name) and "comment" not in name,
    "names": lambda name: "names" in name,
    "ages": lambda name: name.startswith("age"),
    "comments": lambda name: "comment" in name,
    "clusters": lambda name: "cluster" in name or "other member" in name,
    "values as they are": lambda name: name.endswith(", as is"),
    "shares of the best": lambda name: name.endswith(", share"),
}


def main() -> None:
    """Fit and measure without each family."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    parts: dict[str, list[ReplayQuery]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (*TRAIN, *DEV):
            with indexed(arguments.keep or Path(folder), name, part, arguments.data) as collection:
                queries = replay_queries(collection, ReplayOptions(n_others=0))
                parts[f"{name} {part}".strip()] = [query for query in queries if query.n_older]
    train = [parts[f"{name} {part}"] for name, part in TRAIN]
    numbers = {}
    for family, is_out in FAMILIES.items():
        is_used = np.array([not is_out(name) for name in NAMES])
        marguments = [
            [replace(query, features=query.features * is_used) for query in tracker] for tracker in train
        ]
        ranker = Ranker(fit_ranker(labelled(marguments), penalty=arguments.penalty), {})
        numbers[family] = {
            f"{name} {part}".strip(): measured(parts[f"{name} {part}".strip()], ranker) for name, part in DEV
        }
        print(family, numbers[family], flush=True)
    emit("ablation", penalty=arguments.penalty, without=numbers)


def measured(queries: Sequence[ReplayQuery], ranker: Ranker) -> dict[str, float]:
    """Return recall at 1 and 10, and MRR."""
    ranks = [result(query, ranker).ranks["dupfind"] for query in queries]
    return {
        "recall@1": round(float(recall_at(1, ranks).mean()), 3),
        "recall@10": round(float(recall_at(10, ranks).mean()), 3),
        "mrr": round(float(reciprocal_rank(ranks).mean()), 3),
    }


if __name__ == "__main__":
    main()
