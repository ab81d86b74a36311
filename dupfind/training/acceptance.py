"""The acceptance test: is a tuned model better than the index's own, on later duplicates that neither has seen?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from dupfind.collection.collection import Collection
from dupfind.encoders.load import Encoder
from dupfind.evaluation.figures import DEPTHS, Figures, evaluate
from dupfind.evaluation.history import Encode
from dupfind.evaluation.metrics import Interval, bootstraps, recall_at, reciprocal_rank
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.progress import StartTask
from dupfind.results import ReplayResult
from dupfind.training import rerank_fit
from dupfind.training.rerank_fit import RerankWeights, WeighedQuery

SEED = 1


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The figures of the acceptance test.

    Attributes:
        n_duplicates: Later duplicates; each is searched for among all records before it.
        bm25: Figures of word search alone.
        base: Figures of the index's own model: "vectors" alone, and "dupfind", the order that people see.
        tuned: The same for the tuned model with its own order.
        ahead: By how much the tuned model is ahead in each, paired by duplicate.
    """

    n_duplicates: int
    bm25: Figures
    base: Mapping[str, Figures]
    tuned: Mapping[str, Figures]
    ahead: Mapping[str, Figures]

    @property
    def is_better(self) -> bool:
        """Whether the tuned vectors' MRR is ahead by more than noise, and that of dupfind's order is not behind.

        The order uses words as well, so it alone would hide the quality of a model.
        """
        return self.ahead["vectors"].mrr.low > 0 and self.ahead["dupfind"].mrr.mean >= 0

    @property
    def reason(self) -> str:
        """The verdict's grounds, in one line."""
        vectors, order = self.ahead["vectors"].mrr, self.ahead["dupfind"].mrr
        figures = (
            f"on {self.n_duplicates:,} later duplicates its vectors are ahead by {_shown(vectors)} in MRR, dupfind's"
            f" order by {_shown(order)}"
        )
        if self.is_better:
            return figures
        fault = "by no more than noise" if vectors.low <= 0 else "and the order that people see is behind"
        return f"{figures}: {fault}"

    def to_json(self) -> dict[str, Any]:
        """Return the part of training.json and of `dupfind model show --json`."""
        groups = {"base": self.base, "tuned": self.tuned, "ahead": self.ahead}
        return {
            "duplicates": self.n_duplicates,
            "is_better": self.is_better,
            "reason": self.reason,
            "bm25": _plain(self.bm25),
            **{
                group: {ranking: _plain(figures) for ranking, figures in rankings.items()}
                for group, rankings in groups.items()
            },
        }


def judge(
    collection: Collection, tuned: Encoder, *, since: datetime | None, progress: StartTask
) -> tuple[Acceptance, RerankWeights]:
    """Search for the later duplicates of an index with its own model and with a tuned one, without changing it.

    Args:
        collection: Its records are replayed, with its own order.
        tuned: Encodes every record again, in memory.
        since: Start of the slice that the tuned model has not seen; None for all records.
        progress: Starts each stage.

    Returns:
        The figures, and the tuned model's order.

    Raises:
        ValueError: The slice has no duplicate.
    """
    ranker = collection.choice().ranker
    base = [result(query, ranker) for query in duplicates(collection, "base", since, None, progress)]
    queries = duplicates(collection, "tuned", since, encode_with(tuned, progress), progress)
    order = rerank_fit.order([WeighedQuery.of(query, ranker) for query in queries], ranker)
    return compare(base, order.results), order


def encode_with(tuned: Encoder, progress: StartTask) -> Encode:
    """Return a function that encodes texts with a model and shows progress."""
    return lambda texts: tuned.encode(texts, progress("encoding by the tuned model", len(texts)))


def duplicates(
    collection: Collection, name: str, since: datetime | None, encode: Encode | None, progress: StartTask
) -> Iterator[ReplayQuery]:
    """Yield the queries of an index's later duplicates.

    Args:
        collection: Its records are replayed.
        name: Of the model, for the progress.
        since: Start of the later slice; None for all records.
        encode: Encodes all texts; None for the index's own vectors.
        progress: Starts the stage.
    """
    advance = progress(f"replay with the {name} model", len(collection))
    options = ReplayOptions(since=since, n_others=0, encode=encode)
    for query in replay_queries(collection, options, progress=advance):
        if query.n_older:
            yield query


def compare(base: Sequence[ReplayResult], tuned: Sequence[ReplayResult]) -> Acceptance:
    """Compare two models by their results for the same duplicates in the same order."""
    of_base, of_tuned = (evaluate(results, seed=SEED).figures for results in (base, tuned))
    return Acceptance(
        n_duplicates=len(base),
        bm25=of_base["bm25"],
        base={name: of_base[name] for name in _MODEL_RANKINGS},
        tuned={name: of_tuned[name] for name in _MODEL_RANKINGS},
        ahead={name: _ahead(tuned, base, name) for name in _MODEL_RANKINGS},
    )


_MODEL_RANKINGS = ("vectors", "dupfind")  # word search does not depend on the model


def _ahead(tuned: Sequence[ReplayResult], base: Sequence[ReplayResult], ranking: str) -> Figures:
    """Return the paired differences of all figures of one ranking."""

    def values(results: Sequence[ReplayResult]) -> Any:  # (duplicates, figures)
        ranks = [result.ranks[ranking] for result in results]
        precision = [result.precision[ranking] for result in results]
        return np.column_stack([*(recall_at(k, ranks) for k in DEPTHS), reciprocal_rank(ranks), precision])

    *recall, mrr, precision = bootstraps(values(tuned) - values(base), seed=SEED)
    return Figures(dict(zip(DEPTHS, recall, strict=True)), mrr, precision)


def _plain(figures: Figures) -> dict[str, Any]:
    return {name: interval._asdict() for name, interval in figures}


def _shown(interval: Interval) -> str:
    return f"{interval.mean:+.3f} (95% {interval.low:+.3f} to {interval.high:+.3f})"
