"""What every form shares: how a person is shown a record's name, title and times."""

import re
from datetime import UTC, datetime
from itertools import chain

from dupfind.dedup.report import DuplicateCluster, Member, Report
from dupfind.records import Record

MAX_TITLE = 300

# Controls, separators, lone surrogates, invisible marks, and what turns the direction of text round (Trojan Source).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_GITHUB_ISSUE = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)/issues/\d+")


def plain(text: str, length: int = MAX_TITLE) -> str:
    """A text on one line, cut to a length, whose invisible characters are shown as escapes."""
    text = _escaped(" ".join(text[: 4 * length].split()))
    return text if len(text) <= length else text[: length - 1] + "…"


def visible(text: str) -> str:
    """A text with its lines and tabs, whose invisible characters are shown as escapes."""
    return "\n".join("\t".join(map(_escaped, line.split("\t"))) for line in text.splitlines())


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def segment(text: str) -> str:
    """A piece of a sentence, whose spaces at both ends are kept."""
    left, right = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{left}{plain(text)}{right}" if text.strip() else " " * bool(text)


def title(member: Member | Record) -> str:
    """A record's title for people; one that holds nothing says so."""
    return plain(member.title) or "(no title)"


def name(member: Member | Record) -> str:
    """A record's id as its tracker's users write it, with the project where it is a number in one."""
    return plain(f"{member.project or ''}#{member.id}" if member.id.isdigit() else member.id, 80)


def named(member: Member, several: bool) -> str:
    """A record's id, with its source before it where there are several."""
    return f"{plain(member.source, 80)} {name(member)}" if several else name(member)


def link(member: Member | Record) -> str | None:
    """Where a person can read a record; only http and https are links."""
    url = member.url
    if url is None or not re.match(r"https?://[^\s\"'<>\\`]+\Z", url, re.IGNORECASE):
        return None
    return url


def repository(member: Member) -> str | None:
    """The GitHub repository that a record's address names, as owner/name, or None."""
    found = _GITHUB_ISSUE.fullmatch(member.url or "")
    return None if found is None else found[1]


def day(when: datetime | None) -> str:
    """A moment as a date, UTC; nothing where it is not known."""
    return "" if when is None else when.astimezone(UTC).date().isoformat()


def age(when: datetime | None, now: datetime) -> str:
    """How long ago something was, in words."""
    if when is None:
        return ""
    days = (now - when).days
    for size, unit in ((365, "year"), (30, "month"), (1, "day")):
        if days >= size:
            return f"{days // size} {unit}{'s' * (days // size > 1)} ago"
    return "today"


def moment(when: datetime | None) -> str | None:
    """A moment as JSON has it: UTC."""
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def has_several_sources(report: Report) -> bool:
    """Whether its records come from more than one source, so that an id alone does not name one."""
    clustered = (member for cluster in report.clusters for member in cluster.members)
    outside = (bridge.outside for cluster in report.clusters for bridge in cluster.bridges)
    alike = (member for group in report.look_alikes for member in group.examples)
    return len({member.source for member in chain(clustered, outside, alike)}) > 1


def open_duplicates(cluster: DuplicateCluster) -> list[Member]:
    """The members that a maintainer could close for the canonical: all that are not closed."""
    return [member for member in cluster.members[1:] if member.state != "closed"]


def weakest(cluster: DuplicateCluster, several: bool) -> str:
    """Which two members hold a cluster together, and up to where; nothing where there are only two."""
    if cluster.weakest is None or len(cluster.members) < 3:
        return ""
    one, other = (named(cluster.members[end], several) for end in cluster.weakest)
    return f"weakest link: {one} and {other}; above {cluster.splits_above:.3f} this is no longer one cluster"


def summary(report: Report) -> list[str]:
    """What is in the report and what was left out, a line each."""
    asked, shown, n_known = report.parameters, len(report.clusters), report.n_known
    n_open = sum(bool(open_duplicates(cluster)) for cluster in report.clusters)
    lines = [
        f"{report.n_clusters:,} cluster{'s' * (report.n_clusters != 1)} among {report.n_records:,} records"
        + (f", {shown:,} of them shown" if shown < report.n_clusters else "")
        + f"; with a duplicate that is not closed: {n_open:,}",
        f"{_pairs(report.n_pairs)}{' of two sources' * asked.across} with a score of {asked.min_score} or more"
        + f"; the tracker marks {n_known:,} of them already" * (not asked.across),
    ]
    if report.n_rejected:
        lines.append(f"{_pairs(report.n_rejected)} left out because a person has called both different")
    if report.n_unremarkable:
        lines.append(
            f"{_pairs(report.n_unremarkable)} left out because nothing singles them out from their neighbours"
            f" (margin below {asked.min_margin}), as where a template fills the text"
        )
    return lines


def _pairs(number: int) -> str:
    return f"{number:,} pair{'s' * (number != 1)}"
