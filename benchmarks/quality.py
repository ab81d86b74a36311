"""How many marked duplicates are found among the issues before them, by word search, by vectors, and by dupfind?

Time-ordered, as research does it (Zhang et al., TOSEM 2023), by the same replay as `dupfind evaluate`: candidates are
the issues created before, a cluster counts once in the ranked list, and a hit is any member of the query's own cluster.
How rare a word is, is counted over what was there. Choices are made on the train parts; dev is for the figures.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import DATA, emit, indexed

from dupfind.evaluation.figures import Verdict, evaluate
from dupfind.evaluation.replay import OTHERS, replay
from dupfind.ranking.ranker import Ranker
from dupfind.results import ReplayResult
from dupfind.text.composition import TEXT_VERSION

DEV = (("rust", "dev"), ("titanium", "dev"), ("hadoop", ""))
TRAIN = (("rust", "train"), ("titanium", "train"))


def main() -> None:
    """Measure the dev parts, or the train parts, of each tracker."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["dev", "train"], default="dev", help="hadoop has one, for dev")
    parser.add_argument("--others", type=int, default=OTHERS, help="issues that are no duplicates, a tracker")
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to be used again")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    numbers, model = {}, ""
    with tempfile.TemporaryDirectory() as folder:
        for name, part in DEV if asked.part == "dev" else TRAIN:
            with indexed(asked.keep or Path(folder), name, part, asked.data, asked.model) as collection:
                ranker, _ = collection.ranker()
                found = list(replay(collection, n_others=asked.others, seed=asked.seed))
                numbers[f"{name} {part}".strip()] = measured(found, ranker, asked.seed)
                model = collection.summary()["model"]
    emit("quality", model=model, recipe=TEXT_VERSION, seed=asked.seed, **numbers)


def measured(outcomes: Sequence[ReplayResult], ranker: Ranker, seed: int = 1) -> dict[str, Any]:
    """Recall and MRR of each leg with 95% intervals, and what the verdicts come to over all new issues."""
    found = evaluate(outcomes, seed=seed)
    bands = {"likely": ranker.likely, "possible": ranker.possible}
    return {
        "queries": found.n_duplicates,
        "issues": found.n_judged,
        **{
            leg: {name: [round(bound, 3) for bound in interval] for name, interval in figures}
            for leg, figures in found.legs.items()
        },
        **{
            band: None if threshold is None else verdict(found.curve.at(threshold))
            for band, threshold in bands.items()
        },
    }


def verdict(found: Verdict | None) -> dict[str, Any] | None:
    """Precision and recall of one band, and how many issues they rest on."""
    if found is None:
        return None
    return {
        "flagged": found.n_flagged,
        "right": found.n_right,
        "precision": [round(bound, 3) for bound in found.precision],
        "recall": [round(bound, 3) for bound in found.recall],
    }


if __name__ == "__main__":
    main()
