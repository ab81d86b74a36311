"""A report as plain text for a terminal."""

from collections.abc import Iterator

from dupfind.dedup.report import DuplicateCluster, Report
from dupfind.reports.display import day, has_several_sources, named, plain, state, summary, title, weakest


def table(report: Report) -> str:
    """Return a block of lines per cluster, the canonical first, and at the end the counts."""
    several = has_several_sources(report)
    blocks = ["\n".join(_block(n, cluster, several)) for n, cluster in enumerate(report.clusters, start=1)]
    alike = "\n".join(
        f"{group.n_records} look-alikes such as {named(group.examples[0], several)}: {title(group.examples[0])}"
        for group in report.look_alikes
    )
    return "\n\n".join(filter(None, [*blocks, alike, "\n".join(summary(report))])) + "\n"


def _block(number: int, cluster: DuplicateCluster, several: bool) -> Iterator[str]:
    known = "  known" if cluster.is_known else ""
    yield f"{number}.  margin {cluster.margin:.3f}{known}"
    names = [named(member, several) for member in cluster.members]
    columns = max(map(len, names))
    states = [state(member) for member in cluster.members]
    state_columns = max(6, *map(len, states))
    for member, shown, its_state in zip(cluster.members, names, states, strict=True):
        score = "      " if member.score is None else f"{member.score:6.3f}"
        mark = "" if member.duplicate_of is None else f"  [duplicate of {plain(member.duplicate_of)}]"
        head = f"    {score}  {shown:<{columns}}  {its_state:<{state_columns}}  {day(member.created):<10}"
        yield f"{head}  {title(member)}{mark}"
    if weak := weakest(cluster, several):
        yield f"            {weak}"
    for bridge in cluster.bridges:
        inside = named(cluster.members[bridge.member], several)
        outside = named(bridge.outside, several)
        yield f"            {inside} is also near {outside} ({bridge.score:.3f}): {title(bridge.outside)}"
