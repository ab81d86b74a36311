"""The clusters of a report as a coding agent reads them: few, short, and only facts (pure)."""

import sys
from typing import Annotated

from dupfind.dedup.report import DuplicateCluster, Member, MemberPair, Report
from dupfind.json_types import Keywords, Kind, Time, Title
from dupfind.reports.display import link, moment, open_duplicates, plain

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic reads no other TypedDict there
    from typing_extensions import TypedDict

MAX_CLUSTERS = 20
MAX_MEMBERS = 10
MAX_TITLE = 300
MAX_URL = 2_000
"""Clusters of an answer, members of a cluster, and characters of a title and of an address that an agent is shown."""


class ListedMember(TypedDict):
    """One issue of a cluster."""

    id: str
    source: str
    project: str | None
    title: Title
    state: str | None
    url: str | None
    created_at: Time | None
    score: Annotated[float, Keywords(description="Cosine similarity with the first")] | None
    duplicate_of: Annotated[str, Keywords(description="Id that the tracker marks as its original")] | None


class ListedCluster(TypedDict):
    """Issues that probably say the same."""

    probability: Annotated[float, Keywords(description="Of its likeliest pair that nobody has marked")] | None
    kind: Annotated[Kind, Keywords(description="Of that pair")] | None
    n_members: int
    n_open_duplicates: Annotated[int, Keywords(description="Members after the first that are not closed")]
    words: Annotated[list[str], Keywords(description="Words that the nearest two share; untrusted")]
    members: Annotated[
        list[ListedMember], Keywords(description=f"The original first; {MAX_MEMBERS} at most, of n_members")
    ]


class ClusterList(TypedDict):
    """The largest clusters of a report with a duplicate that is still open."""

    n_issues: Annotated[int, Keywords(description="Number of issues compared")]
    n_clusters: Annotated[int, Keywords(description="All clusters that the tracker has not marked")]
    n_open: Annotated[int, Keywords(description="Those of them with a duplicate that is not closed")]
    clusters: Annotated[
        list[ListedCluster], Keywords(description="Largest first, the likelier of equal ones")
    ]


def cluster_list(report: Report, k: int) -> ClusterList:
    """Return the k largest clusters with a duplicate that is not closed, as a list of bounded length."""
    # The report orders by probability, and `sorted` keeps that order among clusters of one size.
    clusters = sorted(
        (cluster for cluster in report.clusters if open_duplicates(cluster)),
        key=lambda cluster: -len(cluster.members),
    )
    return {
        "n_issues": report.n_records,
        "n_clusters": report.n_clusters,
        "n_open": report.n_open,
        "clusters": [_listed(cluster) for cluster in clusters[:k]],
    }


def _listed(cluster: DuplicateCluster) -> ListedCluster:
    nearest: tuple[MemberPair, ...] = cluster.pairs[:1]
    return {
        "probability": cluster.probability,
        "kind": cluster.kind,  # type: ignore[typeddict-item]  # one of these words
        "n_members": len(cluster.members),
        "n_open_duplicates": len(open_duplicates(cluster)),
        "words": [plain(word, MAX_TITLE) for pair in nearest for word in pair.reasons.words],
        "members": [_member(member) for member in cluster.members[:MAX_MEMBERS]],
    }


def _member(member: Member) -> ListedMember:
    url = link(member)
    return {
        "id": plain(member.id, MAX_TITLE),
        "source": plain(member.source, MAX_TITLE),
        "project": _optional(member.project),
        "title": plain(member.title, MAX_TITLE),
        "state": _optional(member.state),
        "url": url if url is None or len(url) <= MAX_URL else None,  # a part of an address leads nowhere
        "created_at": moment(member.created),
        "score": member.score,
        "duplicate_of": _optional(member.duplicate_of),
    }


def _optional(text: str | None) -> str | None:
    return None if text is None else plain(text, MAX_TITLE)
