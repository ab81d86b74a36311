"""Clusters of row ids as a report shows them: records, probabilities, and comparisons of the two texts of a pair."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from dupfind.clustering.canonical_rank import Rank
from dupfind.clustering.union_find import UnionFind
from dupfind.decisions import Side
from dupfind.dedup.clusters import RowCluster
from dupfind.dedup.judged_table import JudgedTable
from dupfind.dedup.pair_judge import PairJudge
from dupfind.dedup.pair_table import PairTable
from dupfind.dedup.report import (
    MAX_BODY,
    Bridge,
    DuplicateCluster,
    LookAlikes,
    Member,
    MemberPair,
    Siblings,
    Triage,
)
from dupfind.dedup.triage import MAX_LISTED, RowTriage
from dupfind.records import Record
from dupfind.results import Difference, Pair
from dupfind.storage import source_state
from dupfind.storage.store import Store
from dupfind.text.composition import ComposedText
from dupfind.text.explanations import compare, rarities
from dupfind.verdict.judgement import Judgement, age_key

_MAX_EXAMPLES = 4
_MAX_TWINS = 20


@dataclass(frozen=True, slots=True)
class Description:
    """The parts of a report that name records, in the order of the clusters and groups they were made from."""

    clusters: tuple[DuplicateCluster, ...]
    siblings: tuple[Siblings, ...]
    series: tuple[LookAlikes, ...]
    identical: tuple[LookAlikes, ...]
    look_alikes: tuple[LookAlikes, ...]
    triage: Triage


@dataclass(frozen=True, slots=True)
class _Details:
    """The data in the database about the rows of a report.

    Attributes:
        records: By row id.
        kinds: The kind of each source, by its name.
        texts: The composed texts of all members of clusters, by row id.
        rarity: How rare each word is among these texts.
        judgements: By the place of the pair in the table.
        fits: Whether the evidence holds for the index's model.
    """

    records: Mapping[int, Record]
    kinds: Mapping[str, str]
    texts: Mapping[int, ComposedText]
    rarity: Mapping[str, float]
    judgements: Mapping[int, Judgement]
    fits: bool


def describe(
    store: Store,
    judged: JudgedTable,
    clusters: Sequence[RowCluster],
    look_alikes: Sequence[Sequence[int]],
    identical: Sequence[Sequence[int]],
    lists: RowTriage,
    judge: PairJudge,
    ranks: Mapping[int, Rank],
) -> Description:
    """Read the records of clusters, siblings and look-alikes, all at once, and describe them.

    Args:
        store: In a read transaction.
        judged: The pairs that the clusters were formed from.
        clusters: The clusters to show.
        look_alikes: Groups of row ids, the centre first.
        identical: Groups of row ids with one text.
        lists: The lists to work through.
        judge: Judges the known pairs of the clusters.
        ranks: The rank of every row of the table; it settles ties.

    Raises:
        StoreError: A record cannot be read.
    """
    table = judged.table
    members = {row for cluster in clusters for row in cluster.members}
    bridged = {row for cluster in clusters for bridge in cluster.bridges for row in bridge[:2]}
    apart, series = _by_difference(judged, ranks), _series(judged, ranks)
    twins = [_rows(table, place) for places in apart.values() for place in places[:_MAX_TWINS]]
    groups = [[rows[:_MAX_EXAMPLES] for rows in each] for each in (look_alikes, identical, series)]
    named = (row for each in (*twins, *(rows for group in groups for rows in group)) for row in each)
    texts = {row: store.text(row) for row in sorted(members)}
    details = _Details(
        records=store.records(sorted(members.union(bridged, named, lists.rows))),
        kinds=source_state.kinds(store),
        texts=texts,
        rarity=rarities(texts.values()),
        judgements=_judgements(judged, clusters, judge),
        fits=judge.choice.fits,
    )
    return Description(
        clusters=tuple(_cluster(cluster, table, details) for cluster in clusters),
        siblings=tuple(
            Siblings(
                kind,
                len(places),
                tuple(_twins(place, judged, details) for place in places[:_MAX_TWINS]),
            )
            for kind, places in apart.items()
        ),
        series=_groups(series, details),
        identical=_groups(identical, details),
        look_alikes=_groups(look_alikes, details),
        triage=Triage(
            n_still_open=len(lists.still_open),
            still_open=tuple(
                (_member(row, details), _member(canonical, details))
                for row, canonical in lists.still_open[:MAX_LISTED]
            ),
            most_reported=tuple(
                (_member(row, details), n_duplicates)
                for row, n_duplicates in lists.most_reported[:MAX_LISTED]
            ),
            bursts=tuple(place + 1 for place in lists.bursts if place < len(clusters)),
        ),
    )


def _groups(groups: Sequence[Sequence[int]], details: _Details) -> tuple[LookAlikes, ...]:
    return tuple(
        LookAlikes(len(rows), tuple(_member(row, details) for row in rows[:_MAX_EXAMPLES])) for rows in groups
    )


def _by_difference(judged: JudgedTable, ranks: Mapping[int, Rank]) -> dict[str, list[int]]:
    """Return the places of sibling pairs by the kind of what differs, the largest group first."""
    groups: dict[str, list[int]] = {}
    for place in judged.apart("sibling", ranks):
        difference = judged.judgements[place].difference
        if difference is not None:
            groups.setdefault(difference.kind, []).append(place)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def _series(judged: JudgedTable, ranks: Mapping[int, Rank]) -> list[list[int]]:
    """Return the rows of each series, the largest group first."""
    joined = UnionFind()
    rows: set[int] = set()
    for place in judged.apart("recurring", ranks):
        first, second = _rows(judged.table, place)
        joined.add(first, [second])
        rows |= {first, second}
    groups: dict[Hashable, list[int]] = {}
    for row in sorted(rows, key=ranks.__getitem__):
        groups.setdefault(joined.find(row), []).append(row)
    return sorted(
        groups.values(), key=len, reverse=True
    )  # stable: equal ones by the rank of their first rows


def _twins(place: int, judged: JudgedTable, details: _Details) -> tuple[Member, Member, Difference]:
    """Return a sibling pair, the older first, with what differs in the same order."""
    difference = judged.judgements[place].difference
    assert difference is not None
    rows = _rows(judged.table, place)
    older, newer = sorted(rows, key=lambda row: age_key(details.records[row]))
    # The judge compares the newer record with the older one.
    return (
        _member(older, details),
        _member(newer, details),
        Difference(difference.kind, difference.right, difference.left),
    )


def _rows(table: PairTable, place: int) -> tuple[int, int]:
    return int(table.first[place]), int(table.second[place])


def _judgements(
    judged: JudgedTable, clusters: Sequence[RowCluster], judge: PairJudge
) -> dict[int, Judgement]:
    """Return the judgement of each pair of the clusters, by its place in the table."""
    places = [place for cluster in clusters for place in cluster.pairs]
    table = judged.table
    found = judge.judgements(
        [_rows(table, place) for place in places], [float(table.scores[place]) for place in places]
    )
    return {place: one for place, one in zip(places, found, strict=True) if one is not None}


def _cluster(cluster: RowCluster, table: PairTable, details: _Details) -> DuplicateCluster:
    position = {row: at for at, row in enumerate(cluster.members)}
    weakest = cluster.weakest
    best = None if cluster.best is None else details.judgements.get(cluster.best)
    return DuplicateCluster(
        members=tuple(
            replace(_member(row, details, cluster.scores.get(row)), body=_body(details.records[row]))
            for row in cluster.members
        ),
        pairs=tuple(_pair(place, position, table, details) for place in cluster.pairs),
        splits_above=None if weakest is None else weakest.score,
        # In the order of the members, as `_pair`.
        weakest=None if weakest is None else _in_order(position[weakest.first], position[weakest.second]),
        margin=round(cluster.margin, 6),
        is_known=len(cluster.roots) == 1,  # only a known group has a single root
        bridges=tuple(_bridge(pair, position, details) for pair in cluster.bridges),
        probability=_probability(best, details),
        kind=None if best is None else best.kind,
    )


def _in_order(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _pair(place: int, position: Mapping[int, int], table: PairTable, details: _Details) -> MemberPair:
    first, second = sorted(_rows(table, place), key=position.__getitem__)  # in the order of the members
    judgement = details.judgements.get(place)
    return MemberPair(
        first=position[first],
        second=position[second],
        score=float(table.scores[place]),
        margin=round(float(table.margins[place]), 6),
        probability=_probability(judgement, details),
        # bool, because json cannot write numpy.bool.
        is_known=bool(table.first_root[place] == table.second_root[place]),
        reasons=compare(details.texts[first], details.texts[second], details.rarity),
        kind=None if judgement is None else judgement.kind,
    )


def _probability(judgement: Judgement | None, details: _Details) -> float | None:
    """Return the probability as a search shows it: for a model without evidence only that of copies."""
    if judgement is None or not (details.fits or judgement.kind == "copy"):
        return None
    return round(judgement.probability, 6)


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


def _body(record: Record) -> str:
    return record.body if len(record.body) <= MAX_BODY else f"{record.body[:MAX_BODY]} …"
