"""Duplicate links of trackers, resolved to clusters with a canonical each (pure). Links may form chains and cycles."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dupfind.clustering.canonical_rank import by_age, rank_records
from dupfind.clustering.union_find import UnionFind
from dupfind.records import RecordHead, RecordName


@dataclass(frozen=True, slots=True)
class MarkedCluster:
    """Two or more live records that duplicate links join.

    Attributes:
        canonical: Row id of the record that represents the cluster.
        members: All row ids, the canonical first, the others oldest first.
    """

    canonical: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MarkedClusters:
    """The resolved duplicate links of an index. They do not depend on the order in which records were indexed.

    Attributes:
        clusters: In the order of their canonicals' names.
        canonical_of: For each row of a cluster, the canonical's row id.
        targets: For each row with links, the records that it is marked a duplicate of: a row id, or the name of a
            record that is not in the index.
        cycles: Rows that mark each other in a cycle, ordered by name. A record that marks itself is a cycle of one.
        dead: Links whose target is not in the index, ordered by name: row id, and name of the target.
        names: Source, project and id of each row above.
    """

    clusters: tuple[MarkedCluster, ...]
    canonical_of: Mapping[int, int]
    targets: Mapping[int, tuple[int | RecordName, ...]]
    cycles: tuple[tuple[int, ...], ...]
    dead: tuple[tuple[int, RecordName], ...]
    names: Mapping[int, RecordName]


def resolve(
    heads: Iterable[RecordHead],
    links: Iterable[tuple[int, int]],
    dead_links: Iterable[tuple[int, RecordName]] = (),
) -> MarkedClusters:
    """Resolve duplicate links to clusters, each with its canonical.

    The canonical of a cluster is its record with the smallest rank (`canonical_rank.rank_records`).

    Args:
        heads: Every row that has a link or is the target of one.
        links: Row ids: the duplicate, and the record that it is a duplicate of.
        dead_links: Row id of the duplicate, and name of a target that is not in the index.
    """
    # Names settle the order, because row ids depend on the order of indexing.
    by_row = {head.row_id: head for head in sorted(heads, key=lambda head: head.name)}
    place = {row: place for place, row in enumerate(by_row)}
    links = sorted(set(links), key=lambda link: (place[link[0]], place[link[1]]))
    dead = sorted(set(dead_links), key=lambda link: (place[link[0]], link[1]))
    targets: dict[int, list[int | RecordName]] = {}
    sets = UnionFind()  # a missing target joins its duplicates, too
    all_links: list[tuple[int, int | RecordName]] = [*links, *dead]
    for row, target in all_links:
        sets.add(row, [target])
        targets.setdefault(row, []).append(target)
    edges = _edges(links)
    ranks = rank_records(by_row.values(), targets)
    groups: dict[Hashable, list[int]] = {}
    for row in by_row:
        groups.setdefault(sets.find(row), []).append(row)
    clusters = []
    for rows in groups.values():
        if len(rows) > 1:
            canonical = min(rows, key=ranks.__getitem__)
            others = sorted(set(rows) - {canonical}, key=lambda row: by_age(by_row[row]))
            clusters.append(MarkedCluster(canonical, (canonical, *others)))
    clusters.sort(key=lambda cluster: place[cluster.canonical])
    cycles = [sorted(cycle, key=place.__getitem__) for cycle in _cycles(edges)]
    return MarkedClusters(
        clusters=tuple(clusters),
        canonical_of={row: cluster.canonical for cluster in clusters for row in cluster.members},
        targets={row: tuple(names) for row, names in targets.items()},
        cycles=tuple(tuple(cycle) for cycle in sorted(cycles, key=lambda cycle: place[cycle[0]])),
        dead=tuple(dead),
        names={row: head.name for row, head in by_row.items()},
    )


def _edges(links: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """Return the targets of each row."""
    edges: dict[int, set[int]] = {}
    for a, b in links:
        edges.setdefault(a, set()).add(b)
    return edges


def _cycles(edges: Mapping[int, set[int]]) -> Iterator[list[int]]:
    """Yield the strongly connected components that contain a cycle (Kosaraju 1978)."""
    backwards = _edges((b, a) for a, targets in edges.items() for b in targets)
    seen: set[int] = set()
    finished = [row for start in edges for row in _walk(start, edges, seen)]
    seen = set()
    for start in reversed(finished):  # Kosaraju: the last finished first, along reversed edges
        cycle = list(_walk(start, backwards, seen))
        if len(cycle) > 1 or (cycle and start in edges.get(start, ())):  # or a link to itself
            yield cycle


def _walk(start: int, edges: Mapping[int, set[int]], seen: set[int]) -> Iterator[int]:
    """Yield the unseen rows that a row leads to, in depth-first postorder; without recursion, so any depth is fine."""
    if start in seen:
        return
    seen.add(start)
    path = [(start, iter(edges.get(start, ())))]
    while path:
        row, targets = path[-1]
        # The stored iterator resumes where it stopped, so each edge is read once.
        for target in targets:
            if target not in seen:
                seen.add(target)
                path.append((target, iter(edges.get(target, ()))))
                break
        else:
            path.pop()
            yield row
