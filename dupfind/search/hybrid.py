"""Search: the rows that both legs of a search propose, in the ranking's order, and then the rest by score."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking.features import Candidates, Query, features
from dupfind.ranking.ranker import DEPTH, Ranker, can_judge, order
from dupfind.records import Record, RecordName
from dupfind.search.candidates import candidates
from dupfind.search.lexicon import Lexicon, score
from dupfind.storage.snapshots import View
from dupfind.storage.store import Store
from dupfind.text.composition import ComposedText
from dupfind.text.terms import TermLists
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.sets import distinct

DAY = timedelta(days=1)


class RankedRow(NamedTuple):
    """A row that was found, and what is known of it; records beside the index have the row ids -1, -2, ..."""

    row_id: int
    score: float
    lexical: float
    probability: float | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class RankerChoice:
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
class Retrieved:
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
        rows, lexical = self.lexical_rows, self.lexical
        if self.allowed is not None or len(self.unwanted):
            passing = ~np.isin(rows, self.unwanted)
            if self.allowed is not None:
                passing &= np.isin(rows, self.allowed, assume_unique=True)
            rows, lexical = rows[passing], lexical[passing]
        if (
            len(rows) > 4 * DEPTH
        ):  # the last that can be among the best, with all its ties, before the exact order
            best = lexical >= np.partition(lexical, -DEPTH)[-DEPTH]
            rows, lexical = rows[best], lexical[best]
        return distinct(
            _without(self.unwanted, self.nearest)[:DEPTH], rows[np.lexsort((rows, -lexical))[:DEPTH]]
        )

    def bm25(self, rows: RowIds) -> Vectors:
        """BM25 of each of these rows, 0 where no word is shared."""
        if not len(self.lexical_rows):
            return np.zeros(len(rows), dtype=np.float32)
        places = np.minimum(np.searchsorted(self.lexical_rows, rows), len(self.lexical_rows) - 1)
        return np.where(self.lexical_rows[places] == rows, self.lexical[places], np.float32(0))

    def rest(self, n_first: int) -> Iterator[RankedRow]:
        """What neither leg proposed, by its score; about `n_first` rows are looked for at first."""
        seen = distinct(self.proposed(), self.unwanted)
        n_wanted = len(seen) + n_first
        while True:
            _, nearest = self.view.nearest(self.vector, n_wanted, self.allowed)
            rows = _without(seen, nearest)
            scores, lexical = self.view.scores(self.vector, rows), self.bm25(rows)
            for place in np.lexsort((rows, -scores)):
                yield RankedRow(int(rows[place]), float(scores[place]), float(lexical[place]))
            if len(nearest) < n_wanted:
                return
            seen = distinct(seen, rows)
            n_wanted *= 2


@dataclass(frozen=True, slots=True)
class UnindexedCandidate:
    """A record that is looked for, and is a candidate for others that are.

    Attributes:
        record: As it was given.
        text: Composed of it.
        query: Its embeddings and terms.
    """

    record: Record
    text: ComposedText
    query: Query

    @property
    def name(self) -> RecordName:
        """What tells it apart."""
        return self.record.source, self.record.project or "", self.record.id


@dataclass(frozen=True, slots=True)
class UnindexedFeatures:
    """Drafts as further candidates of a query; attributes are in one order.

    Attributes:
        names: What tells them apart.
        candidates: What is known of each; each is a cluster by itself.
        scores: (n,) cosine similarities with the query, rounded as those of rows are.
    """

    names: Sequence[RecordName]
    candidates: Candidates
    scores: NDArray[np.float64]


def unindexed_features(
    lexicon: Lexicon, draft: UnindexedCandidate, others: Sequence[UnindexedCandidate]
) -> UnindexedFeatures:
    """Compare a draft with others.

    Args:
        lexicon: Of the present transaction.
        draft: What is looked for.
        others: At least one. A date that is not known is that of the draft.
    """
    query, moment = draft.query, draft.record.created
    titles, wholes = (
        np.stack([getattr(other.query, part) for other in others]) for part in ("title", "whole")
    )
    weight = query.title_weight
    scores = (weight * (titles @ query.title) + (1 - weight) * (wholes @ query.whole)).astype(np.float64)
    created = [other.record.created or moment for other in others]
    n_others = np.ones(len(others), dtype=np.int64)
    return UnindexedFeatures(
        [other.name for other in others],
        Candidates(
            titles=titles,
            wholes=wholes,
            lexical=score(lexicon, draft.text, [other.text for other in others]).astype(np.float64),
            terms=TermLists.of(other.query.terms for other in others),
            age=np.array([(moment - time) / DAY if moment and time else 0.0 for time in created]),
            cluster=np.cumsum(n_others) - 1,
            n_members=n_others,
        ),
        np.round(np.clip(scores, -1, 1), 6).astype(np.float64) + 0.0,
    )


def ranked(
    store: Store,
    legs: Retrieved,
    query: Query,
    judge: RankerChoice,
    own: RowIds,
    moment: datetime | None,
    unindexed: UnindexedFeatures | None = None,
) -> Iterator[RankedRow]:
    """The rows that were proposed, likeliest first.

    Args:
        store: In a read transaction.
        legs: What both found.
        query: The query's embeddings and terms.
        judge: What orders the rows.
        own: The query's own rows; what they are marked as is not known yet.
        moment: When the query was filed, or None for now.
        unindexed: Records that count as proposed, too.
    """
    rows = legs.proposed()
    if not len(rows) and unindexed is None:
        return
    known, nodes = legs.view.scored(legs.vector, rows), store.heads(rows)
    proposed = candidates(store, known, rows, legs.bm25(rows), nodes, own, moment)
    scores, names = known.scores, [node.name for node in nodes]
    if unindexed is not None:
        proposed = _together(proposed, unindexed.candidates)
        rows = np.append(rows, -1 - np.arange(len(unindexed.names)))
        scores = np.append(scores, unindexed.scores)
        names += unindexed.names
    compared = features(query, proposed)
    ranker = judge.ranker
    strengths = ranker.rank_scores(compared)
    probabilities = ranker.probabilities(ranker.confidence(compared, strengths, proposed.cluster))
    is_judged = can_judge(query.terms)
    for place in order(strengths, scores, names):
        probability = float(probabilities[place])
        yield RankedRow(
            int(rows[place]),
            float(scores[place]),
            float(proposed.lexical[place]),
            round(probability, 6) if judge.is_own and is_judged else None,
            ranker.verdict(probability) if judge.fits and is_judged else None,
        )


def _together(proposed: Candidates, unindexed: Candidates) -> Candidates:
    return Candidates(
        titles=np.concatenate([proposed.titles, unindexed.titles]),
        wholes=np.concatenate([proposed.wholes, unindexed.wholes]),
        lexical=np.append(proposed.lexical, unindexed.lexical),
        terms=TermLists.joined([proposed.terms, unindexed.terms]),
        age=np.append(proposed.age, unindexed.age),
        cluster=np.append(proposed.cluster, unindexed.cluster + len(proposed.cluster)),
        n_members=np.append(proposed.n_members, unindexed.n_members),
    )


def grouped(
    proposed: Iterable[RankedRow], rest: Iterable[RankedRow], root: Mapping[int, int], k: int
) -> list[list[RankedRow]]:
    """The first k clusters, each where its best row stands, with the rows of it that were met on the way.

    Args:
        proposed: Best first.
        rest: What follows; read only as far as is needed.
        root: The canonical of each row that is in a cluster; any other stands for itself.
        k: Clusters wanted.
    """
    groups: dict[int, list[RankedRow]] = {}
    for row in proposed:
        if len(groups) == k and not root:
            break
        groups.setdefault(root.get(row.row_id, row.row_id), []).append(row)
    if len(groups) < k:
        for row in rest:
            groups.setdefault(root.get(row.row_id, row.row_id), []).append(row)
            if len(groups) == k:
                break
    return list(groups.values())[:k]


def _without(unwanted: RowIds, rows: RowIds) -> RowIds:
    return rows[~np.isin(rows, unwanted)]
