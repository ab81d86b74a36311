"""Build the duplicate report of a whole collection, from all its pairs to one `Report`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from dupfind.clustering.canonical_rank import rank_records
from dupfind.clustering.marked_clusters import MarkedClusters
from dupfind.dedup.all_pairs import Pairs
from dupfind.dedup.clusters import RowCluster, build_clusters, build_look_alikes
from dupfind.dedup.defaults import MAX_PAIRS
from dupfind.dedup.description import describe
from dupfind.dedup.gathered_pairs import gather
from dupfind.dedup.judged_table import judged_table
from dupfind.dedup.pair_judge import PairJudge
from dupfind.dedup.pair_table import PairTable, n_pairs
from dupfind.dedup.report import CurvePoint, Parameters, Report
from dupfind.dedup.triage import triage
from dupfind.errors import DupfindError
from dupfind.progress import StartTask
from dupfind.search.open_index import OpenIndex
from dupfind.storage.new_records import last_row, remember_report
from dupfind.storage.store import Store
from dupfind.vectors.base import RowIds
from dupfind.verdict.bands import EAGER


def build_report(
    collection: OpenIndex,
    parameters: Parameters,
    *,
    max_pairs: int = MAX_PAIRS,
    pairs: Callable[[], Pairs] | None = None,
    now: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
    start_task: StartTask = lambda *_: lambda _: None,
) -> tuple[Report, int]:
    """Find the duplicate clusters of a collection.

    Records that the tracker marks as duplicates of each other form a group that counts as one record. A cluster joins
    groups and single records, every two of which have the verdict of a search. `rank_records` orders the canonicals.
    All records are compared, with any filter, because a margin depends on all neighbours of both records.

    Args:
        collection: Open.
        parameters: Which pairs to report, and how many clusters to show.
        max_pairs: The largest number of pairs at or above the threshold that is accepted.
        pairs: Returns all pairs, where other runs have computed them; None to compare the records here.
        now: Time of the report; None for the current time.
        progress: Called with the number of records compared since the last call.
        start_task: Shows the comparison of whole texts.

    Returns:
        The report, and the highest row id that it covers, for `remember`.

    Raises:
        DupfindError: There are more pairs than `max_pairs`, a minimum probability where the index's model has none, or
            no two sources to compare across.
        StoreError: The index cannot be read.
    """
    store = collection.store
    with store.reading():
        # Whoever names a probability wants all levels above it.
        mode = parameters.verdicts if parameters.min_probability is None else EAGER
        judge = PairJudge(store, start_task, verdicts=mode)
        if parameters.min_probability is not None and not judge.choice.fits:
            raise DupfindError(
                f"{collection.place} has a model without a calibration, so its pairs have no probability: run"
                " `dupfind calibrate`, or use --min-score"
            )
        gathered = gather(collection, parameters, max_pairs=max_pairs, pairs=pairs, progress=progress)
        judged = judged_table(gathered, parameters, judge)
        table = judged.table
        ranks = rank_records(store.heads(table.rows), gathered.links.targets)
        clusters = build_clusters(table, ranks, judged.probabilities, include_known=parameters.include_known)
        shown = clusters[: parameters.limit]  # None keeps all
        rows = gathered.scope.both
        now = now or datetime.now(UTC)
        lists = triage(store, gathered.links, clusters, rows, now)
        look_alikes = build_look_alikes(table, ranks)
        description = describe(store, judged, shown, look_alikes, gathered.identical, lists, judge, ranks)
        report = Report(
            created=now,
            model=store.encoding().model,
            n_records=store.n_records() if rows is None else len(rows),
            parameters=parameters,
            n_pairs=len(table),
            n_known=int((table.is_known & ~table.is_rejected).sum()),
            n_rejected=int(table.is_rejected.sum()),
            n_unremarkable=int(table.is_below_margin.sum()),
            # Recall counts all marks, but a partial report lacks most pairs.
            n_marked=0 if parameters.is_partial else _n_marked(gathered.links, rows),
            n_reached=0 if parameters.is_partial else judged.n_reached(judge),
            n_clusters=len(clusters),
            n_open=_n_open(store, clusters),
            clusters=description.clusters,
            triage=description.triage,
            siblings=description.siblings,
            series=description.series,
            identical=description.identical,
            look_alikes=description.look_alikes,
            histogram=table.histogram(parameters.min_score),
            curve=() if parameters.is_partial else _curve(table, gathered.links, rows),
        )
        return report, last_row(store)  # of the same transaction, so that `--new` misses no record


def _n_open(store: Store, clusters: Sequence[RowCluster]) -> int:
    """Return the number of clusters with a duplicate that is not closed."""
    rows = {row for cluster in clusters for row in cluster.members[1:]}
    still_open = {head.row_id for head in store.heads(rows) if head.state != "closed"}
    return sum(not still_open.isdisjoint(cluster.members[1:]) for cluster in clusters)


def remember(collection: OpenIndex, parameters: Parameters, row_id: int, now: datetime) -> None:
    """Record how far a report has come, so that the next one with the same parameters can show only new pairs.

    Raises:
        StoreLocked: Another process is writing to the collection.
        StoreError: It cannot be written.
    """
    writer = collection.store.open_writer()
    try:
        remember_report(writer, parameters.key, row_id, now)
    finally:
        writer.close()


def _curve(table: PairTable, links: MarkedClusters, rows: RowIds | None) -> tuple[CurvePoint, ...]:
    """Return precision and recall over the tracker's links between some rows; None means all rows."""
    return table.curve(table.stands_out & ~table.is_rejected, _n_marked(links, rows))


def _n_marked(links: MarkedClusters, rows: RowIds | None) -> int:
    """Return the number of pairs between some rows that the tracker marks; None means all rows."""
    chosen = None if rows is None else set(rows.tolist())
    return n_pairs(
        sum(chosen is None or row in chosen for row in cluster.members) for cluster in links.clusters
    )
