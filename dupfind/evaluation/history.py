"""The history of a collection: its records in the order of time, with the words and clusters of each moment."""

import random
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.union_find import UnionFind
from dupfind.decisions import DIFFERENT
from dupfind.evaluation.bm25_history import Bm25History
from dupfind.evaluation.known_clusters import KnownClusters, targets_after_decisions, targets_of_pairs
from dupfind.evaluation.replay_query import ReplayQuery
from dupfind.evaluation.time_order import UNDATED, in_time_order
from dupfind.ranking.features import Candidates, Query, features
from dupfind.ranking.ranker import DEPTH, can_judge
from dupfind.records import RecordHead
from dupfind.search.candidates import evidence_of, quiet_days
from dupfind.search.hybrid import WORD_DEPTHS
from dupfind.search.lexicon import N_SCORES, WHOLE
from dupfind.storage import decisions, duplicate_links
from dupfind.storage.row_filter import Filter
from dupfind.storage.store import Store
from dupfind.storage.stored_vectors import iter_vectors
from dupfind.text.terms import Terms
from dupfind.vectors.base import Vectors
from dupfind.vectors.sets import distinct
from dupfind.vectors.title_body import concat, split

_BLOCK = 128  # records whose cosines are worked out in one product
_DAY_S = 86_400

