"""Fit the ranker that dupfind comes with on the train parts of real trackers, and write dupfind/ranking/ranker.json.

Each tracker counts the same. One with comments is used a second time as if it had none, so that the other weights do
not lean on comments. The dev parts are read once, at the end, for the figures that are kept with the weights.
`python benchmarks/ablation.py` measures each family of features, `python benchmarks/fit_verdict.py` fits the verdict.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import DATA, ROOT, emit, indexed
from quality import DEV, TRAIN, measured

from dupfind.evaluation.calibration import PENALTY, labelled
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.ranking.features import NAMES
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import SHIPPED, Ranker, family
from dupfind.text.composition import TEXT_VERSION
from dupfind.verdict.bands import BALANCED
from dupfind.verdict.model import shipped_verdicts

OF_COMMENTS = np.array([family(name) == "comments" for name in NAMES])
"""(len(NAMES),) whether a feature is of comments; each of these is 0 where no candidate has a comment."""


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
        trackers += [without_comments(queries) for queries in trackers if has_comments(queries)]
        ranker = Ranker(fit_ranker(labelled(trackers), penalty=arguments.penalty), {})
        figures = {}
        verdicts = shipped_verdicts().in_mode(BALANCED)  # as a search has it by default
        for name, part in DEV:
            with indexed(keep, name, part, arguments.data) as collection:
                figures[f"{name} {part}".strip()] = measured(
                    [result(query, ranker, verdicts) for query in replay_queries(collection)], verdicts
                )
    about = {
        "fitted_on": [
            {
                "part": f"{name} {part}",
                "sha256": fingerprint(arguments.data / name / f"issues.{part}.jsonl.gz"),
            }
            for name, part in TRAIN
        ],
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


def has_comments(queries: Iterable[ReplayQuery]) -> bool:
    """Return whether a candidate of any query has a comment."""
    return any(query.features.size and query.features[:, OF_COMMENTS].any() for query in queries)


def without_comments(queries: Iterable[ReplayQuery]) -> list[ReplayQuery]:
    """Return queries whose features are those of a tracker without comments."""
    return [
        replace(query, features=np.where(OF_COMMENTS, 0, query.features)) if query.features.size else query
        for query in queries
    ]


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
