"""Replay: every record of a collection looked for among those before it, in the order of time."""

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dupfind.collection import Collection
from dupfind.evaluation import LEGS
from dupfind.index import Vectors
from dupfind.links import Growing
from dupfind.metrics import average_precision, cluster_rank
from dupfind.ranking import DEPTH, LEXICAL_WEIGHT, fuse
from dupfind.results import Outcome
from dupfind.store import Filter, Store
from dupfind.timeline import WordTimeline

_BLOCK = 256  # records whose cosines are worked out in one product
_UNDATED = datetime.min.replace(tzinfo=UTC)

Targets = Mapping[int, Iterable[Hashable]]
"""For each row that is marked a duplicate, of what."""


def replay(
    collection: Collection,
    *,
    pairs: Iterable[tuple[int, int]] | None = None,
    window: timedelta | None = None,
    by_cluster: bool = False,
    since: datetime | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Outcome]:
    """Look for each record as if it had just been filed.

    Clusters are those of the marks that the record and older ones bear; what words say is counted over the older
    ones. So a record that is added later changes nothing about an earlier one. Records of unknown date come
    first, in the order of their ids.

    Args:
        collection: Whose records.
        pairs: Row ids of duplicates, in place of the marks of the trackers.
        window: How long before a record its candidates were created; None for any time.
        by_cluster: Whether one member in the window lets in all older members of its cluster.
        since: Only records created since then are looked for.
        progress: Called with the number of records that were passed since the last call.

    Returns:
        An outcome for each record that is looked for, in the order of time.
    """
    store = collection.store
    with store.reading():
        past = _Past(store, pairs)
        for start in range(0, past.n, _BLOCK):
            end = min(start + _BLOCK, past.n)
            cosines = past.vectors[start:end] @ past.vectors[:end].T
            for at in range(start, end):
                past.arrive(at)
                created = past.created[at]
                if since is None or created >= since:
                    allowed = past.allowed(at, window, by_cluster)
                    yield past.outcome(at, cosines[at - start, :at], allowed)
            if progress is not None:
                progress(end - start)


