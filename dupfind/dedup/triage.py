"""Lists that a maintainer works through: duplicates that are still open, and what is reported most often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dupfind.clustering.marked_clusters import MarkedClusters
from dupfind.dedup.clusters import RowCluster
from dupfind.records import RecordHead
from dupfind.storage.store import Store
from dupfind.vectors.base import RowIds

MAX_LISTED = 20
"""Entries of each list; counts cover all."""

BURST = 3
"""New records of one cluster within a week that are worth a look today."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RowTriage:
    """The lists as rows.

    Attributes:
        still_open: Open records that the tracker marks as duplicates of a closed canonical, each with that canonical.
        most_reported: Canonicals with the number of their marked duplicates, most first; two duplicates at least.
        bursts: Places of clusters of which at least `BURST` records are of the last week.
    """

    still_open: tuple[tuple[int, int], ...]
    most_reported: tuple[tuple[int, int], ...]
    bursts: tuple[int, ...]

    @property
    def rows(self) -> set[int]:
        """The rows that the lists name, each list up to `MAX_LISTED`."""
        named = {row for pair in self.still_open[:MAX_LISTED] for row in pair}
        return named | {row for row, _ in self.most_reported[:MAX_LISTED]}


def triage(
    store: Store,
    links: MarkedClusters,
    clusters: Sequence[RowCluster],
    scope: RowIds | None,
    now: datetime,
) -> RowTriage:
    """Return the lists of an index.

    Args:
        store: In a read transaction.
        links: The tracker's duplicate links.
        clusters: Of the report.
        scope: The rows that the report covers, in order; None for all.
        now: Time of the report.
    """
    chosen = None if scope is None else set(scope.tolist())
    marked = sorted(row for cluster in links.clusters for row in cluster.members)
    new = sorted(row for cluster in clusters for row in cluster.members)
    heads = {head.row_id: head for head in store.heads(sorted({*marked, *new}))}
    still_open, counts = [], []
    for cluster in links.clusters:
        canonical = heads[cluster.canonical]
        duplicates = [
            heads[row]
            for row in cluster.members
            if row != cluster.canonical and (chosen is None or row in chosen)
        ]
        if canonical.state == "closed":
            still_open += [(head.row_id, canonical.row_id) for head in duplicates if head.state == "open"]
        if len(duplicates) > 1:
            counts.append((canonical.row_id, len(duplicates)))
    counts.sort(key=lambda count: -count[1])  # stable: equal ones by the names of their canonicals
    bursts = tuple(
        place
        for place, row_cluster in enumerate(clusters)
        if len(row_cluster.roots) > 1 and _n_new([heads[row] for row in row_cluster.members], now) >= BURST
    )
    return RowTriage(tuple(still_open), tuple(counts), bursts)


def _n_new(heads: Sequence[RecordHead], now: datetime) -> int:
    return sum(head.created is not None and now - _WEEK <= head.created <= now for head in heads)
