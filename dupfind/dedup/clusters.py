"""Clusters of row ids, formed from the pair table and the heads of its records (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from dupfind.clustering.canonical_rank import CLOSED, Rank
from dupfind.clustering.cohesive import cohesive, stars
from dupfind.clustering.margins import NEAREST
from dupfind.dedup.pair_table import PairTable
from dupfind.results import Pair

LOOK_ALIKE = 0.8
"""Score at or above which pairs below the margin are look-alikes. Lower ones merely share a topic."""

_MAX_BRIDGES = 3


@dataclass(frozen=True, slots=True)
class RowCluster:
    """A cluster of rows.

    Attributes:
        roots: The canonical first, then the other canonicals of groups that the tracker joins.
        margin: The largest margin of its pairs.
        weakest: The pair of roots with the lowest score; None if there is only one root.
        bridges: Pairs of a root and a row outside, best first, at most three.
        members: All rows. A root comes before the records that the tracker marks as its duplicates.
        scores: For each member its score with the canonical, or its best score with a record that is marked as the
            canonical's duplicate. It lacks members without such a pair.
        pairs: Places in the pair table of all pairs of members that are not rejected, highest score first.
        best: Place of its likeliest new pair; None for a known group.
    """

    roots: tuple[int, ...]
    margin: float
    weakest: Pair | None
    bridges: tuple[Pair, ...]
    members: tuple[int, ...] = ()
    scores: Mapping[int, float] = field(default_factory=dict)
    pairs: tuple[int, ...] = ()
    best: int | None = None


def build_clusters(
    table: PairTable,
    ranks: Mapping[int, Rank],
    probabilities: Mapping[int, float] | None = None,
    *,
    include_known: bool = False,
) -> list[RowCluster]:
    """Join the candidates of a table to clusters in which every two roots are a pair.

    Args:
        table: The pairs of a report.
        ranks: The rank of every row of the table and of every root.
        probabilities: Of judged pairs, by their place in the table; None for none.
        include_known: Whether to add groups that the tracker's links alone hold together.

    Returns:
        Clusters with an open duplicate first, then by probability and by margin, highest first. Known groups come
        last. No row is in two.
    """
    best_pairs = table.between_roots(table.is_candidate)
    of_roots = {pair[:2]: place for pair, place in best_pairs.items()}
    likely = probabilities or {}

    def strength(place: int) -> tuple[float, float]:
        return likely.get(place, 0.0), float(table.margins[place])

    def places(members: Sequence[int]) -> list[int]:
        # The keys hold the smaller row id first.
        return [of_roots[min(pair), max(pair)] for pair in combinations(members, 2)]

    clusters = [
        RowCluster(
            roots=cluster.members,
            margin=max(float(table.margins[place]) for place in places(cluster.members)),
            best=max(places(cluster.members), key=strength),
            weakest=cluster.weakest,
            bridges=cluster.bridges[:_MAX_BRIDGES],
        )
        for cluster in cohesive(best_pairs, ranks)
    ]
    # The sort is stable: equal ones stay in the order of their canonicals.
    clusters.sort(
        key=lambda cluster: (
            _is_closed(cluster, ranks),
            -likely.get(-1 if cluster.best is None else cluster.best, 0.0),
            -cluster.margin,
        )
    )
    if include_known:
        clustered = {root for cluster in clusters for root in cluster.roots}
        clusters += _known_clusters(table, ranks, clustered)
    return [
        _with_members(cluster, table, inside, ranks)
        for cluster, inside in zip(clusters, _pairs_inside(table, clusters), strict=True)
    ]


def build_look_alikes(table: PairTable, ranks: Mapping[int, Rank]) -> list[list[int]]:
    """Return groups that are too large for a pair of them to stand out, though they are very near each other.

    Args:
        table: All pairs of the report.
        ranks: The rank of every row of the table; it settles ties.

    Returns:
        Row ids, the largest group first. In each group the centre comes first, then the others, nearest first.
    """
    mask = table.is_below_margin & (table.scores >= LOOK_ALIKE)
    ends = np.concatenate([table.first[mask], table.second[mask]])  # (2m,) row ids
    rows = np.array(sorted(set(ends.tolist()), key=ranks.__getitem__), dtype=np.int64)
    by_row = np.argsort(rows)
    places = by_row[np.searchsorted(rows, ends, sorter=by_row)]  # (2m,) from 0, as `stars` needs them
    first, second = np.split(places, 2)
    groups = stars(first, second, table.scores[mask], NEAREST + 1)
    return [rows[group].tolist() for group in groups]


def _is_closed(cluster: RowCluster, ranks: Mapping[int, Rank]) -> bool:
    """Return whether a maintainer has nothing to close: every root but the canonical is closed."""
    return all(ranks[root].state == CLOSED for root in cluster.roots[1:])


def _known_clusters(table: PairTable, ranks: Mapping[int, Rank], clustered: set[int]) -> list[RowCluster]:
    """Return a cluster of one root for each known group that is in no other cluster, best rank first."""
    is_known = table.is_known & ~table.is_rejected
    margins: dict[int, float] = {}
    # Both ends of a known pair have the same root, so one column is enough.
    for root, margin in zip(
        table.first_root[is_known].tolist(), table.margins[is_known].tolist(), strict=True
    ):
        margins[root] = max(margin, margins.get(root, margin))
    roots = sorted(margins.keys() - clustered, key=lambda root: ranks[root])
    return [RowCluster((root,), margins[root], weakest=None, bridges=()) for root in roots]


def _pairs_inside(table: PairTable, clusters: Sequence[RowCluster]) -> list[list[int]]:
    """Return for each cluster the places of its pairs in the table, highest score first."""
    number = {root: n for n, cluster in enumerate(clusters) for root in cluster.roots}
    # (n,) the number of the cluster at each end; the two fillers differ, so pairs outside of clusters never match.
    first = np.array([number.get(root, -1) for root in table.first_root.tolist()], dtype=np.int64)
    second = np.array([number.get(root, -2) for root in table.second_root.tolist()], dtype=np.int64)
    inside = np.flatnonzero((first == second) & ~table.is_rejected)
    inside = inside[np.argsort(-table.scores[inside], kind="stable")]
    places: list[list[int]] = [[] for _ in clusters]
    for place in inside.tolist():
        places[first[place]].append(place)
    return places


def _with_members(
    cluster: RowCluster, table: PairTable, places: Sequence[int], ranks: Mapping[int, Rank]
) -> RowCluster:
    """Return the cluster with its pairs, and with the members that follow from them."""
    canonical = cluster.roots[0]
    root_of = {root: root for root in cluster.roots}
    ends = [(int(table.first[place]), int(table.second[place])) for place in places]
    for (first, second), place in zip(ends, places, strict=True):
        root_of[first], root_of[second] = int(table.first_root[place]), int(table.second_root[place])
    scores: dict[int, float] = {}
    for (first, second), place in zip(ends, places, strict=True):  # highest score first
        for row, other in ((first, second), (second, first)):
            is_near_canonical = root_of[other] == canonical and root_of[row] != canonical
            if other == canonical or is_near_canonical:
                scores.setdefault(row, float(table.scores[place]))
    order = {root: n for n, root in enumerate(cluster.roots)}
    members = sorted(root_of, key=lambda row: (order[root_of[row]], root_of[row] != row, ranks[row]))
    position = {row: at for at, row in enumerate(members)}
    ordered = sorted(
        zip(ends, places, strict=True),
        key=lambda pair: (-table.scores[pair[1]], sorted(position[row] for row in pair[0])),
    )
    return replace(cluster, members=tuple(members), scores=scores, pairs=tuple(place for _, place in ordered))
