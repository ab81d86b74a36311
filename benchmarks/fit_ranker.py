"""Fit the ranker that dupfind comes with on the train parts of real trackers, and write dupfind/ranking/ranker.json.

Each tracker counts the same. Probability and thresholds are fitted across trackers: the issues of one tracker are
ranked by weights fitted on the others, so that confidence is that on an unseen tracker. The dev parts are read
once, at the end, for the figures that are kept with the weights. `python benchmarks/ablation.py` measures each
family of features.
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
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import CONFIDENCE_FEATURES, SHIPPED, Ranker
from dupfind.text.composition import TEXT_VERSION

LIKELY, POSSIBLE = 0.6, 0.4
"""Least precision of the verdicts by labels alone. Both trackers leave many duplicates unmarked, so far more are right:
see benchmarks/README.md for the wrong ones that were read and are duplicates."""


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--others", type=int, default=1_200, help="other issues to search for, a tracker")
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keep = arguments.keep or Path(folder)
        trackers = []
        for name, part in TRAIN:
            with indexed(keep, name, part, arguments.data) as collection:
                trackers.append(list(replay_queries(collection, ReplayOptions(n_others=arguments.others))))
                encoding = collection.store.encoding()
        ranker = fitted(trackers, arguments.penalty)
        figures = {}
        for name, part in DEV:
            with indexed(keep, name, part, arguments.data) as collection:
                figures[f"{name} {part}".strip()] = measured(
                    [result(query, ranker) for query in replay_queries(collection)], ranker
                )
    about = {
        "fitted_on": [
            {
                "part": f"{name} {part}",
                "sha256": fingerprint(arguments.data / name / f"issues.{part}.jsonl.gz"),
            }
            for name, part in TRAIN
        ],
        "precision_by_labels": {"likely": LIKELY, "possible": POSSIBLE},
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "recipe": TEXT_VERSION,
        "figures": figures,
    }
    if not arguments.dry_run:
        document = replace(ranker, about=about).to_json()
        (ROOT / "dupfind" / "ranking" / SHIPPED).write_text(
            json.dumps(document, indent=1) + "\n", encoding="utf-8"
        )
    emit("fit_ranker", penalty=arguments.penalty, **figures)


def fitted(trackers: Sequence[Sequence[ReplayQuery]], penalty: float) -> Ranker:
    """Fit the order on all trackers; fit probability and thresholds on each, ranked by the order of the others."""

    def ordered(chosen: Sequence[Sequence[ReplayQuery]]) -> Ranker:
        weights = fit_ranker(labelled(chosen), penalty=penalty)
        return Ranker(weights, 1.0, np.zeros(len(CONFIDENCE_FEATURES)), 0.0, None, None, None, {})

    slices = [
        (ordered([other for other in trackers if other is not tracker]), tracker) for tracker in trackers
    ]
    logistic = with_probability(ordered(trackers), slices)["logistic"]
    return with_bands(logistic, slices, LIKELY, possible=POSSIBLE, level=None)


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
