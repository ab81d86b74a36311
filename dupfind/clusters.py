"""Pairs to clusters (pure)."""

from collections.abc import Iterable


def connected(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Join pairs to connected components, however they chain or run in circles.

    Returns:
        For each row id of a pair the smallest row id of its component.
    """
    parent: dict[int, int] = {}

    def root(row: int) -> int:
        parent.setdefault(row, row)
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return {row: root(row) for row in parent}
