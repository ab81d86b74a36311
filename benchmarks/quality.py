"""Measure how many marked duplicates are found among the issues before them, by BM25, by vectors, and by dupfind.

The replay is that of `dupfind evaluate`, in the order of time (Zhang et al., TOSEM 2023). Candidates are the issues
created before, a cluster counts once in the ranked list, and any member of the query's own cluster is a hit. Word
statistics are those of the time. Settings are chosen on the train parts; the dev parts are for the figures.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import DATA, emit, indexed

from dupfind.evaluation.figures import Verdict, evaluate
from dupfind.evaluation.replay import MAX_OTHERS, ReplayOptions, replay
from dupfind.results import ReplayResult
from dupfind.text.composition import TEXT_VERSION
from dupfind.verdict.bands import BALANCED
from dupfind.verdict.model import VerdictModel

DEV = (("rust", "dev"), ("titanium", "dev"), ("hadoop", ""))
TRAIN = (("rust", "train"), ("titanium", "train"))


def main() -> None:
    """Measure the dev parts, or the train parts, of each tracker."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev", help="hadoop counts as dev")
    parser.add_argument(
        "--others", type=int, default=MAX_OTHERS, help="other issues to search for, a tracker"
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    numbers, model = {}, ""
    with tempfile.TemporaryDirectory() as folder:
        for name, part in DEV if arguments.part == "dev" else TRAIN:
            with indexed(
                arguments.keep or Path(folder), name, part, arguments.data, arguments.model
            ) as collection:
                verdicts = collection.choice().verdicts
                options = ReplayOptions(n_others=arguments.others, seed=arguments.seed)
                numbers[f"{name} {part}".strip()] = measured(
                    list(replay(collection, options)), verdicts, arguments.seed
                )
                model = collection.summary()["model"]
    emit("quality", model=model, recipe=TEXT_VERSION, seed=arguments.seed, **numbers)


def measured(results: Sequence[ReplayResult], verdicts: VerdictModel, seed: int = 1) -> dict[str, Any]:
    """Return recall and MRR of each ranking with 95% intervals, and precision and recall of the verdicts."""
    evaluation = evaluate(results, seed=seed)
    bands = {"likely": verdicts.likely, "possible": verdicts.possible[BALANCED]}
    return {
        "queries": evaluation.n_duplicates,
        "issues": evaluation.n_judged,
        **{
            ranking: {name: [round(bound, 3) for bound in interval] for name, interval in figures}
            for ranking, figures in evaluation.figures.items()
        },
        **{band: verdict_json(evaluation.curve.at(threshold)) for band, threshold in bands.items()},
    }


def verdict_json(verdict: Verdict | None) -> dict[str, Any] | None:
    """Return precision and recall of one verdict, with the counts that they rest on."""
    if verdict is None:
        return None
    return {
        "flagged": verdict.n_flagged,
        "right": verdict.n_right,
        "precision": [round(bound, 3) for bound in verdict.precision],
        "recall": [round(bound, 3) for bound in verdict.recall],
    }


if __name__ == "__main__":
    main()
