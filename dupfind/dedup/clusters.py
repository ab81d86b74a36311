"""Findings: clusters of canonicals, and what a report shows of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

import numpy as np

from dupfind.clustering.cohesive import cohesive, stars
from dupfind.clustering.margins import NEAREST
from dupfind.clustering.marked_clusters import MarkedClusters
from dupfind.decisions import Side
from dupfind.dedup.pair_table import PairTable
from dupfind.dedup.report import Bridge, DuplicateCluster, LookAlikes, Member, MemberPair
from dupfind.records import Record
from dupfind.results import Pair
from dupfind.storage import source_state
from dupfind.storage.store import Store
from dupfind.text.explanations import Reasons, compare, rarities

LOOK_ALIKE = 0.8
"""Score from which pairs that do not stand out are look-alikes; below it they merely share a topic."""

_MAX_BRIDGES = 3
_MAX_EXAMPLES = 4
_OPEN_FIRST = {"open": 0, "closed": 2}
_UNDATED = datetime.max.replace(tzinfo=UTC)

Probabilities = Callable[[Sequence[Pair]], Sequence[float | None]]
"""Gives the calibrated chance that each pair is one of duplicates, None where nothing can be said; asked in the read
transaction of a report."""

Rank = tuple[bool, int, int, datetime, tuple[str, str, str]]
"""What orders records as canonicals, the best first."""


@dataclass(frozen=True, slots=True)
class ClusterFinding:
    """A cluster of canonicals, or one canonical with what is known of it.

    Attributes:
        roots: The canonical first.
        margin: The largest of its pairs.
        weakest: The pair of roots that scores lowest; None where there is one root.
        bridges: Pairs of a root and one outside, best first.
    """

    roots: tuple[int, ...]
    margin: float
    weakest: Pair | None = None
    bridges: tuple[Pair, ...] = ()


def find(remarkable: PairTable, known: PairTable, rank: Mapping[int, Rank]) -> list[ClusterFinding]:
    """Cluster canonicals: what is still open comes first, then what stands out most, at last what is known already."""
    pairs = remarkable.between_roots()
    margins = {pair[:2]: float(remarkable.margins[place]) for pair, place in pairs.items()}
    found = [
        ClusterFinding(
            cluster.members,
            max(margins[pair] for pair in combinations(sorted(cluster.members), 2)),
            cluster.weakest,
            cluster.bridges,
        )
        for cluster in cohesive(pairs, rank)
    ]
    found.sort(
        key=lambda cluster: (all(_is_closed(rank[root]) for root in cluster.roots[1:]), -cluster.margin)
    )
    clustered = {root for cluster in found for root in cluster.roots}
    best: dict[int, float] = {}
    for root, margin in zip(known.first_root.tolist(), known.margins.tolist(), strict=True):
        best[root] = max(margin, best.get(root, margin))
    joined = sorted(best.keys() - clustered, key=lambda root: rank[root])
    return found + [ClusterFinding((root,), best[root]) for root in joined]


def _is_closed(rank: Rank) -> bool:
    return rank[1] == _OPEN_FIRST["closed"]


class ClusterBuilder:
    """Draws clusters of row ids; reads the records that it needs, each once."""

    def __init__(
        self, store: Store, links: MarkedClusters, evidence: PairTable, probabilities: Probabilities | None
    ) -> None:
        """Take what is to be drawn, and the marks that it was joined by."""
        self._store = store
        self._root = links.canonical_of
        self._evidence = evidence
        self._probabilities = probabilities
        self._chances: dict[int, float | None] = {}  # by the place of the pair in the evidence
        self._records: dict[int, Record] = {}
        self._kinds = {source.name: source.kind for source in source_state.summaries(store)}
        self._n_references = Counter(row for of in links.targets.values() for row in of)

    def ranks(self, rows: Iterable[int]) -> dict[int, Rank]:
        """What orders records as canonicals, the best first."""
        return {row: self._rank(row) for row in self._read(rows)}

    def clusters(self, found: Sequence[ClusterFinding]) -> tuple[DuplicateCluster, ...]:
        """Draw clusters, with the reasons for each of their pairs."""
        number = {root: n for n, cluster in enumerate(found) for root in cluster.roots}
        evidence = self._evidence
        first = np.array([number.get(root, -1) for root in evidence.first_root.tolist()], dtype=np.int64)
        second = np.array([number.get(root, -2) for root in evidence.second_root.tolist()], dtype=np.int64)
        inside = np.flatnonzero(first == second)
        inside = inside[
            np.lexsort((evidence.second[inside], evidence.first[inside], -evidence.scores[inside]))
        ]
        places: list[list[int]] = [[] for _ in found]
        for place in inside.tolist():
            places[first[place]].append(place)
        if self._probabilities is not None:
            pairs = zip(evidence.first[inside], evidence.second[inside], evidence.scores[inside], strict=True)
            asked = [Pair(int(a), int(b), float(score)) for a, b, score in pairs]
            self._chances = dict(zip(inside.tolist(), self._probabilities(asked), strict=True))
        rows = {row for cluster in found for row in cluster.roots}
        rows |= set(evidence.first[inside].tolist()) | set(evidence.second[inside].tolist())
        self._read(rows)
        words = {row: self._store.text(row) for row in rows}
        rarity = rarities(words.values())

        def reasons(a: int, b: int) -> Reasons:
            return compare(words[a], words[b], rarity)

        return tuple(self._cluster(*each, reasons) for each in zip(found, places, strict=True))

    def look_alikes(self, unremarkable: PairTable) -> tuple[LookAlikes, ...]:
        """The groups that are too large for any pair of them to stand out, though they are very near."""
        unremarkable = unremarkable.filter(unremarkable.scores >= LOOK_ALIKE)
        rows, places = np.unique(
            np.concatenate([unremarkable.first, unremarkable.second]), return_inverse=True
        )
        first, second = places[: len(unremarkable)], places[len(unremarkable) :]
        groups = [rows[group].tolist() for group in stars(first, second, unremarkable.scores, NEAREST + 1)]
        self._read(row for group in groups for row in group[:_MAX_EXAMPLES])
        return tuple(
            LookAlikes(len(group), tuple(self._member(row) for row in group[:_MAX_EXAMPLES]))
            for group in groups
        )

    def _cluster(
        self, found: ClusterFinding, places: list[int], reasons: Callable[[int, int], Reasons]
    ) -> DuplicateCluster:
        evidence, canonical = self._evidence, found.roots[0]
        pairs = [(int(evidence.first[place]), int(evidence.second[place]), place) for place in places]
        near: dict[int, float] = {}
        for a, b, place in pairs:  # the best first
            for row, other in ((a, b), (b, a)):
                is_own = self._root.get(row, row) == canonical
                if other == canonical or (self._root.get(other, other) == canonical and not is_own):
                    near.setdefault(row, float(evidence.scores[place]))
        order = {root: n for n, root in enumerate(found.roots)}
        rows = sorted(
            {row for a, b, _ in pairs for row in (a, b)} | set(found.roots),
            key=lambda row: (
                order[self._root.get(row, row)],
                self._root.get(row, row) != row,
                self._rank(row),
            ),
        )
        at = {row: n for n, row in enumerate(rows)}
        return DuplicateCluster(
            members=tuple(self._member(row, near.get(row)) for row in rows),
            pairs=tuple(
                MemberPair(
                    first=min(at[a], at[b]),
                    second=max(at[a], at[b]),
                    score=float(evidence.scores[place]),
                    margin=round(float(evidence.margins[place]), 6),
                    probability=self._chances.get(place),
                    is_known=bool(evidence.is_known[place]),
                    reasons=reasons(rows[min(at[a], at[b])], rows[max(at[a], at[b])]),
                )
                for a, b, place in pairs
            ),
            splits_above=None if found.weakest is None else found.weakest.score,
            weakest=None if found.weakest is None else (at[found.weakest.first], at[found.weakest.second]),
            margin=round(found.margin, 6),
            is_known=len(found.roots) == 1,
            bridges=tuple(self._bridge(pair, at) for pair in found.bridges[:_MAX_BRIDGES]),
        )

    def _bridge(self, pair: Pair, at: Mapping[int, int]) -> Bridge:
        inside, outside = pair[:2] if pair.first in at else (pair.second, pair.first)
        self._read([outside])
        return Bridge(at[inside], self._member(outside), pair.score)

    def _member(self, row: int, score: float | None = None) -> Member:
        record = self._records[row]
        return Member(
            source=record.source,
            kind=self._kinds[record.source],
            project=record.project,
            id=record.id,
            title=record.title,
            fingerprint=Side.of(record).fingerprint,
            state=record.state,
            url=record.url,
            created=record.created,
            duplicate_of=record.duplicate_of[0].id if record.duplicate_of else None,
            score=score,
        )

    def _rank(self, row: int) -> Rank:
        record = self._records[row]
        return (
            bool(record.duplicate_of),
            _OPEN_FIRST.get(record.state or "", 1),
            -self._n_references[row],
            record.created or _UNDATED,
            (record.source, record.project or "", record.id),
        )

    def _read(self, rows: Iterable[int]) -> dict[int, Record]:
        """The records of some rows, which are at hand from now on."""
        wanted = set(rows)
        self._records |= self._store.records(sorted(wanted - self._records.keys()))
        return {row: self._records[row] for row in wanted}
