"""Union-find: which things are joined, directly or through others (pure)."""

from collections.abc import Hashable, Iterable


class UnionFind:
    """Disjoint sets that only grow (Tarjan 1975).

    Records can be added in order of time. A duplicate link counts as soon as the record that holds it is added, even
    if its target follows later or never: two records that are marked as duplicates of a third belong together. So the
    sets of the records added so far never depend on a record that has not been added.
    """

    def __init__(self) -> None:
        """Start with no sets; a thing that was never added is alone in its own."""
        self._parent: dict[Hashable, Hashable] = {}  # a root has no entry
        self._size: dict[Hashable, int] = {}  # by root; a single thing has no entry

    def add(self, item: Hashable, others: Iterable[Hashable] = ()) -> None:
        """Join the set of an item with the sets of all the others."""
        for other in others:
            # The smaller set goes below the larger one, so that every path stays logarithmic.
            large, small = sorted((self.find(item), self.find(other)), key=self._size_of, reverse=True)
            if large != small:
                self._size[large] = self._size_of(large) + self._size_of(small)
                self._parent[small] = large

    def find(self, item: Hashable) -> Hashable:
        """Return the representative of an item's set. It is valid until the next `add`."""
        parent = self._parent
        while item in parent:
            above = parent[item]
            if above in parent:
                parent[item] = parent[above]  # path halving
            item = above
        return item

    def _size_of(self, root: Hashable) -> int:
        return self._size.get(root, 1)


def connected(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Join pairs to connected components, however they chain or run in circles.

    Returns:
        For each row id of a pair, the smallest row id of its component.
    """
    sets = UnionFind()
    rows: set[int] = set()
    for first, second in pairs:
        sets.add(first, [second])
        rows |= {first, second}
    smallest: dict[Hashable, int] = {}
    for row in sorted(rows):  # rising: the first row of a component is its smallest
        smallest.setdefault(sets.find(row), row)
    return {row: smallest[sets.find(row)] for row in rows}
