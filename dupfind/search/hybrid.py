"""Hybrid retrieval: the candidates of vector search and word search in the ranker's order, then the rest by score."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dupfind.ranking.features import Candidates, Query, features
from dupfind.ranking.ranker import DEPTH, order
from dupfind.records import Record, RecordName
from dupfind.search.best_rows import NamesOf, Nearest, best
from dupfind.search.bm25 import WordHits
from dupfind.search.candidates import candidates, evidence_of
from dupfind.search.lexicon import N_SCORES, TRACE, WHOLE, Lexicon, WordScores, score
from dupfind.search.lookup import NOTHING
from dupfind.search.lookup_hits import NO_LOOKUP_HITS, LookupHits
from dupfind.search.ranker_choice import RankerChoice
from dupfind.search.record_facts import RecordFacts
from dupfind.storage.vector_view import VectorView
from dupfind.text.comment_terms import CommentLists
from dupfind.text.composition import ComposedText
from dupfind.text.indexed_words import IndexedWords
from dupfind.text.terms import TermLists
from dupfind.vectors.base import RowIds, Vectors
from dupfind.vectors.blas import one_blas_thread
from dupfind.vectors.sets import distinct
from dupfind.verdict.judgement import Judgement

_TITLE_FIRST = 1e4  # above every BM25
DAY = timedelta(days=1)
WORD_DEPTHS = (DEPTH, DEPTH, 50)
"""Candidates by each of the word search's scores, in the order of `lexicon.WordScores`."""


@dataclass(frozen=True, slots=True)
class UnindexedCandidate:
    """A record that is a candidate without being indexed; most are searched for in the same list, too.

    Attributes:
        place: Its place in the list, from 0.
        record: The record itself.
        text: Its composed text.
        words: Its words by field.
        query: Its embeddings and terms.
    """

    place: int
    record: Record
    text: ComposedText
    words: IndexedWords
    query: Query

    @property
    def name(self) -> RecordName:
        """Source, project and id."""
        return self.record.source, self.record.project or "", self.record.id


@dataclass(frozen=True, slots=True)
class SearchedRecord:
    """A record that is searched for.

    Attributes:
        record: The record itself; a typed text has only a title and a body.
        text: Its composed text.
        query: Its embeddings and terms.
        own: (n,) int64, the rows that it has in the index; they are no hits, and their duplicate links are ignored.
    """

    record: Record
    text: ComposedText
    query: Query
    own: RowIds


