"""The clusters and the pairs of a report as lists that become tables."""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from dupfind.dedup.report import DuplicateCluster, Member, MemberPair, Report
from dupfind.tables.arrow_table import FLAG, NUMBER, TEXT, TIME, WHOLE
from dupfind.tables.result_list import ResultList

_MEMBER_KINDS = {
    "id": TEXT,
    "title": TEXT,
    "state": TEXT,
    "resolution": TEXT,
    "duplicate_of": TEXT,
    "source": TEXT,
    "project": TEXT,
    "url": TEXT,
    "created": TIME,
    "closed": TIME,
}


class ReportClusters(ResultList[DuplicateCluster]):
    """The clusters of a report; each member is a row."""

    KINDS: ClassVar = {
        "cluster": WHOLE,
        "is_canonical": FLAG,
        **_MEMBER_KINDS,
        "score": NUMBER,
        "probability": NUMBER,
        "kind": TEXT,
        "is_known": FLAG,
    }

    def rows(self) -> Iterator[dict[str, Any]]:
        """As `ResultList.rows`: the canonical of a cluster first; clusters are counted from 1."""
        for number, cluster in enumerate(self, 1):
            for place, member in enumerate(cluster.members):
                yield {
                    "cluster": number,
                    "is_canonical": place == 0,
                    **{name: getattr(member, name) for name in _MEMBER_KINDS},
                    "score": member.score,
                    "probability": cluster.probability,
                    "kind": cluster.kind,
                    "is_known": cluster.is_known,
                }

    def caption(self) -> str:
        """As `ResultList.caption`."""
        return f"{len(self):,} cluster{'s' * (len(self) != 1)} of duplicates"


class ClusterPair(NamedTuple):
    """A pair of a report.

    Attributes:
        cluster: Number of its cluster, from 1.
        first: The one member.
        second: The other one.
        pair: Score, probability and reasons.
    """

    cluster: int
    first: Member
    second: Member
    pair: MemberPair


class ReportPairs(ResultList[ClusterPair]):
    """The pairs of a report, of all its clusters."""

    KINDS: ClassVar = {
        "cluster": WHOLE,
        "first_id": TEXT,
        "second_id": TEXT,
        "first_title": TEXT,
        "second_title": TEXT,
        "first_source": TEXT,
        "second_source": TEXT,
        "score": NUMBER,
        "probability": NUMBER,
        "kind": TEXT,
        "is_known": FLAG,
        "margin": NUMBER,
    }

    def rows(self) -> Iterator[dict[str, Any]]:
        """As `ResultList.rows`: a pair is a row."""
        for number, first, second, pair in self:
            yield {
                "cluster": number,
                "first_id": first.id,
                "second_id": second.id,
                "first_title": first.title,
                "second_title": second.title,
                "first_source": first.source,
                "second_source": second.source,
                "score": pair.score,
                "probability": pair.probability,
                "kind": pair.kind,
                "is_known": pair.is_known,
                "margin": pair.margin,
            }

    def caption(self) -> str:
        """As `ResultList.caption`."""
        return f"{len(self):,} pair{'s' * (len(self) != 1)}"


def pairs_of(report: Report) -> ReportPairs:
    """Return the pairs of all clusters of a report."""
    return ReportPairs(
        ClusterPair(number, cluster.members[pair.first], cluster.members[pair.second], pair)
        for number, cluster in enumerate(report.clusters, 1)
        for pair in cluster.pairs
    )