class _Past:
    """The live records of a collection by their places in the order of time, and their clusters so far."""

    def __init__(self, store: Store, pairs: Iterable[tuple[int, int]] | None) -> None:
        records = store.records(store.allowed(Filter()))
        names = store.names(records)
        self.rows = sorted(
            records, key=lambda row: (records[row].created or _UNDATED, _natural(names[row][2]), names[row])
        )
        self.n = len(self.rows)
        self.created = [records[row].created or _UNDATED for row in self.rows]
        self._is_dated = [records[row].created is not None for row in self.rows]
        self._names = [names[row] for row in self.rows]
        self._by_name = np.argsort(
            np.argsort(np.array(["\0".join(name) for name in self._names], dtype=object))
        )
        place = {row: at for at, row in enumerate(self.rows)}
        marks = store.links().targets
        self._targets: Targets = marks if pairs is None else _borne_by_the_later(pairs, place)
        # What a tracker calls a duplicate is no example of a new issue, whatever the pairs of a file say.
        self._is_called = [
            bool(marks.get(row)) or "duplicate" in (records[row].resolution or "") for row in self.rows
        ]
        self._ever_linked = {*self._targets, *(target for of in self._targets.values() for target in of)}
        self._linked: list[int] = []  # places of those that have arrived
        self._growing = Growing()
        self.vectors, self._has_vector = _vectors(store, place)
        self._words = WordTimeline(store.connection, place)

    def arrive(self, at: int) -> None:
        """Let the record at a place take its marks with it."""
        row = self.rows[at]
        self._growing.add(row, self._targets.get(row, ()))
        if row in self._ever_linked:
            self._linked.append(at)

    def allowed(self, at: int, window: timedelta | None, by_cluster: bool) -> NDArray[np.bool_]:
        """Which of the records before a place are candidates for the one at it, (at,)."""
        allowed = self._has_vector[:at].copy()
        if window is None or not self._is_dated[at]:
            return allowed
        first = bisect_left(self.created, max(self.created[at], _UNDATED + window) - window)
        before = allowed[:first].copy()
        allowed[:first] = False
        if by_cluster:
            recent = {self._cluster(other) for other in self._linked if first <= other < at}
            let_in = [other for other in self._linked if other < first and self._cluster(other) in recent]
            allowed[let_in] = before[let_in]
        return allowed

    def outcome(self, at: int, cosines: Vectors, allowed: NDArray[np.bool_]) -> Outcome:
        """Rank the candidates of the record at a place."""
        own = self._cluster(at)
        is_linked = self.rows[at] in self._ever_linked
        older = (
            [other for other in self._linked if other < at and self._cluster(other) == own]
            if is_linked
            else []
        )
        scores = np.round(cosines.astype(np.float64), 6)  # as they are shown, so that copies tie
        lexical = np.where(allowed, self._words.scores(at), 0)
        lists = dict.fromkeys(LEGS, np.empty(0, dtype=np.int64))
        best = None
        if self._has_vector[at] and allowed.any():
            vectors = self._first(np.where(allowed, scores, -np.inf))
            bm25 = self._first(np.where(lexical > 0, lexical, -np.inf))
            both = np.union1d(vectors, bm25)
            order = fuse(scores[both], lexical[both], [self._names[place] for place in both])
            lists = {"bm25": bm25, "vectors": vectors, "dupfind": both[order]}
            best = int(both[order[0]])
        clusters = (
            {leg: [self._cluster(int(place)) for place in places] for leg, places in lists.items()}
            if older
            else {}
        )
        return Outcome(
            row_id=self.rows[at],
            created=self.created[at] if self._is_dated[at] else None,
            is_duplicate=bool(older),
            ranks={leg: cluster_rank(ranked, own) for leg, ranked in clusters.items()},
            precision={leg: average_precision(lists[leg].tolist(), older) for leg in clusters},
            best=None if best is None else _sureness(scores[best], lexical[best], lexical),
            best_score=None if best is None else float(scores[best]),
            best_is_own=best is not None and self._cluster(best) == own,
            is_judged=bool(older) or not (self._is_called[at] or self.rows[at] in self._targets),
        )

    def _cluster(self, at: int) -> Hashable:
        return self._growing.find(self.rows[at])

    def _first(self, values: NDArray[np.floating]) -> NDArray[np.int64]:
        """The places of the highest values, best first, ties by name, as many as a leg proposes."""
        least = np.partition(values, -DEPTH)[-DEPTH] if len(values) > DEPTH else -np.inf
        [places] = np.nonzero((values >= least) & (values > -np.inf))
        order = np.lexsort((self._by_name[places], -values[places]))
        return places[order][:DEPTH]


def _sureness(score: float, lexical: float, all_lexical: NDArray[np.floating]) -> float:
    """What `fuse` orders by."""
    most = float(all_lexical.max())
    return float(score + (LEXICAL_WEIGHT * lexical / most if most > 0 else 0))


def _borne_by_the_later(
    pairs: Iterable[tuple[int, int]], place: Mapping[int, int]
) -> dict[int, list[Hashable]]:
    targets: dict[int, list[Hashable]] = {}
    for pair in pairs:
        older, later = sorted(pair, key=place.__getitem__)
        if older != later:
            targets.setdefault(later, []).append(older)
    return targets


def _vectors(store: Store, place: Mapping[int, int]) -> tuple[Vectors, NDArray[np.bool_]]:
    """The vector of each place, (n, width), and whether it has one; a record without words has none."""
    encoding = store.encoding()
    has_vector = np.zeros(len(place), dtype=bool)
    vectors: Vectors = np.zeros((len(place), 2 * encoding.dim), dtype=np.float32)
    for row_ids, block in store.blocks(encoding):
        places = [place[int(row)] for row in row_ids]
        vectors[places] = block
        has_vector[places] = True
    return vectors, has_vector


def _natural(id: str) -> list[tuple[int, str]]:
    """An id in parts, so that 9 comes before 10."""
    return [(len(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", id)]
