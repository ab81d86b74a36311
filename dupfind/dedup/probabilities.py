"""The calibrated probability that two records of a collection are duplicates, as of the creation of the newer one."""

from collections.abc import Callable, Sequence

from dupfind.collection.collection import Collection
from dupfind.evaluation.history import History
from dupfind.evaluation.replay_query import ReplayQuery
from dupfind.ranking.ranker import Ranker
from dupfind.results import Pair

RowPair = tuple[int, int]

Probabilities = Callable[[Sequence[Pair]], Sequence[float | None]]
"""Returns the calibrated probability of each pair, or None if a pair has none. Called in a read transaction."""

Begin = Callable[[int], Callable[[int], None]]
"""Starts a progress display for a number of queries; the result is called with the number of queries finished since
the last call."""


def calibrated(collection: Collection, begin: Begin = lambda _: lambda _: None) -> Probabilities | None:
    """Return a function from pairs to probabilities, or None if the collection has no calibration of its own.

    A calibration estimates how probable a search result for a new issue is. So the newer record of a pair is searched
    for among the records before it, and the probability is that of the older one in the result. The queries are those
    of the replay that the calibration was fitted on. A pair has no probability if the newer record has too few words,
    or if its search does not return the older one. Each pair is computed once.

    Args:
        collection: Open.
        begin: Displays progress; it counts one query for each newer record.

    Raises:
        RankerError: The calibration is of another dupfind version, or damaged.
    """
    ranker, is_own = collection.ranker()
    cache: dict[RowPair, float | None] = {}

    def probabilities(pairs: Sequence[Pair]) -> list[float | None]:
        missing = [pair[:2] for pair in pairs if pair[:2] not in cache]
        if missing:
            cache.update(_replayed(History(collection.store), missing, ranker, begin))
        return [cache[pair[:2]] for pair in pairs]

    return probabilities if is_own else None


def _replayed(
    history: History, pairs: Sequence[RowPair], ranker: Ranker, begin: Begin
) -> dict[RowPair, float | None]:
    """Return the probability of each pair; one query for all pairs of a newer record."""
    by_newer: dict[int, list[tuple[RowPair, int]]] = {}  # place in time: pairs, each with its older row
    for pair in pairs:
        # By time, not by row id: an edit gives an old record a new row.
        older, newer = sorted(pair, key=history.place.__getitem__)
        by_newer.setdefault(history.place[newer], []).append((pair, older))
    places = sorted(by_newer)  # a History only moves forward in time
    advance = begin(len(places))
    probabilities: dict[RowPair, float | None] = {}
    for place, query in zip(places, history.queries(dict.fromkeys(places, 1.0)), strict=True):
        by_row = _by_candidate(query, ranker)
        probabilities |= {pair: by_row.get(older) for pair, older in by_newer[place]}
        advance(1)
    return probabilities


def _by_candidate(query: ReplayQuery, ranker: Ranker) -> dict[int, float]:
    """Return the probability of each candidate by its row id; empty if the query has too few words."""
    if not query.can_judge or not query.heads:
        return {}
    scores = ranker.rank_scores(query.features)
    probabilities = ranker.probabilities(ranker.confidence(query.features, scores, query.clusters))
    return {head.row_id: float(p) for head, p in zip(query.heads, probabilities.round(6), strict=True)}
