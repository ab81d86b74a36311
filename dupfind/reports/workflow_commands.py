"""Remarks as workflow commands, which GitHub Actions shows at the lines of files.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Sequence

from dupfind.dedup.report import Report
from dupfind.reports.display import has_several_sources, named, plain, state, strength, title
from dupfind.reports.listing import Annotation

MAX_MESSAGE = 1_000
"""Characters of a message that are shown."""


def workflow_commands(annotations: Sequence[Annotation]) -> str:
    """Return one command a line. No text of an issue ends its line, its property or its command."""
    return "".join(map(_command, annotations))


def report_commands(report: Report) -> str:
    """Return a notice for each record of a cluster that is not the canonical one."""
    several = has_several_sources(report)
    return workflow_commands(
        [
            Annotation(
                "notice",
                f"{named(member, several)} looks like {named(cluster.members[0], several)}",
                f"{title(member)} ({state(member) or 'no state'}), and {title(cluster.members[0])}"
                f" ({state(cluster.members[0]) or 'no state'}): {strength(cluster)}",
            )
            for cluster in report.clusters
            for member in cluster.members[1:]
        ]
    )


def _command(annotation: Annotation) -> str:
    place = [] if annotation.file is None else [("file", annotation.file), ("line", str(annotation.line))]
    properties = ",".join(
        f"{name}={_property(value)}" for name, value in [*place, ("title", annotation.title)] if value
    )
    assert annotation.level in ("error", "warning", "notice")
    return f"::{annotation.level} {properties}::{_data(annotation.message)}\n"


def _data(text: str) -> str:
    text = plain(text, MAX_MESSAGE)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
