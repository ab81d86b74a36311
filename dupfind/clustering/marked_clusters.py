"""Links: the duplicates that trackers mark, resolved to clusters, whatever chains and cycles they form (pure)."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dupfind.clustering.union_find import UnionFind
from dupfind.records import RecordHead, RecordName

_OPEN_FIRST = {"open": 0, "closed": 2}
_UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MarkedCluster:
    """Live records that are joined by marks, at least two.

    Attributes:
        canonical: Row id of the record that the cluster is named after.
        members: Row ids of all of them, the canonical first, the others oldest first.
    """

    canonical: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MarkedClusters:
    """What the marks of an index come to; the same whatever order records were indexed in.

    Attributes:
        clusters: In the order of their canonicals' names.
        canonical_of: For each row of a cluster its canonical's row.
        targets: For each row that bears marks what it is marked a duplicate of: a row id, or the name of a
            record that is not there.
        cycles: Rows that mark each other in a cycle, by name; one that marks itself is a cycle of one.
        dead: The marks whose target is not there, by name: row id, and name of the target.
        names: Source, project and id of each row above.
    """

    clusters: tuple[MarkedCluster, ...]
    canonical_of: Mapping[int, int]
    targets: Mapping[int, tuple[int | RecordName, ...]]
    cycles: tuple[tuple[int, ...], ...]
    dead: tuple[tuple[int, RecordName], ...]
    names: Mapping[int, RecordName]


def resolve(
    nodes: Iterable[RecordHead],
    marks: Iterable[tuple[int, int]],
    dead_marks: Iterable[tuple[int, RecordName]] = (),
) -> MarkedClusters:
    """Resolve marks to clusters, each with its canonical.

    The canonical is no duplicate itself, unless all of its cluster are; of several the open one before a closed
    one, then the one that most others are marked duplicates of, then the oldest, and at last the first by name.

    Args:
        nodes: Every row that bears a mark or is the target of one.
        marks: Row ids: duplicate, and what it is a duplicate of.
        dead_marks: Row id of the duplicate, and name of a target that is not there.
    """
    by_row = {node.row_id: node for node in sorted(nodes, key=lambda node: node.name)}
    place = {row: place for place, row in enumerate(by_row)}
    marks = sorted(set(marks), key=lambda mark: (place[mark[0]], place[mark[1]]))
    dead = sorted(set(dead_marks), key=lambda mark: (place[mark[0]], mark[1]))
    targets: dict[int, list[int | RecordName]] = {}
    joined = UnionFind()
    all_marks: list[tuple[int, int | RecordName]] = [*marks, *dead]
    for row, target in all_marks:
        joined.add(row, [target])
        targets.setdefault(row, []).append(target)
    edges = _edges(marks)
    n_references = {row: len(others - {row}) for row, others in _edges((b, a) for a, b in marks).items()}

    def rank(row: int) -> tuple[bool, int, int, datetime, int]:
        node = by_row[row]
        is_duplicate = any(target != row for target in targets.get(row, ()))
        state = _OPEN_FIRST.get(node.state or "", 1)
        return is_duplicate, state, -n_references.get(row, 0), node.created or _UNDATED, place[row]

    groups: dict[Hashable, list[int]] = {}
    for row in by_row:
        groups.setdefault(joined.find(row), []).append(row)
    clusters = []
    for rows in groups.values():
        if len(rows) > 1:
            canonical = min(rows, key=rank)
            others = sorted(
                set(rows) - {canonical}, key=lambda row: (by_row[row].created or _UNDATED, place[row])
            )
            clusters.append(MarkedCluster(canonical, (canonical, *others)))
    clusters.sort(key=lambda cluster: place[cluster.canonical])
    cycles = [sorted(cycle, key=place.__getitem__) for cycle in _cycles(edges)]
    return MarkedClusters(
        clusters=tuple(clusters),
        canonical_of={row: cluster.canonical for cluster in clusters for row in cluster.members},
        targets={row: tuple(of) for row, of in targets.items()},
        cycles=tuple(tuple(cycle) for cycle in sorted(cycles, key=lambda cycle: place[cycle[0]])),
        dead=tuple(dead),
        names={row: node.name for row, node in by_row.items()},
    )


def _edges(marks: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    edges: dict[int, set[int]] = {}
    for a, b in marks:
        edges.setdefault(a, set()).add(b)
    return edges


def _cycles(edges: Mapping[int, set[int]]) -> Iterator[list[int]]:
    """The strongly connected components that hold a cycle (Kosaraju 1978)."""
    backwards = _edges((b, a) for a, onward in edges.items() for b in onward)
    seen: set[int] = set()
    left_last = [row for start in edges for row in _walk(start, edges, seen)]
    seen = set()
    for start in reversed(left_last):
        cycle = list(_walk(start, backwards, seen))
        if len(cycle) > 1 or (cycle and start in edges.get(start, ())):
            yield cycle


def _walk(start: int, edges: Mapping[int, set[int]], seen: set[int]) -> Iterator[int]:
    """What can be reached from a row and is not seen yet, each when all that it leads to has been left."""
    if start in seen:
        return
    seen.add(start)
    path = [(start, iter(edges.get(start, ())))]
    while path:
        row, onward = path[-1]
        for further in onward:
            if further not in seen:
                seen.add(further)
                path.append((further, iter(edges.get(further, ()))))
                break
        else:
            path.pop()
            yield row
