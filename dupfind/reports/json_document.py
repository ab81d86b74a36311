"""A report as JSON, and as JSON Lines with one cluster per line."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dupfind.dedup.report import DuplicateCluster, LookAlikes, Member, MemberPair, Report, Siblings, Triage
from dupfind.reports.display import moment

SCHEMA_VERSION = 1


def json_document(report: Report) -> str:
    """Return one object: parameters, counts, clusters, and the pairs of all clusters as a flat list, too."""
    return json.dumps(_document(report), indent=2) + "\n"


def json_lines(report: Report) -> str:
    """Return one object per cluster."""
    clusters = enumerate(report.clusters, start=1)
    return "".join(
        json.dumps({"schema_version": SCHEMA_VERSION, **_cluster(n, cluster)}) + "\n"
        for n, cluster in clusters
    )


def _document(report: Report) -> dict[str, Any]:
    parameters = asdict(report.parameters)
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": moment(report.created),
        "index": {"records": report.n_records, "model": report.model},
        "parameters": parameters | {"since": moment(report.parameters.since)},
        "counts": {
            "pairs": report.n_pairs,
            "known_pairs": report.n_known,
            "rejected_pairs": report.n_rejected,
            "unremarkable_pairs": report.n_unremarkable,
            "clusters": report.n_clusters,
            "clusters_shown": len(report.clusters),
            "marked_pairs": report.n_marked,
            "marked_pairs_reached": report.n_reached,
        },
        "clusters": [_cluster(n, cluster) for n, cluster in enumerate(report.clusters, start=1)],
        "pairs": [
            {"cluster": n, **_ends(cluster, pair), **_numbers(pair)}
            for n, cluster in enumerate(report.clusters, start=1)
            for pair in cluster.pairs
        ],
        "triage": _triage(report.triage),
        "siblings": [_siblings(group) for group in report.siblings],
        "series": _groups(report.series),
        "identical": _groups(report.identical),
        "look_alikes": _groups(report.look_alikes),
        "histogram": [asdict(bin) for bin in report.histogram],
        "curve": [asdict(point) for point in report.curve],
    }


def _cluster(number: int, cluster: DuplicateCluster) -> dict[str, Any]:
    ends = cluster.weakest
    return {
        "cluster": number,
        "known": cluster.is_known,
        "probability": cluster.probability,
        "kind": cluster.kind,
        "margin": cluster.margin,
        "splits_above": cluster.splits_above,
        "weakest": None if ends is None else [_name(cluster.members[end]) for end in ends],
        "canonical": _name(cluster.members[0]),
        "members": [{**_record(member), "score": member.score} for member in cluster.members],
        "pairs": [{**_ends(cluster, pair), **_numbers(pair), **_reasons(pair)} for pair in cluster.pairs],
        "bridges": [
            {
                "member": _name(cluster.members[bridge.member]),
                "outside": _record(bridge.outside),
                "score": bridge.score,
            }
            for bridge in cluster.bridges
        ],
    }


def _triage(triage: Triage) -> dict[str, Any]:
    return {
        "still_open_total": triage.n_still_open,
        "still_open": [
            {"duplicate": _record(duplicate), "canonical": _record(canonical)}
            for duplicate, canonical in triage.still_open
        ],
        "most_reported": [
            {**_record(member), "duplicates": n_duplicates} for member, n_duplicates in triage.most_reported
        ],
        "bursts": list(triage.bursts),
    }


def _siblings(group: Siblings) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "pairs": group.n_pairs,
        "examples": [
            {
                "first": _record(first),
                "second": _record(second),
                "difference": {"first": difference.left, "second": difference.right},
            }
            for first, second, difference in group.examples
        ],
    }


def _groups(groups: Sequence[LookAlikes]) -> list[dict[str, Any]]:
    return [
        {"records": group.n_records, "examples": [_record(member) for member in group.examples]}
        for group in groups
    ]


def _name(member: Member) -> dict[str, Any]:
    return {"source": member.source, "project": member.project, "id": member.id}


def _record(member: Member) -> dict[str, Any]:
    return {
        **_name(member),
        "title": member.title,
        "fingerprint": member.fingerprint,
        "state": member.state,
        "resolution": member.resolution,
        "url": member.url,
        "created_at": moment(member.created),
        "closed_at": moment(member.closed),
        "duplicate_of": member.duplicate_of,
    }


def _ends(cluster: DuplicateCluster, pair: MemberPair) -> dict[str, Any]:
    return {"first": _name(cluster.members[pair.first]), "second": _name(cluster.members[pair.second])}


def _numbers(pair: MemberPair) -> dict[str, Any]:
    return {
        "score": pair.score,
        "margin": pair.margin,
        "probability": pair.probability,
        "kind": pair.kind,
        "known": pair.is_known,
    }


def _reasons(pair: MemberPair) -> dict[str, Any]:
    reasons = pair.reasons
    return {
        "sentences": [
            {side: "".join(text for text, _ in getattr(aligned, side)) for side in ("left", "right")}
            for aligned in reasons.sentences
        ],
        "words": list(reasons.words),
        "facts": [asdict(fact) for fact in reasons.facts],
    }
