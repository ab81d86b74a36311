"""Replay: every record of a collection looked for among those before it, in the order of time."""

import random
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.union_find import UnionFind
from dupfind.collection.collection import Collection
from dupfind.decisions import DIFFERENT, SAME
from dupfind.evaluation.bm25_history import Bm25History
from dupfind.evaluation.metrics import average_precision, cluster_rank
from dupfind.ranking.features import Candidates, Query, features
from dupfind.ranking.ranker import DEPTH, Ranker, can_judge, order
from dupfind.records import RecordHead
from dupfind.results import ReplayResult
from dupfind.storage import decisions, duplicate_links
from dupfind.storage.store import Filter, Store
from dupfind.storage.stored_vectors import iter_vectors
from dupfind.text.terms import Terms
from dupfind.vectors.base import Vectors
from dupfind.vectors.title_body import concat, split

OTHERS = 5_000
"""Records that are no duplicates and are looked for; where there are more, so many are drawn at random."""

_BLOCK = 128  # records whose cosines are worked out in one product
UNDATED = datetime.min.replace(tzinfo=UTC)
_DAY_S = 86_400

Encode = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors."""

Targets = Mapping[int, Iterable[Hashable]]
"""For each row that is marked a duplicate, of what."""


@dataclass(frozen=True, slots=True)
class ReplayQuery:
    """One record's question to those before it.

    Attributes:
        node: The record.
        n_older: Older members of its cluster.
        is_judged: Whether the labels say if it is a duplicate.
        can_judge: Whether it has enough words.
        weight: How many records it stands for.
        heads: The candidates.
        scores: (n,) their cosine similarities.
        features: (n, len(features.NAMES)) of the candidates; (0, 0) where there are none.
        clusters: (n,) int64, one number for each cluster as it was known before the record came.
        is_right: (n,) whether each is of the record's own cluster.
        legs: For each leg alone the places of its candidates, best first.
    """

    node: RecordHead
    n_older: int
    is_judged: bool
    can_judge: bool
    weight: float
    heads: Sequence[RecordHead]
    scores: NDArray[np.float64]
    features: NDArray[np.float64]
    clusters: NDArray[np.int64]
    is_right: NDArray[np.bool_]
    legs: Mapping[str, NDArray[np.int64]]


def replay(
    collection: Collection,
    *,
    ranker: Ranker | None = None,
    pairs: Iterable[tuple[int, int]] | None = None,
    window: timedelta | None = None,
    by_cluster: bool = False,
    since: datetime | None = None,
    n_others: int = OTHERS,
    seed: int = 1,
    encode: Encode | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[ReplayResult]:
    """Look for each record as if it had just been filed.

    Clusters are those of the marks that the record and older ones bear; what words say is counted over the older
    ones. So a record that is added later changes nothing about an earlier one. Records of unknown date come
    first, in the order of their ids. What a person has called the same counts as a mark of the later record, a mark
    between two that a person has called different does not count, and the later of those two is always looked for.

    Args:
        collection: Whose records.
        ranker: What orders them; None for the collection's own.
        pairs: Row ids of duplicates, in place of the marks of the trackers and of what people have decided.
        window: How long before a record its candidates were created; None for any time.
        by_cluster: Whether one member in the window lets in all older members of its cluster.
        since: Only records created since then are looked for.
        n_others: How many records that are no duplicates are looked for; more are drawn at random.
        seed: Of the draw.
        encode: Gives the vectors of texts by another model than the index's own, which is tried out; None for the
            vectors of the index.
        progress: Called with the number of records that were looked for since the last call.

    Returns:
        An outcome for each record that is looked for, in the order of time.
    """
    ranker = collection.ranker()[0] if ranker is None else ranker
    for case in cases(
        collection,
        pairs=pairs,
        window=window,
        by_cluster=by_cluster,
        since=since,
        n_others=n_others,
        seed=seed,
        encode=encode,
        progress=progress,
    ):
        yield outcome(case, ranker)


def cases(
    collection: Collection,
    *,
    pairs: Iterable[tuple[int, int]] | None = None,
    window: timedelta | None = None,
    by_cluster: bool = False,
    since: datetime | None = None,
    n_others: int = OTHERS,
    seed: int = 1,
    encode: Encode | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[ReplayQuery]:
    """The questions of `replay`, with the features of their candidates; a ranker is fitted on them."""
    store = collection.store
    with store.reading():
        past = History(store, pairs, encode)
        asking = past.sample_queries(since, n_others, seed)
        if progress is not None:
            progress(past.n - len(asking))
        for case in past.cases(asking, window=window, by_cluster=by_cluster):
            yield case
            if progress is not None:
                progress(1)


def outcome(case: ReplayQuery, ranker: Ranker) -> ReplayResult:
    """What a ranker makes of a case."""
    if not len(case.heads):
        return ordered(case, np.empty(0))
    strengths = ranker.rank_scores(case.features)
    if not case.can_judge:
        return ordered(case, strengths)
    sureness = ranker.confidence(case.features, strengths, case.clusters)
    return ordered(case, strengths, ranker.probabilities(sureness))


def ordered(
    case: ReplayQuery, strengths: NDArray[np.float64], chances: NDArray[np.float64] | None = None
) -> ReplayResult:
    """What the strengths of its candidates make of a case.

    Args:
        case: The question; its features are not looked at.
        strengths: (n,) of a ranker.
        chances: (n,) the probability of each to be a duplicate; None where nobody asks how sure the first is.
    """
    ranked = np.empty(0, dtype=np.int64)
    if len(case.heads):
        ranked = np.array(order(strengths, case.scores, [node.name for node in case.heads]))
    ranks, precision = {}, {}
    if case.n_older:
        own = -1
        clusters = np.where(case.is_right, own, case.clusters)
        for leg, places in {**case.legs, "dupfind": ranked}.items():
            found = np.flatnonzero(case.is_right[places]).tolist()
            missing = range(len(places), len(places) + case.n_older - len(found))
            ranks[leg] = cluster_rank(clusters[places].tolist(), own)
            precision[leg] = average_precision(range(len(places)), [*found, *missing])
    return ReplayResult(
        row_id=case.node.row_id,
        created=case.node.created,
        is_duplicate=case.n_older > 0,
        ranks=ranks,
        precision=precision,
        best=None if chances is None else float(chances[ranked[0]]),
        best_score=float(case.scores[ranked[0]]) if len(ranked) else None,
        best_is_own=bool(len(ranked) and case.is_right[ranked[0]]),
        is_judged=case.is_judged,
        weight=case.weight,
    )


class _Clusters:
    """The clusters of the records that have arrived, by marks of one kind."""

    def __init__(self, nodes: Sequence[RecordHead], targets: Targets) -> None:
        self._nodes = nodes
        self._targets = targets
        self._growing = UnionFind()
        self._n_arrived = 0
        self.ever_linked = {*targets, *(target for of in targets.values() for target in of)}
        self.linked: list[int] = []  # places of those that have arrived
        self.find = self._growing.find

    def advance_to(self, at: int) -> None:
        for arriving in range(self._n_arrived, at):
            row = self._nodes[arriving].row_id
            self._growing.add(row, self._targets.get(row, ()))
            if row in self.ever_linked:
                self.linked.append(arriving)
        self._n_arrived = at

    def of(self, at: int) -> Hashable:
        return self.find(self._nodes[at].row_id)

    def sizes(self) -> dict[Hashable, int]:
        return Counter(map(self.of, self.linked))


class History:
    """The live records of a collection by their places in the order of time, and their clusters so far."""

    def __init__(
        self, store: Store, pairs: Iterable[tuple[int, int]] | None = None, encode: Encode | None = None
    ) -> None:
        """Read all that is asked later.

        Args:
            store: In a read transaction.
            pairs: See `replay`.
            encode: See `replay`.
        """
        self.heads = in_time(store.heads(store.allowed(Filter())))
        self.n = len(self.heads)
        self._created = [node.created or UNDATED for node in self.heads]
        self._days = np.array(
            [np.nan if node.created is None else node.created.timestamp() / _DAY_S for node in self.heads]
        )
        self._by_name = np.argsort(
            np.argsort(np.array(["\0".join(node.name) for node in self.heads], dtype=object))
        )
        self.place = place = {node.row_id: at for at, node in enumerate(self.heads)}
        marks = duplicate_links.links(store).targets
        # What a tracker calls a duplicate is no example of a new issue, whatever the pairs of a file say.
        self._is_called = {*marks, *duplicate_links.called_duplicates(store)}
        answers: dict[tuple[int, int], str] = {}
        if pairs is None:
            answers = decisions.decided_pairs(store)
            self._targets = _decided(marks, answers, place)
            self._is_called -= marks.keys() - self._targets.keys()  # people have rejected all their marks
        else:
            self._targets = _borne_by_the_later(pairs, place)
        self._surely_asked = {
            max(pair, key=place.__getitem__) for pair, answer in answers.items() if answer == DIFFERENT
        }
        self._labelled = _Clusters(self.heads, self._targets)
        # A search knows the marks and not yet what people have decided, and so do the features.
        self._seen = _Clusters(self.heads, marks) if answers else self._labelled
        encoding = store.encoding()
        self._title_weight = encoding.title_weight
        self._vectors, self._has_vector = vectors_of(store, place)
        if encode is not None:
            self._vectors = _encoded(store, self.heads, self._has_vector, encode)
        self._terms = store.terms(self.heads[at].row_id for at in np.flatnonzero(self._has_vector))
        self._terms_at = np.cumsum(self._has_vector) - 1  # where those of a place are
        self._words = Bm25History(store.connection, place)

    def sample_queries(self, since: datetime | None, n_others: int, seed: int) -> dict[int, float]:
        """The places that are looked for, in order, and how many records each stands for."""
        growing = UnionFind()
        seen: set[Hashable] = set()
        surely: list[int] = []
        others: list[int] = []
        for at, node in enumerate(self.heads):
            targets = self._targets.get(node.row_id, ())
            before = {growing.find(row) for row in (node.row_id, *targets)}
            growing.add(node.row_id, targets)
            if since is None or self._created[at] >= since:
                is_asked = before & seen or node.row_id in self._surely_asked
                (surely if is_asked else others).append(at)
            if node.row_id in self._labelled.ever_linked:
                seen = (seen - before) | {growing.find(node.row_id)}
        drawn = others if len(others) <= n_others else random.Random(seed).sample(others, n_others)
        weights = dict.fromkeys(drawn, len(others) / max(len(drawn), 1)) | dict.fromkeys(surely, 1.0)
        return dict(sorted(weights.items()))

    def cases(
        self, asking: Mapping[int, float], *, window: timedelta | None = None, by_cluster: bool = False
    ) -> Iterator[ReplayQuery]:
        """The questions of the records at some places, once: a past that has been told does not come again.

        Args:
            sample_queries: The places in order, and how many records each stands for.
            window: See `replay`.
            by_cluster: See `replay`.
        """
        waiting, cosines, first = iter(asking), np.empty((0, 0), dtype=np.float32), 0
        for asked, at in enumerate(asking):
            if asked % _BLOCK == 0:
                block = list(islice(waiting, _BLOCK))
                cosines, first = self.cosines(block), asked
            self.advance_to(at)
            yield self.case(at, cosines[asked - first, :at], self.allowed(at, window, by_cluster), asking[at])

    def cosines(self, places: list[int]) -> Vectors:
        """The scores of some records with all before the last of them."""
        return np.asarray(self._vectors[places] @ self._vectors[: places[-1]].T)

    def advance_to(self, at: int) -> None:
        """Let the records up to a place take their marks with them, but not yet the one that is there."""
        self._labelled.advance_to(at)
        self._seen.advance_to(at)

    def allowed(self, at: int, window: timedelta | None, by_cluster: bool) -> NDArray[np.bool_]:
        """Which of the records before a place are candidates for the one at it, (at,)."""
        allowed = self._has_vector[:at].copy()
        if window is None or self.heads[at].created is None:
            return allowed
        first = bisect_left(self._created, max(self._created[at], UNDATED + window) - window)
        before = allowed[:first].copy()
        allowed[:first] = False
        if by_cluster:
            labelled = self._labelled
            recent = {labelled.of(other) for other in labelled.linked if first <= other}
            let_in = [other for other in labelled.linked if other < first and labelled.of(other) in recent]
            allowed[let_in] = before[let_in]
        return allowed

    def case(self, at: int, cosines: Vectors, allowed: NDArray[np.bool_], weight: float) -> ReplayQuery:
        """The question of the record at a place, which has not arrived yet."""
        node = self.heads[at]
        targets = self._targets.get(node.row_id, ())
        own = {self._labelled.find(row) for row in (node.row_id, *targets)}
        sizes = self._labelled.sizes()
        n_older = sum(sizes.get(cluster, 0) for cluster in own)
        scores = np.round(cosines.astype(np.float64), 6)  # as they are shown, so that copies tie
        lexical = np.where(allowed, self._words.scores(at), 0)
        legs = {name: np.empty(0, dtype=np.int64) for name in ("bm25", "vectors")}
        if self._has_vector[at]:
            legs["vectors"] = self._first(np.where(allowed, scores, -np.inf))
            legs["bm25"] = self._first(np.where(lexical > 0, lexical, -np.inf))
        places = np.union1d(*legs.values())
        if self._seen is not self._labelled:
            sizes = self._seen.sizes()
        clusters = [self._seen.of(place) for place in places.tolist()]
        numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
        known = np.array([numbers[cluster] for cluster in clusters], dtype=np.int64)
        n_members = np.array([sizes.get(cluster, 1) for cluster in clusters], dtype=np.int64)
        return ReplayQuery(
            node=node,
            n_older=n_older,
            is_judged=n_older > 0 or not (node.row_id in self._is_called or node.row_id in self._targets),
            can_judge=self._has_vector[at] and can_judge(self._said(at)),
            weight=weight,
            heads=[self.heads[place] for place in places.tolist()],
            scores=np.clip(scores[places], -1, 1),
            features=self._features(at, places, lexical[places], known, n_members),
            clusters=known,
            is_right=np.array([self._labelled.of(place) in own for place in places.tolist()], dtype=bool),
            legs={name: np.searchsorted(places, found) for name, found in legs.items()},
        )

    def _features(
        self,
        at: int,
        places: NDArray[np.int64],
        lexical: NDArray[np.floating],
        clusters: NDArray[np.int64],
        n_members: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        if not len(places):
            return np.empty((0, 0))
        [title], [whole] = split(self._vectors[at : at + 1], self._title_weight)
        titles, wholes = split(self._vectors[places], self._title_weight)
        candidates = Candidates(
            titles=titles,
            wholes=wholes,
            lexical=lexical.astype(np.float64),
            terms=self._terms.take(self._terms_at[places]),
            age=self._days[at] - self._days[places],
            cluster=clusters,
            n_members=n_members,
        )
        return features(Query(title, whole, self._said(at), self._title_weight), candidates)

    def _said(self, at: int) -> Terms:
        """The terms of the record at a place that has a vector."""
        return self._terms[int(self._terms_at[at])]

    def _first(self, values: NDArray[np.floating]) -> NDArray[np.int64]:
        """The places of the highest values, best first, ties by name, as many as a leg proposes."""
        least = np.partition(values, -DEPTH)[-DEPTH] if len(values) > DEPTH else -np.inf
        [places] = np.nonzero((values >= least) & (values > -np.inf))
        order = np.lexsort((self._by_name[places], -values[places]))
        return places[order][:DEPTH]


def _encoded(
    store: Store, nodes: Sequence[RecordHead], has_vector: NDArray[np.bool_], encode: Encode
) -> Vectors:
    """The vectors of the texts that the index has, by another model; each text is encoded once."""
    places = np.flatnonzero(has_vector)
    texts = [store.text(nodes[at].row_id) for at in places.tolist()]
    numbers: dict[str, int] = {}
    titles = [numbers.setdefault(text.title, len(numbers)) for text in texts]
    wholes = [numbers.setdefault(text.whole, len(numbers)) for text in texts]
    made = encode(list(numbers))
    vectors: Vectors = np.zeros((len(nodes), 2 * made.shape[1]), dtype=np.float32)
    vectors[places] = concat(made[titles], made[wholes], store.encoding().title_weight)
    return vectors


def in_time(nodes: Iterable[RecordHead]) -> list[RecordHead]:
    """Records as they were created, those of unknown date first; equal ones in the natural order of their ids."""
    return sorted(nodes, key=lambda node: (node.created or UNDATED, _natural(node.name[2]), node.name))


def _borne_by_the_later(
    pairs: Iterable[tuple[int, int]], place: Mapping[int, int]
) -> dict[int, list[Hashable]]:
    targets: dict[int, list[Hashable]] = {}
    for pair in pairs:
        older, later = sorted(pair, key=place.__getitem__)
        if older != later:
            targets.setdefault(later, []).append(older)
    return targets


def _decided(marks: Targets, answers: Mapping[tuple[int, int], str], place: Mapping[int, int]) -> Targets:
    """Marks, with what people have called the same and without what they have called different."""
    same = [pair for pair, answer in answers.items() if answer == SAME]
    targets = {row: list(of) for row, of in _borne_by_the_later(same, place).items()}
    for row, of in marks.items():
        targets.setdefault(row, []).extend(
            target
            for target in of
            if not isinstance(target, int) or answers.get((min(row, target), max(row, target))) != DIFFERENT
        )
    return {row: of for row, of in targets.items() if of}


def vectors_of(store: Store, place: Mapping[int, int]) -> tuple[Vectors, NDArray[np.bool_]]:
    """The vector of each place, (n, width), and whether it has one; a record without words has none."""
    encoding = store.encoding()
    has_vector = np.zeros(len(place), dtype=bool)
    vectors: Vectors = np.zeros((len(place), 2 * encoding.dim), dtype=np.float32)
    for row_ids, block in iter_vectors(store, encoding):
        places = [place[int(row)] for row in row_ids]
        vectors[places] = block
        has_vector[places] = True
    return vectors, has_vector


def _natural(id: str) -> list[tuple[int, str]]:
    """An id in parts, so that 9 comes before 10."""
    return [(len(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", id)]
