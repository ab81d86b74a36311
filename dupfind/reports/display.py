"""Names, titles, links and times as every output format shows them, safe for terminals and browsers."""

import re
from datetime import UTC, datetime
from itertools import chain

from dupfind.dedup.report import DuplicateCluster, Member, Report, Siblings
from dupfind.records import FIXED, Record, counted, state_in_words
from dupfind.reports.web_address import UNSAFE, web_address
from dupfind.results import Difference
from dupfind.verdict.bands import EAGER, MODES

MAX_TITLE = 300
"""Characters of a title that are shown."""

MAX_STATE = 40
"""Characters of a state and its reason that are shown."""

_GITHUB_ISSUE = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)/issues/\d+")


def plain(text: str, length: int = MAX_TITLE) -> str:
    """Return a text on one line, cut to a length, with escapes for invisible characters."""
    # Cut first, because a title may be a megabyte long.
    text = _escaped(" ".join(text[: 4 * length].split()))
    return text if len(text) <= length else text[: length - 1] + "…"


def visible(text: str) -> str:
    """Return a text with its lines and tabs, and with escapes for other invisible characters."""
    return "\n".join("\t".join(map(_escaped, line.split("\t"))) for line in text.splitlines())


def _escaped(text: str) -> str:
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


def segment(text: str) -> str:
    """Return a piece of a sentence like `plain`, with at most one space at each end."""
    left, right = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{left}{plain(text)}{right}" if text.strip() else " " * bool(text)


def title(member: Member | Record) -> str:
    """Return a record's title, or "(no title)"."""
    return plain(member.title) or "(no title)"


def name(member: Member | Record) -> str:
    """Return a record's id as users of its tracker write it: project#id for numbers, else the id."""
    return plain(f"{member.project or ''}#{member.id}" if member.id.isdigit() else member.id, 80)


def named(member: Member, several: bool) -> str:
    """Return a record's id, after its source if there are several sources."""
    return f"{plain(member.source, 80)} {name(member)}" if several else name(member)


def state(member: Member | Record) -> str:
    """Return a record's state with the reason: "closed as not planned"; "" if it is unknown."""
    return plain(state_in_words(member.state, member.resolution), MAX_STATE)


def link(member: Member | Record) -> str | None:
    """Return the record's URL if it is an http or https link, else None."""
    return web_address(member.url)


def repository(member: Member) -> str | None:
    """Return the GitHub repository in the record's URL as owner/name, or None."""
    match = _GITHUB_ISSUE.fullmatch(member.url or "")
    return None if match is None else match[1]


def day(when: datetime | None) -> str:
    """Return a time as a date in UTC; empty if it is unknown."""
    return "" if when is None else when.astimezone(UTC).date().isoformat()


def age(when: datetime | None, now: datetime) -> str:
    """Return the time since then in words, such as "3 months ago"; empty if it is unknown."""
    if when is None:
        return ""
    days = (now - when).days
    for size, unit in ((365, "year"), (30, "month"), (1, "day")):
        if days >= size:
            return f"{days // size} {unit}{'s' * (days // size > 1)} ago"
    return "today"


def moment(when: datetime | None) -> str | None:
    """Return a time for JSON: ISO 8601 in UTC."""
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def has_several_sources(report: Report) -> bool:
    """Return whether its records come from more than one source, so that an id may be ambiguous."""
    clustered = (member for cluster in report.clusters for member in cluster.members)
    outside = (bridge.outside for cluster in report.clusters for bridge in cluster.bridges)
    groups = chain(report.look_alikes, report.series, report.identical)
    alike = (member for group in groups for member in group.examples)
    twins = (
        member
        for group in report.siblings
        for first, second, _ in group.examples
        for member in (first, second)
    )
    return len({member.source for member in chain(clustered, outside, alike, twins)}) > 1


def open_duplicates(cluster: DuplicateCluster) -> list[Member]:
    """Return the members that a maintainer could close in favour of the canonical."""
    return [member for member in cluster.members[1:] if member.state != "closed"]


