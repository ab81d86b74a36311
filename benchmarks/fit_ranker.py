"""Fit the ranker that dupfind comes with for a model, and write its file in dupfind/ranking.

MiniLM's is fitted on the train parts of real trackers. That of MiniLM-issues starts from it, and is fitted on parts
that the model has not learned from. Each tracker counts the same. One with comments is used a second time as if it had
none, so that the other weights do not lean on comments. The parts for the figures are read once, at the end. Figures of
a part that was fitted on are those of weights that were fitted without it.
`python benchmarks/ablation.py` measures each family of features, `python benchmarks/fit_verdict.py` fits the verdict.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from common import DATA, ROOT, emit, indexed
from quality import DEV, TRAIN, measured

from dupfind.encoders.low_rank import MINILM_ISSUES
from dupfind.evaluation.calibration import PENALTY, labelled
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.ranking.features import NAMES
from dupfind.ranking.fit import fit_ranker
from dupfind.ranking.ranker import SHIPPED, Ranker, family, shipped
from dupfind.results import ReplayResult
from dupfind.text.composition import TEXT_VERSION
from dupfind.training import acceptance
from dupfind.verdict.bands import BALANCED
from dupfind.verdict.model import shipped_verdicts

FITTED_ON = {"all-MiniLM-L6-v2": TRAIN, MINILM_ISSUES.name: (("rust", "train"), ("titanium", "dev"))}
"""For each model the parts whose marks weigh the features: none that the model has learned from."""

MEASURED_ON = {"all-MiniLM-L6-v2": DEV, MINILM_ISSUES.name: (*DEV, ("openoffice", "dev"))}
"""For each model the parts of the figures."""

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
    parser.add_argument("--model", choices=list(FITTED_ON), default="all-MiniLM-L6-v2")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    model, fitted_on = arguments.model, FITTED_ON[arguments.model]
    start = shipped() if model == MINILM_ISSUES.name else None
    parts: dict[str, list[ReplayQuery]] = {}
    figures, unseen = {}, Comparison([], [])
    with tempfile.TemporaryDirectory() as folder:
        keep = arguments.keep or Path(folder)
        for name, part in fitted_on:
            with indexed(keep, name, part, arguments.data, model) as collection:
                options = ReplayOptions(n_others=arguments.others)
                parts[f"{name} {part}"] = list(replay_queries(collection, options))
                encoding = collection.store.encoding()
        ranker = fitted(parts, arguments.penalty, start)
        verdicts = shipped_verdicts(encoding.model_fingerprint).in_mode(
            BALANCED
        )  # as a search has it by default
        for name, part in MEASURED_ON[model]:
            label = f"{name} {part}".strip()
            others = {each: queries for each, queries in parts.items() if each != label}
            without = ranker if label not in parts else fitted(others, arguments.penalty, start)
            with indexed(keep, name, part, arguments.data, model) as collection:
                queries = list(replay_queries(collection))
            results = [result(query, without, verdicts) for query in queries]
            figures[label] = measured(results, verdicts)
            if start is not None and label not in parts:
                unseen.after.extend(each for each in results if each.is_duplicate)
                unseen.before.extend(result(query, start, verdicts) for query in queries if query.n_older)
    about = {
        "fitted_on": [
            {
                "part": f"{name} {part}",
                "sha256": fingerprint(arguments.data / name / f"issues.{part}.jsonl.gz"),
            }
            for name, part in fitted_on
        ],
        "model": encoding.model,
        "model_fingerprint": encoding.model_fingerprint,
        "recipe": TEXT_VERSION,
        "figures": figures,
    }
    if not arguments.dry_run:
        document = replace(ranker, about=about).to_json()
        file = SHIPPED[list(FITTED_ON).index(model)]
        (ROOT / "dupfind" / "ranking" / file).write_text(
            json.dumps(document, indent=1) + "\n", encoding="utf-8"
        )
    emit("fit_ranker", model=model, penalty=arguments.penalty, ahead_of_start=unseen.lead(), **figures)


class Comparison(NamedTuple):
    """The results of the same duplicates by the weights to start from, and by the fitted ones."""

    before: list[ReplayResult]
    after: list[ReplayResult]

    def lead(self) -> dict[str, list[float]] | None:
        """Return the paired lead of the fitted weights with its 95% interval; None without duplicates."""
        if not self.before:
            return None
        lead = acceptance.compare(self.before, self.after).ahead["dupfind"]
        return {name: [round(bound, 3) for bound in each] for name, each in lead}


def fitted(parts: Mapping[str, Sequence[ReplayQuery]], penalty: float, start: Ranker | None) -> Ranker:
    """Fit a ranker on the queries of some parts.

    Args:
        parts: By their names.
        penalty: See `fit_ranker`.
        start: Weights to stay near to; None for 0 each.
    """
    trackers = [list(queries) for queries in parts.values()]
    trackers += [without_comments(queries) for queries in trackers if has_comments(queries)]
    towards = None if start is None else start.weights
    return Ranker(fit_ranker(labelled(trackers), penalty=penalty, towards=towards), {})


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
