"""What does each family of features give the ranking? Each is left out in turn, fitted anew, and measured.

Fitted on the train parts of rust and titanium, measured on the dev parts, which nothing was fitted on, beside BM25
and vectors alone.
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
from dupfind.evaluation.replay import ReplayQuery, cases, outcome
from dupfind.ranking.features import NAMES
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import SURE, Ranker

FAMILIES: dict[str, Callable[[str], bool]] = {
    "nothing": lambda name: False,
    "cosines": lambda name: (
        name.split(",")[0] in ("score", "title x title", "title x whole", "whole x title", "whole x whole")
    ),
    "centred cosines": lambda name: name.startswith("centred"),
    "neighbours": lambda name: "neighbours" in name,
    "word search": lambda name: name.startswith("word search"),
    "words by field": lambda name: " in " in name or "of title" in name,
    "names": lambda name: "names" in name,
    "word pairs": lambda name: "word pairs" in name,
    "lengths": lambda name: "length" in name,
    "ages": lambda name: name.startswith("age"),
    "clusters": lambda name: "cluster" in name or "other member" in name,
    "values as they are": lambda name: name.endswith(", as is"),
    "shares of the best": lambda name: name.endswith(", share"),
    "deviations": lambda name: name.endswith(", deviation"),
}


def main() -> None:
    """Fit and measure without each family."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to be used again")
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    parts: dict[str, list[ReplayQuery]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (*TRAIN, *DEV):
            with indexed(asked.keep or Path(folder), name, part, asked.data) as collection:
                found = cases(collection, n_others=0)
                parts[f"{name} {part}".strip()] = [case for case in found if case.n_older]
    train = [parts[f"{name} {part}"] for name, part in TRAIN]
    numbers = {}
    for family, is_out in FAMILIES.items():
        kept = np.array([not is_out(name) for name in NAMES])
        blind = [[replace(case, features=case.features * kept) for case in tracker] for tracker in train]
        ranker = Ranker(
            fit_ranker(labelled(blind), penalty=asked.penalty),
            1.0,
            np.zeros(len(SURE)),
            0.0,
            None,
            None,
            None,
            {},
        )
        numbers[family] = {
            f"{name} {part}".strip(): measured(parts[f"{name} {part}".strip()], ranker) for name, part in DEV
        }
        print(family, numbers[family], flush=True)
    emit("ablation", penalty=asked.penalty, without=numbers)


def measured(queries: Sequence[ReplayQuery], ranker: Ranker) -> dict[str, float]:
    """Recall at 1 and 10, and MRR."""
    ranks = [outcome(case, ranker).ranks["dupfind"] for case in queries]
    return {
        "recall@1": round(float(recall_at(1, ranks).mean()), 3),
        "recall@10": round(float(recall_at(10, ranks).mean()), 3),
        "mrr": round(float(reciprocal_rank(ranks).mean()), 3),
    }


if __name__ == "__main__":
    main()
