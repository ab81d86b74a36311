"""Measure what comments add to the order of hits, on a tracker whose order was fitted without them.

The order is fitted on titanium train, which has no comments. Over it, weights for the features of comments are fitted
on two thirds of rust train, and measured on the other third, in turns of time; then fitted on all of it, and measured
on rust dev. Only comments that are older than the query count, and none that names another issue.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import DATA, emit, indexed
from fit_ranker import OF_COMMENTS, without_comments
from numpy.typing import NDArray

from dupfind.evaluation.calibration import PENALTY, labelled
from dupfind.evaluation.metrics import bootstrap
from dupfind.evaluation.replay import ReplayOptions, replay_queries
from dupfind.evaluation.replay_query import ReplayQuery, result_of_scores
from dupfind.ranking.fit import Labelled, fit_ranker

N_FOLDS = 3

Values = NDArray[np.float64]


def main() -> None:
    """Fit and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the indexes, to use them again")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    parts: dict[str, list[ReplayQuery]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("titanium", "train"), ("rust", "train"), ("rust", "dev")):
            with indexed(arguments.keep or Path(folder), name, part, arguments.data) as collection:
                queries = replay_queries(collection, ReplayOptions(n_others=0))
                parts[f"{name} {part}"] = [query for query in queries if query.n_older and len(query.heads)]
    order = fit_ranker(labelled([without_comments(parts["titanium train"])]), penalty=PENALTY)
    train, dev = parts["rust train"], parts["rust dev"]
    fold = np.arange(len(train)) * N_FOLDS // len(train)
    ranks = np.empty(len(train))
    for number in range(N_FOLDS):
        weights = fitted([query for query, own in zip(train, fold, strict=True) if own != number], order)
        tested = [query for query, own in zip(train, fold, strict=True) if own == number]
        ranks[fold == number] = ranked(tested, order, weights)
    nothing = np.zeros(int(OF_COMMENTS.sum()))
    emit(
        "comments",
        rust_train=compared(ranked(train, order, nothing), ranks),
        rust_dev=compared(ranked(dev, order, nothing), ranked(dev, order, fitted(train, order))),
    )


def table(query: ReplayQuery, order: Values) -> Values:
    """Return the score of an order without comments, then the features of comments, (n, 1 + features)."""
    plain = np.where(OF_COMMENTS, 0, query.features) @ order
    return np.column_stack([plain, query.features[:, OF_COMMENTS]])


def fitted(queries: Sequence[ReplayQuery], order: Values) -> Values:
    """Return the weights of the features of comments over an order, which keeps the weight 1."""
    lists = [Labelled(table(query, order), query.is_right) for query in queries if query.is_right.any()]
    start = np.zeros(1 + int(OF_COMMENTS.sum()))
    start[0] = 1
    weights = fit_ranker(lists, penalty=PENALTY, towards=start)
    return np.asarray(weights[1:] / weights[0])


def ranked(queries: Sequence[ReplayQuery], order: Values, weights: Values) -> Values:
    """Return the rank of each query's cluster, (n,); infinity where the rank is 0, for none."""
    scores = (table(query, order) @ np.append(1, weights) for query in queries)
    ranks = [
        result_of_scores(query, score).ranks["dupfind"] for query, score in zip(queries, scores, strict=True)
    ]
    return np.array([rank or np.inf for rank in ranks], dtype=np.float64)


def compared(before: Values, after: Values) -> dict[str, list[float]]:
    """Return each figure without and with comments, and the interval of the difference."""
    figures = {}
    for name, one, other in (
        ("recall@1", before <= 1, after <= 1),
        ("recall@10", before <= 10, after <= 10),
        ("mrr", 1 / before, 1 / after),
    ):
        difference = other.astype(np.float64) - one
        figures[name] = [
            round(float(number), 3) for number in (one.mean(), other.mean(), *bootstrap(difference, seed=1))
        ]
    return figures


if __name__ == "__main__":
    main()
