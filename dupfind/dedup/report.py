"""Report: all that a report tells of an index, in one frozen value that every form is drawn from."""

from dataclasses import dataclass
from datetime import datetime

from dupfind.text.explanations import Reasons


@dataclass(frozen=True, slots=True)
class Parameters:
    """What was asked for; None means that nothing was asked.

    Attributes:
        min_score: Cosine similarity at or above which two records are a pair.
        min_margin: Margin at or above which a pair stands out of its neighbourhood.
        min_probability: Calibrated chance at or above which a pair counts.
        state: Only records in this state.
        project: Only records of this project; across sources, only pairs with such a record.
        source: Only records of this source; across sources, only pairs with such a record.
        since: Only pairs with a record created at or after this moment.
        limit: Clusters that are shown.
        include_known: Whether pairs are shown that the tracker marks already.
        new: Whether only pairs are shown with a record that came after the last such report.
        across: Whether only pairs count whose records are of two different sources.
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


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a cluster.

    Attributes:
        source: The source that it was read from, and `kind` what that is.
        project: Its project there, or None.
        id: Its id there.
        title: As its tracker has it.
        fingerprint: Of its title and body, as decisions name it.
        state: "open", "closed" or None.
        url: As its tracker has it, whatever that is, or None.
        created: Time of creation, UTC, or None.
        duplicate_of: Id of the record that the tracker marks it a duplicate of, or None.
        score: Its score with the canonical, or its best with one that is marked as the canonical's duplicate; None for
            the canonical, and for a record that stands here by its mark alone.
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


@dataclass(frozen=True, slots=True)
class MemberPair:
    """Two members of a cluster.

    Attributes:
        first: Place of one among the members, the smaller.
        second: Place of the other.
        score: Cosine similarity, rounded to six places.
        margin: How far the score lies above the neighbourhoods of both.
        probability: Calibrated chance that they are duplicates, None without a calibration.
        is_known: Whether the tracker marks them as duplicates, directly or over others.
        reasons: What they have in common.
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
    """A member's pair with a record that is not near all of its cluster.

    Attributes:
        member: Place among the members.
        outside: The other record.
        score: Their cosine similarity.
    """

    member: int
    outside: Member
    score: float


@dataclass(frozen=True, slots=True)
class DuplicateCluster:
    """Records that are probably one.

    Attributes:
        members: The canonical first, then the nearest to it; known duplicates stand after their own.
        pairs: All pairs of members at or above the threshold, highest score first.
        splits_above: The threshold above which it is no longer one cluster: the score of `weakest`. None where the
            tracker's marks alone hold it together.
        weakest: Places of the members that hold it together at that threshold, or None.
        margin: The largest of its pairs.
        is_known: Whether the tracker marks all of it.
        bridges: Ways on to other records, best first.
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
    """Many records that are all very near one of them: a template's, or one bug reported many times.

    Attributes:
        n_records: How many.
        examples: That one, and the nearest to it.
    """

    n_records: int
    examples: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of like scores.

    Attributes:
        low: Their lowest score; the next bin begins where this one ends.
        n_known: Those that the tracker marks.
        n_new: The others.
    """

    low: float
    n_known: int
    n_new: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a threshold would find of the marked pairs.

    Attributes:
        score: The threshold.
        precision: Share of the pairs at or above it that are marked: a lower bound, since trackers do not mark all.
        recall: Share of all marked pairs that are at or above it.
    """

    score: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Report:
    """The duplicates of a whole index.

    Attributes:
        created: When it was made, UTC.
        model: That made the vectors.
        n_records: Live records that were compared.
        parameters: What was asked for.
        n_pairs: Pairs at or above the threshold, before all that follows.
        n_known: Those of them that the tracker marks already.
        n_rejected: Those that a person has called different.
        n_unremarkable: Those that do not stand out of their neighbourhood; they are left out.
        n_clusters: Clusters that were found, more than are here where a limit cut them.
        clusters: Those with a duplicate that is not closed first, then by their margin; at last the known ones.
        look_alikes: Large groups among the pairs that do not stand out, largest first.
        histogram: Of all pairs, lowest score first.
        curve: Of the pairs that stand out, over the tracker's own marks, highest threshold first; empty where there are
            no marks, and where only some pairs were looked at.
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
