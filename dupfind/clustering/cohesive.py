"""Pairs to clusters: components, which chain, cohesive ones, which do not, and stars for what is large (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from dupfind.results import Pair

Places = NDArray[np.int64]
Scores = NDArray[np.float64]


class RowOrder(Protocol):
    """Anything that can be put in order."""

    def __lt__(self, other: Self, /) -> bool:
        """Whether this one comes first."""
        ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """Rows that are all near each other.

    Attributes:
        members: The canonical first, then by their score with it, equal ones by rank.
        weakest: The pair inside that scores lowest. At a threshold above its score the cluster splits.
        bridges: Pairs of a member and a row outside, best first: a chain would have gone on over them.
    """

    members: tuple[int, ...]
    weakest: Pair
    bridges: tuple[Pair, ...]

    @property
    def canonical(self) -> int:
        """The row that the cluster is named after."""
        return self.members[0]


def stars(first: Places, second: Places, scores: Scores, at_least: int) -> list[list[int]]:
    """Gather large groups around one place each, greedily: always the place that most others, still free, are near.

    Args:
        first: (n,) one end of each pair, a place from 0 on.
        second: (n,) the other end.
        scores: (n,) cosine similarities.
        at_least: Size of the smallest group, the centre counted.

    Returns:
        The groups, largest first; in each the centre, then the others, nearest first. No place is in two.
    """
    ends, others = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.lexsort((others, -np.concatenate([scores, scores]), ends))
    others = others[order]
    bounds = np.searchsorted(ends[order], np.arange(ends.max(initial=-1) + 2))
    is_free = np.ones(len(bounds) - 1, dtype=np.bool_)
    heap = [(-int(size), place) for place, size in enumerate(np.diff(bounds)) if size + 1 >= at_least]
    heapify(heap)
    groups = []
    while heap:
        size, centre = heappop(heap)
        near = others[bounds[centre] : bounds[centre + 1]]
        near = near[is_free[near]]
        if not is_free[centre] or len(near) + 1 < at_least:
            continue
        if len(near) < -size:
            heappush(heap, (-len(near), centre))
            continue
        is_free[near] = is_free[centre] = False
        groups.append([centre, *near.tolist()])
    return groups


def cohesive(pairs: Iterable[Pair], rank: Mapping[int, RowOrder]) -> list[Cluster]:
    """Join pairs to clusters in which every two members are a pair.

    Agglomeration by complete linkage (Sorensen 1948): of all clusters that can be joined, always the two whose
    farthest members are nearest. So A-B-C with A far from C gives A-B or B-C, and a bridge to the third.

    Args:
        pairs: Every pair at or above the threshold, each once; a pair that is not among them is far.
        rank: What orders rows whatever their ids are, the best canonical first; no two are equal. It settles ties, so
            that the order of the pairs and the ids are of no account.

    Returns:
        The clusters, at least two members each, in the order of their canonicals' ranks. No row is in two.
    """
    place = {row: place for place, row in enumerate(sorted(rank, key=lambda row: rank[row]))}
    near: dict[int, dict[int, float]] = {}
    for first, second, score in pairs:
        near.setdefault(place[first], {})[place[second]] = score
        near.setdefault(place[second], {})[place[first]] = score
    rows = list(place)
    clusters = [members for members in _agglomerate(near) if len(members) > 1]
    return [_cluster(members, near, rows) for members in sorted(clusters)]


def _agglomerate(near: Mapping[int, Mapping[int, float]]) -> Iterable[list[int]]:
    """Complete linkage over places; a cluster goes by its smallest place."""
    members = {place: [place] for place in near}
    links = {place: dict(others) for place, others in near.items()}
    heap = [(-score, a, b) for a, others in near.items() for b, score in others.items() if a < b]
    heapify(heap)
    while heap:
        lost, a, b = heappop(heap)
        if links.get(a, {}).get(b) != -lost:
            continue  # one of them has grown since
        members[a] += members.pop(b)
        gone = links.pop(b)
        for other, score in list(links[a].items()):
            if other == b or other not in gone:
                del links[a][other]
                links.get(other, {}).pop(a, None)
                continue
            farthest = min(score, gone[other])
            links[a][other] = links[other][a] = farthest
            heappush(heap, (-farthest, min(a, other), max(a, other)))
        for other in gone:
            links.get(other, {}).pop(b, None)
    return [sorted(places) for places in members.values()]


def _cluster(places: list[int], near: Mapping[int, Mapping[int, float]], rows: list[int]) -> Cluster:
    def pair(a: int, b: int) -> Pair:
        first, second = sorted((rows[a], rows[b]))
        return Pair(first, second, near[a][b])

    canonical, inside = places[0], set(places)
    others = sorted(places[1:], key=lambda other: (-near[canonical][other], other))
    inner = ((near[a][b], -a, -b) for a in places for b in places if a < b)
    outer = sorted((-score, a, b) for a in places for b, score in near[a].items() if b not in inside)
    _, a, b = min(inner)
    return Cluster(
        members=tuple(rows[place] for place in (canonical, *others)),
        weakest=pair(-a, -b),
        bridges=tuple(pair(a, b) for _, a, b in outer),
    )
