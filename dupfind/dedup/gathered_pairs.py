"""All that a report reads from an index before it forms clusters: pairs, duplicate links, decisions, and filters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dupfind.clustering.marked_clusters import MarkedClusters
from dupfind.decisions import DIFFERENT
from dupfind.dedup.all_pairs import Pairs, of_collection
from dupfind.dedup.defaults import MIN_SCORE
from dupfind.dedup.pair_table import PairTable
from dupfind.dedup.report import Parameters
from dupfind.errors import DupfindError
from dupfind.search.open_index import OpenIndex
from dupfind.storage import decisions, duplicate_links, source_state
from dupfind.storage.new_records import new_rows, reported_row
from dupfind.storage.row_filter import Filter
from dupfind.storage.same_texts import groups_of_same_text
from dupfind.storage.store import Store
from dupfind.vectors.base import Mask, RowIds

MANY = 20
"""Records with one text, to the letter, from which on they are one thing: a line with a count."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a report's parameters choose, each (n,) in order; None means all.

    Attributes:
        both: Rows that both records of a pair must be among.
        recent: Rows that at least one record must be among: those created since the given time.
        new: Rows that at least one record must be among: those added since the last such report.
        one_side: Rows that at least one record must be among, in a report across sources.
        sources: The rows of each source, in a report across sources, and those shown in place of its own: a pair must
            not lie within one of them.
    """

    both: RowIds | None
    recent: RowIds | None
    new: RowIds | None
    one_side: RowIds | None
    sources: tuple[RowIds, ...]

    @classmethod
    def read(cls, store: Store, parameters: Parameters) -> "Scope":
        """Look up the rows. The store must be in a read transaction."""
        one_side = Filter(None, parameters.project, parameters.source)
        both = Filter(parameters.state) if parameters.across else replace(one_side, state=parameters.state)
        sources = source_state.source_ids(store) if parameters.across else ()
        return cls(
            both=None if both.is_open else store.allowed(both),
            recent=None if parameters.since is None else store.allowed(Filter(since=parameters.since)),
            new=new_rows(store, reported_row(store, parameters.key)) if parameters.new else None,
            one_side=store.allowed(one_side) if parameters.across else None,
            sources=tuple(store.allowed(Filter(source=name)) for name in sources),
        )

    def contains(self, first: RowIds, second: RowIds) -> Mask:
        """Return which pairs are in the scope, as (n,) bool."""
        is_inside = np.ones(len(first), dtype=np.bool_)
        if self.both is not None:
            is_inside &= np.isin(first, self.both) & np.isin(second, self.both)
        for rows in (self.recent, self.new, self.one_side):
            if rows is not None:
                is_inside &= np.isin(first, rows) | np.isin(second, rows)
        for rows in self.sources:
            is_inside &= ~(np.isin(first, rows) & np.isin(second, rows))
        return is_inside


@dataclass(frozen=True, slots=True)
class GatheredPairs:
    """All pairs of an index, and the data that selects the pairs of a report.

    Attributes:
        pairs: Every pair that scores at least `Parameters.lowest_score`, before any filter.
        links: The tracker's duplicate links, resolved to clusters.
        answers: The decisions of people on pairs whose texts have not changed since; row ids, the smaller first.
        scope: The rows that the parameters choose.
        identical: Groups of rows with one text, too many for a cluster, the largest group and the oldest row first;
            only the first of each is in a pair.
    """

    pairs: Pairs
    links: MarkedClusters
    answers: Mapping[tuple[int, int], str]
    scope: Scope
    identical: list[list[int]]

    def table(self, parameters: Parameters) -> PairTable:
        """Return the pairs that the parameters choose, measured against all neighbours.

        Known and rejected pairs are in the table, too. It ignores `min_probability`.
        """
        everything = self.table_of(*self.pairs, parameters)
        # The filters follow the margins, which depend on all neighbours.
        is_chosen = self.scope.contains(everything.first, everything.second)
        return everything.filter(is_chosen & (everything.scores >= parameters.min_score))

    def table_of(
        self, first: RowIds, second: RowIds, scores: NDArray[np.float64], parameters: Parameters
    ) -> PairTable:
        """Return a table of some pairs, (n,) each, with margins among these pairs alone."""
        rejected = {pair for pair, answer in self.answers.items() if answer == DIFFERENT}
        table = PairTable.of(first, second, scores, parameters.lowest_score, self.links.canonical_of)
        return table.judged(min_margin=parameters.margin, rejected=rejected)


def gather(
    collection: OpenIndex,
    parameters: Parameters,
    *,
    max_pairs: int,
    pairs: Callable[[], Pairs] | None = None,
    progress: Callable[[int], None],
) -> GatheredPairs:
    """Compare all records of a collection with each other.

    Args:
        collection: In a read transaction.
        parameters: Of the report.
        max_pairs: The largest number of pairs that is accepted.
        pairs: Returns all pairs, where other runs have computed them.
        progress: Called with the number of records compared since the last call.

    Raises:
        DupfindError: There are more pairs than `max_pairs`, or no two sources to compare across.
        StoreError: The index cannot be read.
    """
    store = collection.store
    scope = Scope.read(store, parameters)
    if parameters.across and len(scope.sources) < 2:
        raise DupfindError(
            f"{collection.place} has no two sources to compare: add a second one with `dupfind index`"
        )
    threshold = parameters.lowest_score
    identical = same_texts(store)
    if pairs is None:
        stream = of_collection(collection, threshold, left_out=repeated_rows(identical), progress=progress)
    else:
        stream = iter([pairs()])
    return GatheredPairs(
        pairs=_joined(stream, threshold, max_pairs),
        links=duplicate_links.links(store),
        answers=decisions.decided_pairs(store),
        scope=scope,
        identical=identical,
    )


def same_texts(store: Store) -> list[list[int]]:
    """Return the groups of rows with one text, too many for a cluster, the largest group and the oldest row first."""
    identical = groups_of_same_text(store, MANY)
    identical.sort(key=len, reverse=True)  # equal ones by their first records, as the store returns them
    return identical


def repeated_rows(identical: Iterable[Sequence[int]]) -> RowIds:
    """Return the rows of such groups but for the first of each, (n,) in order: they are in no pair."""
    return np.array(sorted(row for rows in identical for row in rows[1:]), dtype=np.int64)


def _joined(stream: Iterable[Pairs], threshold: float, max_pairs: int) -> Pairs:
    """Return the pairs of a stream as one; counts them before it keeps them."""
    # An empty block comes first because np.concatenate fails on an empty list.
    blocks = [Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))]
    n_pairs = 0
    for block in stream:
        n_pairs += len(block.first)
        if n_pairs > max_pairs:
            raise DupfindError(
                f"more than {max_pairs:,} pairs score {threshold} or more: pass a larger --max-pairs"
                + (", or a higher --min-score" if threshold < MIN_SCORE else "")
            )
        blocks.append(block)
    return Pairs(*(np.concatenate(column) for column in zip(*blocks, strict=True)))