Encode = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors."""


class History:
    """The live records of a collection by their places in the order of time, and their clusters so far."""

    def __init__(
        self, store: Store, pairs: Iterable[tuple[int, int]] | None = None, encode: Encode | None = None
    ) -> None:
        """Read everything that the queries need.

        Args:
            store: In a read transaction.
            pairs: See `ReplayOptions`.
            encode: See `ReplayOptions`.
        """
        self.heads = in_time_order(store.heads(store.allowed(Filter())))
        self.place = {head.row_id: place for place, head in enumerate(self.heads)}
        self._created = [head.created or UNDATED for head in self.heads]
        # (n,) days since 1970; NaN without a date.
        self._days = np.array(
            [np.nan if head.created is None else head.created.timestamp() / _DAY_S for head in self.heads]
        )
        # (n,) the rank of each place's name among all names; it breaks ties between equal scores.
        self._by_name = np.argsort(
            # NUL is in no stored name and sorts first, so this is the order of tuples.
            np.argsort(np.array(["\0".join(head.name) for head in self.heads], dtype=object))
        )
        self._read_labels(store, pairs)
        self._title_weight = store.encoding().title_weight
        self._vectors, self._has_vector = vectors_by_place(store, self.place)  # (n, 2 * dim), (n,) bool
        if encode is not None:
            self._vectors = _encode_anew(store, self.heads, self._has_vector, encode)
        self._terms = store.terms(self.heads[place].row_id for place in np.flatnonzero(self._has_vector))
        self._terms_at = np.cumsum(self._has_vector) - 1  # (n,) place -> its entry in self._terms
        self._words = Bm25History(store.connection, self.place)
        self._comments = store.comments(head.row_id for head in self.heads)

    def _read_labels(self, store: Store, pairs: Iterable[tuple[int, int]] | None) -> None:
        marks = duplicate_links.links(store).targets
        # A record that its tracker calls a duplicate is no example of a new issue, even if a file of pairs omits it.
        self._marked_duplicate = {*marks, *duplicate_links.called_duplicates(store)}
        decided: dict[tuple[int, int], str] = {}
        if pairs is None:
            decided = decisions.decided_pairs(store)
            self._targets = targets_after_decisions(marks, decided, self.place)
            # People have rejected all marks of these.
            self._marked_duplicate -= marks.keys() - self._targets.keys()
        else:
            self._targets = targets_of_pairs(pairs, self.place)
        self._always_sampled = {
            max(pair, key=self.place.__getitem__)
            for pair, decision in decided.items()
            if decision == DIFFERENT
        }
        self._labelled = KnownClusters(self.heads, self._targets)
        # A search knows the marks, but not yet what people will decide. The features see the same.
        self._seen = KnownClusters(self.heads, marks) if decided else self._labelled

    def sample_queries(self, since: datetime | None, n_others: int, seed: int) -> dict[int, float]:
        """Choose the records to search for.

        Args:
            since: See `ReplayOptions`.
            n_others: See `ReplayOptions`.
            seed: See `ReplayOptions`.

        Returns:
            The places in rising order, and how many records each stands for.
        """
        clusters = UnionFind()
        seen: set[Hashable] = set()  # clusters with a member before the current place
        always: list[int] = []
        others: list[int] = []
        for place, head in enumerate(self.heads):
            targets = self._targets.get(head.row_id, ())
            own = {clusters.find(row) for row in (head.row_id, *targets)}
            clusters.add(head.row_id, targets)
            if since is None or self._created[place] >= since:
                is_sure = own & seen or head.row_id in self._always_sampled
                (always if is_sure else others).append(place)
            if head.row_id in self._labelled.ever_linked:
                # The record may have joined clusters: their old names go, the common one comes.
                seen = (seen - own) | {clusters.find(head.row_id)}
        drawn = others if len(others) <= n_others else random.Random(seed).sample(others, n_others)
        weights = dict.fromkeys(drawn, len(others) / max(len(drawn), 1)) | dict.fromkeys(always, 1.0)
        return dict(sorted(weights.items()))

    def queries(
        self, weights: Mapping[int, float], *, window: timedelta | None = None, by_cluster: bool = False
    ) -> Iterator[ReplayQuery]:
        """Yield the queries of some records. A history advances and cannot be replayed twice.

        Args:
            weights: The places in rising order, and how many records each stands for.
            window: See `ReplayOptions`.
            by_cluster: See `ReplayOptions`.
        """
        pending, cosines, first = iter(weights), np.empty((0, 0), dtype=np.float32), 0
        for number, place in enumerate(weights):
            if number % _BLOCK == 0:
                block = list(islice(pending, _BLOCK))
                cosines, first = self._cosines(block), number
            self._labelled.advance_to(place)
            self._seen.advance_to(place)
            allowed = self._allowed(place, window, by_cluster)
            yield self._query(place, cosines[number - first, :place], allowed, weights[place])

    def _cosines(self, places: list[int]) -> Vectors:
        """Return the scores of some records with all before the last of them, (len(places), places[-1])."""
        return np.asarray(self._vectors[places] @ self._vectors[: places[-1]].T)

    def _allowed(self, place: int, window: timedelta | None, by_cluster: bool) -> NDArray[np.bool_]:
        """Return which of the records before a place are candidates for the one at it, (place,)."""
        allowed = self._has_vector[:place].copy()
        if window is None or self.heads[place].created is None:
            return allowed
        # `max`, because a datetime before year 1 overflows.
        first = bisect_left(self._created, max(self._created[place], UNDATED + window) - window)
        before = allowed[:first].copy()
        allowed[:first] = False
        if by_cluster:
            labelled = self._labelled
            recent = {labelled.at(other) for other in labelled.linked if first <= other}
            admitted = [other for other in labelled.linked if other < first and labelled.at(other) in recent]
            allowed[admitted] = before[admitted]
        return allowed

    def _query(self, place: int, cosines: Vectors, allowed: NDArray[np.bool_], weight: float) -> ReplayQuery:
        """Build the query of the record at a place, which has not arrived yet.

        Args:
            place: Of the record.
            cosines: (place,) its scores with the records before it.
            allowed: (place,) which of them are candidates.
            weight: How many records it stands for.
        """
        head = self.heads[place]
        targets = self._targets.get(head.row_id, ())
        own = {self._labelled.find(row) for row in (head.row_id, *targets)}
        labelled_sizes = self._labelled.sizes()
        n_older = sum(labelled_sizes.get(cluster, 0) for cluster in own)
        scores = np.round(cosines.astype(np.float64), 6)  # as hits show them, so that copies tie
        words = np.where(allowed[:, None], self._words.scores(place), 0)  # (place, 3) float32
        retrieved = {name: np.empty(0, dtype=np.int64) for name in ("bm25", "vectors")}
        by_words: list[NDArray[np.int64]] = []
        if self._has_vector[place]:
            retrieved["vectors"] = self._first(np.where(allowed, scores, -np.inf))
            by_words = [
                self._first(np.where(scores > 0, scores, -np.inf), depth)
                for scores, depth in zip(words.T, WORD_DEPTHS, strict=True)
            ]
            retrieved["bm25"] = by_words[WHOLE]
        # (n,) places, rising
        candidates = distinct(*retrieved.values(), *by_words)
        clusters, n_members = self._seen_clusters(
            candidates, labelled_sizes if self._seen is self._labelled else self._seen.sizes()
        )
        compared = self._compared(place, candidates, words[candidates], clusters, n_members)
        return ReplayQuery(
            head=head,
            n_older=n_older,
            is_judged=n_older > 0
            or not (head.row_id in self._marked_duplicate or head.row_id in self._targets),
            can_judge=self._has_vector[place] and can_judge(self._terms_of(place)),
            weight=weight,
            heads=[self.heads[candidate] for candidate in candidates.tolist()],
            scores=np.clip(scores[candidates], -1, 1),
            features=np.empty((0, 0)) if compared is None else features(*compared),
            evidence=np.empty((0, 0)) if compared is None else evidence_of(*compared),
            clusters=clusters,
            is_right=np.array(
                [self._labelled.at(candidate) in own for candidate in candidates.tolist()], dtype=bool
            ),
            # Places in the order of time become places among the candidates.
            retrieved={name: np.searchsorted(candidates, places) for name, places in retrieved.items()},
        )

    def _seen_clusters(
        self, places: NDArray[np.int64], sizes: Mapping[Hashable, int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return a number for the cluster of each place, and how many members the cluster has, (n,) int64 each."""
        clusters = [self._seen.at(place) for place in places.tolist()]
        numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
        return (
            np.array([numbers[cluster] for cluster in clusters], dtype=np.int64),
            np.array([sizes.get(cluster, 1) for cluster in clusters], dtype=np.int64),
        )

    def _compared(
        self,
        place: int,
        candidates: NDArray[np.int64],
        words: NDArray[np.floating],
        clusters: NDArray[np.int64],
        n_members: NDArray[np.int64],
    ) -> tuple[Query, Candidates] | None:
        """Return what is compared of the record at a place and of its candidates; None without candidates."""
        if not len(candidates):
            return None
        [title], [whole] = split(self._vectors[place : place + 1], self._title_weight)
        created = self.heads[place].created
        now = np.nan if created is None else created.timestamp()
        # Nothing is before NaN: a query without a date sees no comment.
        comments = self._comments.take(candidates).before(now)
        titles, wholes = split(self._vectors[candidates], self._title_weight)
        return (
            Query(title, whole, self._terms_of(place), self._title_weight),
            Candidates(
                titles=titles,
                wholes=wholes,
                words=words.astype(np.float64),
                terms=self._terms.take(self._terms_at[candidates]),
                age=self._days[place] - self._days[candidates],
                cluster=clusters,
                n_members=n_members,
                comments=comments,
                quiet=quiet_days(comments, now),
            ),
        )

    def evidence_between(self, place: int, other: int) -> NDArray[np.float64]:
        """Return the evidence on two records at these places, (len(evidence.NAMES),)."""
        one = np.ones(1, dtype=np.int64)
        compared = self._compared(
            place, np.array([other]), np.zeros((1, N_SCORES)), np.zeros(1, dtype=np.int64), one
        )
        assert compared is not None
        return np.asarray(evidence_of(*compared)[0])

    def _terms_of(self, place: int) -> Terms:
        """Return the terms of the record at a place that has a vector."""
        return self._terms[int(self._terms_at[place])]

    def _first(self, values: NDArray[np.floating], depth: int = DEPTH) -> NDArray[np.int64]:
        """Return the places of the `depth` highest values, best first, ties by name; -inf is no candidate."""
        least = np.partition(values, -depth)[-depth] if len(values) > depth else -np.inf
        # All ties at the cut remain here, so that names decide between them.
        [places] = np.nonzero((values >= least) & (values > -np.inf))
        order = np.lexsort((self._by_name[places], -values[places]))
        return places[order][:depth]


