"""Chances: the calibrated chance that two records of a collection are duplicates, as it was when the newer one came."""

from collections.abc import Callable, Sequence

from dupfind.collection.collection import Collection
from dupfind.dedup.clusters import Probabilities
from dupfind.evaluation.history import History
from dupfind.evaluation.replay_query import ReplayQuery
from dupfind.ranking.ranker import Ranker
from dupfind.results import Pair

RowPair = tuple[int, int]


Begin = Callable[[int], Callable[[int], None]]
"""To be called with the number of questions; what it gives, with the number that were answered since the last call."""


def calibrated(collection: Collection, begin: Begin = lambda _: lambda _: None) -> Probabilities | None:
    """What gives pairs their chance; None where the collection has no calibration of its own.

    A calibration says how sure a search for a new issue may be of what it finds among older ones. So the newer
    record of a pair is looked for among those before it, and the chance is that of the older one there. The questions
    are those of the replay that the calibration was fitted on. A pair has none where the newer record has too few
    words, or its search does not propose the older one. A pair is worked out once.

    Args:
        collection: Open.
        begin: Told how far each working out has come, a question for each newer record.

    Raises:
        RankerError: The calibration is of another dupfind, or damaged.
    """
    ranker, is_own = collection.ranker()
    known: dict[RowPair, float | None] = {}

    def chances(pairs: Sequence[Pair]) -> list[float | None]:
        unknown = [pair[:2] for pair in pairs if pair[:2] not in known]
        if unknown:
            known.update(_work_out(History(collection.store), unknown, ranker, begin))
        return [known[pair[:2]] for pair in pairs]

    return chances if is_own else None


def _work_out(
    past: History, pairs: Sequence[RowPair], ranker: Ranker, begin: Begin
) -> dict[RowPair, float | None]:
    asked: dict[int, list[tuple[RowPair, int]]] = {}
    for pair in pairs:
        older, newer = sorted(pair, key=past.place.__getitem__)
        asked.setdefault(past.place[newer], []).append((pair, older))
    places = sorted(asked)
    advance = begin(len(places))
    found: dict[RowPair, float | None] = {}
    for place, case in zip(places, past.queries(dict.fromkeys(places, 1.0)), strict=True):
        chance = _of_candidates(case, ranker)
        found |= {pair: chance.get(older) for pair, older in asked[place]}
        advance(1)
    return found


def _of_candidates(case: ReplayQuery, ranker: Ranker) -> dict[int, float]:
    """The chance of each candidate by its row; none where the question has too few words."""
    if not case.can_judge or not case.heads:
        return {}
    strengths = ranker.rank_scores(case.features)
    probabilities = ranker.probabilities(ranker.confidence(case.features, strengths, case.clusters))
    return {node.row_id: float(p) for node, p in zip(case.heads, probabilities.round(6), strict=True)}