class RankedRow(NamedTuple):
    """A candidate with its scores.

    Attributes:
        row: Row id of an indexed record; the record itself where it is only in the list that is searched together.
        score: Cosine similarity, -1 to 1, rounded to six places.
        lexical: BM25 of all words of the query, 0 where none is shared.
        probability: By the evidence, 0 to 1; of a judged row by the judgement.
        judgement: Of a pair whose whole texts were compared, or None.
        traces: Share of the query's stack traces that it has, 0 to 1.
        held: What it holds of a lookup.
        order: What each of `ranker.FAMILIES` adds to its rank score.
    """

    row: int | UnindexedCandidate
    score: float
    lexical: float
    probability: float
    judgement: Judgement | None = None
    traces: float = 0.0
    held: int = NOTHING
    order: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The results of vector search and word search for one query.

    Attributes:
        view: The live vectors of this moment.
        vector: (1, 2 * dim) float32 of the query, from `title_body.concat`.
        allowed: The rows that pass the filter, in order; None for all.
        excluded: Rows that must not be hits of this query, in order.
        nearest: The rows of the first vector search.
        words: Every row that shares a word, with its scores.
        lookup_hits: The allowed rows that hold what is looked up.
    """

    view: VectorView
    vector: Vectors
    allowed: RowIds | None
    excluded: RowIds
    nearest: Nearest
    words: WordHits
    lookup_hits: LookupHits = NO_LOOKUP_HITS

    def candidates(self, names: NamesOf) -> RowIds:
        """Return the best rows of each search, each once, in order of row ids; ties at the end go by name."""
        rows, scores = self.words
        if self.allowed is not None or len(self.excluded):
            passing = ~np.isin(rows, self.excluded)
            if self.allowed is not None:
                passing &= np.isin(rows, self.allowed, assume_unique=True)
            rows, scores = rows[passing], scores[passing]
        by_words = [
            best(*_found(rows, scores[:, column]), depth, names) for column, depth in enumerate(WORD_DEPTHS)
        ]
        looked_up = self.lookup_hits.rows
        if len(looked_up):
            # Rows that have the words in their titles come first among those that hold them.
            values = self.word_scores(looked_up)[:, WHOLE] + _TITLE_FIRST * self.where(looked_up)
            by_words.append(best(looked_up, values.astype(np.float32), DEPTH, names))
        return distinct(self._by_vectors(names), *by_words)

    def _by_vectors(self, names: NamesOf) -> RowIds:
        nearest = self.nearest.without(self.excluded)
        n_nearest = len(self.nearest.row_ids)
        while not (nearest.is_all or nearest.has_best(DEPTH)):
            n_nearest *= 4
            nearest = self._nearest(n_nearest).without(self.excluded)
        if len(nearest.row_ids) <= DEPTH:
            return nearest.row_ids
        # The search's own scores decide where they can; their last digits depend on the place of a row in the index.
        sure, unsure = nearest.around(DEPTH)
        return np.append(sure, best(unsure, self.view.scores(self.vector, unsure), DEPTH - len(sure), names))

    def _nearest(self, n_nearest: int) -> Nearest:
        return Nearest.of(*self.view.nearest(self.vector, n_nearest, self.allowed), n_nearest)

    def where(self, rows: RowIds) -> NDArray[np.int64]:
        """Return what each of these rows holds of a lookup, (n,), as `lookup.TITLE`."""
        if not len(self.lookup_hits.rows):
            return np.zeros(len(rows), dtype=np.int64)
        places = np.minimum(
            np.searchsorted(self.lookup_hits.rows, rows), len(self.lookup_hits.rows) - 1
        )  # in bounds
        return np.where(self.lookup_hits.rows[places] == rows, self.lookup_hits.where[places], NOTHING)

    def word_scores(self, rows: RowIds) -> WordScores:
        """Return the scores of the word search of each of these rows, (n, 3); 0 where no word is shared."""
        found, scores = self.words
        if not len(found):
            return np.zeros((len(rows), N_SCORES), dtype=np.float32)
        places = np.minimum(np.searchsorted(found, rows), len(found) - 1)  # in bounds
        return np.where((found[places] == rows)[:, None], scores[places], np.float32(0))

    def rest(self, n_first: int, probability: float, names: NamesOf) -> Iterator[RankedRow]:
        """Yield the allowed rows that are no candidates, highest score first, equal ones by name.

        Args:
            n_first: Rows of the first search; each further search takes twice as many.
            probability: Of a row without any sign of a duplicate.
            names: Returns the names of rows.
        """
        seen = distinct(self.candidates(names), self.excluded)
        n_nearest = len(seen) + n_first  # even if all seen rows are nearest, n_first are new
        while True:
            nearest = self._nearest(n_nearest)
            # A row that is not among them may tie with the last ones, which wait for the next search.
            rows = nearest.certain().without(seen).row_ids
            scores = self.view.scores(self.vector, rows)
            lexical = self.word_scores(rows)[:, WHOLE]
            # Sorted again: `scores` rounds, so other rows tie than in the vector index.
            for place in order(scores, scores, names(rows)):
                yield RankedRow(int(rows[place]), float(scores[place]), float(lexical[place]), probability)
            if nearest.is_all:
                return
            seen = distinct(seen, rows)
            n_nearest *= 2


@dataclass(frozen=True, slots=True)
class UnindexedFeatures:
    """Unindexed records as further candidates of a query; all attributes are in one order.

    Attributes:
        records: The n records.
        candidates: Inputs of their features; each record is a cluster by itself.
        scores: (n,) cosine similarities with the query, rounded as those of rows are.
    """

    records: Sequence[UnindexedCandidate]
    candidates: Candidates
    scores: NDArray[np.float64]


def unindexed_features(
    lexicon: Lexicon, draft: UnindexedCandidate, others: Sequence[UnindexedCandidate]
) -> UnindexedFeatures:
    """Compare an unindexed record with others of its list.

    Args:
        lexicon: Of the present transaction.
        draft: The record that is searched for.
        others: Its candidates, at least one. An unknown creation time counts as that of the draft.
    """
    query, moment = draft.query, draft.record.created
    titles = np.stack([other.query.title for other in others])  # (n, dim)
    wholes = np.stack([other.query.whole for other in others])  # (n, dim)
    weight = query.title_weight
    scores = (weight * (titles @ query.title) + (1 - weight) * (wholes @ query.whole)).astype(np.float64)
    created = [other.record.created or moment for other in others]
    n_members = np.ones(len(others), dtype=np.int64)
    return UnindexedFeatures(
        others,
        Candidates(
            titles=titles,
            wholes=wholes,
            words=score(lexicon, draft.words, [other.words for other in others]).astype(np.float64),
            terms=TermLists.of(other.query.terms for other in others),
            age=np.array([(moment - time) / DAY if moment and time else 0.0 for time in created]),
            cluster=np.cumsum(n_members) - 1,  # 0 to n - 1: each is a cluster by itself
            n_members=n_members,
            comments=CommentLists.none(len(others)),
            quiet=np.full(len(others), np.nan),
        ),
        np.round(np.clip(scores, -1, 1), 6).astype(np.float64) + 0.0,  # no minus zero
    )


def ranked(
    facts: RecordFacts,
    retrieved: Retrieved,
    searched: SearchedRecord,
    choice: RankerChoice,
    moment: datetime | None,
    unindexed: UnindexedFeatures | None = None,
) -> list[RankedRow]:
    """Return the candidates of a query, likeliest first: by level of probability, then by the ranker.

    Equal ones follow by score, then by name.

    Args:
        facts: Of the present read transaction.
        retrieved: The results of both searches.
        searched: The query.
        choice: The ranker, and the model of the verdict.
        moment: Time at which the query was filed; None for now.
        unindexed: Further candidates that are not indexed.
    """
    rows = retrieved.candidates(facts.names)
    if not len(rows) and unindexed is None:
        return []
    heads = facts.heads(rows)
    # In order of names, because the last digits of a feature depend on the order of the candidates.
    places = sorted(range(len(rows)), key=lambda place: heads[place].name)
    rows, heads = rows[places], [heads[place] for place in places]
    compared = retrieved.view.scored(retrieved.vector, rows)
    inputs = candidates(facts, compared, rows, retrieved.word_scores(rows), heads, searched.own, moment)
    scores, names = compared.scores, [head.name for head in heads]
    others: Sequence[UnindexedCandidate] = ()
    if unindexed is not None:
        inputs = _concatenated(inputs, unindexed.candidates)
        scores = np.append(scores, unindexed.scores)
        others = unindexed.records
        names += [other.name for other in others]
    with one_blas_thread():
        table = features(searched.query, inputs)
        rank_scores = choice.ranker.rank_scores(table)
        contributions = choice.ranker.contributions(table).tolist()
        probabilities = choice.verdicts.probabilities(evidence_of(searched.query, inputs))
    holds = retrieved.where(rows)
    return by_probability(
        RankedRow(
            int(rows[place]) if place < len(rows) else others[place - len(rows)],
            float(scores[place]),
            float(inputs.words[place, WHOLE]),
            float(probabilities[place]),
            traces=float(inputs.words[place, TRACE]),
            order=tuple(contributions[place]),
            held=int(holds[place]) if place < len(rows) else NOTHING,
        )
        for place in order(rank_scores, scores, names)
    )


def by_probability(rows: Iterable[RankedRow]) -> list[RankedRow]:
    """Return rows by their probability, highest first; equal ones stay in their order."""
    return sorted(rows, key=lambda row: -row.probability)


def _concatenated(indexed: Candidates, unindexed: Candidates) -> Candidates:
    return Candidates(
        titles=np.concatenate([indexed.titles, unindexed.titles]),
        wholes=np.concatenate([indexed.wholes, unindexed.wholes]),
        words=np.concatenate([indexed.words, unindexed.words]),
        terms=TermLists.joined([indexed.terms, unindexed.terms]),
        age=np.append(indexed.age, unindexed.age),
        # Numbers of clusters must stay distinct; there are at most as many as candidates.
        cluster=np.append(indexed.cluster, unindexed.cluster + len(indexed.cluster)),
        n_members=np.append(indexed.n_members, unindexed.n_members),
        comments=CommentLists.joined([indexed.comments, unindexed.comments]),
        quiet=np.append(indexed.quiet, unindexed.quiet),
    )


def grouped(
    candidates: Iterable[RankedRow], rest: Iterable[RankedRow], canonicals: Mapping[int, int], k: int
) -> list[list[RankedRow]]:
    """Fold rows into clusters until k clusters are full enough to show.

    Args:
        candidates: Best first; read to the end where clusters are folded.
        rest: Rows after the candidates; read only until there are k clusters.
        canonicals: The canonical row of each row that is in a cluster; empty to fold nothing.
        k: Clusters to return, at least 1.

    Returns:
        At most k clusters, each at the place of its best row, with the rows of it that were read.
    """

    def cluster(row: RankedRow) -> Hashable:
        if isinstance(row.row, UnindexedCandidate):
            return "unindexed", row.row.place  # a cluster by itself
        return canonicals.get(row.row, row.row)

    groups: dict[Hashable, list[RankedRow]] = {}
    for row in candidates:
        # With folding, later candidates may still belong to one of the first k clusters.
        if len(groups) == k and not canonicals:
            break
        groups.setdefault(cluster(row), []).append(row)
    if len(groups) < k:
        for row in rest:
            groups.setdefault(cluster(row), []).append(row)
            if len(groups) == k:
                break
    return list(groups.values())[:k]


def _found(rows: RowIds, values: NDArray[np.float32]) -> tuple[RowIds, NDArray[np.float32]]:
    """Return the rows with a value above 0, and their values."""
    is_found = values > 0
    return rows[is_found], values[is_found]
