"""A duplicate report as one frozen value, from which every output format is drawn."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from dupfind.dedup.defaults import MIN_SCORE
from dupfind.text.explanations import Reasons


@dataclass(frozen=True, slots=True)
class Parameters:
    """Which pairs a report covers, and how much of them it shows; None means no restriction.

    Attributes:
        min_score: Cosine similarity at or above which two records are a pair.
        min_margin: Margin at or above which a pair stands out from its neighbourhood.
        min_probability: Calibrated probability at or above which a pair counts.
        state: Only records in this state.
        project: Only records of this project; across sources, only pairs with such a record.
        source: Only records of this source; across sources, only pairs with such a record.
        since: Only pairs with a record created at or after this time.
        limit: The largest number of clusters to show.
        include_known: Whether to show duplicates that the tracker already marks.
        new: Whether to show only pairs with a record added since the last such report.
        across: Whether to use only pairs of records from two different sources.
    """

    min_score: float
    min_margin: float
    min_probability: float | None = None
    state: str | None = None
    project: str | None = None
    source: str | None = None
    since: datetime | None = None
    limit: int | None = None
    include_known: bool = False
    new: bool = False
    across: bool = False

    @property
    def lowest_score(self) -> float:
        """The score from which pairs are gathered. A higher `min_score` does not raise it, nor change a margin."""
        return min(self.min_score, MIN_SCORE)

    @property
    def is_partial(self) -> bool:
        """Whether only some pairs of the chosen records are looked at."""
        return self.new or self.across or self.since is not None

    @property
    def key(self) -> str:
        """The parameters that two reports of one kind share: all but `new` and `limit`."""
        # A primary key in the database, so equal parameters must give equal text.
        return json.dumps(asdict(self) | {"new": None, "limit": None}, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a cluster.

    Attributes:
        source: Name of the source that it was read from.
        kind: The kind of that source, such as "github".
        project: Its project in the source, or None.
        id: Its id in the source.
        title: Unchanged from the tracker.
        fingerprint: Of its title and body, as decisions use it.
        state: "open", "closed" or None.
        url: Unchanged from the tracker, so not necessarily a link; or None.
        created: Time of creation, UTC, or None.
        duplicate_of: Id of the record that the tracker marks it a duplicate of, or None.
        score: Its score with the canonical, or its best score with a record marked as the canonical's duplicate. None
            for the canonical, and for a record that only the tracker's mark puts here.
        resolution: The tracker's word for how it was closed, or None.
        closed: Time of its closing, UTC, or None.
    """

    source: str
    kind: str
    project: str | None
    id: str
    title: str
    fingerprint: str
    state: str | None
    url: str | None
    created: datetime | None
    duplicate_of: str | None
    score: float | None
    resolution: str | None = None
    closed: datetime | None = None


@dataclass(frozen=True, slots=True)
class MemberPair:
    """Two members of a cluster.

    Attributes:
        first: Index into the members; the smaller of the two.
        second: Index of the other member.
        score: Cosine similarity, rounded to six places.
        margin: How far the score lies above the neighbourhoods of both, rounded to six places.
        probability: Calibrated probability that they are duplicates; None without a calibration.
        is_known: Whether the tracker marks them as duplicates, directly or through other records.
        reasons: Arguments for and against a duplicate, from their texts.
    """

    first: int
    second: int
    score: float
    margin: float
    probability: float | None
    is_known: bool
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class Bridge:
    """A pair of a member and a record outside, which is not near every member.

    Attributes:
        member: Index into the members.
        outside: The other record.
        score: Their cosine similarity.
    """

    member: int
    outside: Member
    score: float


@dataclass(frozen=True, slots=True)
class DuplicateCluster:
    """Records that probably describe the same issue.

    Attributes:
        members: The canonical first, then the others, nearest first. Marked duplicates follow their own canonical.
        pairs: All pairs of members at or above the threshold, highest score first.
        splits_above: The threshold above which the cluster splits: the score of `weakest`. None if only the tracker's
            marks hold the cluster together.
        weakest: Indices of the two members with the lowest score that still holds the cluster together, or None.
        margin: The largest margin of its pairs.
        is_known: Whether the tracker marks all members as duplicates.
        bridges: Pairs with records outside, best first.
    """

    members: tuple[Member, ...]
    pairs: tuple[MemberPair, ...]
    splits_above: float | None
    weakest: tuple[int, int] | None
    margin: float
    is_known: bool
    bridges: tuple[Bridge, ...]


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Many records that are all very near one of them: one template, or one bug reported many times.

    Attributes:
        n_records: The size of the group.
        examples: The record in the centre, then the nearest to it.
    """

    n_records: int
    examples: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """The number of pairs in a range of scores.

    Attributes:
        low: The lower end of the range; the next bin begins at the upper end.
        n_known: Pairs that the tracker marks.
        n_new: All other pairs.
    """

    low: float
    n_known: int
    n_new: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Precision and recall of a threshold, measured on the tracker's marks.

    Attributes:
        score: The threshold.
        precision: Share of the pairs at or above it that are marked. A lower bound: trackers do not mark every pair.
        recall: Share of all marked pairs that are at or above it.
    """

    score: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Report:
    """The duplicates of a whole index.

    Attributes:
        created: Time of the report, UTC.
        model: Name of the model that made the vectors.
        n_records: Live records that were compared.
        parameters: Which pairs were chosen.
        n_pairs: Chosen pairs at or above the threshold, before any is left out.
        n_known: Pairs of them that the tracker already marks.
        n_rejected: Pairs of them that a person called different.
        n_unremarkable: Pairs of them that are left out because they do not stand out from their neighbourhood.
        n_clusters: All clusters; more than `clusters` holds if a limit applies.
        clusters: Clusters with an open duplicate first, then by margin. Known ones come last.
        look_alikes: Large groups among the pairs that do not stand out, largest first.
        histogram: Of all chosen pairs, lowest score first.
        curve: Of the pairs that stand out, highest threshold first. Empty without marks, and for a partial report.
    """

    created: datetime
    model: str
    n_records: int
    parameters: Parameters
    n_pairs: int
    n_known: int
    n_rejected: int
    n_unremarkable: int
    n_clusters: int
    clusters: tuple[DuplicateCluster, ...]
    look_alikes: tuple[LookAlikes, ...]
    histogram: tuple[Bin, ...]
    curve: tuple[CurvePoint, ...]