def strength(cluster: DuplicateCluster) -> str:
    """Return probability and kind of a cluster's likeliest new pair in words; the margin where there is none.

    A cluster of pairs that the tracker marks has no new pair.
    """
    if cluster.is_known:
        return "known: marked by the tracker"
    if cluster.probability is None:
        return f"margin {cluster.margin:.3f}"
    kind = "" if cluster.kind is None else f" {_KINDS[cluster.kind]}"
    fixed = [one.closed for one in cluster.members if one.closed and one.resolution in FIXED]
    when = f" fixed on {max(fixed):%Y-%m-%d}" if cluster.kind == "regression" and fixed else ""
    return f"{cluster.probability:.0%}{kind}{when}"


def kind_in_words(kind: str) -> str:
    """Return the kind of a pair for people, such as "the same as a declined one"."""
    return _KINDS[kind]


_KINDS = {
    "copy": "a copy",
    "duplicate": "a duplicate",
    "regression": "a regression?",
    "declined": "the same as a declined one",
    "sibling": "a sibling",
    "recurring": "a series",
}


def apart(difference: Difference) -> str:
    """Return what sets two siblings apart: "ios ≠ android"."""
    sides = (plain(side, 60) or "without it" for side in (difference.left, difference.right))
    return " ≠ ".join(sides)


def sibling_heading(group: Siblings) -> str:
    """Return the heading of a group of siblings: "12 pairs that differ in the platform"."""
    nouns = {"contrary": "what they ask for", "object": "the thing that they name"}
    differ = "differs" if group.n_pairs == 1 else "differ"
    return f"{_pairs(group.n_pairs)} that {differ} in {nouns.get(group.kind, f'the {group.kind}')}"


def weakest(cluster: DuplicateCluster, several: bool) -> str:
    """Return which two members hold a cluster together, and up to which threshold; empty for two members."""
    if cluster.weakest is None or len(cluster.members) < 3:
        return ""
    one, other = (named(cluster.members[end], several) for end in cluster.weakest)
    return f"weakest link: {one} and {other}; above a score of {cluster.splits_above:.3f} the cluster splits"


def summary(report: Report) -> list[str]:
    """Return what the report contains and what it leaves out, one line each."""
    parameters, n_shown, n_known = report.parameters, len(report.clusters), report.n_known
    lines = [
        f"{report.n_clusters:,} cluster{'s' * (report.n_clusters != 1)} among {counted(report.n_records, 'record')}"
        + (f", {n_shown:,} of them shown" if n_shown < report.n_clusters else "")
        + f"; {report.n_open:,} with an open duplicate",
        f"{_pairs(report.n_pairs)}{' from two sources' * parameters.across} with a score of {parameters.min_score} or"
        f" more" + f"; the tracker already marks {n_known:,} of them" * (not parameters.across),
    ]
    if report.n_marked:
        lines.append(
            f"of {_pairs(report.n_marked)} that the tracker marks, this report would show {report.n_reached:,}"
            f" ({report.n_reached / report.n_marked:.0%}) if nobody had marked them"
        )
    if report.n_rejected:
        lines.append(f"{_pairs(report.n_rejected)} left out because a person called them different")
    if report.n_unremarkable:
        lines.append(
            f"{_pairs(report.n_unremarkable)} left out: too unsure, or as near to many other issues, as template"
            " texts are"
        )
    return [*lines, *filter(None, [way_to_more(report)])]


def way_to_more(report: Report) -> str:
    """Return the sentence that leads from a report without a cluster to less sure pairs; "" where there are none."""
    more = less_sure(report)
    shows = f"`dupfind report --verdicts {more}` shows less sure ones"
    return f"no pair is sure enough to be shown: {shows}" if more else ""


def less_sure(report: Report) -> str:
    """Return the mode of the verdict that shows more pairs than a report without a cluster; "" for none."""
    parameters = report.parameters
    shown = parameters.shown or parameters.verdicts
    is_by_verdict = parameters.min_margin is None and parameters.min_probability is None
    if report.n_clusters or not report.n_unremarkable or not is_by_verdict or shown == EAGER:
        return ""
    return MODES[MODES.index(shown) + 1]


def _pairs(number: int) -> str:
    return counted(number, "pair")
