"""A duplicate report as one frozen value, from which every output format is drawn."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dupfind.dedup.defaults import MIN_MARGIN, MIN_SCORE
from dupfind.results import Difference
from dupfind.tables.arrow_table import ArrowTable
from dupfind.text.explanations import Reasons
from dupfind.verdict.bands import BALANCED

if TYPE_CHECKING:
    from dupfind.dedup.report_tables import ReportClusters, ReportPairs

MAX_BODY = 4_000
"""Characters of a body that a report holds."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Which pairs a report covers, and how much of them it shows; None means no restriction.

    Attributes:
        min_score: Cosine similarity at or above which two records are a pair.
        min_margin: Margin at or above which a pair stands out from its neighbourhood; None to leave that to the
            verdict, or `MIN_MARGIN` where the index's model has no calibration.
        verdicts: How readily a pair is called possible, one of `verdict.bands.MODES`.
        shown: The mode whose `POSSIBLE` a pair must reach to be shown; None for `verdicts`.
        min_probability: Probability at or above which a pair counts; None for that of `shown`.
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
    min_margin: float | None = None
    min_probability: float | None = None
    state: str | None = None
    project: str | None = None
    source: str | None = None
    since: datetime | None = None
    limit: int | None = None
    include_known: bool = False
    new: bool = False
    across: bool = False
    verdicts: str = BALANCED
    shown: str | None = None

    @property
    def margin(self) -> float:
        """The margin by which a pair stands out where no verdict decides."""
        return MIN_MARGIN if self.min_margin is None else self.min_margin

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
        body: Of a member of a cluster, its first `MAX_BODY` characters and "…" if there are more; else "".
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
    body: str = ""


@dataclass(frozen=True, slots=True)
class MemberPair:
    """Two members of a cluster.

    Attributes:
        first: Index into the members; the smaller of the two.
        second: Index of the other member.
        score: Cosine similarity, rounded to six places.
        margin: How far the score lies above the neighbourhoods of both, rounded to six places.
        probability: That they are duplicates; None where it is not known.
        is_known: Whether the tracker marks them as duplicates, directly or through other records.
        reasons: Arguments for and against a duplicate, from their texts.
        kind: "copy", "duplicate", "regression", "declined", "sibling" or "recurring"; None where it is not known.
    """

    first: int
    second: int
    score: float
    margin: float
    probability: float | None
    is_known: bool
    reasons: Reasons
    kind: str | None = None


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
        probability: Of its likeliest new pair; None where it is not known.
        kind: Of that pair.
    """

    members: tuple[Member, ...]
    pairs: tuple[MemberPair, ...]
    splits_above: float | None
    weakest: tuple[int, int] | None
    margin: float
    is_known: bool
    bridges: tuple[Bridge, ...]
    probability: float | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Siblings:
    """Pairs that look like duplicates but for one thing of a kind, such as the platform.

    Attributes:
        kind: The kind of what differs.
        n_pairs: The number of such pairs.
        examples: Some of them, the most alike first, each with what differs.
    """

    kind: str
    n_pairs: int
    examples: tuple[tuple[Member, Member, Difference], ...]


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
class Triage:
    """Lists that a maintainer works through.

    Attributes:
        n_still_open: Open records that the tracker marks as duplicates of a closed canonical.
        still_open: Some of them, each with that canonical.
        most_reported: Canonicals with the number of their marked duplicates, most first.
        bursts: Numbers, from 1, of clusters of which three or more records are of the last week.
    """

    n_still_open: int = 0
    still_open: tuple[tuple[Member, Member], ...] = ()
    most_reported: tuple[tuple[Member, int], ...] = ()
    bursts: tuple[int, ...] = ()


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
        n_open: Clusters of them with a duplicate that is not closed.
        n_marked: Pairs of compared records that the tracker marks, also below the threshold; 0 for a partial report.
        n_reached: Marked pairs that the report would show if nobody had marked them.
        clusters: Clusters with an open duplicate first, then by probability and margin. Known ones come last.
        triage: Lists to work through.
        siblings: Pairs that one thing sets apart, by the kind of that thing; most pairs first.
        series: Records that say the same and are filed again and again, largest group first.
        identical: Large groups of records with the same text, largest first; one of each group was compared.
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
    n_marked: int
    n_reached: int
    n_clusters: int
    n_open: int
    clusters: tuple[DuplicateCluster, ...]
    triage: Triage
    siblings: tuple[Siblings, ...]
    series: tuple[LookAlikes, ...]
    identical: tuple[LookAlikes, ...]
    look_alikes: tuple[LookAlikes, ...]
    histogram: tuple[Bin, ...]
    curve: tuple[CurvePoint, ...]

    def pairs(self) -> "ReportPairs":
        """Return the pairs of all clusters, as a list that has `to_dicts` and `to_arrow`."""
        from dupfind.dedup.report_tables import pairs_of  # which imports this module

        return pairs_of(self)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a dict for each member of a cluster, with the number of its cluster."""
        return self._members().to_dicts()

    def to_arrow(self) -> ArrowTable:
        """Return the members of the clusters for a DataFrame: `polars.DataFrame(report.to_arrow())`."""
        return self._members().to_arrow()

    def _members(self) -> "ReportClusters":
        from dupfind.dedup.report_tables import ReportClusters

        return ReportClusters(self.clusters)

    def _repr_html_(self) -> str:
        return self._members()._repr_html_()
