"""Clusters of duplicates as they were known at each moment of a tracker's history."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from dupfind.clustering.union_find import UnionFind
from dupfind.decisions import DIFFERENT, SAME
from dupfind.records import RecordHead

Targets = Mapping[int, Iterable[Hashable]]
"""For each row that is labelled a duplicate, its originals: a row id, or a name outside the index."""


class KnownClusters:
    """The clusters of all records before a moment, by labels of one kind."""

    def __init__(self, heads: Sequence[RecordHead], targets: Targets) -> None:
        """Start before the first record.

        Args:
            heads: All records, in the order of time.
            targets: The labels. A label becomes known when the record that has it arrives.
        """
        self._heads = heads
        self._targets = targets
        self._clusters = UnionFind()
        self._n_arrived = 0
        self.ever_linked = {*targets, *(original for originals in targets.values() for original in originals)}
        self.linked: list[int] = []  # places of the arrived records that any label names, ever
        self.find = self._clusters.find

    def advance_to(self, place: int) -> None:
        """Let all records before a place arrive, with their labels."""
        for arriving in range(self._n_arrived, place):
            row = self._heads[arriving].row_id
            self._clusters.add(row, self._targets.get(row, ()))
            if row in self.ever_linked:
                self.linked.append(arriving)
        self._n_arrived = place

    def at(self, place: int) -> Hashable:
        """Return the cluster of the record at a place."""
        return self.find(self._heads[place].row_id)

    def sizes(self) -> dict[Hashable, int]:
        """Count the arrived members of each cluster that a label names."""
        return Counter(map(self.at, self.linked))


def targets_of_pairs(pairs: Iterable[tuple[int, int]], place: Mapping[int, int]) -> dict[int, list[Hashable]]:
    """Make each pair a label of its later record.

    Args:
        pairs: Row ids of duplicates.
        place: For each row its place in the order of time.
    """
    targets: dict[int, list[Hashable]] = {}
    for pair in pairs:
        older, later = sorted(pair, key=place.__getitem__)
        if older != later:
            targets.setdefault(later, []).append(older)
    return targets


def targets_after_decisions(
    marks: Targets, decided: Mapping[tuple[int, int], str], place: Mapping[int, int]
) -> Targets:
    """Add the pairs that people decided to be the same to a tracker's marks, and remove the different ones.

    Args:
        marks: Of the tracker.
        decided: For each pair of row ids, the smaller first, the decision of people.
        place: For each row its place in the order of time.
    """
    same = [pair for pair, decision in decided.items() if decision == SAME]
    targets = {row: list(originals) for row, originals in targets_of_pairs(same, place).items()}
    for row, originals in marks.items():
        targets.setdefault(row, []).extend(
            original
            for original in originals
            # A name outside the index is no row id; nobody can have decided about it.
            if not isinstance(original, int)
            or decided.get((min(row, original), max(row, original))) != DIFFERENT
        )
    return {row: originals for row, originals in targets.items() if originals}
