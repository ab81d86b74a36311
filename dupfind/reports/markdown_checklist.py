"""A report as Markdown: a checklist, and the commands that a maintainer may run."""

import re
from collections.abc import Iterator

from dupfind.dedup.report import DuplicateCluster, Member, Report, Triage
from dupfind.reports.deeds import close_command
from dupfind.reports.display import (
    age,
    apart,
    day,
    has_several_sources,
    link,
    named,
    plain,
    sibling_heading,
    state,
    strength,
    summary,
    title,
    weakest,
)

# Trackers turn these into a mention, a reference or a link, unless a zero-width space is inside.
_REFERENCE = re.compile(r"[@#!~%&$](?=\w)|\b(?:GH|gh)(?=-\d)|(?<=\w):(?=//)|\bwww(?=\.)")
_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&$]")
_BREAK = "\u200b"
_LOOK_ALIKES = (
    "In each group one issue is very near to more than five others: they share a template, or report one bug many"
    " times."
)


def markdown(report: Report) -> str:
    """Return a checklist of clusters, and a folded list with `gh issue close` for each open duplicate on GitHub."""
    lines = ["# Duplicate issues", "", *(f"- {line}" for line in summary(report)), ""]
    lines += ["dupfind closed nothing: check each cluster before you act.", ""]
    several = has_several_sources(report)
    for number, cluster in enumerate(report.clusters, start=1):
        lines += _cluster(number, cluster, several, report)
    lines += _lists(report.triage, several)
    for siblings in report.siblings:
        lines += ["", f"## Siblings: {neutral(sibling_heading(siblings))}", ""]
        for one, other, difference in siblings.examples:
            lines.append(
                f"- {_record(one, several)} and {_record(other, several)}: {neutral(apart(difference))}"
            )
    for heading, groups in (("Series", report.series), ("The same text many times", report.identical)):
        if groups:
            lines += ["", f"## {heading}", ""]
            lines += [
                f"- {group.n_records:,} records: "
                + "; ".join(_record(member, several) for member in group.examples)
                for group in groups
            ]
    if report.look_alikes:
        lines += ["", "## Look-alikes", ""]
        lines += [_LOOK_ALIKES, ""]
        for group in report.look_alikes:
            examples = "; ".join(_record(member, several) for member in group.examples)
            lines.append(f"- {group.n_records:,} records: {examples}")
    commands = list(_commands(report))
    if commands:
        lines += [
            "",
            "<details><summary>Commands for the clusters that you have checked</summary>",
            "",
            "```sh",
        ]
        lines += [*commands, "```", "", "</details>"]
    return "\n".join(lines) + "\n"


def neutral(text: str) -> str:
    """Return a text that Markdown shows unchanged, without mentions, references or links for a tracker."""
    return _SPECIAL.sub(lambda match: "\\" + match[0], _REFERENCE.sub(lambda match: match[0] + _BREAK, text))


def _lists(triage: Triage, several: bool) -> Iterator[str]:
    if triage.bursts:
        yield from ("", "## New this week", "")
        clusters = ", ".join(f"**{number}**" for number in triage.bursts)
        yield f"- three or more issues of the last week say the same: cluster {clusters}"
    if triage.still_open:
        yield from ("", f"## Duplicates that are still open, of a closed issue: {triage.n_still_open:,}", "")
        for duplicate, canonical in triage.still_open:
            yield f"- [ ] {_record(duplicate, several)}, of {_record(canonical, several)} ({neutral(state(canonical))})"
    if triage.most_reported:
        yield from ("", "## Reported most often", "")
        for member, n_duplicates in triage.most_reported:
            yield f"- {n_duplicates + 1:,} times: {_record(member, several)}"


def _cluster(number: int, cluster: DuplicateCluster, several: bool, report: Report) -> Iterator[str]:
    first, *others = cluster.members
    yield f"- [ ] **{number}.** {_record(first, several)} ({_about(first, report)}; {strength(cluster)})"
    for member in others:
        score = "" if member.score is None else f", score {member.score:.3f}"
        mark = (
            ""
            if member.duplicate_of is None
            else f", marked as a duplicate of `{_code(plain(member.duplicate_of, 80))}`"
        )
        yield f"  - {_record(member, several)} ({_about(member, report)}{score}{mark})"
    if weak := weakest(cluster, several):
        yield f"  - {neutral(weak)}"
    for bridge in cluster.bridges:
        inside = linked_name(cluster.members[bridge.member], several)
        yield f"  - {inside} is also near {_record(bridge.outside, several)} (score {bridge.score:.3f})"


def _record(member: Member, several: bool) -> str:
    return f"{linked_name(member, several)} {neutral(title(member))}"


def linked_name(member: Member, several: bool) -> str:
    """Return a record's id as Markdown: code, and a link where the record has one."""
    shown = f"`{_code(named(member, several))}`"
    url = link(member)
    # In angle brackets, because a URL may contain parentheses.
    return shown if url is None else f"[{shown}](<{url}>)"


def _code(text: str) -> str:
    return text.replace("`", "'")  # a code span has no escapes


def _about(member: Member, report: Report) -> str:
    facts = [
        neutral(state(member)) or "state unknown",
        day(member.created),
        age(member.created, report.created),
    ]
    return ", ".join(fact for fact in facts if fact)


def _commands(report: Report) -> Iterator[str]:
    for cluster in report.clusters:
        for member in cluster.members[1:]:
            command = close_command(cluster, member)
            if command is not None:
                yield command
