"""Clusters of pairs: cohesive ones, which never chain, and stars for large groups (pure)."""

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
    """Anything that can be sorted."""

    def __lt__(self, other: Self, /) -> bool:
        """Return whether this one comes first."""
        ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """Rows that are all near each other.

    Attributes:
        members: The canonical first, then by score with the canonical, highest first; equal scores by rank.
        weakest: The pair inside with the lowest score. At a threshold above it the cluster splits.
        bridges: Pairs of a member and a row outside, best first. A component would include these rows.
    """

    members: tuple[int, ...]
    weakest: Pair
    bridges: tuple[Pair, ...]

    @property
    def canonical(self) -> int:
        """The row that represents the cluster."""
        return self.members[0]


def stars(first: Places, second: Places, scores: Scores, at_least: int) -> list[list[int]]:
    """Gather large groups around one centre each. Greedy: the next centre is near the most places that are still free.

    Args:
        first: (n,) one end of each pair, places counted from 0.
        second: (n,) the other end.
        scores: (n,) cosine similarities.
        at_least: The smallest size of a group, including the centre.

    Returns:
        The groups, largest first. In each, the centre comes first, then the others, nearest first. No place is in two.
    """
    # Both directions of each pair, (2n,), sorted so that the neighbours of a place are one slice, nearest first.
    ends, others = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.lexsort((others, -np.concatenate([scores, scores]), ends))
    others = others[order]
    # (n_places + 1,); place p has the neighbours others[bounds[p] : bounds[p + 1]].
    bounds = np.searchsorted(ends[order], np.arange(ends.max(initial=-1) + 2))
    is_free = np.ones(len(bounds) - 1, dtype=np.bool_)
    heap = [(-int(size), place) for place, size in enumerate(np.diff(bounds)) if size + 1 >= at_least]
    heapify(heap)
    groups = []
    while heap:
        size, centre = heappop(heap)  # the size is negative, and may be out of date
        near = others[bounds[centre] : bounds[centre + 1]]
        near = near[is_free[near]]
        if not is_free[centre] or len(near) + 1 < at_least:
            continue
        # Free neighbours only become fewer: the entry returns with its true size.
        if len(near) < -size:
            heappush(heap, (-len(near), centre))
            continue
        is_free[near] = is_free[centre] = False
        groups.append([centre, *near.tolist()])
    return groups


def cohesive(pairs: Iterable[Pair], rank: Mapping[int, RowOrder]) -> list[Cluster]:
    """Join pairs to clusters in which every two members are a pair.

    This is agglomeration by complete linkage (Sorensen 1948): it always joins the two clusters whose farthest members
    are nearest. If A-B and B-C are pairs but A-C is not, it gives A-B or B-C, and a bridge to the third record.

    Args:
        pairs: Every pair at or above the threshold, each once. Two rows without a pair are never joined.
        rank: The order of rows, the best canonical first; no two are equal. It settles ties, so the result does not
            depend on row ids or on the order of the pairs.

    Returns:
        The clusters, at least two members each, in the order of their canonicals. No row is in two.
    """
    # From here on a row is its place in the ranking.
    place = {row: place for place, row in enumerate(sorted(rank, key=lambda row: rank[row]))}
    near: dict[int, dict[int, float]] = {}  # place: scores of its neighbours
    for first, second, score in pairs:
        near.setdefault(place[first], {})[place[second]] = score
        near.setdefault(place[second], {})[place[first]] = score
    rows = list(place)
    clusters = [members for members in _agglomerate(near) if len(members) > 1]
    return [_cluster(members, near, rows) for members in sorted(clusters)]


def _agglomerate(near: Mapping[int, Mapping[int, float]]) -> Iterable[list[int]]:
    """Cluster places by complete linkage. A cluster is identified by one of its places."""
    members = {place: [place] for place in near}
    links = {place: dict(others) for place, others in near.items()}  # copies: `near` is read again later
    # heapq pops the smallest: the highest score, equal scores by rank.
    heap = [(-score, a, b) for a, others in near.items() for b, score in others.items() if a < b]
    heapify(heap)
    while heap:
        negative_score, a, b = heappop(heap)
        if links.get(a, {}).get(b) != -negative_score:
            continue  # out of date: one of the two clusters has changed
        members[a] += members.pop(b)
        links_of_b = links.pop(b)
        for other, score in list(links[a].items()):
            if other == b or other not in links_of_b:  # a member of b is far from the other cluster
                del links[a][other]
                links.get(other, {}).pop(a, None)
                continue
            farthest = min(score, links_of_b[other])  # complete linkage: the lower similarity counts
            links[a][other] = links[other][a] = farthest
            heappush(heap, (-farthest, min(a, other), max(a, other)))
        for other in links_of_b:
            links.get(other, {}).pop(b, None)
    return [sorted(places) for places in members.values()]


def _cluster(places: list[int], near: Mapping[int, Mapping[int, float]], rows: list[int]) -> Cluster:
    """Describe the cluster of these places, which are in order, so that the first is the canonical."""

    def pair(a: int, b: int) -> Pair:
        first, second = sorted((rows[a], rows[b]))
        return Pair(first, second, near[a][b])

    canonical, inside = places[0], set(places)
    others = sorted(places[1:], key=lambda other: (-near[canonical][other], other))
    inner = (
        (near[a][b], -a, -b) for a in places for b in places if a < b
    )  # of equal scores the last by rank
    outer = sorted((-score, a, b) for a in places for b, score in near[a].items() if b not in inside)
    _, a, b = min(inner)
    return Cluster(
        members=tuple(rows[place] for place in (canonical, *others)),
        weakest=pair(-a, -b),
        bridges=tuple(pair(a, b) for _, a, b in outer),
    )
