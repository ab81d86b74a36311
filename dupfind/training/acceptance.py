"""The gate: is a tuned model better for an index than its own, on later duplicates that neither has seen?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from dupfind.collection.collection import Collection
from dupfind.encoders.load import Encoder
from dupfind.evaluation.figures import DEPTHS, Figures, evaluate
from dupfind.evaluation.metrics import Interval, bootstraps, recall_at, reciprocal_rank
from dupfind.evaluation.replay import Encode, ReplayQuery, cases, outcome
from dupfind.progress import StartTask
from dupfind.results import ReplayResult
from dupfind.training import rerank_fit
from dupfind.training.rerank_fit import RerankWeights, WeighedCase

SEED = 1


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the gate found.

    Attributes:
        n_duplicates: Later duplicates that were looked for among all records before them.
        bm25: The figures of word search alone.
        base: Those of the index's own model: "vectors" alone, and "dupfind", the order that people see.
        tuned: The same of the tuned model with its own order.
        ahead: By how much the tuned model is ahead in each, paired by duplicate.
    """

    n_duplicates: int
    bm25: Figures
    base: Mapping[str, Figures]
    tuned: Mapping[str, Figures]
    ahead: Mapping[str, Figures]

    @property
    def is_better(self) -> bool:
        """Whether the tuned model's own MRR is ahead by more than noise, and that of dupfind's order is not behind.

        The order rests on words as much: it alone would hide what a model is worth.
        """
        return self.ahead["vectors"].mrr.low > 0 and self.ahead["dupfind"].mrr.mean >= 0

    @property
    def reason(self) -> str:
        """Why, in one line."""
        vectors, order = self.ahead["vectors"].mrr, self.ahead["dupfind"].mrr
        told = (
            f"on {self.n_duplicates:,} later duplicates its vectors are ahead by {_told(vectors)} in MRR, dupfind's"
            f" order by {_told(order)}"
        )
        if self.is_better:
            return told
        what = "by no more than noise" if vectors.low <= 0 else "and the order that people see is behind"
        return f"{told}: {what}"

    def to_json(self) -> dict[str, Any]:
        """As training.json and `dupfind model show --json` have it."""
        legs = {"base": self.base, "tuned": self.tuned, "ahead": self.ahead}
        return {
            "duplicates": self.n_duplicates,
            "is_better": self.is_better,
            "reason": self.reason,
            "bm25": _plain(self.bm25),
            **{
                name: {leg: _plain(figures) for leg, figures in found.items()} for name, found in legs.items()
            },
        }


def judge(
    collection: Collection, tuned: Encoder, *, since: datetime | None, progress: StartTask
) -> tuple[Acceptance, RerankWeights]:
    """Look for the later duplicates of an index by its own model and by a tuned one; nothing is changed.

    Args:
        collection: Whose records are replayed, with its own order.
        tuned: Encodes every record anew, in memory.
        since: Where the slice begins that the tuned model has not seen; None for all.
        progress: Starts each stage.

    Returns:
        What was found, and the tuned model's order.

    Raises:
        ValueError: There is no later duplicate.
    """
    ranker, _ = collection.ranker()
    base = [outcome(case, ranker) for case in duplicates(collection, "base", since, None, progress)]
    cases = duplicates(collection, "tuned", since, encoding(tuned, progress), progress)
    order = rerank_fit.order([WeighedCase.of(case, ranker) for case in cases], ranker)
    return compare(base, order.outcomes), order


def encoding(tuned: Encoder, progress: StartTask) -> Encode:
    """Texts to a model's vectors, with progress."""
    return lambda texts: tuned.encode(texts, progress("encoding by the tuned model", len(texts)))


def duplicates(
    collection: Collection, name: str, since: datetime | None, encode: Encode | None, progress: StartTask
) -> Iterator[ReplayQuery]:
    """The questions of an index's later duplicates, by its own model or by the one that encodes."""
    told = progress(f"replay with the {name} model", len(collection))
    for case in cases(collection, since=since, n_others=0, encode=encode, progress=told):
        if case.n_older:
            yield case


def compare(base: Sequence[ReplayResult], tuned: Sequence[ReplayResult]) -> Acceptance:
    """The figures of two models' outcomes, of the same duplicates in the same order."""
    of_base, of_tuned = (evaluate(outcomes, seed=SEED).legs for outcomes in (base, tuned))
    return Acceptance(
        n_duplicates=len(base),
        bm25=of_base["bm25"],
        base=_own(of_base),
        tuned=_own(of_tuned),
        ahead={leg: _ahead(tuned, base, leg) for leg in ("vectors", "dupfind")},
    )


def _own(legs: Mapping[str, Figures]) -> dict[str, Figures]:
    return {leg: legs[leg] for leg in ("vectors", "dupfind")}


def _ahead(tuned: Sequence[ReplayResult], base: Sequence[ReplayResult], leg: str) -> Figures:
    """The differences of all figures; both are of the same duplicates in the same order."""

    def values(outcomes: Sequence[ReplayResult]) -> Any:
        ranks = [outcome.ranks[leg] for outcome in outcomes]
        precision = [outcome.precision[leg] for outcome in outcomes]
        return np.column_stack([*(recall_at(k, ranks) for k in DEPTHS), reciprocal_rank(ranks), precision])

    *recall, mrr, precision = bootstraps(values(tuned) - values(base), seed=SEED)
    return Figures(dict(zip(DEPTHS, recall, strict=True)), mrr, precision)


def _plain(figures: Figures) -> dict[str, Any]:
    return {name: interval._asdict() for name, interval in figures}


def _told(interval: Interval) -> str:
    return f"{interval.mean:+.3f} (95% {interval.low:+.3f} to {interval.high:+.3f})"
