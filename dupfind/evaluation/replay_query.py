"""One query of a replay, and the result that a ranker gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dupfind.evaluation.metrics import average_precision, cluster_rank
from dupfind.ranking.ranker import Ranker, order
from dupfind.records import RecordHead
from dupfind.results import ReplayResult
from dupfind.verdict.model import VerdictModel, shipped_verdicts


@dataclass(frozen=True, slots=True)
class ReplayQuery:
    """One record as a query to the records before it.

    Attributes:
        head: The record.
        n_older: Older members of its cluster.
        is_judged: Whether the labels decide if it is a duplicate.
        can_judge: Whether it has enough words.
        weight: How many records it stands for.
        heads: The candidates.
        scores: (n,) their cosine similarities.
        features: (n, len(features.NAMES)) of the candidates; (0, 0) without candidates.
        evidence: (n, len(evidence.NAMES)) of the candidates; (0, 0) without candidates.
        clusters: (n,) int64, one number for each cluster as it was known before the record came.
        is_right: (n,) whether each is of the record's own cluster.
        retrieved: For "bm25" and for "vectors" the places of their own candidates, best first.
    """

    head: RecordHead
    n_older: int
    is_judged: bool
    can_judge: bool
    weight: float
    heads: Sequence[RecordHead]
    scores: NDArray[np.float64]
    features: NDArray[np.float64]
    evidence: NDArray[np.float64]
    clusters: NDArray[np.int64]
    is_right: NDArray[np.bool_]
    retrieved: Mapping[str, NDArray[np.int64]]


def result(query: ReplayQuery, ranker: Ranker, verdicts: VerdictModel | None = None) -> ReplayResult:
    """Rank the candidates of a query, with the probability of the first.

    Whole texts are not compared here: copies and siblings are ranked by their evidence.

    Args:
        query: With features and evidence.
        ranker: Orders the candidates.
        verdicts: Its levels come before the ranker's order, as in a search; None where a search has no levels. The
            probability of the first is then that of the shipped model.
    """
    if not len(query.heads):
        return result_of_scores(query, np.empty(0))
    rank_scores = ranker.rank_scores(query.features)
    if not query.can_judge:
        return result_of_scores(query, rank_scores)
    if verdicts is None:
        return result_of_scores(
            query, rank_scores, shipped_verdicts().probabilities(query.evidence), by_level=False
        )
    return result_of_scores(query, rank_scores, verdicts.probabilities(query.evidence))


def result_of_scores(
    query: ReplayQuery,
    rank_scores: NDArray[np.float64],
    probabilities: NDArray[np.float64] | None = None,
    *,
    by_level: bool = True,
) -> ReplayResult:
    """Rank the candidates of a query by scores that are already worked out.

    Args:
        query: Its features are not read.
        rank_scores: (n,) of a ranker.
        probabilities: (n,) of each candidate to be a duplicate; None where nobody needs that of the first.
        by_level: Whether the order goes by probability first, and by the rank scores where that is equal.
    """
    ranked = np.empty(0, dtype=np.int64)
    if len(query.heads):
        ranked = np.array(order(rank_scores, query.scores, [head.name for head in query.heads]))
        if by_level and probabilities is not None:
            ranked = ranked[np.argsort(-probabilities[ranked], kind="stable")]
    ranks, precision = {}, {}
    if query.n_older:
        own = -1  # numbers of clusters start at 0
        # (n,); the labels may join clusters that the search sees as separate.
        clusters = np.where(query.is_right, own, query.clusters)
        for ranking, places in {**query.retrieved, "dupfind": ranked}.items():
            right = np.flatnonzero(query.is_right[places]).tolist()
            # Older members that are no candidates rank after the end of the list.
            missing = range(len(places), len(places) + query.n_older - len(right))
            ranks[ranking] = cluster_rank(clusters[places].tolist(), own)
            precision[ranking] = average_precision(range(len(places)), [*right, *missing])
    return ReplayResult(
        row_id=query.head.row_id,
        created=query.head.created,
        is_duplicate=query.n_older > 0,
        ranks=ranks,
        precision=precision,
        best=None if probabilities is None else float(probabilities[ranked[0]]),
        best_score=float(query.scores[ranked[0]]) if len(ranked) else None,
        best_is_own=bool(len(ranked) and query.is_right[ranked[0]]),
        is_judged=query.is_judged,
        weight=query.weight,
    )
