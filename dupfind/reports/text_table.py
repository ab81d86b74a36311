"""A report as plain text for a terminal."""

from collections.abc import Callable, Iterator

from dupfind.dedup.report import DuplicateCluster, LookAlikes, Report, Siblings, Triage
from dupfind.reports.display import (
    apart,
    day,
    has_several_sources,
    named,
    plain,
    sibling_heading,
    state,
    strength,
    summary,
    title,
    weakest,
)

_MAX_TWINS = 5


def table(report: Report, linked: Callable[[str, str | None], str] = lambda text, _: text) -> str:
    """Return a block of lines per cluster, the canonical first, and at the end the counts.

    Args:
        report: What is drawn.
        linked: Returns a text as a link to an address, where the terminal shows links.
    """
    several = has_several_sources(report)
    blocks = [
        "\n".join(_block(n, cluster, several, linked)) for n, cluster in enumerate(report.clusters, start=1)
    ]
    groups = [
        *(_group(group, "issues with the same text", several) for group in report.identical),
        *(_group(group, "issues of a series", several) for group in report.series),
        *(_group(group, "look-alikes", several) for group in report.look_alikes),
    ]
    twins = ["\n".join(_twins(group, several)) for group in report.siblings]
    lists = "\n".join(_lists(report.triage, several))
    parts = [*blocks, *twins, "\n".join(groups), lists, "\n".join(summary(report))]
    return "\n\n".join(filter(None, parts)) + "\n"


def _lists(triage: Triage, several: bool) -> Iterator[str]:
    if triage.bursts:
        yield f"three or more of the last week say the same: cluster {', '.join(map(str, triage.bursts))}"
    if triage.still_open:
        yield f"duplicates still open, of a closed issue: {triage.n_still_open:,}"
        for duplicate, canonical in triage.still_open[:_MAX_TWINS]:
            ids = f"{named(duplicate, several)} of {named(canonical, several)}"
            yield f"    {ids} ({state(canonical)})  {title(duplicate)}"
    if triage.most_reported:
        yield "reported most often:"
        for member, n_duplicates in triage.most_reported[:_MAX_TWINS]:
            yield f"    {n_duplicates + 1:>3} times  {named(member, several)}  {title(member)}"


def _group(group: LookAlikes, noun: str, several: bool) -> str:
    first = group.examples[0]
    return f"{group.n_records:,} {noun} such as {named(first, several)}: {title(first)}"


def _twins(group: Siblings, several: bool) -> Iterator[str]:
    yield f"siblings: {sibling_heading(group)}"
    for first, second, difference in group.examples[:_MAX_TWINS]:
        ids = f"{named(first, several)} and {named(second, several)}"
        yield f"    {ids}  ({apart(difference)})  {title(first)}"
    if group.n_pairs > _MAX_TWINS:
        yield f"    and {group.n_pairs - _MAX_TWINS:,} more"


def _block(
    number: int, cluster: DuplicateCluster, several: bool, linked: Callable[[str, str | None], str]
) -> Iterator[str]:
    yield f"{number}.  {strength(cluster)}"
    names = [named(member, several) for member in cluster.members]
    columns = max(map(len, names))
    states = [state(member) for member in cluster.members]
    state_columns = max(6, *map(len, states))
    for member, shown, its_state in zip(cluster.members, names, states, strict=True):
        score = "      " if member.score is None else f"{member.score:6.3f}"
        mark = "" if member.duplicate_of is None else f"  [duplicate of {plain(member.duplicate_of)}]"
        name = linked(shown, member.url) + " " * (columns - len(shown))
        head = f"    {score}  {name}  {its_state:<{state_columns}}  {day(member.created):<10}"
        yield f"{head}  {title(member)}{mark}"
    if weak := weakest(cluster, several):
        yield f"            {weak}"
    for bridge in cluster.bridges:
        inside = named(cluster.members[bridge.member], several)
        outside = named(bridge.outside, several)
        yield f"            {inside} is also near {outside} ({bridge.score:.3f}): {title(bridge.outside)}"
