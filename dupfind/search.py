"""Search: the rows that both legs of a search propose, in the ranking's order, and then the rest by score."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from dupfind.features import Query, features
from dupfind.index import RowIds, Vectors
from dupfind.proposals import candidates
from dupfind.ranking import DEPTH, Ranker, can_judge, order
from dupfind.snapshots import View
from dupfind.store import Store


class Found(NamedTuple):
    """A row that was found, and what is known of it."""

    row_id: int
    score: float
    lexical: float
    probability: float | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """What orders candidates, and what it may say of them.

    Attributes:
        ranker: The order.
        is_own: Whether it was calibrated on this index's own labels, so that it knows probabilities.
        fits: Whether its bands hold for this index's model and text recipe.
    """

    ranker: Ranker
    is_own: bool
    fits: bool


@dataclass(frozen=True, slots=True)
class Legs:
    """What vectors and word search found for a query.

    Attributes:
        view: The live vectors of this moment.
        vector: (1, 2 * dim) float32 of the query, from `joint.join`.
        allowed: The rows that may be found, in order; None for all.
        unwanted: Rows that are no hits of this query.
        nearest: Rows by their score, `DEPTH` of them and as many as there are unwanted ones.
        lexical_rows: Every row that shares a word, in order.
        lexical: (n,) BM25 of those.
    """

    view: View
    vector: Vectors
    allowed: RowIds | None
    unwanted: RowIds
    nearest: RowIds
    lexical_rows: RowIds
    lexical: Vectors

    def proposed(self) -> RowIds:
        """The `DEPTH` best rows of each leg, in order."""
        passing = ~np.isin(self.lexical_rows, self.unwanted)
        if self.allowed is not None:
            passing &= np.isin(self.lexical_rows, self.allowed, assume_unique=True)
        rows, lexical = self.lexical_rows[passing], self.lexical[passing]
        return np.union1d(
            _without(self.unwanted, self.nearest)[:DEPTH], rows[np.lexsort((rows, -lexical))[:DEPTH]]
        )

    def bm25(self, rows: RowIds) -> Vectors:
        """BM25 of each of these rows, 0 where no word is shared."""
        if not len(self.lexical_rows):
            return np.zeros(len(rows), dtype=np.float32)
        places = np.minimum(np.searchsorted(self.lexical_rows, rows), len(self.lexical_rows) - 1)
        return np.where(self.lexical_rows[places] == rows, self.lexical[places], np.float32(0))

    def rest(self, n_first: int) -> Iterator[Found]:
        """What neither leg proposed, by its score; about `n_first` rows are looked for at first."""
        seen = np.union1d(self.proposed(), self.unwanted)
        n_wanted = len(seen) + n_first
        while True:
            _, nearest = self.view.nearest(self.vector, n_wanted, self.allowed)
            rows = _without(seen, nearest)
            scores, lexical = self.view.scores(self.vector, rows), self.bm25(rows)
            for place in np.lexsort((rows, -scores)):
                yield Found(int(rows[place]), float(scores[place]), float(lexical[place]))
            if len(nearest) < n_wanted:
                return
            seen = np.union1d(seen, rows)
            n_wanted *= 2


def ranked(
    store: Store, legs: Legs, query: Query, judge: Judge, own: RowIds, moment: datetime | None
) -> list[Found]:
    """The rows that were proposed, likeliest first.

    Args:
        store: In a read transaction.
        legs: What both found.
        query: The query's embeddings and terms.
        judge: What orders the rows.
        own: The query's own rows; what they are marked as is not known yet.
        moment: When the query was filed, or None for now.
    """
    rows = legs.proposed()
    if not len(rows):
        return []
    scores, lexical, nodes = legs.view.scores(legs.vector, rows), legs.bm25(rows), store.nodes(rows)
    proposed = candidates(store, legs.view, rows, lexical, nodes, own, moment)
    compared = features(query, proposed)
    ranker = judge.ranker
    strengths = ranker.strengths(compared)
    probabilities = ranker.probabilities(ranker.sureness(compared, strengths, proposed.cluster))
    is_judged = can_judge(query.terms)
    return [
        Found(
            int(rows[place]),
            float(scores[place]),
            float(lexical[place]),
            round(float(probabilities[place]), 6) if judge.is_own and is_judged else None,
            ranker.verdict(float(probabilities[place])) if judge.fits and is_judged else None,
        )
        for place in order(strengths, scores, [node.name for node in nodes])
    ]


def grouped(
    proposed: Iterable[Found], rest: Iterable[Found], root: Mapping[int, int], k: int
) -> list[list[Found]]:
    """The first k clusters, each where its best row stands, with the rows of it that were met on the way.

    Args:
        proposed: Best first.
        rest: What follows; read only as far as is needed.
        root: The canonical of each row that is in a cluster; any other stands for itself.
        k: Clusters wanted.
    """
    groups: dict[int, list[Found]] = {}
    for row in proposed:
        groups.setdefault(root.get(row.row_id, row.row_id), []).append(row)
    if len(groups) < k:
        for row in rest:
            groups.setdefault(root.get(row.row_id, row.row_id), []).append(row)
            if len(groups) == k:
                break
    return list(groups.values())[:k]


def _without(unwanted: RowIds, rows: RowIds) -> RowIds:
    return rows[~np.isin(rows, unwanted)]