def vectors_by_place(store: Store, place: Mapping[int, int]) -> tuple[Vectors, NDArray[np.bool_]]:
    """Return the vector of each place, (n, width), and whether it has one, (n,); a record without words has none.

    Args:
        store: In a read transaction.
        place: For each live row its place, from 0 on without gaps.
    """
    encoding = store.encoding()
    has_vector = np.zeros(len(place), dtype=bool)
    vectors: Vectors = np.zeros((len(place), 2 * encoding.dim), dtype=np.float32)
    for row_ids, block in iter_vectors(store, encoding):
        places = [place[int(row)] for row in row_ids]
        vectors[places] = block
        has_vector[places] = True
    return vectors, has_vector


def _encode_anew(
    store: Store, heads: Sequence[RecordHead], has_vector: NDArray[np.bool_], encode: Encode
) -> Vectors:
    """Encode the index's texts with another model, each text once; (n, width), 0 for records without a vector."""
    places = np.flatnonzero(has_vector)
    texts = [store.text(heads[place].row_id) for place in places.tolist()]
    numbers: dict[str, int] = {}  # text -> its row among the encoded ones
    titles = [numbers.setdefault(text.title, len(numbers)) for text in texts]
    wholes = [numbers.setdefault(text.whole, len(numbers)) for text in texts]
    encoded = encode(list(numbers))
    vectors: Vectors = np.zeros((len(heads), 2 * encoded.shape[1]), dtype=np.float32)
    vectors[places] = concat(encoded[titles], encoded[wholes], store.encoding().title_weight)
    return vectors
