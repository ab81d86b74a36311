"""A report as one self-contained HTML page: no network, no other file, no script but its own."""

from pathlib import Path

from markupsafe import Markup

from dupfind.dedup.report import Report
from dupfind.reports import charts, deeds, display
from dupfind.reports.inline_page import inline_page


def page(report: Report) -> str:
    """Draw the page. All text from a tracker is escaped, and only http and https URLs become links."""
    return inline_page(
        Path(__file__).parent,
        "page",
        report=report,
        parameters=report.parameters,
        several=display.has_several_sources(report),
        histogram=Markup(charts.histogram(report.histogram)),  # safe: drawn from numbers only
        curve=Markup(charts.precision_recall(report.curve)),
        shown=display,
        deeds=deeds,
    )
