"""A report as one self-contained HTML page: no network, no other file, no script but its own."""

import math
from pathlib import Path

from markupsafe import Markup

from dupfind.dedup.report import Report
from dupfind.reports import charts, deeds, display, duplicate_comment, issue_text
from dupfind.reports.inline_page import inline_page

_HERE = Path(__file__).parent


def page(report: Report) -> str:
    """Draw the page. All text from a tracker is escaped, or rendered without raw HTML; a URL becomes a link if it is
    http, https or, in a body, mailto."""
    return inline_page(
        _HERE,
        "page",
        common_style=_HERE / "style.css",
        report=report,
        parameters=report.parameters,
        floor=_floor(report),
        several=display.has_several_sources(report),
        histogram=Markup(charts.histogram(report.histogram)),  # safe: drawn from numbers only
        curve=Markup(charts.precision_recall(report.curve)),
        shown=display,
        deeds=deeds,
        comment=duplicate_comment.comment,
        rendered=issue_text.render,
    )


def _floor(report: Report) -> float:
    """Return the lower end of the filter by score; a pair that stands out can score less than the threshold."""
    best = (cluster.pairs[0].score for cluster in report.clusters if cluster.pairs)
    return min([report.parameters.min_score, *(math.floor(score * 200) / 200 for score in best)])
