"""Fit the ranking that dupfind comes with on the train parts of real trackers, and write dupfind/ranker.json.

Each tracker counts the same. Probability and bands are fitted across trackers: the order that is asked on one
was fitted on the others, so that it is as sure as it is on a tracker that it has not seen. The dev parts are read
once, at the end, for the figures that are kept beside the weights. `python benchmarks/ablation.py` tells what each
family of features gives.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import DATA, ROOT, emit, indexed
from quality import DEV, TRAIN, measured

from dupfind.evaluation.calibration import PENALTY, labelled, with_bands, with_probability
from dupfind.evaluation.replay import ReplayQuery, cases, outcome
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import SHIPPED, SURE, Ranker
from dupfind.text.composition import TEXT_VERSION

LIKELY, POSSIBLE = 0.6, 0.4
"""Precision of the bands by labels alone. Both trackers leave many duplicates unmarked, so that far more are right:
benchmarks/README.md tells how many of those that count as wrong were read and found to be duplicates."""


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--others", type=int, default=1_200, help="issues that are no duplicates, a tracker")
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to be used again")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keep = asked.keep or Path(folder)
        trackers = []
        for name, part in TRAIN:
            with indexed(keep, name, part, asked.data) as collection:
                trackers.append(list(cases(collection, n_others=asked.others)))
                encoding = collection.store.encoding()
        ranker = fitted(trackers, asked.penalty)
        figures = {}
        for name, part in DEV:
            with indexed(keep, name, part, asked.data) as collection:
                figures[f"{name} {part}".strip()] = measured(
                    [outcome(case, ranker) for case in cases(collection)], ranker
                )
    about = {
        "fitted_on": [
            {"part": f"{name} {part}", "sha256": fingerprint(asked.data / name / f"issues.{part}.jsonl.gz")}
            for name, part in TRAIN
        ],
        "precision_by_labels": {"likely": LIKELY, "possible": POSSIBLE},
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "recipe": TEXT_VERSION,
        "figures": figures,
    }
    if not asked.dry_run:
        document = replace(ranker, about=about).to_json()
        (ROOT / "dupfind" / "ranking" / SHIPPED).write_text(
            json.dumps(document, indent=1) + "\n", encoding="utf-8"
        )
    emit("fit_ranker", penalty=asked.penalty, **figures)


def fitted(trackers: Sequence[Sequence[ReplayQuery]], penalty: float) -> Ranker:
    """The order fitted on all trackers; probability and bands on each by the order of the others."""

    def ordered(chosen: Sequence[Sequence[ReplayQuery]]) -> Ranker:
        weights = fit_ranker(labelled(chosen), penalty=penalty)
        return Ranker(weights, 1.0, np.zeros(len(SURE)), 0.0, None, None, None, {})

    slices = [
        (ordered([other for other in trackers if other is not tracker]), tracker) for tracker in trackers
    ]
    sure = with_probability(ordered(trackers), slices)["logistic"]
    return with_bands(sure, slices, LIKELY, possible=POSSIBLE, level=None)


def fingerprint(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
