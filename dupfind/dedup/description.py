"""Clusters of row ids as a report shows them: records, probabilities, and comparisons of the two texts of a pair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dupfind.decisions import Side
from dupfind.dedup.clusters import RowCluster
from dupfind.dedup.pair_table import PairTable
from dupfind.dedup.probabilities import Probabilities
from dupfind.dedup.report import Bridge, DuplicateCluster, LookAlikes, Member, MemberPair
from dupfind.records import Record
from dupfind.results import Pair
from dupfind.storage import source_state
from dupfind.storage.store import Store
from dupfind.text.composition import ComposedText
from dupfind.text.explanations import compare, rarities

_MAX_EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class Description:
    """The parts of a report that name records, in the order of the clusters and groups they were made from."""

    clusters: tuple[DuplicateCluster, ...]
    look_alikes: tuple[LookAlikes, ...]


@dataclass(frozen=True, slots=True)
class _Details:
    """The data in the database about the rows of a report.

    Attributes:
        records: By row id.
        kinds: The kind of each source, by its name.
        texts: The composed texts of all members of clusters, by row id.
        rarity: How rare each word is among these texts.
        probabilities: By the place of the pair in the table; empty without a calibration.
    """

    records: Mapping[int, Record]
    kinds: Mapping[str, str]
    texts: Mapping[int, ComposedText]
    rarity: Mapping[str, float]
    probabilities: Mapping[int, float | None]


def describe(
    store: Store,
    table: PairTable,
    clusters: Sequence[RowCluster],
    look_alikes: Sequence[Sequence[int]],
    probabilities: Probabilities | None,
) -> Description:
    """Read the records of clusters and look-alikes, all at once, and describe them.

    Args:
        store: In a read transaction.
        table: The pairs that the clusters were formed from.
        clusters: The clusters to show.
        look_alikes: Groups of row ids, the centre first.
        probabilities: The collection's calibration; None if it has none.

    Raises:
        StoreError: A record cannot be read.
    """
    members = {row for cluster in clusters for row in cluster.members}
    bridged = {row for cluster in clusters for bridge in cluster.bridges for row in bridge[:2]}
    examples = [group[:_MAX_EXAMPLES] for group in look_alikes]
    texts = {row: store.text(row) for row in sorted(members)}
    details = _Details(
        records=store.records(sorted(members.union(bridged, *examples))),
        kinds={source.name: source.kind for source in source_state.summaries(store)},
        texts=texts,
        rarity=rarities(texts.values()),
        probabilities=_probabilities(table, clusters, probabilities),
    )
    return Description(
        clusters=tuple(_cluster(cluster, table, details) for cluster in clusters),
        look_alikes=tuple(
            LookAlikes(len(group), tuple(_member(row, details) for row in rows))
            for group, rows in zip(look_alikes, examples, strict=True)
        ),
    )


def _probabilities(
    table: PairTable, clusters: Sequence[RowCluster], probabilities: Probabilities | None
) -> dict[int, float | None]:
    """Return the probability of each pair of the clusters, by its place in the table."""
    if probabilities is None:
        return {}
    places = [place for cluster in clusters for place in cluster.pairs]
    pairs = [
        Pair(int(table.first[place]), int(table.second[place]), float(table.scores[place]))
        for place in places
    ]
    return dict(zip(places, probabilities(pairs), strict=True))


def _cluster(cluster: RowCluster, table: PairTable, details: _Details) -> DuplicateCluster:
    position = {row: at for at, row in enumerate(cluster.members)}
    weakest = cluster.weakest
    return DuplicateCluster(
        members=tuple(_member(row, details, cluster.scores.get(row)) for row in cluster.members),
        pairs=tuple(_pair(place, position, table, details) for place in cluster.pairs),
        splits_above=None if weakest is None else weakest.score,
        weakest=None if weakest is None else (position[weakest.first], position[weakest.second]),
        margin=round(cluster.margin, 6),
        is_known=len(cluster.roots) == 1,  # only a known group has a single root
        bridges=tuple(_bridge(pair, position, details) for pair in cluster.bridges),
    )


def _pair(place: int, position: Mapping[int, int], table: PairTable, details: _Details) -> MemberPair:
    rows = (int(table.first[place]), int(table.second[place]))
    first, second = sorted(rows, key=position.__getitem__)  # in the order of the members, as people read them
    return MemberPair(
        first=position[first],
        second=position[second],
        score=float(table.scores[place]),
        margin=round(float(table.margins[place]), 6),
        probability=details.probabilities.get(place),
        # bool, because json cannot write numpy.bool.
        is_known=bool(table.first_root[place] == table.second_root[place]),
        reasons=compare(details.texts[first], details.texts[second], details.rarity),
    )


def _bridge(pair: Pair, position: Mapping[int, int], details: _Details) -> Bridge:
    inside, outside = pair[:2] if pair.first in position else (pair.second, pair.first)
    return Bridge(position[inside], _member(outside, details), pair.score)


def _member(row: int, details: _Details, score: float | None = None) -> Member:
    record = details.records[row]
    return Member(
        source=record.source,
        kind=details.kinds[record.source],
        project=record.project,
        id=record.id,
        title=record.title,
        fingerprint=Side.of(record).fingerprint,
        state=record.state,
        url=record.url,
        created=record.created,
        duplicate_of=record.duplicate_of[0].id if record.duplicate_of else None,
        score=score,
        resolution=record.resolution,
        closed=record.closed,
    )
