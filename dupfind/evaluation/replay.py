"""Replay: search for every record of a collection among the records before it, in the order of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dupfind.collection.collection import Collection
from dupfind.evaluation.history import Encode, History
from dupfind.evaluation.replay_query import ReplayQuery, result
from dupfind.progress import Advance
from dupfind.results import ReplayResult
from dupfind.verdict.bands import BALANCED

MAX_OTHERS = 5_000
"""Records that are no duplicates and are searched for; of more, so many are drawn at random."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What a replay searches for, and among what.

    Attributes:
        pairs: Row ids of duplicates, in place of the trackers' marks and of people's decisions.
        window: How long before a record its candidates may have been created; None for any time.
        by_cluster: Whether one member in the window admits all older members of its cluster.
        since: Search only for records created since then; None for all.
        n_others: How many records that are no duplicates are searched for; of more, so many are drawn at random.
        seed: Of the draw.
        encode: Encodes the texts with another model, to try it; None for the vectors of the index.
    """

    pairs: Iterable[tuple[int, int]] | None = None
    window: timedelta | None = None
    by_cluster: bool = False
    since: datetime | None = None
    n_others: int = MAX_OTHERS
    seed: int = 1
    encode: Encode | None = None


EVERYTHING = ReplayOptions()
"""The trackers' marks and people's decisions, at all times, with the index's own model."""


def replay(
    collection: Collection,
    options: ReplayOptions = EVERYTHING,
    *,
    progress: Advance | None = None,
) -> Iterator[ReplayResult]:
    """Search for each record as if it had just been filed.

    Clusters come from the labels that the record and older ones bear. Word statistics are counted over the older
    records. So a record that is added later changes nothing about an earlier one. Undated records come
    first, in the order of their ids. A pair that a person called the same is a label of its later record. A mark
    between two records that a person called different does not count, and the later of the two is always searched for.

    Args:
        collection: Its records are replayed.
        options: What to search for, and among what.
        progress: Called with the number of records since the last call.

    Returns:
        A result for each record that is searched for, in the order of time.
    """
    choice = collection.choice().in_mode(BALANCED)
    for query in replay_queries(collection, options, progress=progress):
        yield result(query, choice.ranker, choice.verdicts if choice.fits else None)


def replay_queries(
    collection: Collection, options: ReplayOptions = EVERYTHING, *, progress: Advance | None = None
) -> Iterator[ReplayQuery]:
    """Yield the queries of `replay` with the features of their candidates; a ranker is fitted on them."""
    store = collection.store
    with store.reading():
        history = History(store, options.pairs, options.encode)
        weights = history.sample_queries(options.since, options.n_others, options.seed)
        if progress is not None:
            # Records without a query count as finished, so progress adds up to all.
            progress(len(history.heads) - len(weights))
        for query in history.queries(weights, window=options.window, by_cluster=options.by_cluster):
            yield query
            if progress is not None:
                progress(1)
