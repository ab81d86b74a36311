"""Backlog: the duplicates of a whole collection, from all its pairs to one Report."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np

from dupfind.clustering.marked_clusters import MarkedClusters
from dupfind.collection.collection import Collection
from dupfind.dedup.all_pairs import Pairs, of_collection
from dupfind.dedup.clusters import ClusterBuilder, Probabilities, find
from dupfind.dedup.pair_table import Mask, PairTable, n_pairs
from dupfind.dedup.report import Parameters, Report
from dupfind.errors import DupfindError
from dupfind.storage import decisions, duplicate_links, source_state
from dupfind.storage.database import DATABASE
from dupfind.storage.new_records import last_row, new_rows, remember_report, reported_row
from dupfind.storage.store import Filter, Store
from dupfind.vectors.base import RowIds

MIN_SCORE = 0.65
"""With a margin of 0.06: of the thresholds from 0.5 to 0.75 and margins from 0 to 0.12 that agree best with the marked
clusters on the train parts of rust and titanium (adjusted Rand index, within 3 % of the best), the most precise
(`python benchmarks/clusters.py --part train`)."""

MAX_PAIRS = 10_000_000
"""Pairs that a report takes in, about a gigabyte. More is an error, and never a silent cut."""


def build_report(
    collection: Collection,
    asked: Parameters,
    *,
    probabilities: Probabilities | None = None,
    max_pairs: int = MAX_PAIRS,
    now: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Report, int]:
    """Find the duplicate clusters of a collection.

    Records that the tracker marks as duplicates of each other count as one: a cluster joins such groups and single
    records, every two of which are near. Its canonical is no duplicate itself, unless all are; of several the open one
    before a closed one, then the one that most others are marked duplicates of, then the oldest. All records are
    compared, whatever the filters, since a pair is measured against all neighbours of its two records.

    Across sources a pair counts where its two records are of different ones, as of a tracker and its mirror.

    Args:
        collection: Open.
        asked: What is wanted.
        probabilities: The collection's calibration; None where it has none.
        max_pairs: Pairs at or above the threshold that are taken in.
        now: The time of the report; None for the clock's.
        progress: Called with the number of records that were compared since the last call.

    Returns:
        The report, and the highest row id that it has seen, for `remember`.

    Raises:
        DupfindError: There are more pairs than `max_pairs`, a probability is asked for without a calibration, or
            there is nothing to compare across.
        StoreError: The index cannot be read.
    """
    if asked.min_probability is not None and probabilities is None:
        raise DupfindError(
            f"{collection.folder} has no calibration, so its pairs have no probability: run `dupfind calibrate`, or"
            " use --min-score"
        )
    store = collection.store
    with store.reading():
        encoding, links = store.encoding(), duplicate_links.links(store)
        everything = weigh(collection, asked, links, max_pairs=max_pairs, progress=progress)
        wanted = _filter(asked)
        allowed = None if wanted.is_open else store.allowed(wanted)
        is_rejected = _among(everything, decisions.rejected(store))
        evidence = everything.filter(~is_rejected)
        stands_out = evidence.margins >= asked.min_margin
        remarkable = evidence.filter(stands_out & ~evidence.is_known)
        known = evidence.filter(evidence.is_known & asked.include_known)
        if asked.min_probability is not None and probabilities is not None:
            chances = np.array(probabilities(remarkable.pairs()), dtype=np.float64)  # None becomes NaN
            remarkable = remarkable.filter(chances >= asked.min_probability)
        drawing = ClusterBuilder(store, links, evidence, probabilities)
        roots = np.concatenate([remarkable.first_root, remarkable.second_root, known.first_root])
        clusters = find(remarkable, known, drawing.ranks(roots.tolist()))
        is_whole = not asked.new and asked.since is None and not asked.across
        report = Report(
            created=now or datetime.now(UTC),
            model=encoding.model,
            n_records=store.n_records() if allowed is None else len(allowed),
            parameters=asked,
            n_pairs=len(everything),
            n_known=int(evidence.is_known.sum()),
            n_rejected=int(is_rejected.sum()),
            n_unremarkable=int((~evidence.is_known & ~stands_out).sum()),
            n_clusters=len(clusters),
            clusters=drawing.clusters(clusters[: asked.limit]),
            look_alikes=drawing.look_alikes(evidence.filter(~stands_out & ~evidence.is_known)),
            histogram=everything.histogram(asked.min_score),
            curve=evidence.filter(stands_out).curve(_n_marked(links, allowed)) if is_whole else (),
        )
        return report, last_row(store)


def weigh(
    collection: Collection,
    asked: Parameters,
    links: MarkedClusters,
    *,
    max_pairs: int = MAX_PAIRS,
    progress: Callable[[int], None] = lambda _: None,
) -> PairTable:
    """All pairs that are asked about, known ones and rejected ones too, measured against all neighbours.

    Args:
        collection: In a read transaction.
        asked: What is wanted; `min_margin` and what follows from marks is left to the caller.
        links: The collection's marks.
        max_pairs: See `build_report`.
        progress: See `build_report`.

    Raises:
        DupfindError: There are more pairs than `max_pairs`, or there are no two sources to compare.
    """
    store = collection.store
    sources = source_state.source_ids(store).values()
    if asked.across and len(sources) < 2:
        raise DupfindError(f"{collection.folder} has no two sources to compare: `dupfind index` a second one")
    floor = min(asked.min_score, MIN_SCORE)  # a margin says the same whatever higher score is asked for
    found = _gather(of_collection(collection, floor, progress=progress), floor, max_pairs)
    everything = PairTable.of(*found, floor, links.canonical_of)
    wanted = _filter(asked)
    allowed = None if wanted.is_open else store.allowed(wanted)
    new = new_rows(store, reported_row(store, _key(asked))) if asked.new else None
    everything = everything.filter(_passing(everything, store, asked, allowed, new))
    if asked.across:
        of_one_side = Filter(None, asked.project, asked.source)
        everything = everything.filter(_across(everything, store, sources, of_one_side))
    return everything


def remember(collection: Collection, asked: Parameters, row_id: int, now: datetime) -> None:
    """Note how far a report has come, so that the next one with the same parameters can tell what is new.

    Raises:
        StoreLocked: Another process is writing to the collection.
        StoreError: It cannot be written.
    """
    from dupfind.storage.writer import Writer

    writer = Writer.open(collection.folder / DATABASE)
    try:
        remember_report(writer, _key(asked), row_id, now)
    finally:
        writer.close()


def _filter(asked: Parameters) -> Filter:
    """What both records of a pair have to pass."""
    return Filter(asked.state) if asked.across else Filter(asked.state, asked.project, asked.source)


def _key(asked: Parameters) -> str:
    """What makes two reports one kind; whether the last one was for new pairs only, or cut, does not."""
    return json.dumps(asdict(asked) | {"new": None, "limit": None}, sort_keys=True, default=str)


def _gather(stream: Iterable[Pairs], threshold: float, max_pairs: int) -> Pairs:
    parts = [Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))]
    left = max_pairs
    for part in stream:
        left -= len(part.first)
        if left < 0:
            raise DupfindError(
                f"more than {max_pairs:,} pairs score {threshold} or more: pass a larger --max-pairs"
                + (", or a higher --min-score" if threshold < MIN_SCORE else "")
            )
        parts.append(part)
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _passing(
    evidence: PairTable, store: Store, asked: Parameters, allowed: RowIds | None, new: RowIds | None
) -> Mask:
    """Which pairs a report is about: of records that are allowed, at least one of them recent, and one new."""

    def of(rows: RowIds) -> tuple[Mask, Mask]:
        return np.isin(evidence.first, rows), np.isin(evidence.second, rows)

    passing: Mask = evidence.scores >= asked.min_score
    if allowed is not None:
        passing &= np.logical_and(*of(allowed))
    if asked.since is not None:
        passing &= np.logical_or(*of(store.allowed(Filter(since=asked.since))))
    if new is not None:
        passing &= np.logical_or(*of(new))
    return passing


def _across(evidence: PairTable, store: Store, sources: Iterable[int], of_one_side: Filter) -> Mask:
    """Which pairs are of two sources, and have a record that passes the filter."""
    is_inside = np.zeros(len(evidence), dtype=np.bool_)
    for source_id in sources:
        rows = store.rows_of(source_id)
        is_inside |= np.isin(evidence.first, rows) & np.isin(evidence.second, rows)
    rows = store.allowed(of_one_side)
    return ~is_inside & (np.isin(evidence.first, rows) | np.isin(evidence.second, rows))


def _among(evidence: PairTable, pairs: set[tuple[int, int]]) -> Mask:
    if not pairs:
        return np.zeros(len(evidence), dtype=np.bool_)
    rows = zip(evidence.first.tolist(), evidence.second.tolist(), strict=True)
    return np.fromiter((pair in pairs for pair in rows), dtype=np.bool_, count=len(evidence))


def _n_marked(links: MarkedClusters, allowed: RowIds | None) -> int:
    known = None if allowed is None else set(allowed.tolist())
    return n_pairs(
        [sum(known is None or row in known for row in cluster.members) for cluster in links.clusters]
    )
